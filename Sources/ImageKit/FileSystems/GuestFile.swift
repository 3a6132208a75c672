public import Blocks
public import Documents

/// A regular file of the guest as bytes at any place: for archives and databases that are too long to be had whole.
public struct GuestFile: ByteSource {
    public let path: String
    public let size: UInt64
    private let fileSystem: any FileSystem
    private let number: FileNumber

    /// - Throws: `Failure` if it is no regular file.
    public init(_ found: GuestTree.Found) throws(Failure) {
        guard found.status.kind == .file else {
            throw Failure(.refused, "a \(found.status.kind) stands where a file belongs", place: found.path)
        }
        (path, size, fileSystem, number) = (found.path, found.status.size, found.fileSystem, found.number)
    }

    public func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
        guard offset <= size, UInt64(buffer.count) <= size - offset else {
            throw Failure(
                .refused, "\(buffer.count) bytes at \(offset) reach past its end (\(size) bytes)", place: path)
        }
        var filled = 0
        while filled < buffer.count {
            let got = try fileSystem.read(
                number, at: offset + UInt64(filled), into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            guard got > 0, got <= buffer.count - filled else {
                throw Failure(
                    .refused, "it ends at \(offset + UInt64(filled)), before its size of \(size)", place: path)
            }
            filled += got
        }
    }
}
