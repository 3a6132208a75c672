/// The file systems of a disk, and where the guest sees them.
public struct MountFacts: Sendable, Codable, Equatable {
    /// One for each partition, in the table's order; one for the whole disk where there is no table. Then those of LVM.
    public var volumes: Fact<[VolumeFacts]>
    /// What the guest's tree is made of: `/` first, then what its fstab mounts of this disk, in the order that it is mounted in.
    /// Unknown if no root was found, or more than one, or it can't be read.
    public var mounts: Fact<[MountFact]>
    /// What fstab names and the tree has not, each with the reason; empty if nothing is left out. File systems of no disk
    /// (`tmpfs`, `proc`) are none of them.
    public var unmounted: Fact<[UnmountedFact]>

    public init(
        volumes: Fact<[VolumeFacts]>, mounts: Fact<[MountFact]>, unmounted: Fact<[UnmountedFact]>
    ) {
        (self.volumes, self.mounts, self.unmounted) = (volumes, mounts, unmounted)
    }
}

/// What lies in one partition, or in one volume of LVM.
public struct VolumeFacts: Sendable, Codable, Equatable {
    /// Counted from 1, as in the partition table; nil for a whole disk without a table, and for a volume of LVM.
    public var partition: Int?
    /// Of a volume of LVM, its name: `/dev/mapper/system-root`.
    public var device: String?
    /// What its files were read through, if it was not the reader itself: `libguestfs`.
    public var through: String?
    /// As blkid's TYPE: `ext2`, `ext3`, `ext4`, `vfat`, `xfs`, `btrfs`, `swap`, `LVM2_member`, `crypto_LUKS`, `linux_raid_member`, ...
    /// Absent if no known magic number is there.
    public var kind: Fact<String>
    /// The name that was given to it; absent if none was.
    public var label: Fact<String>
    /// As blkid's UUID: `8c9f2a4e-...` of ext, `1234-ABCD` of FAT.
    public var uuid: Fact<String>
    /// Whether its files are read. Unknown tells why not, and what would read them.
    public var readable: Fact<Bool>
    /// Of the file system itself, in bytes: it may be smaller than its partition.
    public var size: Fact<UInt64>
    public var used: Fact<UInt64>
    public var free: Fact<UInt64>
    /// How many files it can hold; absent where nothing but its room bounds them.
    public var inodes: Fact<UInt64>
    public var freeInodes: Fact<UInt64>
    /// In bytes.
    public var blockSize: Fact<Int>
    /// By the names of mke2fs(8): `64bit`, `metadata_csum`, `quota`, `project`; of FAT: its width (`fat16`).
    public var features: Fact<[String]>
    /// Whether it was unmounted in order, as it says itself (ext's s_state, FAT's dirty bit).
    public var clean: Fact<Bool>
    /// Whether a journal waits to be replayed: what is read is then the state before that.
    public var needsRecovery: Fact<Bool>
    /// Whether it notes errors that were found in it, or is so damaged that it can't be read.
    public var hasErrors: Fact<Bool>

    enum CodingKeys: String, CodingKey {
        case partition, device, through, kind, label, uuid, readable, size, used, free, inodes, features, clean
        case freeInodes = "free_inodes"
        case blockSize = "block_size"
        case needsRecovery = "needs_recovery"
        case hasErrors = "has_errors"
    }

    /// What is known before a reader took it.
    /// - Parameter why: what every member says until it is set.
    public init(partition: Int?, kind: Fact<String>, unknown why: String) {
        (self.partition, self.kind) = (partition, kind)
        (device, through) = (nil, nil)
        (label, uuid, readable, features) = (.unknown(why), .unknown(why), .unknown(why), .unknown(why))
        (size, used, free, blockSize) = (.unknown(why), .unknown(why), .unknown(why), .unknown(why))
        (inodes, freeInodes) = (.unknown(why), .unknown(why))
        (clean, needsRecovery, hasErrors) = (.unknown(why), .unknown(why), .unknown(why))
    }
}

/// A file system where the guest sees it.
public struct MountFact: Sendable, Codable, Equatable {
    /// `/`, `/boot`, `/boot/efi`.
    public var point: String
    /// The partition's number; nil for a whole disk without a table, and for a volume of LVM.
    public var partition: Int?
    /// Of a volume of LVM, its name: `/dev/mapper/system-root`.
    public var device: String?
    public var kind: String
    /// How fstab names it (`UUID=...`); nil if fstab does not, and the root was found by what lies in it.
    public var source: String?
    /// Its line in fstab, counted from 1.
    public var line: Int?

    public init(
        point: String, partition: Int?, device: String? = nil, kind: String, source: String? = nil, line: Int? = nil
    ) {
        (self.point, self.partition, self.device) = (point, partition, device)
        (self.kind, self.source, self.line) = (kind, source, line)
    }
}

/// A line of fstab that the tree leaves out.
public struct UnmountedFact: Sendable, Codable, Equatable {
    /// `/data`; `none` of swap.
    public var point: String
    public var kind: String
    public var source: String
    /// In fstab, counted from 1.
    public var line: Int
    /// Whether what it names is in this image, or may be.
    public var inImage: Bool
    /// Whether that can't be told: a volume that is not read (LVM, encryption) may hold it.
    public var isUncertain: Bool
    public var why: String

    enum CodingKeys: String, CodingKey {
        case point, kind, source, line, why
        case inImage = "in_image"
        case isUncertain = "uncertain"
    }

    public init(
        point: String, kind: String, source: String, line: Int, inImage: Bool,
        isUncertain: Bool = false, why: String
    ) {
        (self.point, self.kind, self.source, self.line) = (point, kind, source, line)
        (self.inImage, self.isUncertain, self.why) = (inImage, isUncertain, why)
    }
}

extension VolumeFacts {
    /// `partition 2`, `/dev/mapper/system-root`.
    public var place: String { device ?? partition.map { "partition \($0)" } ?? "the whole disk" }
}

extension MountFact {
    /// The same of what lies there.
    public var place: String { device ?? partition.map { "partition \($0)" } ?? "the whole disk" }
}
