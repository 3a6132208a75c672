public import Blocks
public import Documents

/// The archives of an initramfs, one after the other as the kernel unpacks them: any number of them, each packed or not, with zeros
/// between them (docs.kernel.org/driver-api/early-userspace/buffer-format.html; init/initramfs.c).
///
/// Files stream through: what is in memory at once is a buffer, and what the visitor asks for.
public struct InitramfsArchive {
    /// In bytes, as stored. Distributions' own are below 200 MiB.
    public static let sizeLimit: UInt64 = 512 << 20
    /// In bytes, all files together.
    public static let unpackedLimit: UInt64 = 1 << 30
    public static let entryLimit = 200_000
    /// A microcode update and one archive of files are usual.
    public static let archiveLimit = 64

    /// A file that was met. Its bytes can be asked for until the visitor returns.
    public struct Visit {
        public let entry: CpioEntry
        /// At most as many bytes of it.
        public let content: (_ limit: Int) throws(Failure) -> [UInt8]
    }

    /// How each archive is packed, in their order.
    public private(set) var compressions: [Compression] = []
    public private(set) var entries = 0
    /// In bytes, headers and padding left out.
    public private(set) var unpackedSize: UInt64 = 0

    private let place: String
    private let allowance: Allowance
    private var archives = 0

    /// Reads it all.
    /// - Parameters:
    ///   - place: names the file in errors.
    ///   - allowance: for what is stored and what it unpacks to.
    /// - Throws: `Failure` if it is damaged, too long, or packed in a way that is not read here; what `visit` throws.
    public init(
        _ source: any ByteSource, place: String, allowance: Allowance = Allowance(),
        visit: (Visit) throws(Failure) -> Void
    ) throws(Failure) {
        (self.place, self.allowance) = (place, allowance)
        guard source.size <= Self.sizeLimit else {
            throw Failure(
                .refused, "\(source.size) bytes are more than the \(Self.sizeLimit) that are read of an initramfs",
                place: place)
        }
        try allowance.spend(source.size)
        let stream = SourceStream(source)
        while try Self.passZeros(stream) {
            let magic = try stream.peek(16)
            guard compressions.count < Self.archiveLimit else {
                throw damaged("more than \(Self.archiveLimit) archives in one file")
            }
            if magic.starts(with: Array("0707".utf8)) {
                compressions.append(.none)
                try walk(stream, visit)
                continue
            }
            guard let compression = Compression(magic: magic) else {
                throw damaged("neither an archive nor packed data begins at \(stream.position)")
            }
            compressions.append(compression)
            let unpacker = try Unpacker(compression, stream, place: place)
            let inner = Lookahead(unpacker)
            // The stream goes on behind an archive's end: with another one, or with zeros.
            while try inner.passZeros() {
                guard try inner.peek() == UInt8(ascii: "0") else { throw damaged("packed data holds no archive") }
                try walk(inner, visit)
            }
        }
        guard !compressions.isEmpty else { throw damaged("there is nothing in it") }
    }

    private mutating func walk(_ stream: any ByteStream, _ visit: (Visit) throws(Failure) -> Void) throws(Failure) {
        archives += 1
        guard archives <= Self.archiveLimit else {
            throw damaged("more than \(Self.archiveLimit) archives in one file")
        }
        let reader = CpioReader(stream, place: place)
        while let entry = try reader.next() {
            entries += 1
            unpackedSize += entry.size
            guard entries <= Self.entryLimit else { throw damaged("more than \(Self.entryLimit) files") }
            guard unpackedSize <= Self.unpackedLimit else {
                throw damaged("its files have more than \(Self.unpackedLimit) bytes")
            }
            try allowance.spend(entry.size)
            try visit(Visit(entry: entry, content: reader.content))
        }
    }

    private static func passZeros(_ stream: SourceStream) throws(Failure) -> Bool {
        while true {
            let bytes = try stream.peek()
            if bytes.isEmpty { return false }
            let zeros = bytes.prefix { $0 == 0 }.count
            stream.take(zeros)
            if zeros < bytes.count { return true }
        }
    }

    /// What mends an archive that no kernel unpacks.
    static let repair = "make the initramfs again in the guest"

    /// Whether what refused an archive is certain damage, and nothing that this reader lacks.
    static func isDamage(_ failure: Failure) -> Bool { failure.hint == repair || failure.hint == Unpacker.repair }

    private func damaged(_ what: String) -> Failure {
        Failure(.refused, "it is no initramfs: \(what)", place: place, hint: Self.repair)
    }
}

/// A stream of which one byte can be looked at before it is taken.
private final class Lookahead: ByteStream {
    private let stream: any ByteStream
    private var first: UInt8?

    init(_ stream: any ByteStream) { self.stream = stream }

    func peek() throws(Failure) -> UInt8? {
        if first == nil { first = try stream.bytes(1).first }
        return first
    }

    /// Whether anything but zeros is left. Unpacked padding counts as time, so there is an end to it.
    func passZeros() throws(Failure) -> Bool {
        var passed = 0
        while let byte = try peek(), byte == 0 {
            first = nil
            passed += 1
            guard passed <= 1 << 20 else { throw Failure(.refused, "its packed data is zeros without end") }
        }
        return try peek() != nil
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        guard let byte = first, buffer.count > 0 else { return try stream.read(into: buffer) }
        buffer[0] = byte
        first = nil
        return 1
    }

    func skip(_ count: UInt64) throws(Failure) -> UInt64 {
        guard first != nil, count > 0 else { return try stream.skip(count) }
        first = nil
        return 1 + (try stream.skip(count - 1))
    }
}
