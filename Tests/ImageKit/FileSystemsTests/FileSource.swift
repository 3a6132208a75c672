import Blocks
import Documents
import Foundation
import Glibc

/// A file of this machine as a source of bytes.
final class FileSource: ByteSource {
    let size: UInt64
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(.internal, "\(path) can't be opened") }
        size = UInt64(lseek(descriptor, 0, SEEK_END))
    }

    deinit { close(descriptor) }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
        var filled = 0
        while filled < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress! + filled, buffer.count - filled, off_t(offset) + off_t(filled))
            guard count > 0 else { throw Failure(.refused, "the file ends at \(size)") }
            filled += count
        }
    }
}

/// Bytes of a test, some of them other than in the original.
final class MemorySource: ByteSource {
    let bytes: [UInt8]
    /// The bytes that were changed, by their place.
    let changes: [(place: Int, byte: UInt8)]
    var size: UInt64 { UInt64(bytes.count) }

    init(_ bytes: [UInt8], changes: [(place: Int, byte: UInt8)] = []) { (self.bytes, self.changes) = (bytes, changes) }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
        guard offset <= size, UInt64(buffer.count) <= size - offset else { throw Failure(.refused, "past the end") }
        let start = Int(offset)
        bytes.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + buffer.count]))
        }
        for (place, byte) in changes where place >= start && place < start + buffer.count {
            buffer[place - start] = byte
        }
    }
}

/// Numbers that are the same in each run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
