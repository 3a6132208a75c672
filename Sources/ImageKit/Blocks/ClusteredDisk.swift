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
            let wanted = (inside + UInt64(buffer.count - filled) - 1) / table.clusterSize + 1
            let run = try table.run(at: place / table.clusterSize, limit: wanted)
            var room = table.clusterSize - inside
            if case .packed = run.cluster {} else { room += (min(run.count, wanted) - 1) * table.clusterSize }
            let part = UnsafeMutableRawBufferPointer(
                rebasing: buffer[filled..<filled + Int(min(room, UInt64(buffer.count - filled)))])
            switch run.cluster {
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

    /// Ends after a while where it would go on: the answer is then a part of the stretch.
    func extent(at offset: UInt64) throws(Failure) -> Extent? {
        guard offset < size else { return nil }
        let end = (size - 1) / table.clusterSize + 1
        var next = offset / table.clusterSize
        var isHole: Bool?
        for _ in 0..<Self.runLimit where next < end {
            let run = try table.run(at: next, limit: end - next)
            let hole = run.cluster == .hole
            if let isHole, isHole != hole { break }
            isHole = hole
            next += min(run.count, end - next)
        }
        return Extent(
            offset: offset, length: (next >= end ? size : next * table.clusterSize) - offset, isHole: isHole ?? true)
    }

    /// Runs that one answer is made of.
    private static var runLimit: Int { 4096 }
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
