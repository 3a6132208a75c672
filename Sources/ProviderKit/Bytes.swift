import Documents
import FoundationEssentials
import ProviderAPI

/// Lends a text to a C function, without a copy where that is possible.
func withUTF8<Result>(_ text: String, _ body: (UnsafePointer<CChar>?, UInt64) -> Result) -> Result {
    var text = text
    return text.withUTF8 { utf8 in
        utf8.withMemoryRebound(to: CChar.self) { body($0.baseAddress, UInt64($0.count)) }
    }
}

/// Lends a document to a C function.
func withDocument(
    _ document: some Encodable, _ body: (UnsafePointer<CChar>?, UInt64) -> ep_status
) throws -> ep_status {
    let bytes = try DocumentCoding.encode(document)
    return bytes.withUnsafeBytes { body($0.baseAddress?.assumingMemoryBound(to: CChar.self), UInt64($0.count)) }
}

/// What a C function points at, copied: it is the other side's own once the call returns.
func bytes(_ pointer: UnsafeRawPointer?, _ size: UInt64) -> [UInt8] {
    guard let pointer, size > 0 else { return [] }
    return Array(UnsafeRawBufferPointer(start: pointer, count: Int(clamping: size)))
}

func bytes(_ pointer: UnsafePointer<CChar>?, _ size: UInt64) -> [UInt8] { bytes(UnsafeRawPointer(pointer), size) }

/// Makes a sink of at most `limit` bytes, lends it to `body`, and gives what was written to it.
func collect(
    limit: Int, _ body: (UnsafePointer<ep_sink>) throws -> ep_status
) rethrows -> (status: ep_status, bytes: [UInt8]) {
    final class Box {
        var bytes: [UInt8] = []
        let limit: Int
        init(limit: Int) { self.limit = limit }
    }
    let box = Box(limit: limit)
    var sink = ep_sink()
    sink.header = header(of: ep_sink.self)
    sink.context = OpaquePointer(Unmanaged.passUnretained(box).toOpaque())
    sink.write = { context, data, size in
        guard let context else { return EP_INVALID }
        let box = Unmanaged<Box>.fromOpaque(UnsafeRawPointer(context)).takeUnretainedValue()
        guard size <= UInt64(box.limit - box.bytes.count) else { return EP_INVALID }
        if let data { box.bytes.append(contentsOf: UnsafeRawBufferPointer(start: data, count: Int(size))) }
        return EP_OK
    }
    let status = try withExtendedLifetime(box) { try withUnsafePointer(to: &sink, body) }
    return (status, box.bytes)
}

func header<Structure>(of type: Structure.Type) -> ep_header {
    ep_header(
        size: UInt32(MemoryLayout<Structure>.size), abi_major: UInt16(EP_ABI_MAJOR), abi_minor: UInt16(EP_ABI_MINOR))
}
