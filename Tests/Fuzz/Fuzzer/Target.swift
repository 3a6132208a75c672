import Blocks
import Documents
import FileSystems
import Glibc
import Guest
import ImageTesting
import Initramfs
import Inspection
import Memory
import PackageDatabases
import Partitions

/// What an input is taken for.
enum Target: String, CaseIterable {
    /// A disk image's file, of any format, in pieces: its facts, its map, reads all over it.
    case blocks
    /// A disk in pieces: its partition table.
    case partitions
    /// A file system in pieces: every file's status, attributes and beginning.
    case ext, fat
    /// A disk image's file in pieces, and everything that is to be known of it.
    case image
    /// An initramfs as it lies in /boot, with what beside it makes a kernel of it.
    case initramfs
    // What follows is a guest's files as text: see `GuestText`.
    case kernels, packages, boot, fstab, cloud, ssh, sudo, accounts, services, secrets, network, system

    var isOfPieces: Bool {
        switch self {
        case .blocks, .partitions, .ext, .fat, .image: true
        default: false
        }
    }

    func read(_ input: UnsafeRawBufferPointer) {
        switch self {
        case .blocks: withFile(Pieces(input)) { Self.readBlocks($0) }
        case .image: withFile(Pieces(input)) { Self.inspect($0) }
        case .partitions:
            var disk = Pieces(input)
            disk.mendSums()
            _ = PartitionReader(disk).read()
        case .ext, .fat: Self.readAll(Pieces(input))
        case .initramfs: Self.readInitramfs(input)
        default: readGuest(GuestTree(MemoryFileSystem(GuestText.files(input, path: path))))
        }
    }

    /// Where an input goes that names no file.
    private var path: String {
        switch self {
        case .kernels: "/boot/vmlinuz-6.1.0"
        case .packages: "/var/lib/dpkg/status"
        case .boot: "/boot/grub2/grub.cfg"
        case .fstab: "/etc/fstab"
        case .cloud: "/etc/cloud/cloud.cfg"
        case .ssh: "/etc/ssh/sshd_config"
        case .sudo: "/etc/sudoers"
        case .accounts: "/etc/shadow"
        case .services: "/etc/systemd/system/a.service"
        case .secrets: "/root/.bash_history"
        case .network: "/etc/netplan/a.yaml"
        default: "/etc/os-release"
        }
    }

    private func readGuest(_ tree: GuestTree) {
        switch self {
        case .kernels: _ = KernelReader(tree).facts()
        case .packages: _ = PackageReader(tree).facts()
        case .boot: _ = BootReader(tree, disk: nil).facts()
        case .fstab:
            _ = FstabReader(tree).facts()
            _ = GuestTree.assemble(tree.mounts.map { Volume(partition: nil, fileSystem: $0.fileSystem) })
        case .cloud: _ = CloudInitReader(tree).facts()
        case .ssh: _ = SSHReader(tree).facts()
        case .sudo: _ = SudoReader(tree, accounts: AccountReader(tree, ssh: SSHReader(tree).facts()).facts()).facts()
        case .accounts: _ = AccountReader(tree, ssh: SSHReader(tree).facts()).facts()
        case .services: _ = ServiceReader(tree).facts()
        case .secrets:
            let ssh = SSHReader(tree).facts()
            _ = SecretReader(tree, accounts: AccountReader(tree, ssh: ssh).facts(), ssh: ssh).facts()
        case .network: _ = NetworkReader(tree).facts()
        default: _ = SystemReader(tree).facts()
        }
    }

    private static func readInitramfs(_ input: UnsafeRawBufferPointer) {
        let tree = GuestTree(
            MemoryFileSystem([
                "/boot/vmlinuz-6.1.0": "", "/boot/initrd.img-6.1.0": .bytes(Array(input)),
                "/usr/lib/modules/6.1.0/modules.dep": "kernel/a.ko:\n",
            ]))
        _ = KernelReader(tree).facts()
    }

    /// Every file: what it is, what is attached to it, how it begins.
    private static func readAll(_ source: Pieces) {
        do throws(Failure) {
            guard let system = try FileSystems.open(source) else { return }
            _ = system.facts(partition: 1)
            let tree = GuestTree(root: system)
            var left = 2000
            _ = try tree.walk { found throws(Failure) in
                left -= 1
                guard left > 0 else { return .stop }
                _ = try? system.attributes(of: found.number)
                switch found.status.kind {
                case .file:
                    _ = try? tree.beginning(of: found, limit: 4096)
                    var one: UInt8 = 0
                    let size = found.status.size
                    _ = withUnsafeMutableBytes(of: &one) { byte in
                        try? system.read(found.number, at: size - min(size, 1), into: byte)
                    }
                case .symlink:
                    _ = try? system.target(of: found.number)
                    _ = try? tree.find(found.path)
                case .directory: _ = try? system.entry(Array("passwd".utf8), in: found.number)
                default: break
                }
                return .goOn
            }
        } catch {}
    }

    // MARK: Files of a disk image

    private static func readBlocks(_ descriptor: Int32) {
        do throws(Failure) {
            let image = try DiskImage(descriptor: descriptor)
            _ = image.surveyed()
            for part in 0..<8 as Range<UInt64> {
                let offset = image.size / 8 * part
                _ = try? image.bytes(at: offset, count: Int(min(8192, image.size - offset)))
                _ = try? image.extent(at: offset)
            }
            _ = try? image.bytes(at: image.size - min(image.size, 512), count: Int(min(image.size, 512)))
        } catch {}
    }

    private static func inspect(_ descriptor: Int32) {
        do throws(Failure) { _ = try DiskInspection(descriptor: descriptor, name: "a").facts() } catch {}
    }

    /// A file in memory with holes where there is nothing.
    private func withFile(_ pieces: Pieces, _ body: (Int32) -> Void) {
        var pieces = pieces
        pieces.mendSums()
        let descriptor = fuzz_memory_file()
        guard descriptor >= 0 else { fatalError("no file in memory: \(errno)") }
        defer { close(descriptor) }
        guard ftruncate(descriptor, off_t(pieces.size)) == 0 else { return }
        for piece in pieces.pieces {
            _ = piece.bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(piece.offset)) }
        }
        body(descriptor)
    }
}
