import Blocks
import Documents

/// The superblock of an ext file system, each number held against the others.
///
/// Layout: kernel documentation, filesystems/ext4/super.rst.
struct ExtSuperblock: Sendable {
    static let offset: UInt64 = 1024
    static let length = 1024

    var features: ExtFeatures
    var blockSize: Int
    var blockCount: UInt64
    var freeBlocks: UInt64
    var firstDataBlock: UInt32
    var blocksPerGroup: UInt32
    var groupCount: UInt64
    var inodeCount: UInt32
    var freeInodes: UInt32
    var inodesPerGroup: UInt32
    var inodeSize: Int
    var descriptorSize: Int
    var firstMetaGroup: UInt32
    /// The groups with a copy of the superblock, under sparse_super2.
    var backupGroups: (UInt32, UInt32)
    /// Bit 0: unmounted in order. Bit 1: errors were found.
    var state: UInt16
    var errorCount: UInt32
    /// Whether owners have their upper halves where Linux keeps them.
    var isLinux: Bool
    var label: String?
    var uuid: String?
    var checksumSeed: UInt32

    /// What mends a superblock that can't be true.
    static let repair = "the file system is damaged: run e2fsck on the image's copy"
    static let cut = "the image was cut, or its partition is smaller than its file system"

    /// Whether what refused a file system is certain damage, and nothing that this reader lacks.
    static func isDamage(_ failure: Failure) -> Bool { failure.hint == repair || failure.hint == cut }

    static func isOne(_ bytes: [UInt8]) -> Bool { bytes.matches([0x53, 0xEF], at: 0x38) }

    /// - Parameters:
    ///   - bytes: the superblock, 1024 bytes.
    ///   - room: how many bytes the partition has.
    init(_ bytes: [UInt8], room: UInt64) throws(Failure) {
        func refuse(_ what: String) -> Failure {
            Failure(.refused, what, place: "superblock", hint: Self.repair)
        }
        let revision = try bytes.u32(0x4C)
        guard revision <= 1 else {
            throw Failure(.refused, "revision \(revision) of ext is not known", place: "superblock")
        }
        features = ExtFeatures(
            compatible: try bytes.u32(0x5C), incompatible: try bytes.u32(0x60), readOnly: try bytes.u32(0x64))
        guard !features.isJournalDevice else {
            throw Failure(.refused, "this is the journal of another file system", place: "superblock")
        }
        guard features.unreadableNames.isEmpty else {
            throw Failure(
                .refused,
                "the file system uses \(features.unreadableNames.joined(separator: ", ")), which can't be read",
                place: "superblock", hint: "make it without that feature (mke2fs -O)")
        }
        if features.hasChecksums {
            let type = try bytes.u8(0x175)
            guard type == 1 else {
                throw Failure(.refused, "checksums of type \(type) are not known", place: "superblock")
            }
            guard CRC32C.sum(~0, try bytes.part(0, 0x3FC)) == (try bytes.u32(0x3FC)) else {
                throw refuse("its checksum is wrong")
            }
        }

        let exponent = try bytes.u32(0x18)
        guard exponent <= 6 else { throw refuse("blocks of 2^\(UInt64(exponent) + 10) bytes are not possible") }
        blockSize = 1024 << Int(exponent)
        let upper = features.is64Bit
        blockCount = UInt64(try bytes.u32(0x04)) | (upper ? UInt64(try bytes.u32(0x150)) << 32 : 0)
        let needed = blockCount.multipliedReportingOverflow(by: UInt64(blockSize))
        guard blockCount > 0, !needed.overflow, needed.partialValue <= room else {
            throw Failure(
                .refused, "\(blockCount) blocks of \(blockSize) bytes are more than the \(room) bytes that are there",
                place: "superblock", hint: Self.cut)
        }
        freeBlocks = min(UInt64(try bytes.u32(0x0C)) | (upper ? UInt64(try bytes.u32(0x158)) << 32 : 0), blockCount)
        firstDataBlock = try bytes.u32(0x14)
        guard firstDataBlock <= 1, UInt64(firstDataBlock) < blockCount else {
            throw refuse("block \(firstDataBlock) can't be the first one")
        }

        // Bitmaps of one block bound what a group counts; under bigalloc they count clusters.
        let bits = UInt64(blockSize) * 8
        blocksPerGroup = try bytes.u32(0x20)
        let clusterExponent = try bytes.u32(0x1C)
        let ratio: UInt64 =
            features.hasClusters && clusterExponent >= exponent && clusterExponent <= 26
            ? 1 << UInt64(clusterExponent - exponent) : 1
        guard blocksPerGroup > 0, UInt64(blocksPerGroup) <= bits * ratio else {
            throw refuse("\(blocksPerGroup) blocks a group are not possible")
        }
        groupCount = (blockCount - UInt64(firstDataBlock) + UInt64(blocksPerGroup) - 1) / UInt64(blocksPerGroup)
        inodeCount = try bytes.u32(0x00)
        freeInodes = min(try bytes.u32(0x10), inodeCount)
        inodesPerGroup = try bytes.u32(0x28)
        guard inodesPerGroup > 0, UInt64(inodesPerGroup) <= bits else {
            throw refuse("\(inodesPerGroup) inodes a group are not possible")
        }
        let inodes = groupCount.multipliedReportingOverflow(by: UInt64(inodesPerGroup))
        guard inodeCount > 0, inodes.overflow || UInt64(inodeCount) <= inodes.partialValue else {
            throw refuse("\(inodeCount) inodes are more than its groups hold")
        }
        inodeSize = revision == 0 ? 128 : Int(try bytes.u16(0x58))
        guard inodeSize >= 128, inodeSize <= blockSize, inodeSize & (inodeSize - 1) == 0 else {
            throw refuse("inodes of \(inodeSize) bytes are not possible")
        }
        descriptorSize = upper ? Int(try bytes.u16(0xFE)) : 32
        guard descriptorSize >= (upper ? 64 : 32), descriptorSize <= blockSize,
            descriptorSize & (descriptorSize - 1) == 0
        else { throw refuse("descriptors of \(descriptorSize) bytes are not possible") }
        firstMetaGroup = try bytes.u32(0x104)
        backupGroups = (try bytes.u32(0x24C), try bytes.u32(0x250))

        state = try bytes.u16(0x3A)
        errorCount = try bytes.u32(0x194)
        isLinux = try bytes.u32(0x48) == 0
        label = fieldText(try bytes.part(0x78, 16))
        let identity = try bytes.part(0x68, 16)
        uuid = uuidText(identity)
        checksumSeed = features.hasChecksumSeed ? try bytes.u32(0x270) : CRC32C.sum(~0, identity)
    }

    /// Whether a group begins with a copy of the superblock.
    func hasBackup(_ group: UInt64) -> Bool {
        if group == 0 { return true }
        if features.hasSparseSuper2 { return group == UInt64(backupGroups.0) || group == UInt64(backupGroups.1) }
        if group == 1 || !features.hasSparseSuper { return true }
        if group & 1 == 0 { return false }
        for base: UInt64 in [3, 5, 7] {
            var power = base
            while power < group { power *= base }
            if power == group { return true }
        }
        return false
    }

    /// The block that holds a group's descriptor, and the byte in it that it begins at.
    func descriptorPlace(_ group: UInt64) -> (block: UInt64, offset: Int) {
        let perBlock = UInt64(blockSize / descriptorSize)
        let index = group / perBlock
        let offset = Int(group % perBlock) * descriptorSize
        // The superblock's own block: 1 with blocks of 1 KiB, else 0.
        let own: UInt64 = blockSize == 1024 ? 1 : 0
        guard features.hasMetaGroups, index >= UInt64(firstMetaGroup) else { return (own + index + 1, offset) }
        let first = index * perBlock
        var block = UInt64(firstDataBlock) + first * UInt64(blocksPerGroup)
        if hasBackup(first) { block += 1 }
        if blockSize == 1024 && index == 0 && firstDataBlock == 0 { block += 1 }
        return (block, offset)
    }
}
