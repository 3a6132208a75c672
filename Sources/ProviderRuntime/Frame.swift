/// The protocol between host and worker: what a frame is for. Sequence numbers pair a request with its reply.
///
/// A frame is `u32 length | u16 kind | u16 flags | u32 sequence | payload`, little-endian, at most 1 MiB of payload.
/// The
/// kinds are sparse on purpose: bytes that a provider wrote to the wrong descriptor are very unlikely to be one.
public enum FrameKind: UInt16, Sendable {
    // From the host.
    case job = 0xE501
    case replay = 0xE502
    case start = 0xE503
    case cancel = 0xE504
    case reply = 0xE505
    // From the host to the reader of images, which answers each with a reply.
    case imageOpen = 0xE541
    case imageFacts = 0xE542
    case blocksRead = 0xE543
    case blocksExtent = 0xE544
    case imageUnread = 0xE545
    case imageCopies = 0xE546
    case imageDisk = 0xE547
    // From the host to the process that changes an image, which tells its steps before its reply.
    case imageChange = 0xE551
    // From the worker.
    case hello = 0xE581
    case log = 0xE582
    case progress = 0xE583
    case checkpoint = 0xE584
    case intend = 0xE585
    case created = 0xE586
    case settled = 0xE587
    case secret = 0xE588
    case redact = 0xE589
    case fileRead = 0xE58A
    case runHelper = 0xE58B
    case cacheGet = 0xE58C
    case cachePut = 0xE58D
    case artifactOpen = 0xE58E
    case treeStat = 0xE58F
    case treeRead = 0xE590
    case treeList = 0xE591
    case result = 0xE592
    // From the process that changes an image.
    case changeStep = 0xE5A1
}

/// The protocol's own number: host and worker of one build speak one.
public let protocolNumber: UInt64 = 1

public enum FrameLimit {
    static let header = 12
    /// Bytes of one frame's payload.
    static let payload = 1 << 20
    /// Bytes of a message, its frames joined.
    static let message = 64 << 20
    /// Descriptors that travel with a message.
    static let descriptors = 8
}

/// One message: the frames of one kind and sequence, joined.
public struct Message: Sendable {
    public var kind: FrameKind
    public var sequence: UInt32
    public var payload: [UInt8]
    /// Open, owned by whoever took the message.
    public var descriptors: [Int32] = []

    public init(_ kind: FrameKind, sequence: UInt32 = 0, payload: [UInt8] = []) {
        self.kind = kind
        self.sequence = sequence
        self.payload = payload
    }
}

/// What arrived is not the protocol, or the peer is gone.
public struct ProtocolError: Error, Sendable {
    public var reason: String
    public init(_ reason: String) { self.reason = reason }
}

/// Writes a payload's fields: `u64` numbers, and bytes with a `u32` size before them.
public struct FieldWriter {
    public private(set) var bytes: [UInt8] = []
    public init() {}

    public mutating func number(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    public mutating func field(_ value: some Collection<UInt8>) {
        withUnsafeBytes(of: UInt32(value.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: value)
    }

    public mutating func text(_ value: String) { field(Array(value.utf8)) }
}

/// Reads them back. - Throws: `ProtocolError` where the payload ends early or a text is not UTF-8.
public struct FieldReader {
    private let bytes: [UInt8]
    private var position = 0
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public mutating func number() throws(ProtocolError) -> UInt64 {
        guard bytes.count - position >= 8 else { throw ProtocolError("a number is cut short") }
        defer { position += 8 }
        return (0..<8).reduce(0) { $0 | UInt64(bytes[position + $1]) << (8 * UInt64($1)) }
    }

    public mutating func field() throws(ProtocolError) -> [UInt8] {
        guard bytes.count - position >= 4 else { throw ProtocolError("a field is cut short") }
        let size = (0..<4).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
        position += 4
        guard bytes.count - position >= size else { throw ProtocolError("a field is cut short") }
        defer { position += size }
        return Array(bytes[position..<position + size])
    }

    public mutating func text() throws(ProtocolError) -> String {
        guard let text = String(validating: try field(), as: UTF8.self) else {
            throw ProtocolError("a text is not UTF-8")
        }
        return text
    }
}
