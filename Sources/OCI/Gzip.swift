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
    /// - Throws: `Failure` when reading or writing fails; `CancellationError`.
    public static func compress(_ input: File, to output: File, level: Int32 = 6, threads: Int = 2) async throws
        -> Result
    {
        var stream = try Stream(to: output, level: level, threads: threads)
        var offset: Int64 = 0
        while true {
            let block = try input.read(count: blockSize, at: offset)
            if block.isEmpty { return try await stream.finish() }
            try await stream.append(block)
            offset += Int64(block.count)
        }
    }

    /// Bytes compressed as they come: what feeds it reads on while blocks are at work.
    public struct Stream: ~Copyable {
        private let output: File
        private let level: Int32
        private let threads: Int
        private var inputHasher = Hasher()
        private var outputHasher = Hasher()
        private var crc: UInt32 = 0
        private var read: Int64 = 0
        private var written: Int64 = 0
        /// The newest block: it waits for the next one, since the last is compressed as such.
        private var waiting: [UInt8] = []
        private var history: [UInt8] = []
        private var working: [Task<[UInt8], any Error>] = []

        /// - Parameter threads: how many blocks may be at work at once; each costs about 2 MiB.
        /// - Throws: `Failure` when writing fails.
        public init(to output: File, level: Int32 = 6, threads: Int = 2) throws {
            self.output = output
            self.level = level
            self.threads = max(1, threads)
            // RFC 1952: magic, deflate, no flags, no time, no extra flags, operating system unknown.
            try emit([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
        }

        deinit { for task in working { task.cancel() } }

        /// Takes the next `blockSize` bytes; only the last call may bring fewer.
        /// - Throws: `Failure`; `CancellationError`.
        public mutating func append(_ block: [UInt8]) async throws {
            try Task.checkCancellation()
            block.withUnsafeBytes { inputHasher.update($0) }
            crc = block.withUnsafeBufferPointer { ep_crc32(crc, $0.baseAddress, $0.count) }
            if read > 0 { try await compress(last: false) }
            read += Int64(block.count)
            waiting = block
        }

        /// Compresses what is left and ends the file.
        public mutating func finish() async throws -> Result {
            try await compress(last: true)
            while !working.isEmpty { try await emit(working.removeFirst().value) }
            func littleEndian(_ value: UInt32) -> [UInt8] {
                (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
            }
            try emit(littleEndian(crc) + littleEndian(UInt32(truncatingIfNeeded: read)))
            return Result(
                input: inputHasher.finalize(), inputSize: read, output: outputHasher.finalize(), outputSize: written)
        }

        private mutating func compress(last: Bool) async throws {
            if working.count == threads { try await emit(working.removeFirst().value) }
            let (bytes, dictionary, level) = (waiting, history, level)
            working.append(Task { try Gzip.deflate(bytes, after: dictionary, level: level, last: last) })
            history = Array(bytes.suffix(window))
        }

        private mutating func emit(_ bytes: [UInt8]) throws {
            try bytes.withUnsafeBytes {
                outputHasher.update($0)
                try output.write($0)
            }
            written += Int64(bytes.count)
        }
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
