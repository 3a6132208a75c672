public import Documents

/// What a provider's author writes. Conform, hand the type to `ProviderLibrary.table`, and the C side is done.
///
/// One instance serves one job. The methods run on the cooperative pool while the worker's thread waits; they may use
/// tasks of their own. Each operation that the manifest lists needs its method; the others answer `unsupported`.
public protocol Provider: Sendable {
    /// - Parameter configuration: A JSON object, valid by the manifest's configuration schema. No network here.
    init(host: Host, configuration: JSON) throws

    func requirements(_ request: OperationRequest) async throws -> OperationResult
    func check(_ request: OperationRequest) async throws -> OperationResult
    func plan(_ request: OperationRequest) async throws -> OperationResult
    func upload(_ request: OperationRequest) async throws -> OperationResult
    func register(_ request: OperationRequest) async throws -> OperationResult
    func verify(_ request: OperationRequest) async throws -> OperationResult
    func distribute(_ request: OperationRequest) async throws -> OperationResult
    func release(_ request: OperationRequest) async throws -> OperationResult
    func inventory(_ request: OperationRequest) async throws -> OperationResult
    func undo(_ request: OperationRequest) async throws -> OperationResult
    func status(_ request: OperationRequest) async throws -> OperationResult
    func fetch(_ request: OperationRequest) async throws -> OperationResult
    func retire(_ request: OperationRequest) async throws -> OperationResult
    /// Operations of the author's own, and those of the core that have no method above.
    func perform(_ operation: String, _ request: OperationRequest) async throws -> OperationResult
}

/// Thrown by an operation that the vendor has not finished: the host asks again after `result.resumeAfter`.
public struct Pending: Error, Sendable {
    public var result: PendingResult
    public init(_ result: PendingResult) { self.result = result }
}

/// Thrown by a default implementation: the provider does not have that operation.
public struct Unsupported: Error, Sendable {
    public var operation: String
    public init(_ operation: String) { self.operation = operation }
}

extension Provider {
    public func requirements(_ request: OperationRequest) async throws -> OperationResult {
        throw Unsupported(request.operation)
    }
    public func check(_ request: OperationRequest) async throws -> OperationResult {
        throw Unsupported(request.operation)
    }
    public func plan(_ request: OperationRequest) async throws -> OperationResult {
        throw Unsupported(request.operation)
    }
    public func upload(_ request: OperationRequest) async throws -> OperationResult {
        throw Unsupported(request.operation)
    }
    public func register(_ request: OperationRequest) async throws -> OperationResult {
        throw Unsupported(request.operation)
    }
    public func verify(_ request: OperationRequest) async throws -> OperationResult {
        throw Unsupported(request.operation)
    }
    public func distribute(_ request: OperationRequest) async throws -> OperationResult {
        throw Unsupported(request.operation)
    }
    public func release(_ request: OperationRequest) async throws -> OperationResult {
        throw Unsupported(request.operation)
    }
    public func inventory(_ request: OperationRequest) async throws -> OperationResult {
        throw Unsupported(request.operation)
    }
    public func undo(_ request: OperationRequest) async throws -> OperationResult {
        throw Unsupported(request.operation)
    }
    public func status(_ request: OperationRequest) async throws -> OperationResult {
        throw Unsupported(request.operation)
    }
    public func fetch(_ request: OperationRequest) async throws -> OperationResult {
        throw Unsupported(request.operation)
    }
    public func retire(_ request: OperationRequest) async throws -> OperationResult {
        throw Unsupported(request.operation)
    }
    public func perform(_ operation: String, _ request: OperationRequest) async throws -> OperationResult {
        throw Unsupported(operation)
    }

    func dispatch(_ operation: String, _ request: OperationRequest) async throws -> OperationResult {
        switch operation {
        case "ep.requirements/1": try await requirements(request)
        case "ep.check/1": try await check(request)
        case "ep.plan/1": try await plan(request)
        case "ep.upload/1": try await upload(request)
        case "ep.register/1": try await register(request)
        case "ep.verify/1": try await verify(request)
        case "ep.distribute/1": try await distribute(request)
        case "ep.release/1": try await release(request)
        case "ep.inventory/1": try await inventory(request)
        case "ep.undo/1": try await undo(request)
        case "ep.status/1": try await status(request)
        case "ep.retire/1": try await retire(request)
        case "ep.fetch/1": try await fetch(request)
        default: try await perform(operation, request)
        }
    }
}
