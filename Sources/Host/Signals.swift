import Execution
import Glibc

/// SIGINT, SIGTERM and SIGHUP leave a run that can be resumed; the second of them ends the process at once.
enum Signals {
    private static func set() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&set, signal) }
        return set
    }

    /// Before any thread is started: threads inherit the mask, workers get an empty one.
    static func block() {
        var blocked = set()
        pthread_sigmask(SIG_BLOCK, &blocked, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Tells the interruption from now on.
    static func watch(_ interruption: Interruption) {
        let argument = Unmanaged.passRetained(interruption).toOpaque()
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let interruption = Unmanaged<Interruption>.fromOpaque(argument).takeRetainedValue()
                var set = Signals.set()
                var number: Int32 = 0
                while sigwait(&set, &number) == 0 {
                    if interruption.signal != nil { _exit(128 + number) }
                    interruption.raise(number)
                }
                return nil
            }, argument)
        pthread_detach(thread)
    }
}
