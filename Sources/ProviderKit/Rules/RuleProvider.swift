public import Documents

/// A provider that judges disk images and does nothing else: a table of rules is all that it needs.
///
/// `ep.requirements/1` tells the rules, `ep.check/1` what the image would be refused for, and `ep.marketplace.check/1` the same and
/// what the marketplace asks for.
public protocol RuleProvider: Provider {
    static var rules: RuleTable { get }
    var host: Host { get }
}

extension RuleProvider {
    public func requirements(_ request: OperationRequest) async throws -> OperationResult { Self.rules.requirements }

    public func check(_ request: OperationRequest) async throws -> OperationResult {
        try Self.rules.check(request, host: host)
    }

    public func perform(_ operation: String, _ request: OperationRequest) async throws -> OperationResult {
        guard operation == "ep.marketplace.check/1" else { throw Unsupported(operation) }
        return try Self.rules.check(request, host: host, purpose: .marketplace)
    }
}
