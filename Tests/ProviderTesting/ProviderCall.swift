public import Documents
import Foundation
public import ProviderAPI

/// Calls a provider's C table as a worker does: open, invoke, close.
public struct ProviderCall: Sendable {
    public var status: ep_status
    /// What the sink holds.
    public var bytes: [UInt8]

    public var json: JSON? { try? DocumentCoding.decode(JSON.self, from: Data(bytes)) }
    public var result: OperationResult? { try? DocumentCoding.decode(OperationResult.self, from: Data(bytes)) }
    public var failure: Failure? { try? DocumentCoding.decode(Failure.self, from: Data(bytes)) }
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Calls on a thread of its own: a provider's call blocks its thread until the provider's task ends, and the pool that
    /// runs that task must not be the one that waits.
    /// - Parameter request: JSON; what `open` refuses is reported as the call's own status.
    public static func make(
        _ table: UnsafePointer<ep_provider>, _ operation: String, request: [UInt8], configuration: String = "{}",
        host: FakeHost, limit: Int = 4 << 20
    ) async -> ProviderCall {
        let address = UInt(bitPattern: table)
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let table = UnsafePointer<ep_provider>(bitPattern: address)!
                continuation.resume(
                    returning: ProviderCall(
                        table, operation, request: request, configuration: configuration, host: host, limit: limit))
            }
        }
    }

    private init(
        _ table: UnsafePointer<ep_provider>, _ operation: String, request: [UInt8], configuration: String,
        host: FakeHost, limit: Int
    ) {
        var instance: OpaquePointer?
        let configuration = Array(configuration.utf8)
        let opening = Sink.collect(limit: limit) { sink in
            configuration.withUnsafeBytes {
                table.pointee.open(
                    host.table, $0.bindMemory(to: CChar.self).baseAddress, UInt64($0.count), &instance, sink)
            }
        }
        guard opening.status == EP_OK else {
            (status, bytes) = opening
            return
        }
        (status, bytes) = Sink.collect(limit: limit) { sink in
            request.withUnsafeBytes {
                table.pointee.invoke(
                    instance, operation, $0.bindMemory(to: CChar.self).baseAddress, UInt64($0.count), sink)
            }
        }
        table.pointee.close(instance)
    }
}

/// Joins what is written to it.
private final class Sink {
    private var bytes: [UInt8] = []
    private let limit: Int
    private init(limit: Int) { self.limit = limit }

    static func collect(
        limit: Int, _ body: (UnsafePointer<ep_sink>) -> ep_status
    ) -> (status: ep_status, bytes: [UInt8]) {
        let box = Sink(limit: limit)
        var sink = ep_sink()
        sink.header = ep_header(
            size: UInt32(MemoryLayout<ep_sink>.size), abi_major: UInt16(EP_ABI_MAJOR), abi_minor: UInt16(EP_ABI_MINOR))
        sink.context = OpaquePointer(Unmanaged.passUnretained(box).toOpaque())
        sink.write = { context, data, size in
            guard let context else { return EP_INVALID }
            let box = Unmanaged<Sink>.fromOpaque(UnsafeRawPointer(context)).takeUnretainedValue()
            guard UInt64(box.bytes.count) + size <= UInt64(box.limit) else { return EP_INVALID }
            if let data { box.bytes.append(contentsOf: UnsafeRawBufferPointer(start: data, count: Int(size))) }
            return EP_OK
        }
        let status = withExtendedLifetime(box) { withUnsafePointer(to: &sink, body) }
        return (status, box.bytes)
    }
}
