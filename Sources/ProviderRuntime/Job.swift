/// What the host tells a worker to do: the payload of the `job` frame.
public struct Job: Sendable, Equatable {
    public var providerID = ""
    public var providerVersion = ""
    public var libraryPath = ""
    /// Device, inode, size, modification time in nanoseconds, as the host saw them when it checked the digest.
    public var identity: [UInt64] = [0, 0, 0, 0]
    public var operation = ""
    public var configuration: [UInt8] = []
    public var request: [UInt8] = []
    /// The check profile: no network.
    public var refuseNetwork = true
    public var readableFiles: [String] = []
    public var writableDirectories: [String] = []
    public var ports: [UInt64] = []
    /// Bytes of address space; 0: no limit.
    public var memoryLimit: UInt64 = 0
    /// See `eps_mark`.
    public var mark: UInt64 = 0
    /// False only where the host tests what holds without it.
    public var filterSystemCalls = true
    /// A descriptor of the raw disk comes with the frame.
    public var hasBlocks = false

    public init() {}

    public func encoded() -> [UInt8] {
        var writer = FieldWriter()
        writer.number(protocolNumber)
        for text in [providerID, providerVersion, libraryPath, operation] { writer.text(text) }
        for number in identity { writer.number(number) }
        writer.field(configuration)
        writer.field(request)
        for flag in [refuseNetwork, filterSystemCalls, hasBlocks] { writer.number(flag ? 1 : 0) }
        for list in [readableFiles, writableDirectories] {
            writer.number(UInt64(list.count))
            for item in list { writer.text(item) }
        }
        writer.number(UInt64(ports.count))
        for port in ports { writer.number(port) }
        writer.number(memoryLimit)
        writer.number(mark)
        return writer.bytes
    }

    /// - Throws: `ProtocolError` for another protocol number or a payload cut short.
    public init(decoding payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        let peer = try reader.number()
        guard peer == protocolNumber else {
            throw ProtocolError("the host speaks protocol \(peer), this worker \(protocolNumber)")
        }
        providerID = try reader.text()
        providerVersion = try reader.text()
        libraryPath = try reader.text()
        operation = try reader.text()
        for index in identity.indices { identity[index] = try reader.number() }
        configuration = try reader.field()
        request = try reader.field()
        refuseNetwork = try reader.number() != 0
        filterSystemCalls = try reader.number() != 0
        hasBlocks = try reader.number() != 0
        for _ in 0..<(try reader.number()) { readableFiles.append(try reader.text()) }
        for _ in 0..<(try reader.number()) { writableDirectories.append(try reader.text()) }
        for _ in 0..<(try reader.number()) { ports.append(try reader.number()) }
        memoryLimit = try reader.number()
        mark = try reader.number()
    }
}
