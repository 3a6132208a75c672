import Documents
import Synchronization

/// A disk whose pieces lie wherever a table says.
final class ClusteredDisk<Table: ClusterTable>: ByteSource {
    let file: FileSource
    let table: Table
    var size: UInt64 { table.diskSize }
    private let unpacked = UnpackedClusters()

    init(_ file: FileSource, _ table: Table) { (self.file, self.table) = (file, table) }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
        guard offset <= size, UInt64(buffer.count) <= size - offset else {
            throw .damaged("\(buffer.count) bytes at \(offset) reach past the end of the disk (\(size) bytes)")
        }
        var filled = 0
        while filled < buffer.count {
            let place = offset + UInt64(filled)
            let inside = place % table.clusterSize
            let (cluster, count) = try table.run(at: place / table.clusterSize)
            let room: UInt64
            if case .packed = cluster {
                room = table.clusterSize - inside
            } else {
                let (all, isLarge) = table.clusterSize.multipliedReportingOverflow(by: max(count, 1))
                room = (isLarge ? UInt64.max : all) - inside
            }
            let part = UnsafeMutableRawBufferPointer(
                rebasing: buffer[filled..<filled + Int(min(room, UInt64(buffer.count - filled)))])
            switch cluster {
            case .hole: part.initializeMemory(as: UInt8.self, repeating: 0)
            case .data(let start): try file.read(at: start &+ inside, into: part)
            case .packed(let packed): try read(packed, at: Int(inside), into: part)
            }
            filled += part.count
        }
    }

    private func read(
        _ packed: PackedCluster, at inside: Int, into part: UnsafeMutableRawBufferPointer
    ) throws(Failure) {
        let bytes: [UInt8]
        if let known = unpacked[packed] {
            bytes = known
        } else {
            bytes = try table.unpack(packed)
            unpacked[packed] = bytes
        }
        guard inside + part.count <= bytes.count else { throw .damaged("a compressed cluster is too short") }
        bytes.withUnsafeBytes {
            part.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[inside..<inside + part.count]))
        }
    }

    func extent(at offset: UInt64) throws(Failure) -> Extent? {
        guard offset < size else { return nil }
        let first = offset / table.clusterSize
        let end = (size - 1) / table.clusterSize + 1
        var next = first
        var isHole: Bool?
        while next < end {
            let (cluster, count) = try table.run(at: next)
            let hole = cluster == .hole
            if let isHole, isHole != hole { break }
            isHole = hole
            next = min(end, next + max(1, min(count, end - next)))
        }
        let stop = min(size, next.multipliedReportingOverflow(by: table.clusterSize).partialValue)
        return Extent(offset: offset, length: (next >= end ? size : stop) - offset, isHole: isHole ?? true)
    }
}

/// The pieces that were unpacked last: one is asked for many times, 4 KiB each.
private final class UnpackedClusters: Sendable {
    private struct State {
        var clusters: [PackedCluster: [UInt8]] = [:]
        var order: [PackedCluster] = []
    }

    /// Of at most 2 MiB each.
    private static let capacity = 8
    private let state = Mutex(State())

    subscript(packed: PackedCluster) -> [UInt8]? {
        get { state.withLock { $0.clusters[packed] } }
        set {
            state.withLock { state in
                if state.clusters.updateValue(newValue ?? [], forKey: packed) == nil { state.order.append(packed) }
                if state.order.count > Self.capacity { state.clusters[state.order.removeFirst()] = nil }
            }
        }
    }
}
