import CCurl
import Documents
import Glibc
import Synchronization

/// One request on the wire and its answer: no redirects, no repetition.
struct Exchange: Sendable {
    var method: String
    var address: Address
    var headers: HTTPHeaders
    var body: HTTPBody
    var destination: HTTPDestination
    var isIdempotent: Bool
    var timeouts: HTTPTimeouts
    /// When everything must be done.
    var deadline: ContinuousClock.Instant?
    var proxy: String
    var exceptions: String
    /// False: the server is known to ignore Expect, so nobody waits for its consent.
    var asksFirst: Bool
    var headerLimit: Int
    /// Told how much of the body went out.
    var progress: (@Sendable (Int64) -> Void)?

    /// Large bodies go on HTTP/1.1 connections of their own: on one HTTP/2 connection they would share a window with
    /// everything else.
    var isBulk: Bool {
        if body.length > HTTPBody.small { return true }
        switch destination {
        case .memory: return false
        default: return true
        }
    }
}

/// Why there is no answer, with what the retry layer must know.
struct ExchangeFailure: Error {
    var failure: Failure
    /// False when no byte of the request left: then it was certainly not carried out.
    var wasSent: Bool
    /// Whether a sink has got bytes that cannot be taken back.
    var hasDelivered: Bool
}

struct ExchangeAnswer: Sendable {
    var head: HTTPHead
    var body: [UInt8]
    var sentBytes: Int64
    var receivedBytes: Int64
    /// The server let the whole body come without answering Expect.
    var ignoredExpect: Bool
    /// Seconds, for the trace.
    var connectTime: Double
    var firstByteTime: Double
    var totalTime: Double
}

/// An exchange under way. The loop's thread alone touches it between start and end, and the callbacks run there.
final class Transfer: @unchecked Sendable {
    let exchange: Exchange
    let end: @Sendable (Result<ExchangeAnswer, any Error>) -> Void
    /// For a cancellation that overtakes the start.
    let isCancelled = Atomic(false)

    var easy: UnsafeMutableRawPointer?
    var list: UnsafeMutablePointer<curl_slist>?
    let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// What ended the transfer from within a callback.
    var problem: (any Error)?
    var head: HTTPHead?
    private(set) var isHeadComplete = false
    private(set) var hasContinued = false
    private(set) var hasDelivered = false
    private(set) var body: [UInt8] = []
    private var headerBytes = 0
    private var received: Int64 = 0
    private var destination: HTTPDestination?
    private var position: Int64 = 0
    private var sendings = 0
    private var lastReport = ContinuousClock.now

    /// Bytes kept of the body of an answer that is no success.
    static let errorBodyLimit = 64 << 10

    init(_ exchange: Exchange, end: @escaping @Sendable (Result<ExchangeAnswer, any Error>) -> Void) {
        self.exchange = exchange
        self.end = end
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit { errorText.deallocate() }

    static func of(_ context: UnsafeMutableRawPointer) -> Transfer {
        Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }

    /// Each time that the request is about to be sent. libcurl repeats one on its own when a kept connection turns out to be
    /// closed: the server may have carried it out and gone before the answer, so only what may happen twice goes again.
    func isAllowedToSend() -> Bool {
        sendings += 1
        return sendings == 1 || exchange.isIdempotent
    }

    // MARK: receiving

    /// A header line with its end. False: stop.
    func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        headerBytes += bytes.count
        guard headerBytes <= exchange.headerLimit else {
            return stop(
                Failure(
                    .refused, "the answer's headers are over \(exchange.headerLimit) bytes",
                    place: exchange.address.place))
        }
        var line = bytes[...]
        while let last = line.last, last == 0x0a || last == 0x0d { line = line.dropLast() }
        let text = String(decoding: line, as: UTF8.self)
        if !isHeadComplete && text.hasPrefix("HTTP/") {
            let parts = text.dropFirst(5).split(separator: " ", maxSplits: 2)
            head = HTTPHead(
                status: parts.count > 1 ? Int(parts[1]) ?? 0 : 0, version: parts.first.map(String.init) ?? "")
        } else if text.isEmpty {
            return endHead()
        } else if isHeadComplete {
            return true  // A trailer: nothing that we read comes there.
        } else if line.first == 0x20 || line.first == 0x09 {
            head?.headers.extendLast(Self.trimmed(text[...]))
        } else if let colon = text.firstIndex(of: ":") {
            head?.headers.add(String(text[..<colon]), Self.trimmed(text[text.index(after: colon)...]))
        }
        return true
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " || text.first == "\t" { text = text.dropFirst() }
        while text.last == " " || text.last == "\t" { text = text.dropLast() }
        return String(text)
    }

    private func endHead() -> Bool {
        guard let head else { return true }
        if head.status < 200 {
            if head.status == 100 { hasContinued = true }
            return true
        }
        // libcurl sends the request again without Expect: that is the first one that counts.
        if head.status == 417 && exchange.asksFirst { sendings = 0 }
        isHeadComplete = head.status != 417 || !exchange.asksFirst
        guard head.isSuccess else { return true }
        var destination = exchange.destination
        do {
            while case .chosen(let choose) = destination { destination = try choose(head) }
        } catch {
            return stop(error)
        }
        self.destination = destination
        return true
    }

    /// A piece of the body. False: stop.
    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let offset = received
        received += Int64(bytes.count)
        switch destination {
        case nil, .chosen:
            body.append(contentsOf: bytes.prefix(max(0, Self.errorBodyLimit - body.count)))
        case .memory(let limit):
            guard received <= Int64(limit) else { return isTooLong(Int64(limit)) }
            body.append(contentsOf: bytes)
        case .file(let descriptor, let start, let limit):
            if let limit, received > limit { return isTooLong(limit) }
            return write(bytes, descriptor, start + offset)
        case .sink(let sink):
            hasDelivered = true
            do { try sink(bytes) } catch { return stop(error) }
        }
        return true
    }

    private func write(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32, _ offset: Int64) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset) + off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let number = errno
                return stop(
                    Failure(
                        number == ENOSPC || number == EDQUOT ? .quota : .internal,
                        "cannot write what was received: \(String(cString: strerror(number)))",
                        place: exchange.address.place))
            }
            done += count
        }
        return true
    }

    private func isTooLong(_ limit: Int64) -> Bool {
        stop(Failure(.refused, "the answer is over \(limit) bytes", place: exchange.address.place))
    }

    private func stop(_ error: any Error) -> Bool {
        if problem == nil { problem = error }
        return false
    }

    // MARK: sending

    /// Fills the buffer with the body's next bytes. Nil: stop.
    func send(_ buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let count = min(Int64(buffer.count), exchange.body.length - position)
        guard count > 0 else { return 0 }
        switch exchange.body {
        case .none: return 0
        case .bytes(let bytes):
            bytes.withUnsafeBytes {
                buffer.copyMemory(from: .init(rebasing: $0[Int(position)..<Int(position + count)]))
            }
        case .file(let descriptor, let offset, _):
            var result: Int
            repeat {
                result = pread(descriptor, buffer.baseAddress, Int(count), off_t(offset + position))
            } while result
                < 0 && errno == EINTR
            guard result > 0 else {
                let why = result == 0 ? "it is shorter than when the upload began" : String(cString: strerror(errno))
                _ = stop(Failure(.internal, "cannot read the file to send: \(why)", place: exchange.address.place))
                return nil
            }
            position += Int64(result)
            report()
            return result
        }
        position += count
        report()
        return Int(count)
    }

    private func report() {
        guard let progress = exchange.progress else { return }
        let now = ContinuousClock.now
        guard position == exchange.body.length || now - lastReport >= .milliseconds(100) else { return }
        lastReport = now
        progress(position)
    }

    func rewind(to offset: Int64) -> Bool {
        guard offset >= 0, offset <= exchange.body.length else { return false }
        position = offset
        return true
    }

    // MARK: the end

    func finish(_ code: CURLcode) {
        guard let easy else { return }
        end(outcome(code, easy))
    }

    private func outcome(_ code: CURLcode, _ easy: UnsafeMutableRawPointer) -> Result<ExchangeAnswer, any Error> {
        if let problem { return .failure(problem) }
        // A server that refuses a body may close while it is still coming: its answer counts, not the broken pipe.
        let isRefusal =
            isHeadComplete && (head?.status ?? 0) >= 400 && (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR)
        guard code == CURLE_OK || isRefusal, let head, isHeadComplete else {
            let wasSent = ep_curl_info_long(easy, CURLINFO_REQUEST_SIZE) > 0
            let failure = TransferFailure.failure(
                code == CURLE_OK ? CURLE_GOT_NOTHING : code, exchange, wasSent: wasSent,
                detail: String(cString: errorText), number: Int32(ep_curl_info_long(easy, CURLINFO_OS_ERRNO)),
                tunnelStatus: ep_curl_info_long(easy, CURLINFO_HTTP_CONNECTCODE))
            return .failure(ExchangeFailure(failure: failure, wasSent: wasSent, hasDelivered: hasDelivered))
        }
        func seconds(_ info: CURLINFO) -> Double { Double(ep_curl_info_offset(easy, info)) / 1e6 }
        let sent = Int64(ep_curl_info_offset(easy, CURLINFO_SIZE_UPLOAD_T))
        return .success(
            ExchangeAnswer(
                head: head, body: body, sentBytes: sent, receivedBytes: received,
                ignoredExpect: exchange.asksFirst && !hasContinued && sent == exchange.body.length,
                connectTime: max(seconds(CURLINFO_CONNECT_TIME_T), seconds(CURLINFO_APPCONNECT_TIME_T)),
                firstByteTime: seconds(CURLINFO_STARTTRANSFER_TIME_T), totalTime: seconds(CURLINFO_TOTAL_TIME_T)))
    }
}
