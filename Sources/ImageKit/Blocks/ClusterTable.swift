import Documents

/// Where a format keeps the pieces of a disk. All formats but raw have one; they differ in how it is written.
protocol ClusterTable: Sendable {
    /// Bytes of a piece, whose last may reach past the disk's end.
    var clusterSize: UInt64 { get }
    /// Bytes of the disk.
    var diskSize: UInt64 { get }

    /// Where a piece is, and for how many pieces from there on the same can be said without reading more.
    ///
    /// Of pieces with data, one at a time, or as many as lie one after the other.
    func run(at cluster: UInt64) throws(Failure) -> (cluster: Cluster, count: UInt64)
    func unpack(_ packed: PackedCluster) throws(Failure) -> [UInt8]
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
