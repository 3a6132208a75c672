import CSystem

/// Asks a job to stop: any thread, a signal handler's too. It cannot be taken back.
public final class Cancellation: @unchecked Sendable {
    private let flag = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    public init() { flag.initialize(to: 0) }
    deinit { flag.deallocate() }

    public func cancel() { eps_flag_set(flag) }
    public var isCancelled: Bool { eps_flag_get(flag) != 0 }
}
