import CSystem
public import Documents
import Glibc

/// An open file's or block device's bytes. The descriptor stays the caller's.
public struct FileSource: ByteSource {
    public let descriptor: Int32
    public let size: UInt64

    /// - Throws: `Failure` if it has no size: a pipe, a socket.
    public init(_ descriptor: Int32) throws(Failure) {
        let size = eps_size(descriptor)
        guard size >= 0 else { throw Failure(.usage, "this is neither a file nor a block device") }
        self.descriptor = descriptor
        self.size = UInt64(size)
    }

    public func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
        guard buffer.count > 0 else { return }
        guard offset <= size, UInt64(buffer.count) <= size - offset, let base = buffer.baseAddress else {
            throw .damaged("the file ends before byte \(offset &+ UInt64(buffer.count))")
        }
        var total = 0
        while total < buffer.count {
            let got = pread(descriptor, base + total, buffer.count - total, off_t(offset) + off_t(total))
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else {
                throw Failure(
                    .refused, "the file can't be read at \(offset): \(String(cString: strerror(errno)))",
                    hint: "check the disk that it lies on")
            }
            guard got > 0 else { throw .damaged("the file became shorter while it was read") }
            total += got
        }
    }

    public func extent(at offset: UInt64) throws(Failure) -> Extent? {
        guard offset < size else { return nil }
        var length: UInt64 = 0
        let kind = eps_extent(descriptor, offset, &length)
        guard kind > 0, length > 0 else { return Extent(offset: offset, length: size - offset, isHole: false) }
        return Extent(offset: offset, length: min(length, size - offset), isHole: kind == 2)
    }
}
