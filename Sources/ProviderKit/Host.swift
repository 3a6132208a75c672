import Documents
public import ProviderAPI

/// The host's services, for the provider's side. Every method may be called from any thread while an operation runs; those
/// that wait for the host block the calling thread for that long.
///
/// A service that an older host lacks reads as NULL in its table and is answered here with `Failure(.internal)` saying so.
public struct Host: Sendable {
    /// The host's table, copied: an older host's is shorter, and what it lacks is NULL.
    private final class Services: @unchecked Sendable {
        // Unchecked: never written after its making, and the functions in it are for any thread.
        let table: ep_host
        init(_ table: ep_host) { self.table = table }
    }

    private let services: Services
    var table: ep_host { services.table }
    var context: OpaquePointer? { services.table.context }

    /// - Parameter host: What `open` was given; its `context` must outlive this value.
    public init(copying host: UnsafePointer<ep_host>) {
        var table = ep_host()
        let size = min(Int(host.pointee.header.size), MemoryLayout<ep_host>.size)
        withUnsafeMutableBytes(of: &table) { $0.copyMemory(from: UnsafeRawBufferPointer(start: host, count: size)) }
        services = Services(table)
    }

    public enum LogLevel: Int32, Sendable {
        case debug = 0
        case info = 1
        case warning = 2
        case error = 3
    }

    /// One line to the run's log; the host masks the secrets that it knows, and cuts what is longer than 16 KiB.
    public func log(_ level: LogLevel, _ message: String) {
        guard let log = table.log else { return }
        withUTF8(message) { log(context, level.rawValue, $0, $1) }
    }

    /// How far the step is, in bytes or items; total 0 means unknown. May go back. A sign of life.
    public func progress(_ done: UInt64, of total: UInt64, _ step: String) {
        guard let progress = table.progress else { return }
        withUTF8(step) { progress(context, done, total, $0, $1) }
    }

    /// True once the host wants the operation to end. Costs one load; the operation's task is cancelled a moment later.
    public var isCancelled: Bool { table.cancelled.map { $0(context) != 0 } ?? false }

    /// For code that blocks instead of awaiting: call it at least once a second.
    /// - Throws: `CancellationError` once the host wants the operation to end.
    public func checkCancelled() throws {
        if isCancelled { throw CancellationError() }
    }

    /// Nanoseconds since 1970 UTC, as the host's clock has it.
    public var now: Int64 { table.clock_now.map { $0(context) } ?? 0 }

    /// Bytes from the kernel's random source.
    public func random(_ count: Int) throws -> [UInt8] {
        guard let random = table.random else { throw refusal(EP_UNSUPPORTED, "random") }
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let status = random(context, buffer.baseAddress, UInt64(count))
            guard status == EP_OK else { throw refusal(status, "random") }
            initialized = count
        }
    }
}
