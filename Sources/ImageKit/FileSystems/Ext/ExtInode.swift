import Blocks
import Documents

/// An inode as it is on disk, taken apart.
///
/// Layout: kernel documentation, filesystems/ext4/inodes.rst.
struct ExtInode: Sendable {
    enum Flags {
        static let immutable: UInt32 = 0x10
        static let encrypted: UInt32 = 0x800
        static let compressed: UInt32 = 0x4
        static let extents: UInt32 = 0x80000
        static let holdsAttribute: UInt32 = 0x200000
        static let inline: UInt32 = 0x1000_0000
    }

    /// The number of the root's inode.
    static let root: UInt64 = 2

    let number: UInt32
    let status: FileStatus
    let flags: UInt32
    /// Continues the checksum of what belongs to this inode: blocks of extents and of directories.
    let checksumSeed: UInt32
    /// The block that holds extended attributes; 0 if there is none.
    let attributeBlock: UInt64
    /// Where in `bytes` the extended attributes begin; nil if there is no room for them.
    let attributeStart: Int?
    let bytes: [UInt8]

    var usesExtents: Bool { flags & Flags.extents != 0 }
    var isInline: Bool { flags & Flags.inline != 0 }
    /// The sixty bytes that lead to its blocks, or are its contents.
    var map: [UInt8] { get throws(Failure) { Array(try bytes.part(0x28, 60)) } }

    init(_ bytes: [UInt8], number: UInt32, in superblock: ExtSuperblock) throws(Failure) {
        let place = "inode \(number)"
        let extra = bytes.count > 128 ? Int(try bytes.u16(0x80)) : 0
        guard extra % 4 == 0, extra <= bytes.count - 128 else {
            throw Failure(
                .refused, "its extra fields of \(extra) bytes reach past its end", place: place, hint: Self.hint)
        }
        checksumSeed = CRC32C.sum(CRC32C.sum(superblock.checksumSeed, number), try bytes.u32(0x64))
        if superblock.features.hasChecksums {
            try Self.verify(bytes, extra: extra, seed: checksumSeed, place: place)
        }
        let mode = try bytes.u16(0x00)
        let kind: FileStatus.Kind
        switch mode & 0xF000 {
        case 0x1000: kind = .fifo
        case 0x2000: kind = .characterDevice
        case 0x4000: kind = .directory
        case 0x6000: kind = .blockDevice
        case 0x8000: kind = .file
        case 0xA000: kind = .symlink
        case 0xC000: kind = .socket
        default:
            throw Failure(.refused, "its mode \(String(mode, radix: 8)) is of no file", place: place, hint: Self.hint)
        }
        let links = try bytes.u16(0x1A)
        flags = try bytes.u32(0x20)
        let upper = kind == .file || kind == .directory && superblock.features.hasLargeDirectories
        let size = UInt64(try bytes.u32(0x04)) | (upper ? UInt64(try bytes.u32(0x6C)) << 32 : 0)
        guard size <= UInt64(Int64.max) else {
            throw Failure(.refused, "a size of \(size) bytes is not possible", place: place, hint: Self.hint)
        }
        // Seconds since 1970 are signed; two more bits count the rounds of 2^32 (inodes.rst, "Inode Timestamps").
        var modified = Int64(Int32(bitPattern: try bytes.u32(0x10)))
        if extra >= 12 { modified += Int64(try bytes.u32(0x88) & 3) << 32 }
        var status = FileStatus(
            kind: kind, permissions: mode & 0o7777,
            user: UInt32(try bytes.u16(0x02)) | (superblock.isLinux ? UInt32(try bytes.u16(0x78)) << 16 : 0),
            group: UInt32(try bytes.u16(0x18)) | (superblock.isLinux ? UInt32(try bytes.u16(0x7A)) << 16 : 0),
            size: size, modified: modified, links: UInt32(links))
        status.isImmutable = flags & Flags.immutable != 0
        self.status = status
        attributeBlock =
            UInt64(try bytes.u32(0x68)) | (superblock.features.is64Bit ? UInt64(try bytes.u16(0x76)) << 32 : 0)
        attributeStart = extra > 0 && 128 + extra + 4 <= bytes.count ? 128 + extra : nil
        self.number = number
        self.bytes = bytes
    }

    static let hint = "the file system is damaged: run e2fsck on the image's copy"

    private static func verify(_ bytes: [UInt8], extra: Int, seed: UInt32, place: String) throws(Failure) {
        var blank = bytes
        let isWide = extra >= 4
        var stored = UInt32(try bytes.u16(0x7C))
        (blank[0x7C], blank[0x7D]) = (0, 0)
        if isWide {
            stored |= UInt32(try bytes.u16(0x82)) << 16
            (blank[0x82], blank[0x83]) = (0, 0)
        }
        let sum = CRC32C.sum(seed, blank[...])
        guard (isWide ? sum : sum & 0xFFFF) == stored else {
            throw Failure(.refused, "its checksum is wrong", place: place, hint: hint)
        }
    }
}
