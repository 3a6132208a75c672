import CZlib
public import Digest
import Documents
import Glibc

/// A layer unpacked while it is read, once and forwards, so that a tar can be walked without a copy of it anywhere. Both sides
/// are hashed on the way. Memory is two buffers, whatever the layer claims. Not for several threads at once.
public final class LayerStream: TarSource {
    public enum Compression: Sendable { case none, gzip }

    /// Why the layer could not be unpacked to its end.
    public enum Problem: Sendable, Equatable {
        case damaged(String)
        /// It unpacks to more than the limit, in bytes.
        case tooLarge(Int64)
    }

    public struct Result: Sendable, Equatable {
        /// Of the file's bytes; nil if nobody asked.
        public var input: Digest?
        public var inputSize: Int64
        /// Of the unpacked bytes; nil if there is a problem.
        public var output: Digest?
        public var outputSize: Int64
        public var problem: Problem?
    }

    public let path: String
    private let source: (UnsafeMutableRawBufferPointer, Int64) throws -> Int
    private let limit: Int64
    private let gunzip: OpaquePointer?
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    /// What of the buffers is not used yet.
    private var unread = 0..<0
    private var ready = 0..<0
    private var inputSize: Int64 = 0
    private var outputSize: Int64 = 0
    private var inputHasher: Hasher?
    private var outputHasher = Hasher()
    private var inputEnded = false
    private var memberEnded = false
    private var ended = false
    public private(set) var problem: Problem?

    /// - Parameters:
    ///   - path: what failures name.
    ///   - hashesInput: false if somebody vouches for the file's digest.
    ///   - limit: unpacked bytes, from which on nothing is unpacked further.
    ///   - source: fills the buffer from an offset; the count is short only at the file's end.
    /// - Throws: `Failure(.internal)` when memory is short.
    public init(
        _ path: String, compression: Compression, hashesInput: Bool, limit: Int64,
        source: @escaping (UnsafeMutableRawBufferPointer, Int64) throws -> Int
    ) throws {
        self.path = path
        self.source = source
        self.limit = limit
        inputHasher = hashesInput ? Hasher() : nil
        gunzip = compression == .gzip ? ep_gunzip_open() : nil
        if compression == .gzip && gunzip == nil { throw Failure(.internal, "out of memory", place: path) }
    }

    deinit {
        if let gunzip { ep_gunzip_close(gunzip) }
        input.deallocate()
        output.deallocate()
    }

    public func length() -> Int64? { nil }

    /// - Throws: `Failure(.refused)` when the layer is damaged or too large, `Failure` when it cannot be read;
    ///   `CancellationError`.
    public func reaches(_ offset: Int64) throws -> Bool {
        while outputSize < offset { if try !advance() { return false } }
        return true
    }

    /// - Throws: as `reaches`, and when bytes are asked for that have gone by.
    public func read(count: Int, at offset: Int64) throws -> [UInt8] {
        guard offset >= outputSize - Int64(ready.count) else {
            throw Failure(.internal, "a stream was asked to go back", place: path)
        }
        while outputSize <= offset { if try !advance() { return [] } }
        ready = (ready.upperBound - Int(outputSize - offset))..<ready.upperBound
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                if ready.isEmpty { if try !advance() { break } }
                let piece = min(ready.count, count - done)
                (UnsafeMutableRawPointer(buffer.baseAddress!) + done).copyMemory(
                    from: output.baseAddress! + ready.lowerBound, byteCount: piece)
                ready = (ready.lowerBound + piece)..<ready.upperBound
                done += piece
            }
        }
    }

    /// Reads what is left, and tells the digests. A problem is part of the answer, also one that an earlier call threw.
    /// - Throws: `Failure` when the file cannot be read; `CancellationError`.
    public func finish() throws -> Result {
        while problem == nil {
            do { if try !advance() { break } } catch { if problem == nil { throw error } }
        }
        while try fill() {}
        return Result(
            input: inputHasher?.finalize(), inputSize: inputSize,
            output: problem == nil ? outputHasher.finalize() : nil,
            outputSize: outputSize, problem: problem)
    }

    /// Replaces the output buffer by the next bytes; false at the end.
    private func advance() throws -> Bool {
        if let problem { throw failure(problem) }
        ready = 0..<0
        while !ended {
            if unread.isEmpty && !inputEnded { _ = try fill() }
            let count = gunzip == nil ? copy() : try unpack()
            if gunzip == nil ? count == 0 : (count == 0 && unread.isEmpty && inputEnded) {
                ended = true
                if gunzip != nil && !memberEnded { throw stop(.damaged("the gzip ends early")) }
            }
            guard count > 0 else { continue }
            guard outputSize + Int64(count) <= limit else { throw stop(.tooLarge(limit)) }
            outputSize += Int64(count)
            outputHasher.update(UnsafeRawBufferPointer(rebasing: output[..<count]))
            ready = 0..<count
            return true
        }
        return false
    }

    private func copy() -> Int {
        let count = min(unread.count, output.count)
        guard count > 0 else { return 0 }
        output.baseAddress!.copyMemory(from: input.baseAddress! + unread.lowerBound, byteCount: count)
        unread = (unread.lowerBound + count)..<unread.upperBound
        return count
    }

    private func unpack() throws -> Int {
        try Task.checkCancellation()
        var (used, written) = (0, 0)
        let status = ep_gunzip_step(
            gunzip, (input.baseAddress! + unread.lowerBound).assumingMemoryBound(to: UInt8.self), unread.count, &used,
            output.baseAddress!.assumingMemoryBound(to: UInt8.self), output.count, &written)
        guard status >= 0 else {
            throw stop(.damaged("the gzip is damaged at byte \(inputSize - Int64(unread.count))"))
        }
        memberEnded = status == 1
        unread = (unread.lowerBound + used)..<unread.upperBound
        return written
    }

    /// Takes the next bytes of the file; false at its end.
    private func fill() throws -> Bool {
        try Task.checkCancellation()
        guard !inputEnded else { return false }
        let count = try source(input, inputSize)
        unread = 0..<count
        inputEnded = count == 0
        inputSize += Int64(count)
        inputHasher?.update(UnsafeRawBufferPointer(rebasing: input[..<count]))
        return count > 0
    }

    private func stop(_ problem: Problem) -> Failure {
        self.problem = problem
        return failure(problem)
    }

    private func failure(_ problem: Problem) -> Failure {
        switch problem {
        case .damaged(let why): Failure(.refused, why, place: path)
        case .tooLarge(let limit): Failure(.refused, "it unpacks to more than \(limit) bytes", place: path)
        }
    }
}
