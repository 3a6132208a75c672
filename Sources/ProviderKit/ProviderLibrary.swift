import Dispatch
public import Documents
import FoundationEssentials
import Glibc
public import ProviderAPI
import Synchronization

/// Turns a `Provider` type into the table that the library's one exported function returns.
public enum ProviderLibrary {
    /// What the C functions below need; a library holds one provider, so one is enough.
    private struct Registered: Sendable {
        var type: any Provider.Type
        var manifest: ProviderManifest?
        /// An `UnsafePointer<ep_provider>`, made once and kept for ever.
        var table: UInt
    }
    private static let registered = Mutex<Registered?>(nil)

    /// The library's own manifest, once `table` was called with one that can be read.
    public static var manifest: ProviderManifest? { registered.withLock { $0?.manifest } }

    /// The provider's table; id and version are the manifest's. Call it from `eulerpublisher_provider_v1` alone.
    /// - Parameter manifest: The embedded one, which lives for ever. If it cannot be read the id is empty, and the host
    ///   says so.
    public static func table(
        for type: any Provider.Type, manifest: UnsafePointer<CChar>, size: UInt64
    ) -> UnsafePointer<ep_provider> {
        let address = registered.withLock { registered in
            if let registered { return registered.table }
            let document = try? DocumentCoding.decode(ProviderManifest.self, from: Data(bytes(manifest, size)))
            let pointer = UnsafeMutablePointer<ep_provider>.allocate(capacity: 1)
            pointer.initialize(
                to: ep_provider(
                    header: header(of: ep_provider.self), id: strdup(document?.id ?? ""),
                    version: strdup(document?.version ?? ""), manifest: manifest, manifest_size: size,
                    open: { ProviderLibrary.open($0, $1, $2, $3, $4) }, close: { ProviderLibrary.close($0) },
                    invoke: { ProviderLibrary.invoke($0, $1, $2, $3, $4) }, extension: { _ in nil }))
            registered = Registered(type: type, manifest: document, table: UInt(bitPattern: pointer))
            return UInt(bitPattern: pointer)
        }
        return UnsafePointer(bitPattern: address)!
    }

    private final class Instance: Sendable {
        let provider: any Provider
        let host: Host
        init(provider: any Provider, host: Host) {
            self.provider = provider
            self.host = host
        }
    }

    private static func open(
        _ host: UnsafePointer<ep_host>?, _ configuration: UnsafePointer<CChar>?, _ size: UInt64,
        _ instance: UnsafeMutablePointer<OpaquePointer?>?, _ sink: UnsafePointer<ep_sink>?
    ) -> ep_status {
        guard let host, let instance, let type = registered.withLock({ $0?.type }) else { return EP_INVALID }
        let services = Host(copying: host)
        do {
            let document = size == 0 ? .object([:]) : try read(JSON.self, configuration, size, "configuration")
            let made = Instance(provider: try type.init(host: services, configuration: document), host: services)
            instance.pointee = OpaquePointer(Unmanaged.passRetained(made).toOpaque())
            return EP_OK
        } catch {
            let failure = Failure(describing: error)
            return write(encoded(failure), to: sink, status: failure.status)
        }
    }

    private static func close(_ instance: OpaquePointer?) {
        guard let instance else { return }
        Unmanaged<Instance>.fromOpaque(UnsafeRawPointer(instance)).release()
    }

    private static func invoke(
        _ instance: OpaquePointer?, _ operation: UnsafePointer<CChar>?, _ request: UnsafePointer<CChar>?,
        _ size: UInt64,
        _ sink: UnsafePointer<ep_sink>?
    ) -> ep_status {
        guard let instance, let operation, sink != nil else { return EP_INVALID }
        let held = Unmanaged<Instance>.fromOpaque(UnsafeRawPointer(instance)).takeUnretainedValue()
        let name = String(cString: operation)
        do {
            let document = try read(OperationRequest.self, request, size, "request")
            let (status, answer) = wait(held.host) { await perform(held.provider, name, document) }
            return write(answer, to: sink, status: status)
        } catch {
            let failure = Failure(describing: error)
            return write(encoded(failure), to: sink, status: failure.status)
        }
    }

    private static func perform(
        _ provider: any Provider, _ operation: String, _ request: OperationRequest
    ) async -> (ep_status, [UInt8]) {
        do {
            do {
                return (EP_OK, [UInt8](try DocumentCoding.encode(try await provider.dispatch(operation, request))))
            } catch let pending as Pending {
                return (EP_PENDING, [UInt8](try DocumentCoding.encode(pending.result)))
            }
        } catch is EncodingError {
            return (
                EP_INTERNAL, encoded(Failure(.internal, "the result of \(operation) holds what JSON does not have"))
            )
        } catch {
            let failure = Failure(describing: error)
            return (error is Unsupported ? EP_UNSUPPORTED : failure.status, encoded(failure))
        }
    }

    /// A C function cannot be async: the worker's own thread waits here, never one of the cooperative pool, and meanwhile
    /// turns the host's wish to stop into the task's cancellation.
    private static func wait(
        _ host: Host, _ body: @escaping @Sendable () async -> (ep_status, [UInt8])
    ) -> (ep_status, [UInt8]) {
        final class Answer: Sendable {
            let value = Mutex<(ep_status, [UInt8])>((EP_INTERNAL, []))
        }
        let done = DispatchSemaphore(value: 0)
        let answer = Answer()
        let task = Task {
            let value = await body()
            answer.value.withLock { $0 = value }
            done.signal()
        }
        repeat {
            if host.isCancelled { task.cancel() }
        } while done.wait(timeout: .now() + .milliseconds(100)) == .timedOut
        return answer.value.withLock { $0 }
    }

    private static func read<Document: Decodable>(
        _ type: Document.Type, _ pointer: UnsafePointer<CChar>?, _ size: UInt64, _ name: String
    ) throws -> Document {
        guard size <= EP_LIMIT_DOCUMENT else { throw Failure(.usage, "the \(name) is longer than 4 MiB") }
        do { return try DocumentCoding.decode(type, from: Data(bytes(pointer, size))) } catch {
            throw Failure(.usage, "the \(name) is not one: " + Failure(describing: error).message)
        }
    }

    private static func encoded(_ failure: Failure) -> [UInt8] {
        // Fails only for a retryAfter that is no number, and then the status still says what happened.
        (try? DocumentCoding.encode(failure)).map { [UInt8]($0) } ?? []
    }

    private static func write(_ document: [UInt8], to sink: UnsafePointer<ep_sink>?, status: ep_status) -> ep_status {
        guard let sink, let write = sink.pointee.write else { return EP_INVALID }
        let written = document.withUnsafeBytes { write(sink.pointee.context, $0.baseAddress, UInt64($0.count)) }
        return written == EP_OK ? status : written
    }
}
