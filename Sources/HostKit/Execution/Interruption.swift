import Glibc
import Synchronization
import Workers

/// A person's or a supervisor's wish that the run end now, in a state that can be resumed. Any thread.
public final class Interruption: Sendable {
    private struct State {
        var signal: Int32?
        var jobs: [ObjectIdentifier: Cancellation] = [:]
        var sleepers: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
    }
    private let state = Mutex(State())

    public init() {}

    /// The signal that asked, once one did.
    public var signal: Int32? { state.withLock { $0.signal } }

    /// Asks every running job to stop, and ends every wait.
    public func raise(_ signal: Int32) {
        let (jobs, sleepers) = state.withLock { state in
            state.signal = state.signal ?? signal
            defer { state.sleepers = [:] }
            return (Array(state.jobs.values), Array(state.sleepers.values))
        }
        for job in jobs { job.cancel() }
        for sleeper in sleepers { sleeper.resume() }
    }

    /// A cancellation that this interruption reaches while `body` runs.
    func withCancellation<Result>(_ body: (Cancellation) async -> Result) async -> Result {
        let cancellation = Cancellation()
        let isRaised = state.withLock { state in
            state.jobs[ObjectIdentifier(cancellation)] = cancellation
            return state.signal != nil
        }
        if isRaised { cancellation.cancel() }
        defer { state.withLock { _ = $0.jobs.removeValue(forKey: ObjectIdentifier(cancellation)) } }
        return await body(cancellation)
    }

    /// Waits that long, or until the interruption.
    func sleep(_ seconds: Double) async {
        let key = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withCheckedContinuation { continuation in
            let isRaised = state.withLock { state in
                if state.signal == nil { state.sleepers[key] = continuation }
                return state.signal != nil
            }
            if isRaised { return continuation.resume() }
            Task {
                try? await Task.sleep(for: .seconds(seconds))
                self.state.withLock { $0.sleepers.removeValue(forKey: key) }?.resume()
            }
        }
    }
}
