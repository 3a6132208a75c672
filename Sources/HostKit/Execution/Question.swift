import Digest
import Discovery
public import Documents
import Plans
import ProviderAPI

extension Executor {
    /// One operation on a target, outside of a run: what it has, or the removal of names. Nothing is recorded.
    /// - Throws: `Failure`; `usage` when the provider does not have the operation.
    public func ask(_ operation: String, of target: OperationRequest.Target) async throws -> OperationResult {
        let context = try context(run: nil, options: RunOptions(), parallel: nil)
        return try await interruption.withTask("the answer came") { try await ask(operation, of: target, context) }
    }

    func ask(
        _ operation: String, of target: OperationRequest.Target, into: String? = nil, _ context: RunContext
    ) async throws -> OperationResult {
        let provider = try providers.provider(forScheme: target.scheme)
        try providers.validate(target.options, for: provider, place: target.name)
        try allow(target, provider)
        guard provider.manifest.operations.contains(operation) else {
            throw Failure(
                .usage, "\(provider.manifest.id) does not have the operation \(operation)", place: target.name)
        }
        let run = try TargetRun(
            provider: provider, target: target, artifact: .nothing(),
            publicationID: sha256(Array(target.name.utf8)).hex,
            publication: nil, context: context)
        return try await run.invoke(operation, into: into)
    }
}
