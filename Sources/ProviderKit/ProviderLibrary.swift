import Dispatch
import Documents
import FoundationEssentials
public import ProviderAPI
import Synchronization

/// Turns a `Provider` type into the table that the library's one exported function returns.
public enum ProviderLibrary {
    /// What the C functions below need; a library holds one provider, so one is enough.
    private static let registered = Mutex<(any Provider.Type)?>(nil)
    private static let table = Mutex<UInt?>(nil)

    /// The provider's table, made once and kept for ever. Call it from `eulerpublisher_provider_v1` alone.
    public static func table(
        for type: any Provider.Type, id: StaticString, version: StaticString, manifest: UnsafePointer<CChar>,
        manifestSize: UInt64
    ) -> UnsafePointer<ep_provider> {
        let address = table.withLock { made in
            if let made { return made }
            registered.withLock { $0 = type }
            let pointer = UnsafeMutablePointer<ep_provider>.allocate(capacity: 1)
            pointer.initialize(
                to: ep_provider(
                    header: ep_header(
                        size: UInt32(MemoryLayout<ep_provider>.size), abi_major: UInt16(EP_ABI_MAJOR),
                        abi_minor: UInt16(EP_ABI_MINOR)),
                    id: UnsafeRawPointer(id.utf8Start).assumingMemoryBound(to: CChar.self),
                    version: UnsafeRawPointer(version.utf8Start).assumingMemoryBound(to: CChar.self),
                    manifest: manifest, manifest_size: manifestSize,
                    open: { ProviderLibrary.open($0, $1, $2, $3, $4) },
                    close: { ProviderLibrary.close($0) },
                    invoke: { ProviderLibrary.invoke($0, $1, $2, $3, $4) },
                    extension: { _ in nil }))
            let address = UInt(bitPattern: pointer)
            made = address
            return address
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
        guard let host, let instance, let type = registered.withLock({ $0 }) else { return EP_INVALID }
        let services = Host(table: host)
        do {
            let document = try DocumentCoding.decode(JSON.self, from: data(configuration, size))
            let made = Instance(provider: try type.init(host: services, configuration: document), host: services)
            instance.pointee = OpaquePointer(Unmanaged.passRetained(made).toOpaque())
            return EP_OK
        } catch {
            let failure = asFailure(error)
            let document = (try? DocumentCoding.encode(failure)) ?? Data()
            if let sink {
                _ = document.withUnsafeBytes {
                    sink.pointee.write(sink.pointee.context, $0.baseAddress, UInt64($0.count))
                }
            }
            return failure.status
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
        guard let instance, let operation, let sink else { return EP_INVALID }
        let held = Unmanaged<Instance>.fromOpaque(UnsafeRawPointer(instance)).takeUnretainedValue()
        let name = String(cString: operation)
        let document = data(request, size)
        let (status, answer) = wait { await perform(held, name, document) }
        return answer.withUnsafeBytes { bytes in
            let written = sink.pointee.write(sink.pointee.context, bytes.baseAddress, UInt64(bytes.count))
            return written == EP_OK ? status : written
        }
    }

    private static func perform(_ instance: Instance, _ operation: String, _ document: Data) async -> (ep_status, Data)
    {
        do {
            let request = try DocumentCoding.decode(OperationRequest.self, from: document)
            let result = try await instance.provider.dispatch(operation, request)
            return (EP_OK, try DocumentCoding.encode(result))
        } catch let pending as Pending {
            return (EP_PENDING, (try? DocumentCoding.encode(pending.result)) ?? Data())
        } catch let unsupported as Unsupported {
            let failure = Failure(.usage, "this provider has no operation \(unsupported.operation)")
            return (EP_UNSUPPORTED, (try? DocumentCoding.encode(failure)) ?? Data())
        } catch {
            let failure = asFailure(error)
            return (failure.status, (try? DocumentCoding.encode(failure)) ?? Data())
        }
    }

    /// A C function cannot be async: the worker's own thread waits here, never one of the cooperative pool.
    private static func wait(_ body: @escaping @Sendable () async -> (ep_status, Data)) -> (ep_status, Data) {
        let done = DispatchSemaphore(value: 0)
        let answer = Answer()
        Task {
            let value = await body()
            answer.value.withLock { $0 = value }
            done.signal()
        }
        done.wait()
        return answer.value.withLock { $0 } ?? (EP_INTERNAL, Data())
    }

    private final class Answer: Sendable {
        let value = Mutex<(ep_status, Data)?>(nil)
    }

    /// An error of another type is a defect: its type is named, its text is not, for it may hold a secret.
    private static func asFailure(_ error: any Error) -> Failure {
        if let failure = error as? Failure { return failure }
        if error is DecodingError { return Failure(.usage, "a document from the host could not be read: \(error)") }
        return Failure(.internal, "the provider failed with \(type(of: error))")
    }

    private static func data(_ bytes: UnsafePointer<CChar>?, _ size: UInt64) -> Data {
        guard let bytes, size > 0 else { return Data("{}".utf8) }
        return Data(bytes: bytes, count: Int(size))
    }
}
