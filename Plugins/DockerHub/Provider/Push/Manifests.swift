import Digest
import Documents
import FoundationEssentials
import HTTP
import OCI
import ProviderKit

/// Manifests and indexes at the repository, by digest or tag (distribution specification 1.1, "Pushing manifests").
struct Manifests: Sendable {
    let client: RegistryClient

    /// What a name stands for now.
    struct Current: Sendable, Equatable, Codable {
        var digest: String
        var mediaType: String
    }

    /// Bytes that a manifest may have: what the specification wants registries to take.
    static let limit = 4 << 20
    private static let accept =
        [MediaType.index, MediaType.manifest, MediaType.dockerManifestList, MediaType.dockerManifest].joined(
            separator: ", ")

    /// What stands under a tag or digest, or nil. On Docker Hub this question is free of charge.
    func head(_ name: String) async throws -> Current? {
        let response = try await client.send("HEAD", "manifests/\(name)") { $0.headers["Accept"] = Self.accept }
        switch response.status {
        case 200: break
        case 404: return nil
        default: throw response.refusal("the question for \(name)", client)
        }
        RateLimit(response.headers)?.tell(client.host, client.repository)
        guard let digest = response.headers["Docker-Content-Digest"], (try? Digest(parsing: digest)) != nil,
            let type = response.headers["Content-Type"]
        else { return try await get(name).map { Current(digest: "\(sha256($0.bytes))", mediaType: $0.mediaType) } }
        return Current(digest: digest, mediaType: type)
    }

    /// The bytes under a tag or digest, or nil.
    func get(_ name: String) async throws -> (bytes: [UInt8], mediaType: String)? {
        let response = try await client.send("GET", "manifests/\(name)") {
            $0.headers["Accept"] = Self.accept
            $0.destination = .memory(limit: Self.limit)
        }
        switch response.status {
        case 200:
            try verify(response, name)
            return (response.body, response.headers["Content-Type"] ?? "")
        case 404: return nil
        default: throw response.refusal("the manifest \(name)", client)
        }
    }

    /// What the registry says that the bytes are, they must be: of a tag nothing else says so.
    private func verify(_ response: HTTPResponse, _ name: String) throws {
        guard let stated = response.headers["Docker-Content-Digest"], !stated.isEmpty else { return }
        let own =
            stated.hasPrefix("sha512:") ? "sha512:\(sha512Hex(response.body))" : "\(sha256(response.body))"
        guard stated == own else {
            throw Failure(
                .refused,
                "\(client.repository) gives other bytes for \(name) than its Docker-Content-Digest says, \(Printable.line(String(stated.prefix(140))))",
                place: response.place, hint: "a proxy or the registry is broken: fetch it another way and compare")
        }
    }

    /// Stores the bytes as they are under a digest or tag.
    /// - Returns: the digest of a part that the registry misses, if that is why it refused.
    func put(_ name: String, _ source: SourceBlob) async throws -> Missing? {
        try await put(
            name, mediaType: source.file.mediaType ?? "", digest: source.file.digest,
            body: .file(descriptor: source.descriptor, offset: 0, length: source.file.size))
    }

    /// The part that a registry says it does not have.
    struct Missing: Sendable {
        var digest: String?
        var failure: Failure
    }

    func put(_ name: String, mediaType: String, digest: String, body: HTTPBody) async throws -> Missing? {
        let response = try await client.send("PUT", "manifests/\(name)") {
            $0.headers["Content-Type"] = mediaType
            $0.body = body
        }
        switch response.status {
        case 200, 201, 202, 204:
            if let stored = response.headers["Docker-Content-Digest"], stored != digest {
                throw Failure(
                    .refused, "the registry stored \(stored.prefix(80)) in place of \(digest)", place: response.place,
                    hint: "this is the registry's defect: report it there")
            }
            return nil
        default:
            let error = RegistryError(response)
            var failure = response.refusal("the manifest \(name)", client)
            // By its digest, so that no rule about tags is meant: these bytes break a rule, and always will.
            if name == digest, error.code == "MANIFEST_INVALID" { failure.retryable = false }
            let isMissing = ["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"].contains(error.code)
            if isMissing { return Missing(digest: error.digest, failure: failure) }
            throw failure
        }
    }
}

/// What a registry says about how much it will still serve: `ratelimit-limit: 100;w=21600`
/// (docs.docker.com/docker-hub/usage/pulls).
struct RateLimit: Sendable, Equatable {
    var limit: Int
    var remaining: Int
    /// Seconds.
    var window: Int?

    init?(_ headers: HTTPHeaders) {
        guard let limit = Self.number(headers["ratelimit-limit"]),
            let remaining = Self.number(headers["ratelimit-remaining"])
        else { return nil }
        (self.limit, self.remaining) = (limit, remaining)
        window = headers["ratelimit-limit"]?.split(separator: ";").dropFirst()
            .first { $0.hasPrefix("w=") }.flatMap { Int($0.dropFirst(2)) }
    }

    private static func number(_ text: String?) -> Int? {
        text.flatMap { $0.split(separator: ";").first }.flatMap { Int($0) }
    }

    /// A warning when little is left, a line in the log else.
    func tell(_ host: Host, _ repository: Repository) {
        let span = window.map { " in \($0 / 3600) h" } ?? ""
        // Numbers of any size come here.
        let (tenfold, isHuge) = remaining.multipliedReportingOverflow(by: 10)
        host.log(
            !isHuge && tenfold < limit ? .warning : .debug,
            "\(repository.host) serves \(limit) pulls\(span), \(remaining) are left")
    }
}
