/// A volume whose files the reader can't read, and another program might: asked of the reader by its host.
public struct UnreadVolume: Sendable, Codable, Equatable {
    /// `partition 2`, `/dev/mapper/system-root`: what stands for it in answers.
    public var place: String
    /// Counted from 1; nil for a whole disk without a table, and for a volume of LVM.
    public var partition: Int?
    /// Of a volume of LVM: its group's name and its own.
    public var logical: [String]?
    /// `xfs`, `btrfs`.
    public var kind: String
    /// What its files take, in bytes, as it says itself.
    public var used: UInt64
    /// Of the disk that the guest sees, in bytes.
    public var diskSize: UInt64
    /// Of the image's file, as the reader found it: `raw`, `qcow2`, `vhd`, `vhdx`, `vmdk`.
    public var format: String

    public init(
        place: String, partition: Int?, logical: [String]?, kind: String, used: UInt64, diskSize: UInt64, format: String
    ) {
        (self.place, self.partition, self.logical, self.kind) = (place, partition, logical, kind)
        (self.used, self.diskSize, self.format) = (used, diskSize, format)
    }
}

/// What came of it: a copy of its files on a scratch disk, or why there is none.
public struct VolumeCopy: Sendable, Codable, Equatable {
    public struct Subvolume: Sendable, Codable, Equatable {
        public var id: UInt64
        /// From the top of its file system, without a slash at its begin.
        public var path: String
        public init(id: UInt64, path: String) { (self.id, self.path) = (id, path) }
    }

    /// As the reader named it.
    public var place: String
    /// The partition of the scratch disk that holds the copy, in its folder `folder`; nil if there is none.
    public var scratch: Int?
    /// Why there is none.
    public var failure: Failure?
    /// Whether it was unmounted in order, where that could be told.
    public var isClean: Bool?
    /// Of btrfs: those that the copy holds, and which of them is mounted if none is named.
    public var subvolumes: [Subvolume]?
    public var defaultSubvolume: UInt64?

    /// Where on its file system a copy lies.
    public static let folder = "volume"
    /// What stands in facts for the program.
    public static let program = "libguestfs"

    public init(place: String, scratch: Int) { (self.place, self.scratch) = (place, scratch) }
    public init(place: String, failure: Failure) { (self.place, self.failure) = (place, failure) }
}
