import CSystem
import Documents
import Execution
import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGHUP leave a run that can be resumed; a second one, or one that comes when no run is under way, ends
/// the process at once.
enum Signals {
    private static let run = Mutex<Interruption?>(nil)
    private static let pipe = Mutex<Int32>(-1)

    /// First of all.
    static func start() {
        signal(SIGPIPE, SIG_IGN)
        // The write that is too large fails, and says so.
        signal(SIGXFSZ, SIG_IGN)
        let reading = eps_catch_signals()
        guard reading >= 0 else { return }
        pipe.withLock { $0 = reading }
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                Signals.read()
                return nil
            }, nil)
        pthread_detach(thread)
    }

    private static func read() {
        let reading = pipe.withLock { $0 }
        var byte: UInt8 = 0
        while true {
            guard Glibc.read(reading, &byte, 1) == 1 else { continue }
            let number = Int32(byte)
            guard let run = run.withLock({ $0 }), run.signal == nil else { _exit(128 + number) }
            run.raise(number)
        }
    }

    /// From now on the first signal is this run's.
    static func interrupt(_ interruption: Interruption) { run.withLock { $0 = interruption } }

    /// The exit status of a failure: an interruption's is that of its signal.
    static func exitStatus(_ failure: Failure) -> Int32 {
        guard failure.code == .interrupted, let signal = run.withLock({ $0?.signal }) else {
            return failure.code.exitStatus
        }
        return 128 + signal
    }
}
