import Digest
import Documents
import FoundationEssentials
import OCI
import ProviderKit

/// Signatures, bills of materials and attestations: manifests about the image, which come with it.
extension Place {
    /// What the registration leaves for the release.
    private struct Attached: Codable {
        /// Digests that the registry lists by itself.
        var listed: [String]
    }

    /// In the preflight: what is there and not found by those who look for it.
    func attaching(_ client: RegistryClient) async throws -> String? {
        let (documents, referrers) = (Manifests(client: client), Referrers(client: client))
        let absent = try await Concurrent.map(attached, limit: options.parallel) { file in
            if let tag = file.tag {
                let now = try await documents.head(tag)
                return isOurs(tag) ? now == nil : now?.digest != file.digest
            }
            return try await !referrers.list(file.subject ?? "").contains { "\($0.digest)" == file.digest }
        }.count { $0 }
        return absent == 0 ? nil : "attach \(absent) manifests to the image"
    }

    /// Stores them by digest. What is stored is sent again: only the answer says whether the registry lists it.
    func attach(_ client: RegistryClient, _ result: inout OperationResult) async throws -> JSON? {
        guard !attached.isEmpty else { return nil }
        let referrers = Referrers(client: client)
        var listed: [String] = []
        for file in attached {
            if try await referrers.put(file, try SourceBlob(host, file)) { listed.append(file.digest) }
            result.sentBytes = (result.sentBytes ?? 0) + file.size
        }
        return try JSON(encoding: Attached(listed: listed))
    }

    /// Before the image's own tags: who heeds signatures never sees the image without. The names are put back with the tags.
    func nameAttached(_ documents: Manifests) async throws -> [Intent] {
        let listed = request.state["ep.register/1"].flatMap { try? $0.decoded(Attached.self) }?.listed ?? []
        var intents: [Intent] = []
        for file in attached where file.tag.map(isOurs) == false {
            intents += try await name(file, file.tag ?? "", documents)
        }
        let unlisted = attached.filter { $0.tag == nil && !listed.contains($0.digest) }
        for (subject, files) in Dictionary(grouping: unlisted, by: { $0.subject ?? "" }).sorted(by: { $0.key < $1.key })
        {
            let entries = try files.map(entry)
            intents += try await Referrers(client: documents.client).append(entries, to: subject)
        }
        return intents
    }

    /// Whether more was added under that tag than came with the image: our own signature.
    private func isOurs(_ tag: String) -> Bool { options.signingKey != nil && tag == signatureTag }

    /// As the specification lists a manifest about another: with its type and its annotations.
    private func entry(_ file: OperationRequest.File) throws -> Descriptor {
        let document = try DocumentCoding.decode(JSON.self, from: Data(try bytes(file)))
        return Descriptor(
            mediaType: file.mediaType ?? MediaType.manifest, digest: try Digest(parsing: file.digest), size: file.size,
            annotations: try document["annotations"]?.decoded([String: String].self),
            artifactType: document["artifactType"]?.string ?? document["config"]?["mediaType"]?.string)
    }

    /// A tag that others may add to: what stands there is theirs, and is kept in the ledger.
    func name(_ file: OperationRequest.File, _ tag: String, _ documents: Manifests) async throws -> [Intent] {
        guard Reference.isTag(tag) else {
            throw Failure(.usage, "\(tag.prefix(200)) is not a tag", place: request.target.name)
        }
        let current = try await documents.head(tag)
        guard current?.digest != file.digest else { return [] }
        let intent = try host.intend(kind: Self.tagKind, find: ["tag": .string(tag), "to": .string(file.digest)])
        try intent.created(.init(id: tag, undo: ["from": try current.map { try JSON(encoding: $0) } ?? .null]))
        if let missing = try await documents.put(tag, try SourceBlob(host, file)) { throw missing.failure }
        return [intent]
    }
}
