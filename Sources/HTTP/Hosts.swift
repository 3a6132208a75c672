import Documents
import Synchronization

/// What a client has learnt about the hosts it talks to, shared by all its requests.
final class Hosts: Sendable {
    private struct State {
        /// Until when each host wants to be left alone.
        var pauses: [String: ContinuousClock.Instant] = [:]
        var ignoringExpect: Set<String> = []
    }
    private let state = Mutex(State())

    /// A host that is overloaded is left alone by every request, not just by the one that it told.
    func pause(_ host: String, for duration: Duration) {
        let until = ContinuousClock.now + duration
        state.withLock { $0.pauses[host] = max($0.pauses[host] ?? until, until) }
    }

    /// Returns when the host's pause is over. It may grow meanwhile.
    /// - Parameter spread: up to so long after the end, at random, so that the waiting do not all come at once.
    /// - Throws: `Failure` with code `quota` at once when the pause is longer than `longest` or the deadline;
    ///   `CancellationError`.
    func wait(
        _ address: Address, longest: Duration, deadline: ContinuousClock.Instant?, spread: Duration
    ) async throws {
        while true {
            let now = ContinuousClock.now
            guard let until = state.withLock({ $0.pauses[address.authority] }), until > now else { return }
            let left = until - now
            // The pause that a request obeys was set a moment ago: its own age must not make it too long.
            if left > longest || deadline.map({ until > $0 }) == true {
                throw Failure(
                    .quota, "\(address.authority) asks for a pause of \(TransferFailure.text(left))",
                    place: address.place, hint: "try again after that", retryable: true,
                    retryAfter: HTTPTimeouts.seconds(left))
            }
            try await Task.sleep(for: left + spread * Double.random(in: 0...1))
        }
    }

    func ignoresExpect(_ host: String) -> Bool { state.withLock { $0.ignoringExpect.contains(host) } }
    func learnIgnoresExpect(_ host: String) { state.withLock { _ = $0.ignoringExpect.insert(host) } }
}
