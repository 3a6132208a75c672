import Changing
import Documents

extension ChangeRequest.Volume {
    /// What the guest mounts, as facts of the image have it.
    /// - Throws: `Failure` if the root, or what is mounted in it, is on something that a build cannot mount.
    static func all(of facts: ImageFacts, _ image: String) throws(Failure) -> [ChangeRequest.Volume] {
        guard let partitions = facts.partitions?.partitions.value, let mounts = facts.mounts?.mounts.value else {
            throw Failure(
                .refused, "which file systems the guest mounts can't be told", place: image,
                hint: "see: eulerpublisher image inspect")
        }
        var volumes: [ChangeRequest.Volume] = []
        for mount in mounts where mount.point.hasPrefix("/") {
            guard let number = mount.partition, let partition = partitions.first(where: { $0.number == number }) else {
                continue
            }
            let volume = facts.mounts?.volumes.value?.first { $0.partition == number }
            let kind = volume?.kind.value ?? mount.kind
            guard ["ext2", "ext3", "ext4", "vfat"].contains(kind) else {
                throw Failure(
                    .refused, "\(mount.point) is on \(kind), which a build does not change", place: image,
                    hint: "build from an image on ext4")
            }
            volumes.append(
                ChangeRequest.Volume(
                    offset: partition.start, size: partition.size, type: kind, uuid: volume?.uuid.value,
                    mountPoint: mount.point))
        }
        guard volumes.contains(where: { $0.mountPoint == "/" }) else {
            throw Failure(.refused, "the guest's root file system was not found", place: image)
        }
        return volumes
    }
}
