import CLzma
import Digest
import Documents
import Files
import Glibc

/// Files packed by xz, unpacked as they are read: by one thread a few MiB of them are in memory, by several at most 256.
enum XZ {
    /// Bytes of an unpacked image: openEuler's take 2 GiB.
    static let sizeLimit: Int64 = 256 << 30
    /// Bytes that a stream may ask for: the largest dictionary of xz's presets takes 65 MiB.
    private static let memoryLimit: UInt64 = 1 << 30
    private static let threads: UInt32 = 4
    private static let chunk = 1 << 20
    /// What is all zeros, in pieces of this many bytes, is left out of the file.
    private static let hole = 64 << 10

    /// - Parameters:
    ///   - target: open for writing; emptied first, and as large as what was unpacked at the end.
    ///   - place: what errors name.
    /// - Returns: the SHA-256 and the bytes of what was unpacked.
    /// - Throws: `Failure` with code `refused` if it is damaged or too large; `CancellationError`.
    static func unpack(_ path: String, into target: File, place: String) throws -> (digest: Digest, size: Int64) {
        let source = try File(path, O_RDONLY)
        posix_fadvise(source.descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        guard ftruncate(target.descriptor, 0) == 0 else { throw File.failure("write", target.path) }
        var state = try Stream()
        var (hasher, size, read) = (Hasher(), Int64(0), Int64(0))
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
        defer { output.deallocate() }
        while true {
            try Task.checkCancellation()
            let input = try source.read(count: chunk, at: read)
            read += Int64(input.count)
            if input.isEmpty && state.isBetween { break }
            var used = 0
            // Without more input, what was read comes out: a decoder with threads keeps some of it.
            repeat {
                let (taken, written) = try state.step(
                    input[used...], isLast: input.isEmpty, into: output, place: place)
                used += taken
                let bytes = UnsafeRawBufferPointer(rebasing: output[..<written])
                guard size + Int64(written) <= sizeLimit else {
                    throw Failure(.refused, "it unpacks to more than \(sizeLimit >> 30) GiB", place: place)
                }
                hasher.update(bytes)
                try write(bytes, at: size, to: target)
                size += Int64(written)
                if taken == 0 && written == 0 { break }
            } while used < input.count || !state.isBetween
        }
        guard ftruncate(target.descriptor, off_t(size)) == 0 else { throw File.failure("write", target.path) }
        return (hasher.finalize(), size)
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64, to target: File) throws {
        var start = 0
        while start < bytes.count {
            let part = bytes[start..<min(start + hole, bytes.count)]
            if part.contains(where: { $0 != 0 }) {
                var done = 0
                while done < part.count {
                    let count = pwrite(
                        target.descriptor, part.base.baseAddress! + start + done, part.count - done,
                        off_t(offset) + off_t(start + done))
                    if count < 0 && errno == EINTR { continue }
                    guard count > 0 else { throw File.failure("write", target.path) }
                    done += count
                }
            }
            start += part.count
        }
    }

    /// The streams of a file, one behind the other.
    private struct Stream: ~Copyable {
        private var decoder: OpaquePointer
        /// Whether no stream is under way: where a file may end.
        private(set) var isBetween = false

        init() throws { decoder = try Self.open() }
        deinit { ep_unxz_close(decoder) }

        private static func open() throws -> OpaquePointer {
            guard let decoder = ep_unxz_open_threads(memoryLimit, threads) else {
                throw Failure(.internal, "memory is short")
            }
            return decoder
        }

        mutating func step(
            _ input: ArraySlice<UInt8>, isLast: Bool, into output: UnsafeMutableRawBufferPointer, place: String
        ) throws -> (used: Int, written: Int) {
            if isBetween {
                ep_unxz_close(decoder)
                decoder = try Self.open()
                isBetween = false
            }
            var (used, written) = (0, 0)
            let status = input.withUnsafeBufferPointer {
                ep_unxz_step(
                    decoder, $0.baseAddress, $0.count, &used, output.baseAddress, output.count, &written)
            }
            switch status {
            case 1: isBetween = true
            case 0 where isLast && written == 0:
                throw Failure(.refused, "the file ends too early", place: place, hint: "fetch it again")
            case 0: break
            case -2:
                throw Failure(.refused, "unpacking asks for more than \(memoryLimit >> 20) MiB of memory", place: place)
            default: throw Failure(.refused, "this is not a sound xz file", place: place, hint: "fetch it again")
            }
            return (used, written)
        }
    }
}
