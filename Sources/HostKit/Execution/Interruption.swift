import Documents
import Synchronization
import Workers

/// A person's or a supervisor's wish that the run end now, in a state that can be resumed. Any thread.
public final class Interruption: Sendable {
    private struct State {
        var signal: Int32?
        /// What is under way, and how each of it is told.
        var cancellers: [Int: @Sendable () -> Void] = [:]
        var next = 0
    }
    private let state = Mutex(State())

    public init() {}

    /// The signal that asked, once one did.
    public var signal: Int32? { state.withLock { $0.signal } }

    /// Asks everything under way to stop, and all that comes after it.
    public func raise(_ signal: Int32) {
        let cancellers = state.withLock { state in
            state.signal = state.signal ?? signal
            return Array(state.cancellers.values)
        }
        for cancel in cancellers { cancel() }
    }

    /// `cancel` is called when the interruption comes while `body` runs, or came before.
    private func reaching<Result>(
        _ cancel: @escaping @Sendable () -> Void, during body: () async throws -> Result
    ) async rethrows -> Result {
        let (key, isRaised) = state.withLock { state in
            state.next += 1
            state.cancellers[state.next] = cancel
            return (state.next, state.signal != nil)
        }
        if isRaised { cancel() }
        defer { state.withLock { _ = $0.cancellers.removeValue(forKey: key) } }
        return try await body()
    }

    /// A job's cancellation that this interruption reaches while `body` runs.
    func withCancellation<Result>(_ body: (Cancellation) async -> Result) async -> Result {
        let cancellation = Cancellation()
        return await reaching({ cancellation.cancel() }, during: { await body(cancellation) })
    }

    /// Runs `body` as a task that this interruption cancels.
    /// - Throws: what it throws; `Failure` with code `interrupted` once the interruption came.
    public func withTask<Result: Sendable>(
        _ what: String, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let task = Task { try await body() }
        do {
            return try await reaching({ task.cancel() }, during: { try await task.value })
        } catch  where signal != nil {
            throw Failure(.interrupted, "interrupted while \(what)", retryable: true)
        }
    }

    /// Waits that long, or until the interruption.
    func sleep(_ seconds: Double) async {
        let task = Task { try? await Task.sleep(for: .seconds(seconds)) }
        await reaching({ task.cancel() }, during: { _ = await task.value })
    }
}
