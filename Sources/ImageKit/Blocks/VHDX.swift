import Documents

/// Hyper-V's VHDX ([MS-VHDX], Virtual Hard Disk v2 File Format).
struct VHDX: ClusterTable {
    static let magic = Array("vhdxfile".utf8)

    let diskSize: UInt64
    let clusterSize: UInt64
    private let tableOffset: UInt64
    private let tableCount: UInt64
    private let chunk: UInt64
    private let file: PageCache

    init(_ source: FileSource) throws(Failure) {
        try Self.checkLog(source)
        file = PageCache(source, capacity: 64)
        let regions = try Self.regions(source)
        guard let table = regions[Identifier.table], let metadata = regions[Identifier.metadata] else {
            throw .damaged("the VHDX has no table, or no metadata")
        }
        let items = try Self.items(source, metadata)
        guard let parameters = items[Identifier.parameters], let size = items[Identifier.size],
            let sector = items[Identifier.sector]
        else { throw .damaged("the VHDX does not say how large it is") }
        if try parameters.little32(4) & 2 != 0 {
            throw .unwanted(
                "the image is a difference to another file, which holds the rest of the disk",
                "flatten it on the machine that has both: qemu-img convert -O vhdx")
        }
        clusterSize = UInt64(try parameters.little32(0))
        diskSize = try size.little64(0)
        let sectorSize = UInt64(try sector.little32(0))
        guard clusterSize >= 1 << 20, clusterSize <= 256 << 20, clusterSize & (clusterSize - 1) == 0,
            sectorSize == 512 || sectorSize == 4096
        else { throw .damaged("blocks of \(clusterSize) bytes or sectors of \(sectorSize) are none") }
        guard diskSize > 0, diskSize <= DiskImage.sizeLimit else {
            throw .damaged("a disk of \(diskSize) bytes is none that can be read")
        }
        chunk = (sectorSize << 23) / clusterSize
        let blocks = (diskSize - 1) / clusterSize + 1
        tableOffset = table.offset
        tableCount = UInt64(table.length) / 8
        guard blocks + (blocks - 1) / chunk <= tableCount else {
            throw .damaged("a table of \(tableCount) entries is too short for \(diskSize) bytes")
        }
    }

    func run(at cluster: UInt64, limit: UInt64) throws(Failure) -> Run {
        // After each chunk of payload entries stands one of a bitmap.
        let index = cluster + cluster / chunk
        guard index < tableCount else { throw .damaged("no table has block \(cluster)") }
        let entries = try TableEntries(
            file, at: tableOffset + index * 8, width: 8,
            count: min(limit, chunk - cluster % chunk, tableCount - index))
        return try Run(of: entries.count, clusterSize: clusterSize) { index throws(Failure) in
            let entry = entries.little64(index)
            switch entry & 7 {
            case 0...3: return .hole
            case 6: return .data(at: entry & ~0xFFFFF)
            default: throw .damaged("block \(cluster + UInt64(index)) is in state \(entry & 7)")
            }
        }
    }

    // MARK: - Headers

    private enum Identifier {
        static let table = "2DC27766F62342009D64115E9BFD4A08"
        static let metadata = "8B7CA20647904B9AB8FE575F050F886E"
        static let parameters = "CAA16737FA364D43B3B633F0AA44E76B"
        static let size = "2FA54224CD1B4876B2115DBED83BF4B8"
        static let sector = "8141BF1DA96F4709BA47F233A8FAAB5F"
        /// Those that are read, and those that change nothing for a reader: the page 83 data, the physical sector's size,
        /// the parent's locator.
        static let items = [
            parameters, size, sector, "BECA12ABB2E6452393EFC309E000C746", "CDA348C7445D44719CC9E9885251C556",
            "A8D35F2DB30B454DABF7D3D84834AB0C",
        ]
    }

    /// The newer of the two headers must have no log: what that holds would have to be written first.
    private static func checkLog(_ source: FileSource) throws(Failure) {
        var newest: (sequence: UInt64, hasLog: Bool)?
        for place in [UInt64(64 << 10), 128 << 10] where place + 4096 <= source.size {
            let header = Numbers(try source.bytes(at: place, count: 4096), "a VHDX header")
            guard header.matches("head".utf8, at: 0), try checksum(header.bytes) == header.little32(4) else { continue }
            let sequence = try header.little64(8)
            let hasLog = header.bytes[48..<64].contains { $0 != 0 }
            if newest.map({ sequence > $0.sequence }) ?? true { newest = (sequence, hasLog) }
        }
        guard let newest else { throw .damaged("no VHDX header is intact") }
        if newest.hasLog {
            throw .unwanted(
                "the image was not closed in order: changes wait in its log",
                "open it once where it was written, or: qemu-img check -r all -f vhdx")
        }
    }

    private static func regions(_ source: FileSource) throws(Failure) -> [String: (offset: UInt64, length: UInt32)] {
        for place in [UInt64(192 << 10), 256 << 10] where place + 65536 <= source.size {
            let table = Numbers(try source.bytes(at: place, count: 65536), "a VHDX region table")
            guard table.matches("regi".utf8, at: 0), try checksum(table.bytes) == table.little32(4) else { continue }
            let count = Int(try table.little32(8))
            guard count <= 2047 else { throw .damaged("\(count) regions are too many") }
            var regions: [String: (offset: UInt64, length: UInt32)] = [:]
            for number in 0..<count {
                let start = 16 + number * 32
                let name = try guid(table, start)
                let offset = try table.little64(start + 16)
                let length = try table.little32(start + 24)
                guard offset <= source.size, UInt64(length) <= source.size - offset else {
                    throw .damaged("a VHDX region lies outside of the file")
                }
                let isRequired = try table.little32(start + 28) & 1 != 0
                guard !isRequired || [Identifier.table, Identifier.metadata].contains(name) else {
                    throw Self.unknown(name)
                }
                regions[name] = (offset, length)
            }
            return regions
        }
        throw .damaged("no VHDX region table is intact")
    }

    private static func items(
        _ source: FileSource, _ region: (offset: UInt64, length: UInt32)
    ) throws(Failure) -> [String: Numbers] {
        guard region.length >= 65536 else { throw .damaged("the VHDX's metadata is too short") }
        let table = Numbers(try source.bytes(at: region.offset, count: 65536), "the VHDX's metadata")
        guard table.matches("metadata".utf8, at: 0) else { throw .damaged("the VHDX's metadata is none") }
        let count = Int(try table.little16(10))
        guard count <= 2047 else { throw .damaged("\(count) items are too many") }
        var items: [String: Numbers] = [:]
        for number in 0..<count {
            let start = 32 + number * 32
            let name = try guid(table, start)
            let isRequired = try table.little32(start + 24) & 4 != 0
            guard !isRequired || Identifier.items.contains(name) else {
                throw Self.unknown(name)
            }
            let offset = UInt64(try table.little32(start + 16))
            let length = min(UInt64(try table.little32(start + 20)), 64)
            guard offset <= UInt64(region.length), length <= UInt64(region.length) - offset else {
                throw .damaged("an item of the VHDX's metadata lies outside of it")
            }
            items[name] = Numbers(
                try source.bytes(at: region.offset + offset, count: Int(length)), "an item of the VHDX's metadata")
        }
        return items
    }

    private static func unknown(_ name: String) -> Failure {
        .unwanted(
            "the VHDX holds a part that must be understood and is not known (\(name))",
            "convert it: qemu-img convert -O vhdx")
    }

    /// In capitals without dashes, in the order that people write it.
    private static func guid(_ table: Numbers, _ offset: Int) throws(Failure) -> String {
        var digits = ""
        for index in [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] {
            let byte = try table.u8(offset + index)
            digits += (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
        return digits
    }

    /// CRC-32C of the structure with its own field as zeros.
    private static func checksum(_ bytes: [UInt8]) throws(Failure) -> UInt32 {
        var bytes = bytes
        for index in 4..<8 { bytes[index] = 0 }
        return ~CRC32C.sum(~0, bytes[...])
    }
}
