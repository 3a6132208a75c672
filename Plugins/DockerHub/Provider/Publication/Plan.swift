import Documents
import ProviderKit

extension Place {
    /// What the preflight found, for the release: a tag that has moved since then is somebody else's work.
    struct Preflight: Codable {
        /// Digests by tag; absent: there was none.
        var tags: [String: String]
    }

    /// Logs in, and asks what is there. Nothing is changed.
    func plan() async throws -> OperationResult {
        let client = client(.push)
        let manifests = Manifests(client: client)
        let tags = try await Concurrent.map(request.target.tags, limit: options.parallel) {
            ($0, try await manifests.head($0))
        }
        let moves = tags.filter { $0.1?.digest != artifact.digest }.map {
            OperationResult.Move(name: $0.0, from: $0.1?.digest, to: artifact.digest)
        }
        let known = Dictionary(uniqueKeysWithValues: tags.compactMap { tag, now in now.map { (tag, $0) } })
        let present = try await TagFacts(client: client, parallel: options.parallel).read(
            known, unless: artifact.digest)
        try TagRules(request, options: options.tagRules)?.verify(present: present)
        let missing = try await missing(client)
        var result = OperationResult()
        result.moves = moves
        result.nothingToDo = missing.isEmpty && moves.isEmpty
        if missing.isEmpty && moves.isEmpty { result.digest = artifact.digest }
        let bytes = missing.reduce(0) { $0 + $1.size }
        result.skippedBytes = artifact.size - bytes
        if !missing.isEmpty { result.actions = ["send \(missing.count) blobs and manifests, \(bytes) bytes"] }
        result.actions =
            (result.actions ?? [])
            + moves.map { move in
                move.from.map { "move the tag \(move.name) from \($0)" } ?? "set the tag \(move.name)"
            }
        if let action = try await attaching(client) {
            result.nothingToDo = false
            result.actions!.append(action)
        }
        if let action = try await describing() {
            result.nothingToDo = false
            result.actions!.append(action)
        }
        result.data = try JSON(
            encoding: Preflight(
                tags: known.mapValues(\.digest)))
        return result
    }

    /// What the repository does not have. Of an index that is not there nothing is taken for granted; one that is there was
    /// taken with all its parts, but some registries take less.
    private func missing(_ client: RegistryClient) async throws -> [OperationRequest.File] {
        let push = BlobPush(
            client: client, profile: UploadProfile(repository, chunkMiB: nil), mountSources: [],
            checkpoints: Checkpoints.none, progress: { _, _ in })
        let documents = Manifests(client: client)
        let all = blobs.map { ($0, true) } + (manifests + attached + [try index]).map { ($0, false) }
        return try await Concurrent.map(all, limit: options.parallel) { file, isBlob in
            let isThere =
                isBlob ? try await push.isPresent(file) : try await documents.head(file.digest)?.digest == file.digest
            return isThere ? nil : file
        }.compactMap(\.self)
    }
}
