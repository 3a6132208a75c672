import Documents
import FoundationEssentials
import Synchronization

/// One attempt at a request: each hop of its redirects, checked and traced.
struct Attempt {
    var client: HTTPClient
    var engine: Engine
    var timeouts: HTTPTimeouts
    var policy: HTTPRetryPolicy
    var deadline: ContinuousClock.Instant?
    var number: Int

    private var configuration: HTTPConfiguration { client.configuration }

    /// - Returns: the last hop's answer and its host.
    /// - Throws: `ExchangeFailure` for what may be worth another attempt; anything else is final.
    func follow(_ request: HTTPRequest) async throws -> (HTTPResponse, host: String) {
        var request = request
        var address = try Address(request.url)
        for _ in 0...configuration.redirectLimit {
            try check(request, address)
            try configuration.admit?(address.text)
            try await engine.hosts.wait(
                address, longest: policy.longestRetryAfter, deadline: deadline, spread: min(policy.base, .seconds(1)))
            let answer = try await exchange(request, address)
            if request.followsRedirects, let next = try Redirect.next(request, at: address, answer.head) {
                (request, address) = next
                continue
            }
            let response = HTTPResponse(
                head: answer.head, body: answer.body, url: address.text, place: address.place, attempts: number,
                sentBytes: answer.sentBytes, receivedBytes: answer.receivedBytes,
                retryAfter: RetryAfter.duration(answer.head.headers))
            return (response, address.authority)
        }
        throw Failure(
            .refused, "there are more than \(configuration.redirectLimit) redirects", place: address.place,
            hint: "check the address: it may lead in a circle")
    }

    /// What no server should see, and what a dry run sends nowhere.
    private func check(_ request: HTTPRequest, _ address: Address) throws {
        func refuse(_ why: String) -> Failure { Failure(.usage, why, place: address.place) }
        guard HTTPHeaders.isToken(request.method), request.method != "CONNECT", request.method != "TRACE" else {
            throw refuse("the request's method cannot be sent")
        }
        for field in request.headers.fields {
            guard HTTPHeaders.isToken(field.name) else { throw refuse("a header's name is not a token of HTTP") }
            guard HTTPHeaders.isValue(field.value) else {
                throw refuse("the header \(field.name) has a line end or a control character in its value")
            }
            switch field.name.lowercased() {
            case "content-length" where field.value == "\(request.body.length)": break
            case "content-length", "transfer-encoding", "connection", "expect", "te", "trailer", "upgrade",
                "keep-alive":
                throw refuse("the header \(field.name) is not the caller's to set")
            default: break
            }
        }
        if case .bytes(let bytes) = request.body, bytes.count > HTTPBody.document {
            throw refuse("a body of \(bytes.count) bytes is too large to be sent from memory")
        }
        guard configuration.isDryRun, !request.isReadOnly else { return }
        engine.withheld.withLock {
            $0.append(
                .init(
                    method: request.method, url: Redaction.query(address.text), bodyLength: request.body.length))
        }
        configuration.trace?("= \(request.method) \(Redaction.query(address.text)) is kept back by the dry run")
        throw Failure(
            .refused, "this is a dry run: \(request.method) is not sent", place: address.place,
            hint: "run without the dry run to send it")
    }

    private func exchange(_ request: HTTPRequest, _ address: Address) async throws -> ExchangeAnswer {
        if let deadline, ContinuousClock.now >= deadline, let total = timeouts.total {
            throw Failure(
                .network, "not finished within \(TransferFailure.text(total))", place: address.place,
                hint: "check the network, or try again later", retryable: true)
        }
        var headers = request.headers
        headers.remove("Content-Length")
        if let user = address.userInformation, headers["Authorization"] == nil {
            headers["Authorization"] = "Basic " + Data(user.utf8).base64EncodedString()
        }
        let direct = address.isLoopback || !request.usesProxy
        let proxy = direct ? nil : address.scheme == "https" ? configuration.proxies.https : configuration.proxies.http
        let exchange = Exchange(
            method: request.method, address: address, headers: headers, body: request.body,
            destination: request.destination, isIdempotent: request.isIdempotent, timeouts: timeouts,
            deadline: deadline, proxy: proxy ?? "", exceptions: configuration.proxies.exceptions ?? "",
            asksFirst: request.body.length > HTTPBody.small && !engine.hosts.ignoresExpect(address.authority),
            headerLimit: configuration.headerLimit, progress: request.progress)
        trace(exchange, request)
        let answer = try await run(exchange)
        if answer.ignoredExpect { engine.hosts.learnIgnoresExpect(address.authority) }
        trace(answer)
        return answer
    }

    private func run(_ exchange: Exchange) async throws -> ExchangeAnswer {
        let handover = Handover()
        let transfer = Transfer(exchange) { handover.resume($0) }
        let loop = engine.loop
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                handover.hold(continuation)
                loop.start(transfer)
            }
        } onCancel: {
            loop.cancel(transfer)
        }
    }

    private func trace(_ exchange: Exchange, _ request: HTTPRequest) {
        guard let trace = configuration.trace else { return }
        let way = exchange.proxy.isEmpty ? "" : " by proxy"
        trace(
            "> \(exchange.method) \(Redaction.query(exchange.address.text)) attempt \(number), "
                + "\(exchange.body.length) bytes\(way)")
        for field in exchange.headers.fields { trace("> " + Redaction.header(field, secrets: request.secretHeaders)) }
    }

    private func trace(_ answer: ExchangeAnswer) {
        guard let trace = configuration.trace else { return }
        func milliseconds(_ seconds: Double) -> String { "\(Int((seconds * 1000).rounded())) ms" }
        trace(
            "< \(answer.head.status) HTTP/\(answer.head.version), sent \(answer.sentBytes), received "
                + "\(answer.receivedBytes) bytes in \(milliseconds(answer.totalTime)) (connected after "
                + "\(milliseconds(answer.connectTime)), first byte after \(milliseconds(answer.firstByteTime)))")
        for field in answer.head.headers.fields { trace("< " + Redaction.header(field)) }
    }
}

/// Brings the transfer's one end to the task that waits.
private final class Handover: @unchecked Sendable {
    // Set before the transfer starts, read once at its end: the loop's queue orders the two.
    private var continuation: CheckedContinuation<ExchangeAnswer, any Error>?

    func hold(_ continuation: CheckedContinuation<ExchangeAnswer, any Error>) { self.continuation = continuation }

    func resume(_ result: Result<ExchangeAnswer, any Error>) {
        continuation?.resume(with: result)
        continuation = nil
    }
}
