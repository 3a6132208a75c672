public import Documents

/// Bytes that can be read at any place: a disk image's guest view, one partition of it, a file in memory.
///
/// Every reader of this kit stands on it. Reads come from any thread, and many at once.
public protocol ByteSource: Sendable {
    /// How many bytes there are.
    var size: UInt64 { get }

    /// Fills the whole buffer from `offset` on.
    /// - Throws: `Failure` if the bytes are not there (past the end, a table that lies, a file that was cut) or can't be read.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure)

    /// What lies at `offset`: data or a hole that reads as zeros, and how far at least that goes on; nil at the end.
    func extent(at offset: UInt64) throws(Failure) -> Extent?
}

/// A stretch of one kind. `length` is in bytes and never zero.
public struct Extent: Sendable, Equatable {
    public var offset: UInt64
    public var length: UInt64
    /// Reads as zeros, and takes no room in the image's file.
    public var isHole: Bool

    public init(offset: UInt64, length: UInt64, isHole: Bool) {
        (self.offset, self.length, self.isHole) = (offset, length, isHole)
    }
}

extension ByteSource {
    /// `count` bytes from `offset` on.
    /// - Parameter count: at most what the caller checked against a limit of its own: it is allocated.
    public func bytes(at offset: UInt64, count: Int) throws(Failure) -> [UInt8] {
        guard count > 0 else { return [] }
        var failure: Failure?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(Failure) {
                try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
                filled = count
            } catch {
                failure = error
                filled = 0
            }
        }
        if let failure { throw failure }
        return bytes
    }

    public func extent(at offset: UInt64) throws(Failure) -> Extent? {
        offset < size ? Extent(offset: offset, length: size - offset, isHole: false) : nil
    }
}

/// A part of another source: a partition, a file system behind a table.
public struct Slice: ByteSource {
    let base: any ByteSource
    public let offset: UInt64
    public let size: UInt64

    /// - Throws: `Failure` if the part is not wholly inside.
    public init(_ base: any ByteSource, offset: UInt64, size: UInt64) throws(Failure) {
        guard offset <= base.size, size <= base.size - offset else {
            throw Failure(
                .refused, "\(size) bytes at \(offset) reach past the end of the image (\(base.size) bytes)",
                hint: "the image was cut or its partition table lies: make it again")
        }
        (self.base, self.offset, self.size) = (base, offset, size)
    }

    public func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
        guard offset <= size, UInt64(buffer.count) <= size - offset else {
            throw Failure(.refused, "\(buffer.count) bytes at \(offset) reach past the end (\(size) bytes)")
        }
        try base.read(at: self.offset + offset, into: buffer)
    }

    public func extent(at offset: UInt64) throws(Failure) -> Extent? {
        guard offset < size, var extent = try base.extent(at: self.offset + offset) else { return nil }
        extent.offset = offset
        extent.length = min(extent.length, size - offset)
        return extent
    }
}
