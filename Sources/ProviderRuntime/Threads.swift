import CSystem
import Glibc

/// A POSIX mutex with its condition variable: the one way in which this module's threads wait for each other.
/// (`Synchronization.Mutex` has no condition, and would be one more library to link.)
final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }

    func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Inside `locked` only: waits until somebody calls `wake`. May wake without cause.
    func wait() { pthread_cond_wait(condition, mutex) }
    func wake() { pthread_cond_broadcast(condition) }
}

/// A thread of its own for work that blocks, so that the cooperative pool never does.
public final class DedicatedThread: @unchecked Sendable {
    private var thread = pthread_t()

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// - Parameter stack: bytes; vendors' SDKs were written for the 8 MiB of a main thread.
    public init(stack: Int = 8 << 20, _ run: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stack)
        let body = Unmanaged.passRetained(Body(run)).toOpaque()
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, body)
        pthread_attr_destroy(&attributes)
        precondition(status == 0, "no thread can be started")
    }

    /// Waits for its end. Call `join` or `detach`, once.
    public func join() { pthread_join(thread, nil) }
    public func detach() { pthread_detach(thread) }
}
