public import Documents
public import ProviderKit

/// Publishes disk images to the vendor's cloud servers. This version tells what they refuse, before a byte is sent.
public struct TencentCloud: Provider {
    let host: Host

    public init(host: Host, configuration: JSON) throws { self.host = host }

    /// The rules as data.
    public func requirements(_ request: OperationRequest) async throws -> OperationResult {
        TencentRules.all.requirements
    }

    /// What is refused of an image that is imported and launched.
    public func check(_ request: OperationRequest) async throws -> OperationResult {
        try TencentRules.all.check(request, host: host)
    }

    /// That, and what the marketplace refuses.
    public func perform(_ operation: String, _ request: OperationRequest) async throws -> OperationResult {
        guard operation == "ep.marketplace.check/1" else { throw Unsupported(operation) }
        return try TencentRules.all.check(request, host: host, purpose: .marketplace)
    }
}
