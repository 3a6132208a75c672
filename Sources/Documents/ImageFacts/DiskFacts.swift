/// The image's file, and the disk that a guest sees in it.
public struct DiskFacts: Sendable, Codable, Equatable {
    /// `raw`, `qcow2`, `vhd` (fixed or dynamic), `vhdx`, `vmdk`.
    public var format: Fact<String>
    /// Within the format: `fixed`, `dynamic`, `monolithicSparse`, `streamOptimized`, `v2`, `v3`; absent of raw.
    public var variant: Fact<String>
    /// How clusters are packed, if some are: `zlib`, `zstd`, `deflate`; absent if none can be.
    public var compression: Fact<String>
    /// Of the file, in bytes.
    public var fileSize: Fact<UInt64>
    /// Of the disk that the guest sees, in bytes.
    public var virtualSize: Fact<UInt64>
    /// Bytes of it that hold data; the rest reads as zeros and takes no room in the file.
    public var usedSize: Fact<UInt64>
    /// Stretches of data, in the order that they lie in; the first `extentLimit` of them.
    public var extents: Fact<[DataExtent]>
    /// Whether the file's own encryption is on.
    public var encrypted: Fact<Bool>
    /// A file that parts of the disk lie in; absent if this file holds all of it.
    public var backingFile: Fact<String>
    /// How many snapshots the file holds beside the disk's present state.
    public var snapshots: Fact<Int>
    /// Whether the file was closed in order: its tables are what its writer meant.
    public var clean: Fact<Bool>
    /// What the file says and what it holds differ: a footer that is missing, a size that does not add up. Empty if all agrees.
    public var defects: Fact<[String]>

    /// How many stretches are told.
    public static let extentLimit = 64

    enum CodingKeys: String, CodingKey {
        case format, variant, compression, extents, encrypted, snapshots, clean, defects
        case fileSize = "file_size"
        case virtualSize = "virtual_size"
        case usedSize = "used_size"
        case backingFile = "backing_file"
    }

    /// What is known of every image that can be read: this file holds all of it.
    public init(format: String, variant: String?, fileSize: UInt64, virtualSize: UInt64) {
        self.format = .known(format)
        self.variant = variant.map { .known($0) } ?? .absent()
        self.fileSize = .known(fileSize)
        self.virtualSize = .known(virtualSize)
        (compression, backingFile) = (.absent(), .absent())
        (usedSize, extents) = (.unknown("not counted"), .unknown("not counted"))
        (encrypted, snapshots, clean, defects) = (.known(false), .known(0), .known(true), .known([]))
    }
}

/// A stretch of the disk that holds data, in bytes.
public struct DataExtent: Sendable, Codable, Equatable {
    public var offset: UInt64
    public var length: UInt64
    public init(offset: UInt64, length: UInt64) { (self.offset, self.length) = (offset, length) }
}
