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
}
