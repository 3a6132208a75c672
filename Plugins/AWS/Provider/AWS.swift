public import Documents
public import ProviderKit

/// What the vendor demands of a disk image, before a byte is sent. `Rules/` has a file for each topic.
public struct AWS: Provider {
    /// All of them, in the order that an image goes through: its file, its boot, its first run, who gets in, what is in it.
    public static let rules = RuleTable(
        Disk.rules + Boot.rules + FirstBoot.rules + Access.rules + Contents.rules)

    let host: Host

    public init(host: Host, configuration: JSON) throws { self.host = host }

    /// The rules as data.
    public func requirements(_ request: OperationRequest) async throws -> OperationResult { Self.rules.requirements }

    /// What the image would be refused for, by the facts that the host read of it.
    public func check(_ request: OperationRequest) async throws -> OperationResult {
        try Self.rules.check(request, host: host)
    }

    /// `ep.marketplace.check/1`: the same, and what the marketplace asks for.
    public func perform(_ operation: String, _ request: OperationRequest) async throws -> OperationResult {
        guard operation == "ep.marketplace.check/1" else { throw Unsupported(operation) }
        return try Self.rules.check(request, host: host, purpose: .marketplace)
    }
}
