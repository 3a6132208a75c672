public import Documents
public import ProviderKit

/// Publishes disk images to the vendor's compute service. This version tells what it and the marketplace refuse, before a byte
/// is sent: `Rules/` has a file for each topic.
public struct Aliyun: Provider {
    let host: Host

    public init(host: Host, configuration: JSON) throws { self.host = host }

    /// The rules as data.
    public func requirements(_ request: OperationRequest) async throws -> OperationResult {
        AliyunRules.all.requirements
    }

    /// What the image would be refused for, by the facts that the host read of it.
    public func check(_ request: OperationRequest) async throws -> OperationResult {
        try AliyunRules.all.check(request, host: host)
    }

    /// `ep.marketplace.check/1`: the same, and what the marketplace asks for.
    public func perform(_ operation: String, _ request: OperationRequest) async throws -> OperationResult {
        guard operation == "ep.marketplace.check/1" else { throw Unsupported(operation) }
        return try AliyunRules.all.check(request, host: host, purpose: .marketplace)
    }
}
