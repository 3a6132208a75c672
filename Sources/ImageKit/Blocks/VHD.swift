import Documents

/// Virtual Hard Disk, fixed and dynamic (Microsoft's Virtual Hard Disk Image Format Specification 1.0).
struct VHD: ClusterTable {
    static let magic = Array("conectix".utf8)
    static let footerSize: UInt64 = 512

    enum Kind: Equatable { case fixed, dynamic }

    let kind: Kind
    let diskSize: UInt64
    let clusterSize: UInt64
    let defects: [String]
    private let tableOffset: UInt64
    private let tableCount: UInt64
    private let bitmapSize: UInt64
    private let file: PageCache

    /// - Parameter atEnd: whether the footer is where it belongs; else its copy at the file's begin is read.
    init(_ source: FileSource, atEnd: Bool) throws(Failure) {
        guard source.size >= Self.footerSize else { throw .damaged("the VHD footer is cut short") }
        let place = atEnd ? source.size - Self.footerSize : 0
        let footer = Numbers(try source.bytes(at: place, count: 512), "the VHD footer")
        guard try Self.sum(footer.bytes, but: 64) == footer.big32(64) else {
            throw .damaged("the VHD footer's checksum is wrong")
        }
        diskSize = try footer.big64(48)
        guard diskSize > 0, diskSize <= DiskImage.sizeLimit else {
            throw .damaged("a disk of \(diskSize) bytes is none that can be read")
        }
        file = PageCache(source, capacity: 64)
        let type = try footer.big32(60)
        switch type {
        case 2:
            kind = .fixed
            guard diskSize <= source.size - Self.footerSize else {
                throw .damaged("the footer tells of \(diskSize) bytes, and before it are \(source.size - 512)")
            }
            defects =
                diskSize < source.size - Self.footerSize
                ? ["\(source.size - Self.footerSize - diskSize) bytes lie between the disk and its footer"] : []
            (clusterSize, tableOffset, tableCount, bitmapSize) = (diskSize, 0, 0, 0)
        case 3:
            kind = .dynamic
            let offset = try footer.big64(16)
            guard offset <= source.size, source.size - offset >= 1024 else {
                throw .damaged("the VHD's dynamic header lies outside of the file")
            }
            let header = Numbers(try source.bytes(at: offset, count: 1024), "the VHD's dynamic header")
            guard header.matches("cxsparse".utf8, at: 0), try Self.sum(header.bytes, but: 36) == header.big32(36) else {
                throw .damaged("the VHD's dynamic header is none, or its checksum is wrong")
            }
            tableOffset = try header.big64(16)
            tableCount = UInt64(try header.big32(28))
            clusterSize = UInt64(try header.big32(32))
            guard clusterSize >= 512, clusterSize <= 256 << 20, clusterSize & (clusterSize - 1) == 0 else {
                throw .damaged("a block of \(clusterSize) bytes is none")
            }
            guard (diskSize - 1) / clusterSize < tableCount else {
                throw .damaged("a table of \(tableCount) blocks is too short for \(diskSize) bytes")
            }
            guard tableOffset <= source.size, tableCount * 4 <= source.size - tableOffset else {
                throw .damaged("the VHD's table lies outside of the file")
            }
            bitmapSize = (clusterSize / 512 / 8 + 511) / 512 * 512
            defects = atEnd ? [] : ["the footer at the file's end is missing; its copy was read"]
        case 4:
            throw .unwanted(
                "the image is a difference to another file, which holds the rest of the disk",
                "flatten it on the machine that has both: qemu-img convert -O vpc")
        default: throw .unwanted("VHD disk type \(type) is not known", "convert it: qemu-img convert -O qcow2")
        }
    }

    func run(at cluster: UInt64, limit: UInt64) throws(Failure) -> Run {
        guard cluster < tableCount else { throw .damaged("no table has block \(cluster)") }
        let entries = try TableEntries(
            file, at: tableOffset + cluster * 4, width: 4, count: min(limit, tableCount - cluster))
        return try Run(of: entries.count, clusterSize: clusterSize) { index throws(Failure) in
            let sector = entries.big32(index)
            return sector == .max ? .hole : .data(at: UInt64(sector) * 512 + bitmapSize)
        }
    }

    /// One's complement of the sum of all bytes but the checksum's own.
    private static func sum(_ bytes: [UInt8], but field: Int) throws(Failure) -> UInt32 {
        var sum: UInt32 = 0
        for (index, byte) in bytes.enumerated() where !(field..<field + 4).contains(index) { sum &+= UInt32(byte) }
        return ~sum
    }
}
