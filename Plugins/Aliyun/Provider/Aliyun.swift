public import Documents
public import ProviderKit

/// Publishes disk images to the vendor's compute service. This version tells what it refuses, before a byte is sent.
public struct Aliyun: Provider {
    let host: Host

    public init(host: Host, configuration: JSON) throws { self.host = host }

    /// The rules as data.
    public func requirements(_ request: OperationRequest) async throws -> OperationResult {
        AliyunRules.all.requirements
    }

    /// What is refused of an image that is imported and launched.
    public func check(_ request: OperationRequest) async throws -> OperationResult {
        try AliyunRules.all.check(request, host: host)
    }

    /// That, and what the marketplace refuses.
    public func perform(_ operation: String, _ request: OperationRequest) async throws -> OperationResult {
        guard operation == "ep.marketplace.check/1" else { throw Unsupported(operation) }
        return try AliyunRules.all.check(request, host: host, purpose: .marketplace)
    }
}
