import Digest
import Documents
import OCI
import ProviderKit

/// The image's signature by a key of the publisher's, made when all was read back and before any tag moves.
extension Place {
    /// Where signatures are found: cosign's own tag, and the list of those registries that keep none.
    private var signatureTags: [String] { [signatureTag, Referrers.tag(artifact.digest)] }

    /// github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md.
    var signatureTag: String { Referrers.tag(artifact.digest) + ".sig" }

    /// What the read-back leaves for the release: the tags of signatures, with the digests that they have.
    private struct Signed: Codable {
        var tags: [String: String]
    }

    /// In the preflight: whether it is to be signed, and can be.
    func signing(_ client: RegistryClient) async throws -> String? {
        guard let cosign = Cosign(self) else { return nil }
        try cosign.check()
        return try await isSigned(client) ? nil : "sign the image with cosign"
    }

    /// Signs, unless that was done with this key and is still there.
    /// - Returns: what the release needs to know.
    func sign() async throws -> JSON? {
        guard let cosign = Cosign(self) else { return nil }
        let client = client(.push)
        let documents = Manifests(client: client)
        var begun = try signatureTags.map {
            try host.intend(kind: Self.tagKind, find: ["tag": .string($0), "signs": .string(artifact.digest)])
        }
        // A signature that comes with the image goes first: ours is added to it.
        for file in attached where file.tag == signatureTag {
            if try await documents.head(signatureTag) == nil {
                begun += try await name(file, signatureTag, documents)
            }
        }
        if try await !isSigned(client) {
            let before = try await heads(documents)
            try cosign.sign()
            guard try await hasSignature(client) else {
                throw Failure(
                    .refused, "cosign ended without an error, and \(repository) has no signature of the image",
                    place: "\(repository):\(signatureTag)", hint: "run cosign sign by hand to see why",
                    retryable: true)
            }
            for (tag, now) in try await heads(documents) where before[tag]?.digest != now.digest {
                let old = try before[tag].map { try JSON(encoding: $0) } ?? .null
                try intent(of: tag, now.digest).created(.init(id: tag, undo: ["from": old]))
            }
            try? host.cache(signedKey, [1])
        }
        for intent in begun { try intent.settled() }
        return try JSON(encoding: Signed(tags: try await heads(documents).mapValues(\.digest)))
    }

    /// For the release: with the tags, these are wanted too.
    func signatureIntents() throws -> [Intent] {
        let signed = request.state["ep.verify/1"].flatMap { try? $0.decoded(Signed.self) }
        return try (signed?.tags ?? [:]).sorted { $0.key < $1.key }.map { try intent(of: $0.key, $0.value) }
    }

    private func intent(of tag: String, _ digest: String) throws -> Intent {
        try host.intend(kind: Self.tagKind, find: ["tag": .string(tag), "to": .string(digest)])
    }

    private func heads(_ documents: Manifests) async throws -> [String: Manifests.Current] {
        var found: [String: Manifests.Current] = [:]
        for tag in signatureTags { found[tag] = try await documents.head(tag) }
        return found
    }

    /// By whose key a signature is does not show without its public half. What we signed is remembered; if that is forgotten the
    /// image is signed once more, which does no harm.
    private func isSigned(_ client: RegistryClient) async throws -> Bool {
        guard let known = try? host.cached(signedKey), !known.isEmpty else { return false }
        return try await hasSignature(client)
    }

    private var signedKey: String {
        let key = sha256(Array((options.signingKey ?? "").utf8)).hex.prefix(16)
        return "signed/\(sha256(Array(repository.description.utf8)).hex.prefix(32))/\(artifact.digest)/\(key)"
    }

    /// In either of cosign's layouts: under its tag, or as a bundle that is about the image (specs/BUNDLE_SPEC.md).
    private func hasSignature(_ client: RegistryClient) async throws -> Bool {
        if try await Manifests(client: client).head(signatureTag) != nil { return true }
        return try await Referrers(client: client).list(artifact.digest).contains {
            $0.artifactType?.hasPrefix("application/vnd.dev.sigstore.bundle") == true
        }
    }
}
