import CSystem
import Glibc

/// One side's end of the socket: sends whole messages from any thread; the worker's side also reads, on one thread.
public final class Connection: @unchecked Sendable {
    public let descriptor: Int32
    private let sending = Monitor()
    private let waiting = Monitor()
    private var replies: [UInt32: Message] = [:]
    private var lastSequence: UInt32 = 0
    private var isClosed = false
    private let cancelFlag = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    private var parser = FrameParser()

    public init(descriptor: Int32) {
        self.descriptor = descriptor
        cancelFlag.initialize(to: 0)
    }

    deinit { cancelFlag.deallocate() }

    /// True once the host asked to stop. Any thread; costs one load.
    public var isCancelled: Bool { eps_flag_get(cancelFlag) != 0 }

    /// - Throws: `ProtocolError` when the peer is gone or took nothing within the socket's send timeout.
    public func send(_ message: Message, descriptors: [Int32] = []) throws(ProtocolError) {
        let frames = message.frames(descriptorCount: descriptors.count)
        let status = sending.locked {
            for (index, frame) in frames.enumerated() {
                let attached = index == frames.count - 1 ? descriptors : []
                let status = eps_send(descriptor, frame, frame.count, attached, Int32(attached.count))
                if status != 0 { return status }
            }
            return 0
        }
        if status != 0 { throw ProtocolError("the other side does not take messages (\(errnoName(-status)))") }
    }

    /// Sends a request and waits for its reply: nil once the connection is closed. Any thread but the reader.
    func request(_ kind: FrameKind, _ payload: [UInt8]) -> Message? {
        let sequence = waiting.locked {
            lastSequence &+= 1
            return lastSequence
        }
        do { try send(Message(kind, sequence: sequence, payload: payload)) } catch { return nil }
        return waiting.locked {
            while true {
                if let reply = replies.removeValue(forKey: sequence) { return reply }
                if isClosed { return nil }
                waiting.wait()
            }
        }
    }

    /// Reads one message, waiting for it. One thread at a time. Nil at the end of the connection.
    public func receive() throws(ProtocolError) -> Message? {
        while true {
            if let message = try parser.next() { return message }
            var arrived = [Int32](repeating: -1, count: FrameLimit.descriptors)
            var count = Int32(arrived.count)
            let bytes = [UInt8](unsafeUninitializedCapacity: 256 << 10) { buffer, initialized in
                initialized = max(0, eps_receive(descriptor, buffer.baseAddress, buffer.count, &arrived, &count))
            }
            if bytes.isEmpty { return nil }
            parser.append(bytes, descriptors: Array(arrived.prefix(Int(count))))
        }
    }

    /// Sorts replies to those who wait for them until the connection ends. The reader thread's whole life.
    func readUntilEnd() {
        while let message = try? receive() {
            switch message.kind {
            case .reply:
                waiting.locked {
                    replies[message.sequence] = message
                    waiting.wake()
                }
            case .cancel: eps_flag_set(cancelFlag)
            default: break
            }
        }
        eps_flag_set(cancelFlag)
        waiting.locked {
            isClosed = true
            waiting.wake()
        }
    }
}

/// The kernel's words for an error number.
func errnoName(_ number: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 128)
    guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
