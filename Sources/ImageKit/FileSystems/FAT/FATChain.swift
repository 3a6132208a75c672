import Blocks
import Documents

/// A walk along a chain of clusters. A chain that leads back into itself is found before it was gone round twice more
/// (R. Brent, "An improved Monte Carlo factorization algorithm", 1980, section 2).
struct FATChain: Sendable {
    private(set) var cluster: UInt32
    /// How many clusters lie before this one.
    private(set) var index: UInt64 = 0
    private var marked: UInt32
    private var power: UInt64 = 1
    private var steps: UInt64 = 0

    init(_ first: UInt32) { (cluster, marked) = (first, first) }

    /// Goes on to the next cluster; false at the end.
    mutating func advance(in fileSystem: FATFileSystem) throws(Failure) -> Bool {
        guard let next = try fileSystem.next(after: cluster) else { return false }
        if steps == power {
            marked = cluster
            power *= 2
            steps = 0
        }
        steps += 1
        guard next != marked else {
            throw Failure(
                .refused, "a chain of clusters leads back to itself", place: "cluster \(next)",
                hint: FATFileSystem.hint)
        }
        cluster = next
        index += 1
        return true
    }
}

extension FATFileSystem {
    /// What the table says of a cluster; nil at the end of its chain.
    func next(after cluster: UInt32) throws(Failure) -> UInt32? {
        _ = try place(of: cluster)
        let value: UInt32
        let end: UInt32
        switch boot.width {
        case .fat12:
            let pair = try cache.bytes(at: boot.tableStart + UInt64(cluster) + UInt64(cluster / 2), count: 2).u16(0)
            (value, end) = (UInt32(cluster & 1 == 1 ? pair >> 4 : pair & 0xFFF), 0xFF8)
        case .fat16:
            value = UInt32(try cache.bytes(at: boot.tableStart + UInt64(cluster) * 2, count: 2).u16(0))
            end = 0xFFF8
        case .fat32:
            value = try cache.bytes(at: boot.tableStart + UInt64(cluster) * 4, count: 4).u32(0) & 0x0FFF_FFFF
            end = 0x0FFF_FFF8
        }
        if value >= end { return nil }
        _ = try place(of: value)
        return value
    }

    /// The byte that a cluster begins at.
    func place(of cluster: UInt32) throws(Failure) -> UInt64 {
        guard cluster >= 2, cluster - 2 < boot.clusterCount else {
            throw Failure(
                .refused, "cluster \(cluster) is none of the file system's \(boot.clusterCount)", hint: Self.hint)
        }
        return boot.dataStart + UInt64(cluster - 2) * UInt64(boot.clusterSize)
    }

    /// How many clusters no file has; nil if the table is too long to be counted.
    func freeClusters() throws(Failure) -> UInt64? {
        guard boot.clusterCount <= 1 << 22 else { return nil }
        if boot.width == .fat12 {
            var free: UInt64 = 0
            for cluster in 2..<boot.clusterCount + 2 {
                let pair = try cache.bytes(at: boot.tableStart + UInt64(cluster) + UInt64(cluster / 2), count: 2).u16(0)
                if cluster & 1 == 1 ? pair >> 4 == 0 : pair & 0xFFF == 0 { free += 1 }
            }
            return free
        }
        let width = boot.width == .fat16 ? 2 : 4
        var free: UInt64 = 0
        var cluster: UInt32 = 2
        let end = boot.clusterCount + 2
        while cluster < end {
            let count = Int(min(end - cluster, 1 << 16))
            let bytes = try cache.source.bytes(
                at: boot.tableStart + UInt64(cluster) * UInt64(width), count: count * width)
            for entry in 0..<count {
                let value = width == 2 ? UInt32(try bytes.u16(entry * 2)) : try bytes.u32(entry * 4) & 0x0FFF_FFFF
                if value == 0 { free += 1 }
            }
            cluster += UInt32(count)
        }
        return free
    }
}
