import Blocks
public import Documents
import FileSystems
import Partitions

extension DiskInspection {
    /// What the guest's tree lacks since it lies on file systems that are not read here.
    public func unread() -> [UnreadVolume] {
        volumes.compactMap { volume in
            guard volume.fileSystem == nil, let signature = volume.signature,
                ["xfs", "btrfs"].contains(signature.kind)
            else { return nil }
            return UnreadVolume(
                place: volume.name, partition: volume.partition,
                logical: volume.place.logical.map { [$0.group, $0.volume] }, kind: signature.kind,
                used: signature.used ?? blocks.size, diskSize: blocks.size, format: blocks.facts.format.value ?? "")
        }
    }

    /// Takes copies of their files in their stead, and forgets what was read before.
    /// - Parameters:
    ///   - scratch: the disk that they lie on, raw; stays the caller's, who keeps it open. Nothing on it is trusted.
    ///   - copies: what came of each; of what is not among them nothing changes.
    /// - Throws: `Failure` if the scratch disk can't be read.
    public func read(_ copies: [VolumeCopy], scratch: Int32?) throws(Failure) {
        var places: [Int: any FileSystem] = [:]
        if let scratch {
            for volume in PartitionReader(try FileSource(scratch)).read().volumes {
                if let number = volume.partition { places[number] = volume.fileSystem }
            }
        }
        for index in volumes.indices {
            guard let about = copies.first(where: { $0.place == volumes[index].name }),
                let signature = volumes[index].signature
            else { continue }
            do throws(Failure) {
                if let failure = about.failure { throw failure }
                guard let copy = about.scratch.flatMap({ places[$0] }) else {
                    throw Failure(.refused, "\(VolumeCopy.program) left no copy of its files")
                }
                volumes[index].read(as: try CopiedFileSystem(signature, copy: copy, about: about))
            } catch {
                volumes[index].refuse(
                    Failure(
                        .refused,
                        "\(signature.kind) is not read here, and not through \(VolumeCopy.program): \(error.message)",
                        hint: error.hint ?? "make it ext4"))
            }
        }
        assembly = GuestTree.assemble(volumes)
        known = nil
    }
}
