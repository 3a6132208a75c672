import CZlib
public import Digest
import Documents
public import Files
import Glibc

/// Gzip whose bytes depend on the input, the level and zlib alone: blocks of a fixed size, each with the 32 KiB before it as
/// dictionary, no time and no name in the header. The number of threads never shows.
public enum Gzip {
    public static let blockSize = 1 << 20
    static let window = 32 << 10

    /// The version of the zlib that is loaded: another one may give other bytes for the same input.
    public static var zlibVersion: String { String(cString: ep_zlib_version()) }

    public struct Result: Sendable, Equatable {
        /// Of the bytes before compression.
        public var input: Digest
        public var inputSize: Int64
        public var output: Digest
        public var outputSize: Int64
    }

    /// Compresses a file from its first byte, appending to `output`.
    /// - Parameter threads: how many blocks are at work at once; each costs about 2 MiB.
    /// - Throws: `Failure` when reading or writing fails; `CancellationError`.
    public static func compress(_ input: File, to output: File, level: Int32 = 6, threads: Int = 2) async throws
        -> Result
    {
        var inputHasher = Hasher()
        var outputHasher = Hasher()
        var crc: UInt32 = 0
        var written: Int64 = 0
        func emit(_ bytes: [UInt8]) throws {
            try bytes.withUnsafeBytes {
                outputHasher.update($0)
                try output.write($0)
            }
            written += Int64(bytes.count)
        }
        // RFC 1952: magic, deflate, no flags, no time, no extra flags, operating system unknown.
        try emit([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
        let size = try input.size()
        var offset: Int64 = 0
        var history: [UInt8] = []
        var ended = false
        while !ended {
            try Task.checkCancellation()
            var blocks: [(dictionary: [UInt8], bytes: [UInt8], last: Bool)] = []
            while blocks.count < max(1, threads) && !ended {
                let bytes = try input.read(count: blockSize, at: offset)
                offset += Int64(bytes.count)
                ended = bytes.count < blockSize || offset >= size
                bytes.withUnsafeBytes { inputHasher.update($0) }
                crc = bytes.withUnsafeBufferPointer { ep_crc32(crc, $0.baseAddress, $0.count) }
                blocks.append((history, bytes, ended))
                history = Array(bytes.suffix(window))
            }
            let compressed = try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
                for (number, block) in blocks.enumerated() {
                    group.addTask {
                        (number, try deflate(block.bytes, after: block.dictionary, level: level, last: block.last))
                    }
                }
                var results = [[UInt8]](repeating: [], count: blocks.count)
                for try await (number, bytes) in group { results[number] = bytes }
                return results
            }
            for bytes in compressed { try emit(bytes) }
        }
        func littleEndian(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        try emit(littleEndian(crc) + littleEndian(UInt32(truncatingIfNeeded: offset)))
        return Result(
            input: inputHasher.finalize(), inputSize: offset, output: outputHasher.finalize(), outputSize: written)
    }

    private static func deflate(_ bytes: [UInt8], after dictionary: [UInt8], level: Int32, last: Bool) throws -> [UInt8]
    {
        let capacity = ep_deflate_bound(bytes.count)
        return try [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            let written = dictionary.withUnsafeBufferPointer { history in
                bytes.withUnsafeBufferPointer { input in
                    ep_deflate_block(
                        history.baseAddress, history.count, input.baseAddress, input.count, buffer.baseAddress!,
                        capacity,
                        level, last ? 1 : 0)
                }
            }
            guard written >= 0 else { throw Failure(.internal, "zlib \(zlibVersion) could not compress a block") }
            count = Int(written)
        }
    }
}
