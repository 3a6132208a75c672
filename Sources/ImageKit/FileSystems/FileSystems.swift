public import Blocks
public import Documents

/// The file systems that are read here, found by their magic numbers.
public enum FileSystems {
    /// - Parameter source: the bytes of one partition, or of a disk without a table.
    /// - Returns: nil if nothing that is known lies there.
    /// - Throws: `Failure` if what lies there is not read here (by its name, with what would read it), or is damaged.
    public static func open(_ source: any ByteSource) throws(Failure) -> (any FileSystem)? {
        guard let signature = try Signature(of: source) else { return nil }
        switch signature.kind {
        case "ext2", "ext3", "ext4", "jbd": return try ExtFileSystem(source)
        case "vfat": return try FATFileSystem(source)
        case let kind: throw refusal(of: kind)
        }
    }

    /// What reads nearly everything, in a virtual machine of its own, and what brings it.
    private static func guestfish(_ packages: String) -> String {
        "to look inside: guestfish --ro -i -a IMAGE (install guestfish; on openEuler \(packages))"
    }

    /// Why a kind that was recognised is not read, and what to do then.
    static func refusal(of kind: String) -> Failure {
        switch kind {
        case "swap", "jbd": Failure(.refused, "\(kind) holds no files")
        case "crypto_LUKS", "BitLocker":
            Failure(
                .refused, "it is encrypted (\(kind)), and the key is not in the image",
                hint: "make the image without encryption: clouds encrypt disks themselves")
        case "LVM2_member", "linux_raid_member":
            Failure(
                .refused, "\(kind) is not read: it is a part of other volumes",
                hint: "put the file systems on plain partitions; " + guestfish("libguestfs"))
        case "xfs", "btrfs":
            Failure(
                .refused, "\(kind) is not read: ext2, ext3, ext4 and FAT are",
                hint: "make it ext4, or install guestfish, and it is read through that (on openEuler "
                    + (kind == "xfs" ? "libguestfs and libguestfs-xfs" : "libguestfs")
                    + "; Debian needs a package of a kernel too, such as linux-image-cloud-amd64)")
        default:
            Failure(
                .refused, "\(kind) is not read: ext2, ext3, ext4 and FAT are",
                hint: "make it ext4; " + guestfish("libguestfs"))
        }
    }
}
