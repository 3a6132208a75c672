import CZlib
import CZstd
import Documents

/// QEMU's copy-on-write format, versions 2 and 3 (qemu's docs/interop/qcow2.rst).
struct Qcow2: ClusterTable {
    static let magic: [UInt8] = [0x51, 0x46, 0x49, 0xFB]

    let version: UInt32
    let diskSize: UInt64
    let clusterSize: UInt64
    let snapshots: Int
    let isDirty: Bool
    let isCorrupt: Bool
    let isZstd: Bool
    private let clusterBits: UInt64
    private let firstLevelOffset: UInt64
    private let firstLevelCount: UInt64
    private let file: PageCache

    /// - Throws: `Failure` for what no cloud takes and nobody should open: another file that parts of the disk lie in, encryption,
    ///   features that are not known, and numbers that can't be true.
    init(_ source: FileSource) throws(Failure) {
        let header = Numbers(try source.bytes(at: 0, count: Int(min(source.size, 512))), "the qcow2 header")
        version = try header.big32(4)
        guard version == 2 || version == 3 else {
            throw .unwanted("qcow2 version \(version) is not known", "convert it: qemu-img convert -O qcow2")
        }
        guard try header.big64(8) == 0, try header.big32(16) == 0 else {
            throw .unwanted(
                "the image is a layer over another file, which holds the rest of the disk",
                "flatten it on the machine that has both: qemu-img convert -O qcow2")
        }
        clusterBits = UInt64(try header.big32(20))
        guard (9...21).contains(clusterBits) else { throw .damaged("a cluster of 2^\(clusterBits) bytes is none") }
        clusterSize = 1 << clusterBits
        diskSize = try header.big64(24)
        guard diskSize > 0, diskSize <= DiskImage.sizeLimit else {
            throw .damaged("a disk of \(diskSize) bytes is none that can be read")
        }
        guard try header.big32(32) == 0 else {
            throw .unwanted("the image is encrypted", "decrypt it: qemu-img convert -O qcow2, with its secret")
        }
        firstLevelCount = UInt64(try header.big32(36))
        firstLevelOffset = try header.big64(40)
        let wanted = (diskSize - 1) / (clusterSize * (clusterSize / 8)) + 1
        guard firstLevelCount >= wanted, firstLevelCount <= 4 << 20 else {
            throw .damaged("a first table of \(firstLevelCount) entries does not fit a disk of \(diskSize) bytes")
        }
        guard firstLevelOffset % clusterSize == 0, firstLevelOffset >= clusterSize,
            firstLevelOffset <= source.size, firstLevelCount * 8 <= source.size - firstLevelOffset
        else { throw .damaged("the first table lies outside of the file") }
        snapshots = Int(try header.big32(60))
        let incompatible = version == 3 ? try header.big64(72) : 0
        isDirty = incompatible & 1 != 0
        isCorrupt = incompatible & 2 != 0
        if incompatible & 4 != 0 {
            throw .unwanted(
                "the image's data lies in another file", "make one file of it: qemu-img convert -O qcow2")
        }
        if incompatible & ~0b1111 != 0 {
            let names = incompatible & 16 != 0 ? "subclusters (extended L2 entries)" : "features that are not known"
            throw .unwanted("the image uses \(names)", "convert it: qemu-img convert -O qcow2")
        }
        if version == 3 {
            let length = try header.big32(100)
            guard length >= 104, UInt64(length) <= clusterSize else {
                throw .damaged("a header of \(length) bytes is none")
            }
        }
        let type = incompatible & 8 != 0 ? try header.u8(104) : 0
        guard type <= 1 else {
            throw .unwanted("compression type \(type) is not known", "convert it: qemu-img convert -O qcow2")
        }
        isZstd = type == 1
        file = PageCache(source, capacity: 256)
    }

    func run(at cluster: UInt64, limit: UInt64) throws(Failure) -> Run {
        let perTable = clusterSize / 8
        let index = cluster / perTable
        guard index < firstLevelCount else { throw .damaged("no table has cluster \(cluster)") }
        let left = perTable - cluster % perTable
        let tables = try TableEntries(
            file, at: firstLevelOffset + index * 8, width: 8,
            count: limit <= left ? 1 : min(firstLevelCount - index, (limit - left) / perTable + 2))
        let table = tables.big64(0) & Self.offsetMask
        guard table != 0 else {
            let empty = (0..<tables.count).prefix { tables.big64($0) & Self.offsetMask == 0 }.count
            return Run(.hole, left + UInt64(empty - 1) * perTable, looked: empty)
        }
        guard table % clusterSize == 0 else { throw .damaged("a table at \(table) is not where a cluster begins") }
        let entries = try TableEntries(
            file, at: table + (cluster % perTable) * 8, width: 8, count: min(left, max(limit, 1)))
        return try Run(of: entries.count, clusterSize: clusterSize) { index throws(Failure) in
            try piece(entries.big64(index))
        }
    }

    private func piece(_ entry: UInt64) throws(Failure) -> Cluster {
        if entry & Self.compressedFlag != 0 { return .packed(try packed(entry)) }
        let offset = entry & Self.offsetMask
        // Bit 0: reads as zeros, whatever is allocated for it (version 3).
        if offset == 0 || version == 3 && entry & 1 != 0 { return .hole }
        guard offset % clusterSize == 0 else { throw .damaged("data at \(offset) is not where a cluster begins") }
        return .data(at: offset)
    }

    private static let offsetMask: UInt64 = 0x00FF_FFFF_FFFF_FE00
    private static let compressedFlag: UInt64 = 1 << 62

    private func packed(_ entry: UInt64) throws(Failure) -> PackedCluster {
        let bits = 62 - (clusterBits - 8)
        let offset = entry & ((1 << bits) - 1)
        let sectors = (entry & ~(3 << 62)) >> bits
        let size = (sectors + 1) * 512 - offset % 512
        // No packed cluster takes more than it would plain, but for its last sector.
        guard offset < file.source.size, size <= 2 * clusterSize + 512 else {
            throw .damaged("a compressed cluster at \(offset) lies outside of the file")
        }
        return PackedCluster(offset: offset, size: Int(min(size, file.source.size - offset)))
    }

    func unpack(_ packed: PackedCluster) throws(Failure) -> [UInt8] {
        let bytes = try file.source.bytes(at: packed.offset, count: packed.size)
        let unpacked =
            isZstd ? Unpacking.zstd(bytes, to: Int(clusterSize)) : Unpacking.deflate(bytes, to: Int(clusterSize))
        guard let unpacked else { throw .damaged("the compressed cluster at \(packed.offset) can't be unpacked") }
        return unpacked
    }
}
