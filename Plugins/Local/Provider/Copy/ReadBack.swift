import CSystem
import Digest
import Documents
import Files
import Glibc
import ProviderKit

/// Reads a published file back and hashes it; holes are not read, but hashed as the zeros that they are.
struct ReadBack {
    let host: Host
    let path: String
    /// Is told how many bytes are behind it.
    let progress: (Int64) -> Void

    func digest() throws -> Digest {
        let file = try File(path, O_RDONLY | O_NOFOLLOW)
        return try digest(of: file.descriptor, file.read)
    }

    private func digest(
        of descriptor: Int32, _ read: (UnsafeMutableRawBufferPointer, Int64) throws -> Int
    ) throws -> Digest {
        let size = eps_size(descriptor)
        let (buffer, zeros) = (Buffer(1 << 20), Buffer(1 << 20))
        var hasher = Hasher()
        var offset: Int64 = 0
        while offset < size {
            var length: UInt64 = 0
            let kind = eps_extent(descriptor, UInt64(offset), &length)
            guard kind > 0 else { break }
            let end = min(offset + Int64(clamping: length), size)
            while offset < end {
                try host.checkCancelled()
                let count = Int(min(end - offset, Int64(buffer.bytes.count)))
                let piece = UnsafeMutableRawBufferPointer(rebasing: (kind == 2 ? zeros : buffer).bytes[..<count])
                if kind != 2 {
                    guard try read(piece, offset) == count else { throw File.failure("read", path) }
                }
                hasher.update(UnsafeRawBufferPointer(piece))
                offset += Int64(count)
                progress(offset)
            }
        }
        return hasher.finalize()
    }

    /// - Throws: `Failure`, after removing the file, if its bytes are not those of the artifact's.
    func verify(_ file: OperationRequest.File) throws {
        let found = try digest()
        guard "\(found)" != file.digest else { return }
        // A file that is not what its name says helps nobody, and the next run must not take it for done.
        unlink(path)
        // The disk is blamed only if what was copied is still what it was.
        let source = try SourceFile(host.open(file.name))
        guard try "\(digest(of: source.number, source.read))" == file.digest else { throw SourceFile.changed(file) }
        throw Failure(
            .refused, "a file read back has other bytes than were written (\(found)); it was removed", place: path,
            hint: "check the disk and publish again", retryable: true)
    }
}
