public import Documents
public import Execution
import Synchronization

/// A run for programs: one event a line (schemas/event.schema.json), `run-ended` the last.
public final class JSONReport: RunObserver {
    private struct State {
        var run: String?
        var isOver = false
    }
    private let state = Mutex(State())
    private let print: @Sendable (String) -> Void

    /// - Parameter print: writes one line; any thread.
    public init(print: @escaping @Sendable (String) -> Void) { self.print = print }

    public func observe(_ event: RunEvent) {
        state.withLock {
            $0.run = event.run ?? $0.run
            $0.isOver = $0.isOver || event.event == .runEnded
        }
        guard let bytes = try? DocumentCoding.encode(event) else { return }
        print(String(decoding: bytes, as: UTF8.self))
    }

    /// The end of a command that failed as a whole, maybe before there was a run.
    public func end(_ failure: Failure, exit: Int32) {
        let (run, isOver) = state.withLock { ($0.run, $0.isOver) }
        guard !isOver else { return }
        var event = RunEvent(.runEnded)
        event.run = run
        event.failure = failure
        event.exit = exit
        observe(event)
    }
}

/// `--quiet`: only the end is printed.
public struct QuietReport: RunObserver {
    public init() {}
    public func observe(_ event: RunEvent) {}
}
