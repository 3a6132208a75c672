import Documents
import Glibc
import HTTP
import ProviderKit

extension Place {
    static let tagKind = "tag"

    /// Each tag's old value stands in the ledger before it moves, and is read once more right before.
    func release() async throws -> OperationResult {
        let documents = Manifests(client: client(.push))
        let index = try index
        let source = try SourceBlob(host, index)
        let before = preflight
        var intents = try await nameAttached(documents) + signatureIntents()
        var moves: [OperationResult.Move] = []
        for tag in request.target.tags {
            let current = try await documents.head(tag)
            let intent = try host.intend(
                kind: Self.tagKind, find: ["tag": .string(tag), "to": .string(artifact.digest)])
            intents.append(intent)
            guard current?.digest != artifact.digest else { continue }
            if let before, before.tags[tag] != current?.digest {
                throw Failure(
                    .conflict,
                    "the tag \(tag) was \(before.tags[tag] ?? "not there") when this run began, and is \(current?.digest ?? "not there") now",
                    place: "\(repository):\(tag)", hint: "somebody else publishes there: look who, then publish again")
            }
            let old: JSON = try current.map { try JSON(encoding: $0) } ?? .null
            try intent.created(.init(id: tag, undo: ["from": old]))
            do {
                if let missing = try await documents.put(tag, source) { throw missing.failure }
            } catch let failure as Failure where [400, 409].contains(failure.httpStatus) {
                // A tag that cannot be changed, set by a request whose answer was lost, is as it should be.
                guard try await documents.head(tag)?.digest == artifact.digest else { throw failure }
            }
            guard try await documents.head(tag)?.digest == artifact.digest else {
                throw Failure(
                    .conflict, "the tag \(tag) was set and is something else now", place: "\(repository):\(tag)",
                    hint:
                        "the registry took it and did not move it, or somebody else publishes there: look which, then publish again"
                )
            }
            moves.append(.init(name: tag, from: current?.digest, to: artifact.digest))
        }
        for intent in intents { try intent.settled() }
        var result = OperationResult()
        result.moves = moves
        result.digest = artifact.digest
        try await describe(&result)
        return result
    }
}
