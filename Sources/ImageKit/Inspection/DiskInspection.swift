public import Blocks
public import Documents
public import FileSystems
import Guest
import Initramfs
import PackageDatabases
import Partitions

/// One disk image, opened, and all that is to be known of it.
///
/// What can't be read is a fact that is unknown, with the reason; only an image that can't be read at all is an error. Not
/// for several threads at once.
public final class DiskInspection {
    /// The disk that the guest sees.
    public let blocks: DiskImage
    private let name: String
    private let partitions: PartitionFacts
    var volumes: [Volume]
    var assembly: GuestTree.Assembly
    var known: ImageFacts?

    /// - Parameters:
    ///   - descriptor: of the image's file; stays the caller's, who keeps it open.
    ///   - name: of the file, for messages.
    /// - Throws: `Failure` (refused, with place and remedy) if the image can't be read.
    public init(descriptor: Int32, name: String) throws(Failure) {
        self.name = name
        do throws(Failure) { blocks = try DiskImage(descriptor: descriptor) } catch {
            var failure = error
            failure.place = failure.place ?? name
            throw failure
        }
        (partitions, volumes) = PartitionReader(blocks).read()
        assembly = GuestTree.assemble(volumes)
    }

    /// The guest's files.
    /// - Throws: `Failure` if there is no root, or more than one.
    public func tree() throws(Failure) -> GuestTree {
        if let tree = assembly.tree { return tree }
        throw assembly.refusal ?? Failure(.refused, "no root file system was found", place: name)
    }

    /// Read once.
    public func facts() -> ImageFacts {
        if let known { return known }
        var facts = ImageFacts()
        facts.disk = blocks.surveyed()
        facts.partitions = partitions
        facts.mounts = assembly.facts
        if let tree = assembly.tree { read(tree, &facts) }
        known = facts
        return facts
    }

    private func read(_ tree: GuestTree, _ facts: inout ImageFacts) {
        let boot = BootReader(
            tree, disk: BootDisk(source: blocks, partitions: bootPartitions), partitions: assembly.partitions,
            unmounted: unmounted
        ).facts()
        facts.boot = boot
        facts.fstab = FstabReader(tree).facts()
        facts.kernels = KernelReader(tree, entries: boot.defaultEntries).facts()
        facts.packages = PackageReader(tree).facts()
        let ssh = SSHReader(tree).facts()
        let accounts = AccountReader(tree, ssh: ssh).facts()
        facts.ssh = ssh
        facts.accounts = accounts
        facts.sudo = SudoReader(tree, accounts: accounts).facts()
        facts.services = ServiceReader(tree).facts()
        facts.secrets = SecretReader(tree, accounts: accounts, ssh: ssh, others: unmounted).facts()
        let cloudInit = CloudInitReader(tree, entries: boot.defaultEntries).facts()
        facts.cloudInit = cloudInit
        facts.network = NetworkReader(tree, entries: boot.defaultEntries, cloudInit: cloudInit).facts()
        facts.system = SystemReader(tree).facts()
    }

    private var bootPartitions: [BootDisk.Partition] {
        (partitions.partitions.value ?? []).filter { $0.role != .extended }.map {
            BootDisk.Partition(number: $0.number, offset: $0.start, size: $0.size, isBIOSBoot: $0.role == .biosBoot)
        }
    }

    /// File systems that the guest's tree does not have: an ESP that fstab leaves out.
    private var unmounted: [BootReader.Unmounted] {
        let mounted = Set(assembly.partitions.values)
        return volumes.compactMap { volume in
            guard let fileSystem = volume.fileSystem, let number = volume.partition, !mounted.contains(number) else {
                return nil
            }
            return BootReader.Unmounted(partition: number, fileSystem: fileSystem)
        }
    }
}
