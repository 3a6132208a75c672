public import Blocks
public import Documents

/// Bytes that come one after the other: a file from some place on, or what an unpacker gives. One thread at a time.
public protocol ByteStream: AnyObject {
    /// Fills the buffer from its beginning, as far as there are bytes, and tells how many; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    /// Passes over as many bytes, or as there are, and tells how many.
    func skip(_ count: UInt64) throws(Failure) -> UInt64
}

extension ByteStream {
    /// Up to `count` bytes; fewer at the end.
    func bytes(_ count: Int) throws(Failure) -> [UInt8] {
        var failure: Failure?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            do throws(Failure) {
                while filled < count {
                    let got = try read(
                        into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[filled...])))
                    if got == 0 { break }
                    filled += got
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }
}

/// A source of bytes from its beginning on, through a buffer that can be looked into.
public final class SourceStream: ByteStream {
    private let source: any ByteSource
    private var buffer: [UInt8] = []
    private var next = 0
    /// The place of the byte after the buffer.
    private var end: UInt64 = 0
    static let bufferSize = 256 << 10

    public init(_ source: any ByteSource) { self.source = source }

    /// How many bytes were taken.
    public var position: UInt64 { end - UInt64(buffer.count - next) }
    var left: UInt64 { source.size - position }

    /// What comes next, without taking it; empty at the end.
    func peek() throws(Failure) -> ArraySlice<UInt8> {
        if next == buffer.count {
            let count = Int(min(source.size - end, UInt64(Self.bufferSize)))
            buffer = try source.bytes(at: end, count: count)
            next = 0
            end += UInt64(count)
        }
        return buffer[next...]
    }

    /// The next `count` bytes, without taking them; fewer at the end. At most as many as the buffer has room for.
    func peek(_ count: Int) throws(Failure) -> [UInt8] {
        let position = position
        return try source.bytes(at: position, count: Int(min(source.size - position, UInt64(count))))
    }

    /// Takes as many of the bytes that were looked at.
    func take(_ count: Int) { next = min(next + count, buffer.count) }

    public func read(into target: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        let bytes = try peek().prefix(target.count)
        target.copyBytes(from: bytes)
        take(bytes.count)
        return bytes.count
    }

    public func skip(_ count: UInt64) throws(Failure) -> UInt64 {
        let skipped = min(count, left)
        if skipped <= UInt64(buffer.count - next) {
            next += Int(skipped)
        } else {
            end = position + skipped
            buffer = []
            next = 0
        }
        return skipped
    }
}
