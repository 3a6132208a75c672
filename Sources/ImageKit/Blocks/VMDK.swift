import Documents

/// VMware's sparse extents with everything in one file: monolithicSparse and streamOptimized (VMware's Virtual Disk Format 5.0).
struct VMDK: ClusterTable {
    static let magic = Array("KDMV".utf8)

    let diskSize: UInt64
    let clusterSize: UInt64
    let isStream: Bool
    let isUnclean: Bool
    private let isCompressed: Bool
    private let directoryOffset: UInt64
    private let directoryCount: UInt64
    private let perTable: UInt64
    private let file: PageCache

    init(_ source: FileSource) throws(Failure) {
        var header = Numbers(try source.bytes(at: 0, count: Int(min(source.size, 512))), "the VMDK header")
        // The directory's place was not known when the first header was written: the footer has it.
        if try header.little64(56) == .max {
            guard source.size >= 1536 else { throw .damaged("the VMDK's footer is missing: the file was cut") }
            header = Numbers(try source.bytes(at: source.size - 1024, count: 512), "the VMDK footer")
            guard header.matches(Self.magic, at: 0) else {
                throw .damaged("the VMDK's footer is missing: the file was cut")
            }
        }
        let version = try header.little32(4)
        guard (1...3).contains(version) else {
            throw .unwanted("VMDK version \(version) is not known", "convert it: qemu-img convert -O vmdk")
        }
        guard header.matches([0x0A, 0x20, 0x0D, 0x0A], at: 73) else {
            throw .damaged("the VMDK's header is damaged, as by a transfer as text")
        }
        let flags = try header.little32(8)
        isCompressed = flags & 1 << 16 != 0
        isStream = flags & 1 << 17 != 0
        isUnclean = try header.u8(72) != 0
        let (capacity, grain) = (try header.little64(12), try header.little64(20))
        guard grain >= 1, grain <= 4096, grain & (grain - 1) == 0 else {
            throw .damaged("a grain of \(grain) sectors is none")
        }
        guard capacity > 0, capacity <= DiskImage.sizeLimit / 512 else {
            throw .damaged("a disk of \(capacity) sectors is none that can be read")
        }
        let algorithm = try header.little16(77)
        guard !isCompressed || algorithm == 1 else {
            throw .unwanted("VMDK compression \(algorithm) is not known", "convert it: qemu-img convert -O vmdk")
        }
        (diskSize, clusterSize) = (capacity * 512, grain * 512)
        perTable = UInt64(try header.little32(44))
        guard perTable > 0, perTable <= 4096 else { throw .damaged("\(perTable) entries a table are none") }
        directoryCount = ((capacity - 1) / grain) / perTable + 1
        let directory = try header.little64(56)
        guard directory <= source.size / 512, directoryCount * 4 <= source.size - directory * 512 else {
            throw .damaged("the VMDK's directory lies outside of the file")
        }
        directoryOffset = directory * 512
        file = PageCache(source, capacity: 64)
        try Self.checkDescriptor(source, header)
    }

    /// Whether a file is such a text alone, with the data in others. Its first line is only a comment, and may be left out or be
    /// another: what counts is the version, as for qemu (block/vmdk.c, vmdk_probe), or the extents' kind.
    static func isDescriptor(_ text: String) -> Bool {
        let lines = text.split { $0 == "\n" || $0 == "\r" || $0 == "\r\n" }.map { line in
            line.filter { $0 != " " && $0 != "\t" }.lowercased()
        }
        guard let first = lines.first(where: { !$0.isEmpty && !$0.hasPrefix("#") }) else {
            return lines.first?.hasPrefix("#diskdescriptorfile") ?? false
        }
        return first.hasPrefix("version=") || first.hasPrefix("createtype=") || first.hasPrefix("cid=")
            || lines[0].hasPrefix("#diskdescriptorfile")
    }

    /// The embedded text names the extents and the parent; other files are none of a reader's business.
    private static func checkDescriptor(_ source: FileSource, _ header: Numbers) throws(Failure) {
        let (offset, size) = (try header.little64(28), try header.little64(36))
        guard offset > 0, size > 0 else { return }
        guard offset <= source.size / 512, size <= 2048, size * 512 <= source.size - offset * 512 else {
            throw .damaged("the VMDK's descriptor lies outside of the file")
        }
        let bytes = try source.bytes(at: offset * 512, count: Int(size * 512)).prefix { $0 != 0 }
        var extents = 0
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            if let first = words.first, ["RW", "RDONLY", "NOACCESS"].contains(first.uppercased()) {
                extents += 1
                guard words.count >= 3, words[2].uppercased() == "SPARSE" else {
                    throw .unwanted(
                        "the image's data lies in another file", "make one file of it: qemu-img convert -O vmdk")
                }
            }
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\"" } }
            if parts.count == 2, parts[0].lowercased() == "parentcid", parts[1].lowercased() != "ffffffff" {
                throw .unwanted(
                    "the image is a difference to another file, which holds the rest of the disk",
                    "flatten it on the machine that has both: qemu-img convert -O vmdk")
            }
        }
        guard extents <= 1 else {
            throw .unwanted(
                "the image is in \(extents) parts", "make one file of it: qemu-img convert -O vmdk")
        }
    }

    func run(at cluster: UInt64, limit: UInt64) throws(Failure) -> Run {
        let index = cluster / perTable
        guard index < directoryCount else { throw .damaged("no table has grain \(cluster)") }
        let left = perTable - cluster % perTable
        let tables = try TableEntries(
            file, at: directoryOffset + index * 4, width: 4,
            count: limit <= left ? 1 : min(directoryCount - index, (limit - left) / perTable + 2))
        let table = UInt64(tables.little32(0))
        guard table != 0 else {
            let empty = (0..<tables.count).prefix { tables.little32($0) == 0 }.count
            return Run(.hole, left + UInt64(empty - 1) * perTable, looked: empty)
        }
        let entries = try TableEntries(
            file, at: table * 512 + (cluster % perTable) * 4, width: 4, count: min(left, max(limit, 1)))
        return try Run(of: entries.count, clusterSize: clusterSize) { index throws(Failure) in
            try piece(UInt64(entries.little32(index)))
        }
    }

    private func piece(_ grain: UInt64) throws(Failure) -> Cluster {
        // 1: a grain of zeros (flag 4 of the header).
        guard grain > 1 else { return .hole }
        let offset = grain * 512
        guard isCompressed else { return .data(at: offset) }
        // A marker: the grain's first sector, its packed size.
        let size = try Numbers(try file.bytes(at: offset + 8, count: 4), "a grain").little32(0)
        guard UInt64(size) <= 2 * clusterSize + 512 else { throw .damaged("a grain of \(size) packed bytes is none") }
        return .packed(PackedCluster(offset: offset + 12, size: Int(size)))
    }

    func unpack(_ packed: PackedCluster) throws(Failure) -> [UInt8] {
        let bytes = try file.source.bytes(at: packed.offset, count: packed.size)
        guard let unpacked = Unpacking.zlib(bytes, to: Int(clusterSize)) else {
            throw .damaged("the grain at \(packed.offset) can't be unpacked")
        }
        return unpacked
    }
}
