public import Documents
public import ProviderKit

/// What the vendor demands of a disk image, before a byte is sent.
public struct AWS: Provider {
    let host: Host

    public init(host: Host, configuration: JSON) throws { self.host = host }

    /// The rules as data.
    public func requirements(_ request: OperationRequest) async throws -> OperationResult {
        var result = OperationResult()
        result.items = []
        return result
    }
}
