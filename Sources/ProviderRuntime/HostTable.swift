import CSystem
import Glibc
import ProviderAPI

/// The host as the provider sees it: `ep_host`'s functions around a connection. One a job; its functions run on any
/// thread.
final class HostTable: @unchecked Sendable {
    let connection: Connection
    /// Oldest first.
    let records: [(key: [UInt8], data: [UInt8])]
    /// The raw disk, or -1.
    let blocks: Int32
    let host = UnsafeMutablePointer<ep_host>.allocate(capacity: 1)

    init(connection: Connection, records: [(key: [UInt8], data: [UInt8])], blocks: Int32) {
        self.connection = connection
        self.records = records
        self.blocks = blocks
        host.initialize(to: ep_host())
        host.pointee.header = header(of: ep_host.self)
        // Never released: a provider's own threads may call after invoke returned, until the process ends.
        host.pointee.context = OpaquePointer(Unmanaged.passRetained(self).toOpaque())
        fillReports()
        fillRecords()
        fillValues()
        fillArtifact()
    }

    static func of(_ context: OpaquePointer?) -> HostTable {
        guard let context else { fatalError("the provider passed no host context") }
        return Unmanaged<HostTable>.fromOpaque(UnsafeRawPointer(context)).takeUnretainedValue()
    }

    /// A request that is answered with a status and one field.
    func call(_ kind: FrameKind, _ payload: [UInt8]) -> (status: Int32, number: UInt64, data: [UInt8]) {
        guard let reply = connection.request(kind, payload) else { return (EP_CANCELLED, 0, []) }
        var reader = FieldReader(reply.payload)
        guard let status = try? reader.number(), let number = try? reader.number(), let data = try? reader.field()
        else {
            return (EP_INTERNAL, 0, [])
        }
        return (Int32(truncatingIfNeeded: status), number, data)
    }

    /// The same, its field written to the provider's sink.
    func call(_ kind: FrameKind, _ payload: [UInt8], into sink: UnsafePointer<ep_sink>?) -> Int32 {
        guard let sink, let write = sink.pointee.write else { return EP_INVALID }
        let reply = call(kind, payload)
        guard reply.status == EP_OK else { return reply.status }
        return write(sink.pointee.context, reply.data, UInt64(reply.data.count))
    }

    private func fillReports() {
        host.pointee.log = { context, level, message, size in
            var writer = FieldWriter()
            writer.number(UInt64(max(0, level)))
            writer.field(bytes(message, min(size, UInt64(EP_LIMIT_LOG))))
            try? HostTable.of(context).connection.send(Message(.log, payload: writer.bytes))
        }
        host.pointee.progress = { context, done, total, step, size in
            var writer = FieldWriter()
            writer.number(done)
            writer.number(total)
            writer.field(bytes(step, min(size, UInt64(EP_LIMIT_STEP))))
            try? HostTable.of(context).connection.send(Message(.progress, payload: writer.bytes))
        }
        host.pointee.cancelled = { HostTable.of($0).connection.isCancelled ? 1 : 0 }
        host.pointee.clock_now = { _ in eps_now() }
        host.pointee.random = { _, buffer, size in
            guard let buffer, eps_random(buffer, Int(size)) == 0 else { return EP_INTERNAL }
            return EP_OK
        }
        host.pointee.extension = { _, _ in nil }
    }

    private func fillRecords() {
        host.pointee.checkpoint = { context, key, keySize, data, size, flags in
            guard keySize > 0, keySize <= EP_LIMIT_KEY, size <= EP_LIMIT_CHECKPOINT else { return EP_INVALID }
            var writer = FieldWriter()
            writer.number(UInt64(flags))
            writer.field(bytes(key, keySize))
            writer.field(bytes(data, size))
            let table = HostTable.of(context)
            if flags & EP_CHECKPOINT_BARRIER != 0 { return table.call(.checkpoint, writer.bytes).status }
            // Without a barrier nobody waits: sequence 0 asks for no reply, so that thousands of them cost no round
            // trip.
            do { try table.connection.send(Message(.checkpoint, payload: writer.bytes)) } catch { return EP_CANCELLED }
            return EP_OK
        }
        host.pointee.checkpoint_replay = { context, visitor, visit in
            guard let visit else { return EP_INVALID }
            for (key, data) in HostTable.of(context).records {
                let status = key.withUnsafeBufferPointer { key in
                    key.withMemoryRebound(to: CChar.self) {
                        visit(visitor, $0.baseAddress, UInt64($0.count), data, UInt64(data.count))
                    }
                }
                if status != EP_OK { return status }
            }
            return EP_OK
        }
        host.pointee.intend = { context, document, size, intent in
            guard size <= EP_LIMIT_DOCUMENT, let intent else { return EP_INVALID }
            let reply = HostTable.of(context).call(.intend, fields(bytes(document, size)))
            if reply.status == EP_OK { intent.pointee = reply.number }
            return reply.status
        }
        host.pointee.created = { context, intent, document, size in
            guard size <= EP_LIMIT_DOCUMENT else { return EP_INVALID }
            var writer = FieldWriter()
            writer.number(intent)
            writer.field(bytes(document, size))
            return HostTable.of(context).call(.created, writer.bytes).status
        }
        host.pointee.settled = { context, intent in
            var writer = FieldWriter()
            writer.number(intent)
            return HostTable.of(context).call(.settled, writer.bytes).status
        }
    }

    private func fillValues() {
        host.pointee.secret = { context, name, size, sink, expires in
            guard let sink, let write = sink.pointee.write, size <= EP_LIMIT_NAME else { return EP_INVALID }
            let reply = HostTable.of(context).call(.secret, fields(bytes(name, size)))
            guard reply.status == EP_OK else { return reply.status }
            expires?.pointee = Int64(bitPattern: reply.number)
            return write(sink.pointee.context, reply.data, UInt64(reply.data.count))
        }
        // Answered, so that nothing logged after it can pass unmasked.
        host.pointee.redact = { context, secret, size in
            guard size > 0, size <= EP_LIMIT_SECRET else { return EP_INVALID }
            return HostTable.of(context).call(.redact, fields(bytes(secret, size))).status
        }
        host.pointee.file_read = { context, name, size, sink in
            guard size <= EP_LIMIT_NAME else { return EP_INVALID }
            return HostTable.of(context).call(.fileRead, fields(bytes(name, size)), into: sink)
        }
        host.pointee.run_helper = { context, document, size, sink in
            guard size <= EP_LIMIT_DOCUMENT else { return EP_INVALID }
            return HostTable.of(context).call(.runHelper, fields(bytes(document, size)), into: sink)
        }
        host.pointee.cache_get = { context, key, size, sink in
            guard size > 0, size <= EP_LIMIT_KEY else { return EP_INVALID }
            return HostTable.of(context).call(.cacheGet, fields(bytes(key, size)), into: sink)
        }
        host.pointee.cache_put = { context, key, keySize, data, size in
            guard keySize > 0, keySize <= EP_LIMIT_KEY, size <= EP_LIMIT_CACHE else { return EP_INVALID }
            return HostTable.of(context).call(.cachePut, fields(bytes(key, keySize), bytes(data, size))).status
        }
    }
}

/// The bytes that the provider points at, copied: they are its own only until the call returns.
func bytes(_ pointer: UnsafePointer<CChar>?, _ size: UInt64) -> [UInt8] { bytes(UnsafeRawPointer(pointer), size) }
func bytes(_ pointer: UnsafeRawPointer?, _ size: UInt64) -> [UInt8] {
    guard let pointer, size > 0 else { return [] }
    return Array(UnsafeRawBufferPointer(start: pointer, count: Int(clamping: size)))
}

func fields(_ values: [UInt8]...) -> [UInt8] {
    var writer = FieldWriter()
    for value in values { writer.field(value) }
    return writer.bytes
}

func header<Structure>(of type: Structure.Type) -> ep_header {
    ep_header(
        size: UInt32(MemoryLayout<Structure>.size), abi_major: UInt16(EP_ABI_MAJOR), abi_minor: UInt16(EP_ABI_MINOR))
}
