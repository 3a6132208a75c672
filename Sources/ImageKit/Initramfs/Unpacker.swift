import CLz4
import CLzma
import CZlib
import CZstd
public import Documents

/// One packed stream unpacked as it is read. It ends where the stream ends; what follows stays in the source.
public final class Unpacker: ByteStream {
    /// What one stream may ask for, in bytes: xz -9 asks for 65 MiB.
    static let memoryLimit: UInt64 = 80 << 20
    /// Windows of zstd: 128 MiB, as the kernel has it (lib/decompress_unzstd.c).
    static let windowLog: Int32 = 27

    /// What mends packed data that ends too early or is none.
    static let repair = "make the file again"

    private let source: SourceStream
    private let place: String
    private let state: State
    private var buffer: [UInt8] = []
    private var next = 0
    private var isAtEnd = false

    /// What each library keeps; its memory goes with it.
    private enum State {
        case gzip(OpaquePointer)
        case xz(OpaquePointer)
        case zstd(OpaquePointer)
        case lz4
    }

    deinit {
        switch state {
        case .gzip(let pointer): ep_gunzip_close(pointer)
        case .xz(let pointer): ep_unxz_close(pointer)
        case .zstd(let pointer): ep_zstd_close(pointer)
        case .lz4: break
        }
    }

    /// - Parameter source: stands at the stream's first byte.
    /// - Throws: `Failure` for a kind that is recognised and not unpacked: bzip2 and LZO.
    public init(_ compression: Compression, _ source: SourceStream, place: String) throws(Failure) {
        (self.source, self.place) = (source, place)
        let opened: State?
        switch compression {
        case .gzip: opened = ep_gunzip_open().map { .gzip($0) }
        case .xz, .lzma:
            opened = ep_unxz_open(compression == .lzma ? 1 : 0, Self.memoryLimit).map { .xz($0) }
        case .zstd: opened = ep_zstd_open(Self.windowLog).map { .zstd($0) }
        case .lz4:
            opened = .lz4
            _ = try source.skip(4)
        case .none, .bzip2, .lzo:
            throw Failure(
                .refused, "it is packed with \(compression.rawValue), which is not read here", place: place,
                hint: "make it with gzip, xz, zstd or lz4")
        }
        guard let opened else { throw Failure(.internal, "no memory for unpacking", place: place) }
        state = opened
    }

    public func read(into target: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        if next == buffer.count { try fill() }
        let bytes = buffer[next...].prefix(target.count)
        target.copyBytes(from: bytes)
        next += bytes.count
        return bytes.count
    }

    public func skip(_ count: UInt64) throws(Failure) -> UInt64 {
        var skipped: UInt64 = 0
        while skipped < count {
            if next == buffer.count { try fill() }
            let step = min(UInt64(buffer.count - next), count - skipped)
            if step == 0 { break }
            next += Int(step)
            skipped += step
        }
        return skipped
    }

    /// Unpacks the next piece; an empty one is the end.
    private func fill() throws(Failure) {
        next = 0
        buffer.removeAll(keepingCapacity: true)
        while buffer.isEmpty && !isAtEnd {
            if case .lz4 = state { try block() } else { try step() }
        }
    }

    private func step() throws(Failure) {
        let input = try source.peek()
        guard !input.isEmpty else {
            throw Failure(.refused, "its packed data ends too early", place: place, hint: Self.repair)
        }
        var (used, written) = (0, 0)
        var status: Int32 = -1
        buffer = [UInt8](unsafeUninitializedCapacity: SourceStream.bufferSize) { output, filled in
            status = input.withUnsafeBufferPointer { input in
                switch state {
                case .gzip(let pointer):
                    ep_gunzip_step(
                        pointer, input.baseAddress, input.count, &used, output.baseAddress, output.count, &written)
                case .xz(let pointer):
                    ep_unxz_step(
                        pointer, input.baseAddress, input.count, &used, output.baseAddress, output.count, &written)
                case .zstd(let pointer):
                    ep_zstd_step(
                        pointer, input.baseAddress, input.count, &used, output.baseAddress, output.count, &written)
                case .lz4: -1
                }
            }
            filled = written
        }
        source.take(used)
        if status == -2 {
            throw Failure(
                .refused, "unpacking it asks for more than \(Self.memoryLimit >> 20) MiB of memory", place: place,
                hint: "pack it with a smaller dictionary")
        }
        guard status >= 0, status == 1 || used > 0 || written > 0 else {
            throw Failure(.refused, "its packed data is damaged", place: place, hint: Self.repair)
        }
        isAtEnd = status == 1
    }

    /// The older form of LZ4's frames, the kernel's own: the length of each block's packed bytes, and they (lz4.org, "Legacy frame").
    private func block() throws(Failure) {
        let limit = 8 << 20
        let head = try source.peek(4)
        guard head.count == 4 else {
            isAtEnd = true
            return
        }
        let size = head.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        // Zeros are padding, and what no block is as long as is the next archive's beginning.
        guard size > 0, size <= limit + limit / 255 + 16 else {
            isAtEnd = true
            return
        }
        _ = try source.skip(4)
        let input = try source.bytes(size)
        var written: Int64 = -1
        if input.count == size {
            buffer = [UInt8](unsafeUninitializedCapacity: limit) { output, filled in
                written = ep_lz4_block(input, input.count, output.baseAddress!, output.count)
                filled = max(0, Int(written))
            }
        }
        guard written >= 0 else {
            throw Failure(.refused, "its packed data is damaged", place: place, hint: Self.repair)
        }
    }
}
