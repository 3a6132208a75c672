import Digest
import Documents
import OCI
import ProviderKit

extension Fetch {
    /// A manifest about the image, as the host is told of it: a descriptor, and what it is about.
    struct Attached: Sendable, Encodable {
        var descriptor: Descriptor
        var subject: String
        /// The name that it is found by, when it does not say itself what it is about.
        var tag: String?

        enum Keys: String, CodingKey { case subject, tag }

        func encode(to encoder: any Encoder) throws {
            try descriptor.encode(to: encoder)
            var members = encoder.container(keyedBy: Keys.self)
            try members.encode(subject, forKey: .subject)
            try members.encodeIfPresent(tag, forKey: .tag)
        }
    }

    private static let roundLimit = 3
    private static let attachedLimit = 256
    /// What cosign signs, attests and lists is found by (github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md).
    private static let endings = [".sig", ".att", ".sbom"]

    /// Brings what is about the image, its platforms' images, and about that in turn.
    func attached(to root: Descriptor) async throws -> (items: [Attached], received: Int64) {
        var known: Set<Digest> = [root.digest]
        var subjects = [root.digest]
        if MediaType.isIndex(root.mediaType) {
            for entry in try layout.index(root).manifests where known.insert(entry.digest).inserted {
                subjects.append(entry.digest)
            }
        }
        var items: [Attached] = []
        var received: Int64 = 0
        for _ in 0..<Self.roundLimit where !subjects.isEmpty {
            let found = try await Concurrent.map(subjects, limit: parallel) { try await search("\($0)") }
            subjects = []
            for candidate in found.flatMap(\.self) {
                let (descriptor, bytes) = try await image(candidate.tag ?? "\(candidate.digest)")
                guard known.insert(descriptor.digest).inserted else { continue }
                guard items.count < Self.attachedLimit else {
                    throw Failure(
                        .refused, "over \(Self.attachedLimit) manifests are about the image",
                        place: "\(client.repository)")
                }
                items.append(Attached(descriptor: descriptor, subject: candidate.subject, tag: candidate.tag))
                subjects.append(descriptor.digest)
                received += bytes
            }
        }
        if !items.isEmpty { client.host.log(.info, "\(items.count) manifests are attached to the image") }
        return (items, received)
    }

    private struct Candidate: Sendable {
        var subject: String
        var digest: String
        var tag: String?
    }

    private func search(_ subject: String) async throws -> [Candidate] {
        var found = try await Referrers(client: client).list(subject).map {
            Candidate(subject: subject, digest: "\($0.digest)")
        }
        for ending in Self.endings {
            let tag = Referrers.tag(subject) + ending
            guard let current = try await Manifests(client: client).head(tag) else { continue }
            found.append(Candidate(subject: subject, digest: current.digest, tag: tag))
        }
        return found
    }
}
