import Documents
import Files
import Glibc

/// A descriptor that the host gave, closed with the value.
final class SourceFile: Sendable {
    let number: Int32
    init(_ number: Int32) { self.number = number }
    deinit { close(number) }

    /// Nobody refused anything: the artifact is another one by now.
    static func changed(_ file: OperationRequest.File) -> Failure {
        Failure(
            .usage, "\(file.name) changed: its bytes are no longer those of its digest", place: file.digest,
            hint: "publish it again, and let nothing write to it meanwhile")
    }

    /// Fills as much of the buffer as there is before the end of the file.
    func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(number, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw File.failure("read", "the artifact") }
            if count == 0 { break }
            done += count
        }
        return done
    }
}

/// Zeroed memory for one loop.
final class Buffer {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ size: Int) {
        bytes = .allocate(byteCount: size, alignment: 4096)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { bytes.deallocate() }
}

extension File {
    /// Writes all of it at that offset.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset) + off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw File.failure("write", path) }
            done += count
        }
    }
}
