import Digest
import Documents
import FoundationEssentials
import HTTP
import OCI
import ProviderKit

/// What a repository lists as being about one of its manifests (distribution specification 1.1, "Listing Referrers"), or has
/// under the tag that stands for such a list where a registry keeps none ("Referrers Tag Schema").
struct Referrers: Sendable {
    let client: RegistryClient

    private static let limit = 1000
    private static let attempts = 4

    /// `sha256:HEX` becomes `sha256-HEX`.
    static func tag(_ subject: String) -> String { subject.replacing(":", with: "-") }

    /// The list, whoever keeps it.
    func list(_ subject: String) async throws -> [Descriptor] {
        if let found = try await ofRegistry(subject) { return found }
        return try await ofTag(subject)?.descriptors ?? []
    }

    /// Nil: the registry keeps no such lists.
    private func ofRegistry(_ subject: String) async throws -> [Descriptor]? {
        var response = try await client.send("GET", "referrers/\(subject)") { $0.headers["Accept"] = MediaType.index }
        var found: [Descriptor] = []
        while true {
            switch response.status {
            case 200: break
            case 408, 429, 500, 502...599: throw response.refusal("the list of what is about \(subject)", client)
            // Who may pull may ask: any other refusal is of a registry, or a proxy, that does not know the question.
            default: return nil
            }
            // A page for people is no list, whatever its status.
            guard let page = try? DocumentCoding.decode(Index.self, from: Data(response.body)) else { return nil }
            found += page.manifests
            guard found.count <= Self.limit else {
                throw Failure(.refused, "over \(Self.limit) manifests are about \(subject)", place: response.place)
            }
            guard let next = try Tags.next(response) else { return found }
            response = try await client.send(HTTPRequest("GET", next))
        }
    }

    /// The tag's content.
    private struct Kept {
        var document: [String: JSON]
        var digest: String
        var mediaType: String
        var entityTag: String?

        var entries: [JSON] { document["manifests"]?.array ?? [] }
        var descriptors: [Descriptor] { entries.compactMap { try? $0.decoded(Descriptor.self) } }
        func has(_ digest: String) -> Bool { entries.contains { $0["digest"]?.string == digest } }
    }

    private func ofTag(_ subject: String) async throws -> Kept? {
        let tag = Self.tag(subject)
        // The question for a tag is free of charge where its content is not.
        guard try await Manifests(client: client).head(tag) != nil else { return nil }
        let response = try await client.send("GET", "manifests/\(tag)") {
            $0.headers["Accept"] = MediaType.index
            $0.destination = .memory(limit: Manifests.limit)
        }
        if response.status == 404 { return nil }
        guard response.isSuccess else { throw response.refusal("the manifest \(tag)", client) }
        guard let document = try? DocumentCoding.decode(JSON.self, from: Data(response.body)),
            let members = document.object, members["manifests"]?.array != nil
        else {
            throw Failure(
                .refused, "the tag \(tag) is no list of manifests", place: response.place,
                hint: "clients keep what is about an image under that name: remove the tag")
        }
        return Kept(
            document: members, digest: "\(sha256(response.body))",
            mediaType: response.headers["Content-Type"] ?? MediaType.index, entityTag: response.headers["ETag"])
    }

    /// Adds entries to the list that the tag stands for: read, added to if they are absent, written, and read again, since
    /// another writer may have come between.
    /// - Returns: an intent for each time that the tag moved.
    func append(_ entries: [Descriptor], to subject: String) async throws -> [Intent] {
        var intents: [Intent] = []
        for attempt in 1... {
            let kept = try await ofTag(subject)
            let missing = entries.filter { !(kept?.has("\($0.digest)") ?? false) }
            if missing.isEmpty { return intents }
            guard attempt <= Self.attempts else { break }
            if attempt > 1 { try await Task.sleep(for: .milliseconds(Int.random(in: 200...800) * attempt)) }
            intents += try await write(missing, to: kept, subject)
        }
        throw Failure(
            .conflict, "others write the list of what is about \(subject) at the same time",
            place: "\(client.repository):\(Self.tag(subject))", hint: "publish again", retryable: true)
    }

    private func write(_ missing: [Descriptor], to kept: Kept?, _ subject: String) async throws -> [Intent] {
        let tag = Self.tag(subject)
        var document = kept?.document ?? ["schemaVersion": 2, "mediaType": .string(MediaType.index)]
        document["manifests"] = .array(try (kept?.entries ?? []) + missing.map { try JSON(encoding: $0) })
        let bytes = [UInt8](try DocumentCoding.encode(JSON.object(document)))
        let digest = "\(sha256(bytes))"
        let intent = try client.host.intend(
            kind: Place.tagKind, find: ["tag": .string(tag), "to": .string(digest)])
        let old = try kept.map { try JSON(encoding: Manifests.Current(digest: $0.digest, mediaType: $0.mediaType)) }
        try intent.created(.init(id: tag, undo: ["from": old ?? .null]))
        let response = try await client.send("PUT", "manifests/\(tag)") {
            $0.headers["Content-Type"] = MediaType.index
            $0.headers["If-Match"] = kept?.entityTag
            $0.body = .bytes(bytes)
        }
        // 412: another writer was quicker.
        guard response.isSuccess || response.status == 412 else { throw response.refusal("the list \(tag)", client) }
        return [intent]
    }

    /// Stores a manifest that has a subject, or is attached by a tag, under its digest.
    /// - Returns: whether the registry lists it from now on.
    func put(_ file: OperationRequest.File, _ source: SourceBlob) async throws -> Bool {
        for attempt in 1... {
            let response = try await client.send("PUT", "manifests/\(file.digest)") {
                $0.headers["Content-Type"] = file.mediaType ?? MediaType.manifest
                $0.body = .file(descriptor: source.descriptor, offset: 0, length: file.size)
            }
            if response.isSuccess { return response.headers["OCI-Subject"] == file.subject }
            let isMissing = ["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"].contains(RegistryError(response).code)
            guard isMissing, attempt < Self.attempts else {
                throw response.refusal("the manifest \(file.digest)", client)
            }
            // Some registries need a moment to know what they were given.
            try await Task.sleep(for: .seconds(2))
        }
        return false
    }
}
