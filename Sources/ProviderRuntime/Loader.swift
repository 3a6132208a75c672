import CSystem
import Glibc
import ProviderAPI

/// How an invoke ended: a status and its document.
struct Ending: Sendable {
    var status: Int32
    var document: [UInt8]

    init(status: Int32, document: [UInt8]) {
        self.status = status
        self.document = document
    }

    /// The runtime's own refusal, as the ABI's error document.
    init(_ status: Int32, code: String = "internal", _ message: String, hint: String? = nil) {
        self.status = status
        let rest = hint.map { ",\"hint\":\(quoted($0))" } ?? ""
        document = Array("{\"code\":\(quoted(code)),\"message\":\(quoted(message)),\"retryable\":false\(rest)}".utf8)
    }
}

/// Loads the provider and does the job's one operation. On a thread of its own, never the process's first.
struct Loader {
    let job: Job
    let table: HostTable

    func run() -> Ending {
        var identity = eps_identity()
        guard eps_identity_of(job.libraryPath, &identity) == 0 else {
            return Ending(EP_NOT_FOUND, "the library \(job.libraryPath) cannot be read")
        }
        let found = [identity.device, identity.inode, identity.size, UInt64(bitPattern: identity.modified)]
        guard found == job.identity else {
            return Ending(
                EP_CONFLICT, "the library \(job.libraryPath) changed after its digest was checked",
                hint: "Run the command again; if it repeats, find out who writes to that file.")
        }
        guard let library = dlopen(job.libraryPath, RTLD_NOW | RTLD_LOCAL) else {
            return Ending(
                EP_INTERNAL,
                "the provider \(job.providerID) cannot be loaded: \(dlerror().map { String(cString: $0) } ?? "?")",
                hint: "A provider is self-contained but for the system's libraries: ldd \(job.libraryPath)")
        }
        guard let symbol = dlsym(library, "eulerpublisher_provider_v1") else {
            return Ending(EP_UNSUPPORTED, "\(job.libraryPath) exports no eulerpublisher_provider_v1")
        }
        typealias Entry = @convention(c) () -> UnsafePointer<ep_provider>?
        guard let theirs = unsafeBitCast(symbol, to: Entry.self)() else {
            return Ending(EP_INTERNAL, "eulerpublisher_provider_v1 of \(job.providerID) returned nothing")
        }
        guard Int32(theirs.pointee.header.abi_major) == EP_ABI_MAJOR else {
            return Ending(
                EP_UNSUPPORTED,
                "\(job.providerID) speaks ABI \(theirs.pointee.header.abi_major), this host \(EP_ABI_MAJOR)")
        }
        return run(known(theirs))
    }

    /// As much of the provider's struct as both sides know; the rest is zero.
    private func known(_ theirs: UnsafePointer<ep_provider>) -> ep_provider {
        var provider = ep_provider()
        let size = min(Int(theirs.pointee.header.size), MemoryLayout<ep_provider>.size)
        withUnsafeMutableBytes(of: &provider) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: theirs, count: size))
        }
        return provider
    }

    private func run(_ provider: ep_provider) -> Ending {
        let id = provider.id.map { String(cString: $0) } ?? ""
        let version = provider.version.map { String(cString: $0) } ?? ""
        guard id == job.providerID, version == job.providerVersion else {
            return Ending(
                EP_CONFLICT,
                "the manifest says \(job.providerID) \(job.providerVersion), its library says \(id) \(version)",
                hint: "Install library and manifest of one build.")
        }
        guard let open = provider.open, let invoke = provider.invoke else {
            return Ending(EP_UNSUPPORTED, "\(id) has no open or no invoke")
        }
        var instance: OpaquePointer?
        let refusal = Sink()
        let opened = refusal.withSink { sink in
            job.configuration.withUnsafeBytes {
                open(table.host, $0.bindMemory(to: CChar.self).baseAddress, UInt64($0.count), &instance, sink)
            }
        }
        guard opened == EP_OK else {
            // Pending is for invoke alone, and no status says more than the provider's own words.
            let status = opened == EP_PENDING ? EP_INTERNAL : opened
            if !refusal.bytes.isEmpty { return Ending(status: status, document: refusal.bytes) }
            return Ending(status, "\(id) refused its configuration (status \(opened))")
        }
        let sink = Sink()
        let status = sink.withSink { sink in
            job.operation.withCString { operation in
                job.request.withUnsafeBytes {
                    invoke(instance, operation, $0.bindMemory(to: CChar.self).baseAddress, UInt64($0.count), sink)
                }
            }
        }
        provider.close?(instance)
        return Ending(status: status, document: sink.bytes)
    }
}

/// Joins the pieces of a result, up to the limit of a document.
final class Sink {
    fileprivate(set) var bytes: [UInt8] = []

    func withSink<Result>(_ body: (UnsafePointer<ep_sink>) -> Result) -> Result {
        var sink = ep_sink()
        sink.header = header(of: ep_sink.self)
        sink.context = OpaquePointer(Unmanaged.passUnretained(self).toOpaque())
        sink.write = { context, data, size in
            guard let context else { return EP_INVALID }
            let sink = Unmanaged<Sink>.fromOpaque(UnsafeRawPointer(context)).takeUnretainedValue()
            guard size <= EP_LIMIT_DOCUMENT, UInt64(sink.bytes.count) + size <= EP_LIMIT_DOCUMENT else {
                return EP_INVALID
            }
            if let data { sink.bytes.append(contentsOf: UnsafeRawBufferPointer(start: data, count: Int(size))) }
            return EP_OK
        }
        return withExtendedLifetime(self) { withUnsafePointer(to: &sink, body) }
    }
}

/// A text as a JSON string.
func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case _ where scalar.value < 0x20:
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
