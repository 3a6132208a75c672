public import Documents
import FoundationEssentials
import ProviderAPI

/// The host's services, for the provider's side. Every method may be called from any thread while an operation runs.
///
/// A service that an older host lacks reads as NULL in its table and is answered `unsupported` here.
public struct Host: @unchecked Sendable {
    /// Lives until the instance is closed, and so longer than every `Host` that a provider holds.
    let table: UnsafePointer<ep_host>

    private var context: OpaquePointer? { table.pointee.context }

    public enum LogLevel: Int32, Sendable {
        case debug = 0
        case info = 1
        case warning = 2
        case error = 3
    }

    /// One line to the run's log; the host masks the secrets that it knows.
    public func log(_ level: LogLevel, _ message: String) {
        guard let log = table.pointee.log else { return }
        withUTF8(message) { log(context, level.rawValue, $0, $1) }
    }

    /// How far the step is, in bytes or items; total 0 means unknown. May go back.
    public func progress(_ done: UInt64, of total: UInt64, _ step: String) {
        guard let progress = table.pointee.progress else { return }
        withUTF8(step) { progress(context, done, total, $0, $1) }
    }

    /// True once the host wants the operation to end.
    public var isCancelled: Bool { table.pointee.cancelled.map { $0(context) != 0 } ?? false }

    /// - Throws: `Failure(.interrupted)` once the host wants the operation to end.
    public func checkCancelled() throws {
        if isCancelled { throw Failure(.interrupted, "cancelled") }
    }

    /// Stores a record, durable within a second, or at once with `barrier`. A hint only: the remote is the truth.
    public func checkpoint(_ key: String, _ data: [UInt8], append: Bool = false, barrier: Bool = false) throws {
        guard let checkpoint = table.pointee.checkpoint else { throw failure(EP_UNSUPPORTED, "checkpoint") }
        let flags = (append ? EP_CHECKPOINT_APPEND : EP_CHECKPOINT_PUT) | (barrier ? EP_CHECKPOINT_BARRIER : 0)
        let status = withUTF8(key) { name, size in
            data.withUnsafeBytes { checkpoint(context, name, size, $0.baseAddress, UInt64($0.count), flags) }
        }
        guard status == EP_OK else { throw failure(status, "checkpoint") }
    }

    /// Records durably what is about to be made: `{kind, region, find}`. Returns the intent's number.
    public func intend(_ document: JSON) throws -> UInt64 {
        guard let intend = table.pointee.intend else { throw failure(EP_UNSUPPORTED, "intend") }
        var intent: UInt64 = 0
        let status = try withDocument(document) { intend(context, $0, $1, &intent) }
        guard status == EP_OK else { throw failure(status, "intend") }
        return intent
    }

    /// Records what was made: `{id, region, undo}`.
    public func created(_ intent: UInt64, _ document: JSON) throws {
        guard let created = table.pointee.created else { throw failure(EP_UNSUPPORTED, "created") }
        let status = try withDocument(document) { created(context, intent, $0, $1) }
        guard status == EP_OK else { throw failure(status, "created") }
    }

    /// The resource is wanted, or the intent came to nothing: cleanup never touches it.
    public func settled(_ intent: UInt64) throws {
        guard let settled = table.pointee.settled else { throw failure(EP_UNSUPPORTED, "settled") }
        let status = settled(context, intent)
        guard status == EP_OK else { throw failure(status, "settled") }
    }

    /// A read-only descriptor of one of the artifact's files; the caller closes it.
    public func open(_ name: String) throws -> Int32 {
        guard let open = table.pointee.artifact_open else { throw failure(EP_UNSUPPORTED, "artifact_open") }
        var descriptor: Int32 = -1
        let status = withUTF8(name) { open(context, $0, $1, &descriptor) }
        guard status == EP_OK else { throw failure(status, "artifact_open \(name)") }
        return descriptor
    }

    private func withDocument(_ document: JSON, _ body: (UnsafePointer<CChar>?, UInt64) -> ep_status) throws
        -> ep_status
    {
        let bytes = try DocumentCoding.encode(document)
        return bytes.withUnsafeBytes { body($0.baseAddress?.assumingMemoryBound(to: CChar.self), UInt64($0.count)) }
    }
}

func withUTF8<Result>(_ text: String, _ body: (UnsafePointer<CChar>?, UInt64) -> Result) -> Result {
    var text = text
    return text.withUTF8 { utf8 in
        utf8.withMemoryRebound(to: CChar.self) { body($0.baseAddress, UInt64($0.count)) }
    }
}
