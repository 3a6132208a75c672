/// A service said no. The status is one of the ABI's (`EP_AUTH`, `EP_DENIED`, `EP_NOT_FOUND`, ...).
public struct ServiceRefusal: Error, Sendable, Equatable {
    public var status: Int32
    public init(status: Int32) { self.status = status }
}

/// One file of the guest, as the tree view reports it.
public struct TreeStat: Sendable, Equatable {
    public var size: UInt64
    /// As in POSIX st_mode.
    public var mode, user, group: UInt32
    /// Seconds since 1970 UTC.
    public var modified: Int64
    public init(size: UInt64, mode: UInt32, user: UInt32, group: UInt32, modified: Int64) {
        self.size = size
        self.mode = mode
        self.user = user
        self.group = group
        self.modified = modified
    }
}

/// What the host does for a job. Called on the job's own thread, one call at a time; may block. What throws throws
/// `ServiceRefusal`; any other error reaches the provider as `EP_INTERNAL`.
public protocol HostServices: Sendable {
    /// - Parameter level: `EP_LOG_DEBUG` (0) to `EP_LOG_ERROR` (3). Not masked yet.
    func log(level: Int32, message: String)
    func progress(done: UInt64, total: UInt64, step: String)
    /// - Parameter flags: `EP_CHECKPOINT_*`; with the barrier bit the record must be durable on return.
    func checkpoint(key: String, data: [UInt8], flags: UInt32) throws
    /// - Returns: the intent's number, durable.
    func intend(_ document: [UInt8]) throws -> UInt64
    func created(_ intent: UInt64, document: [UInt8]) throws
    func settled(_ intent: UInt64) throws
    /// - Returns: the value, and when it expires in seconds since 1970 UTC (0: not known).
    func secret(_ name: String) throws -> (value: [UInt8], expires: Int64)
    func redact(_ secret: [UInt8])
    func fileRead(_ name: String) throws -> [UInt8]
    func runHelper(_ document: [UInt8]) throws -> [UInt8]
    func cacheGet(_ key: String) -> [UInt8]?
    func cachePut(_ key: String, data: [UInt8])
    func treeStat(_ path: String) throws -> TreeStat
    /// - Parameter limit: bytes at most.
    func treeRead(_ path: String, limit: UInt64) throws -> [UInt8]
    func treeList(_ path: String) throws -> [String]
}
