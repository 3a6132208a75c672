import Documents
import ProviderKit

extension Place {
    /// What the preflight found. For the release: a tag that has moved since then is somebody else's work. For the upload: what
    /// need not be asked for again.
    struct Preflight: Codable {
        /// Digests by tag; absent: there was none.
        var tags: [String: String]
        /// Blobs that the repository did not have; of an artifact with very many parts nothing is noted.
        var missing: [String]?
        /// When that was: nanoseconds since 1970.
        var time: Int64?

        /// Digests that the journal keeps for a target.
        static let most = 1000
        /// Nanoseconds after which it is history.
        static let life: Int64 = 600_000_000_000
    }

    /// The preflight of this run, while what it found can be relied on. A blob that vanished since shows when the manifest is
    /// registered, and is sent then.
    var fresh: Preflight? {
        guard let found = preflight, let time = found.time, (0...Preflight.life).contains(host.now &- time) else {
            return nil
        }
        return found
    }

    var preflight: Preflight? { request.state["ep.plan/1"].flatMap { try? $0.decoded(Preflight.self) } }

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
        if result.nothingToDo == true {
            try await readIndex(manifests)
            result.digest = artifact.digest
        }
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
        if let action = try await signing(client) {
            result.nothingToDo = false
            result.actions!.append(action)
        }
        if let action = try await describing() {
            result.nothingToDo = false
            result.actions!.append(action)
        }
        let absent = Set(missing.map(\.digest))
        result.data = try JSON(
            encoding: Preflight(
                tags: known.mapValues(\.digest),
                missing: absent.count <= Preflight.most ? blobs.map(\.digest).filter(absent.contains) : nil,
                time: host.now))
        return result
    }

    /// Nothing is left to do where the index really is: a registry that says yes to every question has nothing.
    private func readIndex(_ manifests: Manifests) async throws {
        let found = try await manifests.get(artifact.digest)
        guard let found, found.bytes == (try bytes(try index)) else {
            throw Failure(
                .refused,
                "\(repository) says that it has the image, and gives \(found == nil ? "nothing" : "other bytes") for it",
                place: artifact.digest, hint: "a proxy or the registry is broken: pull through another way and compare")
        }
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
