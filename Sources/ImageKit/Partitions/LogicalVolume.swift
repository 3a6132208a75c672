import Blocks
import Documents

/// A volume of LVM as one row of bytes: stretches of the disk, in order; striped ones among them.
struct LogicalVolume: ByteSource {
    /// A stretch of it, in one place or in several that take turns.
    struct Segment {
        /// In bytes, as all here.
        var start: UInt64
        var length: UInt64
        var stripes: [Slice]
        /// How much each stripe gives before the next one's turn.
        var stripeSize: UInt64
    }

    private let segments: [Segment]
    let size: UInt64

    /// - Throws: `Failure` (refused) if the segments leave a gap.
    init(_ segments: [Segment]) throws(Failure) {
        let segments = segments.sorted { $0.start < $1.start }
        var end: UInt64 = 0
        for segment in segments {
            guard segment.start == end, segment.length > 0, segment.stripeSize > 0, !segment.stripes.isEmpty,
                segment.length <= DiskImage.sizeLimit - end
            else { throw Failure(.refused, "what LVM says of it leaves a gap, or has no end") }
            end += segment.length
        }
        self.segments = segments
        size = end
    }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
        guard offset <= size, UInt64(buffer.count) <= size - offset else {
            throw Failure(.refused, "\(buffer.count) bytes at \(offset) reach past the end (\(size) bytes)")
        }
        var filled = 0
        while filled < buffer.count, let piece = piece(at: offset + UInt64(filled)) {
            let count = Int(min(UInt64(buffer.count - filled), piece.length))
            try piece.source.read(
                at: piece.offset,
                into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + count]))
            filled += count
        }
    }

    func extent(at offset: UInt64) throws(Failure) -> Extent? {
        guard let piece = piece(at: offset), var extent = try piece.source.extent(at: piece.offset) else { return nil }
        extent.offset = offset
        extent.length = min(extent.length, piece.length)
        return extent
    }

    /// Where a byte lies, and how many follow it there.
    private func piece(at offset: UInt64) -> (source: Slice, offset: UInt64, length: UInt64)? {
        var (low, high) = (0, segments.count)
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].start + segments[middle].length <= offset { low = middle + 1 } else { high = middle }
        }
        guard low < segments.count else { return nil }
        let segment = segments[low]
        let inside = offset - segment.start
        guard segment.stripes.count > 1 else { return (segment.stripes[0], inside, segment.length - inside) }
        let (turn, rest) = inside.quotientAndRemainder(dividingBy: segment.stripeSize)
        let (row, stripe) = turn.quotientAndRemainder(dividingBy: UInt64(segment.stripes.count))
        return (segment.stripes[Int(stripe)], row * segment.stripeSize + rest, segment.stripeSize - rest)
    }
}
