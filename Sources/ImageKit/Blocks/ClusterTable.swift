import Documents

/// Where a format keeps the pieces of a disk. All formats but raw have one; they differ in how it is written.
protocol ClusterTable: Sendable {
    /// Bytes of a piece, whose last may reach past the disk's end.
    var clusterSize: UInt64 { get }
    /// Bytes of the disk.
    var diskSize: UInt64 { get }

    /// Where a piece is, and for how many pieces from there on the same is true.
    /// - Parameter limit: how many pieces are of interest: no more entries of the table are looked at.
    func run(at cluster: UInt64, limit: UInt64) throws(Failure) -> Run
    func unpack(_ packed: PackedCluster) throws(Failure) -> [UInt8]
}

/// Pieces that follow each other on the disk: holes all, or data that lies in one stretch of the file.
struct Run {
    var cluster: Cluster
    /// In pieces, and never zero.
    var count: UInt64
    /// How many entries of tables were looked at: what the answer cost.
    var looked: Int

    init(_ cluster: Cluster, _ count: UInt64 = 1, looked: Int = 1) {
        (self.cluster, self.count, self.looked) = (cluster, max(count, 1), looked)
    }

    /// From a stretch of a table's entries.
    /// - Parameter piece: what the entry says. One that can't be believed is no matter before it is the first.
    init(
        of entries: Int, clusterSize: UInt64, _ piece: (Int) throws(Failure) -> Cluster
    ) throws(Failure) {
        let first = try piece(0)
        var count = 1
        scan: while count < entries {
            guard let next = try? piece(count) else { break }
            switch (first, next) {
            case (.hole, .hole): break
            case (.data(let one), .data(let other)) where other == one &+ UInt64(count) * clusterSize: break
            default: break scan
            }
            count += 1
        }
        self.init(first, UInt64(count), looked: count)
    }
}

/// Entries of a table that stand one after the other.
struct TableEntries {
    private let bytes: [UInt8]
    /// Of the first one in the bytes.
    private let start: Int
    /// At least one.
    let count: Int

    /// - Parameters:
    ///   - offset: of the first, in bytes.
    ///   - count: at most so many; fewer come where a page of the cache ends, one at least.
    init(_ file: PageCache, at offset: UInt64, width: Int, count: UInt64) throws(Failure) {
        // The cache's own page, not a copy of what is left of it: tables without two entries in order are asked for each one.
        let (page, start) = try file.page(holding: offset)
        let whole = (page.count - start) / width
        if whole > 0 {
            (bytes, self.start, self.count) = (page, start, Int(max(1, min(count, UInt64(whole)))))
        } else {
            (bytes, self.start, self.count) = (try file.bytes(at: offset, count: width), 0, 1)
        }
    }

    func little64(_ index: Int) -> UInt64 {
        bytes.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: start + index * 8, as: UInt64.self))
        }
    }
    func big64(_ index: Int) -> UInt64 { little64(index).byteSwapped }
    func little32(_ index: Int) -> UInt32 {
        bytes.withUnsafeBytes {
            UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: start + index * 4, as: UInt32.self))
        }
    }
    func big32(_ index: Int) -> UInt32 { little32(index).byteSwapped }
}

enum Cluster: Equatable {
    case hole
    /// At that byte of the file.
    case data(at: UInt64)
    case packed(PackedCluster)
}

/// A piece that is compressed on its own.
struct PackedCluster: Hashable, Sendable {
    /// In the file, in bytes.
    var offset: UInt64
    /// At most so many bytes.
    var size: Int
}

extension ClusterTable {
    func unpack(_ packed: PackedCluster) throws(Failure) -> [UInt8] {
        throw Failure(.internal, "nothing is packed in this format")
    }
}
