import Documents
import FoundationEssentials
import Synchronization

/// Talks HTTP through libcurl: connections are kept, redirects followed, what may be repeated is repeated.
///
/// One thread carries all transfers of a client and ends with its last copy. Copies share everything; any thread may send.
public struct HTTPClient: Sendable {
    public let configuration: HTTPConfiguration
    private let engine: Engine

    public init(_ configuration: HTTPConfiguration) {
        self.configuration = configuration
        engine = Engine(configuration)
    }

    /// A request that a dry run kept back.
    public struct Withheld: Sendable, Equatable {
        public var method: String
        /// With the values of its query masked.
        public var url: String
        /// In bytes.
        public var bodyLength: Int64
    }

    /// What a dry run kept back so far, in order.
    public var withheld: [Withheld] { engine.withheld.withLock { $0 } }

    /// Sends the request until there is an answer, whatever its status.
    ///
    /// A status of the retry policy is repeated like a broken connection, and returned when it lasts. Cancelling the task ends
    /// the transfer within moments; `send` returns when nothing of the request is in use any more.
    /// - Throws: `Failure`: `network` without an answer, `usage` for a request that cannot be sent, `refused` for an answer
    ///   that breaks a rule or a limit and for what a dry run keeps back, `quota` while the host has asked for a longer pause
    ///   than the policy waits. `CancellationError`. What a sink threw.
    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let timeouts = request.timeouts ?? configuration.timeouts
        let policy = request.retry ?? configuration.retry
        let deadline = timeouts.total.map { ContinuousClock.now + $0 }
        var attempt = 1
        while true {
            try Task.checkCancellation()
            var current = request
            try await request.prepare?(&current, attempt)
            let run = Attempt(
                client: self, engine: engine, timeouts: timeouts, policy: policy, deadline: deadline, number: attempt)
            do {
                let (response, host) = try await run.follow(current)
                guard policy.statuses.contains(response.status) else { return response }
                // "At once" is no time: all attempts would be used up within moments.
                let asked = response.retryAfter.flatMap { $0 > .zero ? $0 : nil }
                let pause = asked ?? policy.pause(after: attempt)
                let isOverloaded = response.status == 429 || response.status == 503
                if isOverloaded {
                    engine.hosts.pause(host, for: pause)
                    configuration.trace?("! \(host) is left alone for \(TransferFailure.text(pause))")
                    if let asked { configuration.paused?(host, HTTPTimeouts.seconds(asked)) }
                }
                guard
                    request.isIdempotent || response.status == 429, attempt < policy.attempts,
                    pause <= policy.longestRetryAfter, isInTime(pause, deadline)
                else { return response }
                // The next attempt waits for an overloaded host's pause like every other request.
                if !isOverloaded { try await Task.sleep(for: pause) }
            } catch let broken as ExchangeFailure {
                configuration.trace?("! \(broken.failure.message)")
                let pause = policy.pause(after: attempt)
                guard
                    broken.failure.retryable == true, request.isIdempotent || !broken.wasSent, !broken.hasDelivered,
                    attempt < policy.attempts, isInTime(pause, deadline)
                else { throw broken.failure }
                try await Task.sleep(for: pause)
            }
            attempt += 1
        }
    }

    private func isInTime(_ pause: Duration, _ deadline: ContinuousClock.Instant?) -> Bool {
        deadline.map { ContinuousClock.now + pause < $0 } ?? true
    }
}

/// What the copies of a client share; its end is the thread's.
final class Engine: Sendable {
    let loop: Loop
    let hosts = Hosts()
    let withheld = Mutex<[HTTPClient.Withheld]>([])

    init(_ configuration: HTTPConfiguration) {
        loop = Loop(
            LoopSettings(
                userAgent: configuration.userAgent, verifiesTLS: configuration.verifiesTLS,
                authoritiesFile: configuration.authoritiesFile,
                authoritiesDirectory: configuration.authoritiesDirectory,
                authorities: configuration.additionalAuthorities.isEmpty
                    ? nil
                    : Result {
                        try Authorities(
                            file: configuration.authoritiesFile, additional: configuration.additionalAuthorities)
                    },
                clientCertificate: configuration.clientCertificate))
        loop.startThread()
        if !configuration.verifiesTLS { configuration.trace?("! TLS certificates are not verified") }
    }

    deinit { loop.stop() }
}
