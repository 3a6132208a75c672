/// Takes the bytes of a connection as they come and hands out whole messages. Never blocks and never trusts a length.
public struct FrameParser {
    private var buffer: [UInt8] = []
    /// Where the unread bytes begin: thousands of small frames arrive at once, and moving the rest for each would be
    /// dear.
    private var start = 0
    private var descriptors: [Int32] = []
    private var partial: Message?
    public init() {}

    static let more: UInt16 = 1

    public mutating func append(_ bytes: some Sequence<UInt8>, descriptors arrived: [Int32] = []) {
        buffer.removeFirst(start)
        start = 0
        buffer.append(contentsOf: bytes)
        descriptors.append(contentsOf: arrived)
    }

    /// True in the middle of a frame or message: an end here is a broken peer.
    public var isMidMessage: Bool { start < buffer.count || partial != nil }

    /// The next whole message, or nil until more bytes come.
    /// - Throws: `ProtocolError` if the bytes are not the protocol; the connection is of no use after it.
    public mutating func next() throws(ProtocolError) -> Message? {
        while buffer.count - start >= FrameLimit.header {
            let length = Int(word(at: start))
            let flags = UInt16(truncatingIfNeeded: word(at: start + 4) >> 16)
            let sequence = word(at: start + 8)
            guard length <= FrameLimit.payload,
                let kind = FrameKind(rawValue: UInt16(truncatingIfNeeded: word(at: start + 4)))
            else { throw ProtocolError("bytes that are not a frame") }
            guard buffer.count - start >= FrameLimit.header + length else { return nil }
            let payload = buffer[start + FrameLimit.header..<start + FrameLimit.header + length]
            var message = partial ?? Message(kind, sequence: sequence)
            guard message.kind == kind, message.sequence == sequence,
                message.payload.count + length <= FrameLimit.message
            else { throw ProtocolError("frames of two messages mixed, or a message that is too long") }
            message.payload.append(contentsOf: payload)
            start += FrameLimit.header + length
            if flags & Self.more != 0 {
                partial = message
                continue
            }
            partial = nil
            let count = Int(flags >> 8)
            guard count <= descriptors.count else { throw ProtocolError("descriptors are missing") }
            message.descriptors = Array(descriptors.prefix(count))
            descriptors.removeFirst(count)
            return message
        }
        return nil
    }

    private func word(at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(buffer[offset + $1]) << (8 * UInt32($1)) }
    }
}

extension Message {
    /// The message as frames. `count` descriptors travel with its last frame.
    func frames(descriptorCount count: Int) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var rest = payload[...]
        repeat {
            let piece = rest.prefix(FrameLimit.payload)
            rest = rest.dropFirst(piece.count)
            let flags = rest.isEmpty ? UInt16(count) << 8 : FrameParser.more
            var frame: [UInt8] = []
            frame.reserveCapacity(FrameLimit.header + piece.count)
            for word in [UInt32(piece.count), UInt32(kind.rawValue) | UInt32(flags) << 16, sequence] {
                withUnsafeBytes(of: word.littleEndian) { frame.append(contentsOf: $0) }
            }
            frame.append(contentsOf: piece)
            frames.append(frame)
        } while !rest.isEmpty
        return frames
    }
}
