import Documents
import FoundationEssentials
import HTTP
import OCI
import ProviderKit

/// What stands under tags: not only which digest, but which version, for which platforms.
struct TagFacts: Sendable {
    let client: RegistryClient
    let parallel: Int

    /// Versions' tags that are asked for when an alias's image does not say what it is.
    private static let versionLimit = 200

    /// - Parameters:
    ///   - known: the wanted tags that are there.
    ///   - digest: of the image to publish: what has it already is not read.
    func read(_ known: [String: Manifests.Current], unless digest: String) async throws -> [String: RegistryFacts.Tag] {
        let documents = Manifests(client: client)
        var facts: [String: RegistryFacts.Tag] = [:]
        for (tag, now) in known {
            facts[tag] = now.digest == digest ? .init(digest: digest) : try await describe(now, documents)
        }
        // An alias whose image states no version belongs to the version's tag with its digest.
        let unclear = facts.contains { tag, fact in
            fact.digest != digest && fact.version == nil && !TagKind(tag).isVersion
        }
        guard unclear else { return facts }
        let versions = try await Tags(client: client).all(ifAbsent: []).filter {
            TagKind($0).isVersion && facts[$0] == nil
        }
        let found = try await Concurrent.map(Array(versions.suffix(Self.versionLimit)), limit: parallel) {
            ($0, try await documents.head($0))
        }
        for (tag, now) in found { if let now { facts[tag] = .init(digest: now.digest) } }
        return facts
    }

    private func describe(_ now: Manifests.Current, _ documents: Manifests) async throws -> RegistryFacts.Tag {
        guard let (bytes, _) = try await documents.get(now.digest) else { return .init(digest: now.digest) }
        var fact = RegistryFacts.Tag(digest: now.digest)
        let data = Data(bytes)
        if MediaType.isIndex(now.mediaType), let index = try? DocumentCoding.decode(Index.self, from: data) {
            fact.version = index.annotations?[Annotation.version]
            let platforms = index.manifests.compactMap(\.platform).filter { $0.os != "unknown" }
            fact.platforms = platforms.isEmpty ? nil : platforms.map(\.description)
            let first = index.manifests.first { $0.platform?.os != "unknown" }
            if fact.version == nil, let first, let (bytes, _) = try await documents.get("\(first.digest)") {
                fact.version = try await config(Data(bytes))?.config?.labels?[Annotation.version]
            }
        } else if let config = try await config(data) {
            fact.version = config.config?.labels?[Annotation.version]
            fact.platforms = [
                Platform(os: config.os, architecture: config.architecture, variant: config.variant).description
            ]
        }
        return fact
    }

    private func config(_ manifest: Data) async throws -> ImageConfig? {
        guard let manifest = try? DocumentCoding.decode(Manifest.self, from: manifest) else { return nil }
        let response = try await client.send("GET", "blobs/\(manifest.config.digest)") {
            $0.destination = .memory(limit: Manifests.limit)
        }
        guard response.isSuccess else { return nil }
        return try? DocumentCoding.decode(ImageConfig.self, from: Data(response.body))
    }
}
