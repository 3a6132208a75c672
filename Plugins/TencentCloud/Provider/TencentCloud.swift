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
}
