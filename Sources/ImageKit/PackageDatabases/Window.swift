import Blocks
import Documents

/// Little reads of a large source, in pieces that are kept for a while. One thread at a time.
final class Window {
    let source: any ByteSource
    private var pieces: [UInt64: (bytes: [UInt8], used: Int)] = [:]
    private var clock = 0
    private static let pieceSize: UInt64 = 128 << 10
    private static let kept = 16

    init(_ source: any ByteSource) { self.source = source }

    /// - Throws: `Failure` if they are not all there.
    func bytes(_ offset: UInt64, _ count: Int) throws(Failure) -> [UInt8] {
        guard count >= 0, offset <= source.size, UInt64(count) <= source.size - offset else {
            throw Failure(.refused, "\(count) bytes at \(offset) reach past the end (\(source.size) bytes)")
        }
        var result: [UInt8] = []
        result.reserveCapacity(count)
        while result.count < count {
            let at = offset + UInt64(result.count)
            let piece = try piece(at / Self.pieceSize)
            let start = Int(at % Self.pieceSize)
            result += piece[start..<min(piece.count, start + count - result.count)]
        }
        return result
    }

    private func piece(_ number: UInt64) throws(Failure) -> [UInt8] {
        clock += 1
        if let found = pieces[number] {
            pieces[number]?.used = clock
            return found.bytes
        }
        if pieces.count >= Self.kept, let oldest = pieces.min(by: { $0.value.used < $1.value.used }) {
            pieces[oldest.key] = nil
        }
        let start = number * Self.pieceSize
        let bytes = try source.bytes(at: start, count: Int(min(Self.pieceSize, source.size - start)))
        pieces[number] = (bytes, clock)
        return bytes
    }
}

/// Numbers in bytes that were checked to be there.
extension Collection<UInt8> where Index == Int {
    func big(_ offset: Int, _ count: Int = 4) -> Int {
        self[(startIndex + offset)..<(startIndex + offset + count)].reduce(0) { $0 << 8 | Int($1) }
    }

    func little(_ offset: Int, _ count: Int = 4) -> Int {
        (0..<count).reduce(0) { $0 | Int(self[startIndex + offset + $1]) << (8 * $1) }
    }
}
