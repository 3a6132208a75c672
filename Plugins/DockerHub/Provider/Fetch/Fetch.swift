import Digest
import Documents
import Files
import FoundationEssentials
import Glibc
import HTTP
import OCI
import ProviderKit
import Synchronization

/// Brings an image with everything that it names into an OCI image layout. What the layout has is not fetched.
struct Fetch: Sendable {
    let client: RegistryClient
    let layout: Layout
    let parallel: Int

    private static let depthLimit = 3
    private static let partLimit = 4096
    private static let attempts = 4
    private static let patience: HTTPRetryPolicy = {
        var policy = HTTPRetryPolicy()
        policy.attempts = 2
        return policy
    }()

    /// - Parameter name: a tag, or a digest.
    func image(_ name: String) async throws -> (root: Descriptor, received: Int64) {
        let documents = Manifests(client: client)
        guard let (bytes, type) = try await documents.get(name) else {
            let mark = name.hasPrefix("sha256:") ? "@" : ":"
            throw Failure(
                .notFound, "\(client.repository) has no \(name)", place: "\(client.repository)\(mark)\(name)",
                hint: "check its name at the registry")
        }
        let root = Descriptor(
            mediaType: Self.type(bytes, stated: type), digest: sha256(bytes), size: Int64(bytes.count))
        if name.hasPrefix("sha256:"), "\(root.digest)" != name { throw wrong(name) }
        try layout.add(Encoded(bytes: bytes, descriptor: root))
        var parts = Parts()
        try await walk(root, documents, &parts, depth: 0)
        let blobs = parts.blobs
        let total = UInt64(parts.size)
        let missing = blobs.values.filter { !layout.has($0.digest, size: $0.size) }
            .sorted { ($0.size, $0.digest.hex) > ($1.size, $1.digest.hex) }
        let counter = Counter()
        _ = try await Concurrent.map(missing, limit: parallel) { blob in
            try await fetch(blob)
            let sum = counter.value.wrappingAdd(blob.size, ordering: .relaxed).newValue
            client.host.progress(UInt64(sum), of: total, "fetch")
        }
        // Whoever publishes it to another repository of that registry can mount it from here.
        let locations = BlobLocations(host: client.host, repository: client.repository)
        for blob in blobs.keys { locations.remember("\(blob)") }
        return (root, missing.reduce(0) { $0 + $1.size })
    }

    /// What the image is made of, each once.
    private struct Parts {
        var documents: Set<Digest> = []
        var blobs: [Digest: Descriptor] = [:]
        /// Of all blobs, in bytes.
        var size: Int64 = 0
    }

    private final class Counter: Sendable { let value = Atomic<Int64>(0) }

    private func walk(
        _ descriptor: Descriptor, _ documents: Manifests, _ parts: inout Parts, depth: Int
    ) async throws {
        // Indexes may name the same one thousands of times, and that the next one.
        guard parts.documents.insert(descriptor.digest).inserted else { return }
        guard depth <= Self.depthLimit, parts.blobs.count + parts.documents.count <= Self.partLimit else {
            throw Failure(
                .refused, "the image has too many parts, or nests them too deep, at \(descriptor.digest)",
                place: "\(client.repository)")
        }
        if !layout.has(descriptor.digest, size: descriptor.size) {
            guard let (bytes, _) = try await documents.get("\(descriptor.digest)") else {
                throw Failure(
                    .notFound, "\(client.repository) has an index that names \(descriptor.digest), and not that",
                    hint: "publish that image again")
            }
            guard sha256(bytes) == descriptor.digest, Int64(bytes.count) == descriptor.size else {
                throw wrong("\(descriptor.digest)")
            }
            try layout.add(Encoded(bytes: bytes, descriptor: descriptor))
        }
        if MediaType.isIndex(descriptor.mediaType) {
            for entry in try layout.index(descriptor).manifests {
                try await walk(entry, documents, &parts, depth: depth + 1)
            }
        } else if MediaType.isManifest(descriptor.mediaType) {
            let manifest = try layout.manifest(descriptor)
            for part in manifest.layers + [manifest.config] where parts.blobs[part.digest] == nil {
                let (size, isHuge) = parts.size.addingReportingOverflow(part.size)
                guard part.size >= 0, !isHuge else {
                    throw Failure(
                        .refused, "\(descriptor.digest) states parts of \(part.size) bytes, which no image has",
                        place: "\(client.repository)")
                }
                parts.blobs[part.digest] = part
                parts.size = size
            }
        }
    }

    /// One blob, hashed as it comes, under its name only when it is right.
    private func fetch(_ blob: Descriptor) async throws {
        for attempt in 1... {
            let file = try layout.temporary()
            do {
                let sink = HashingSink(file, limit: blob.size)
                let response = try await client.send("GET", "blobs/\(blob.digest)") {
                    $0.destination = .sink { try sink.take($0) }
                    // The attempts here are enough: both together would try a crawling answer twenty times.
                    $0.retry = Self.patience
                }
                guard response.isSuccess else { throw response.refusal("the blob \(blob.digest)", client) }
                guard sink.finish() == (blob.digest, blob.size) else { throw wrong("\(blob.digest)") }
                return try layout.adopt(file, as: blob.digest)
            } catch {
                unlink(file.path)
                guard let failure = error as? Failure, failure.code == .network, failure.retryable == true,
                    attempt < Self.attempts
                else { throw error }
                client.host.log(.warning, "\(blob.digest): \(failure.message); fetching it again")
                try await Task.sleep(for: .seconds(Double(attempt)))
            }
        }
    }

    private func wrong(_ name: String) -> Failure {
        Failure(
            .refused, "\(client.repository) gives other bytes than those of \(name)",
            hint: "a proxy or the registry is broken: fetch it another way and compare")
    }

    /// What a document says of itself, and else what the registry says.
    private static func type(_ bytes: [UInt8], stated: String) -> String {
        let own = (try? DocumentCoding.decode(JSON.self, from: Data(bytes)))?["mediaType"]?.string
        return own ?? String(stated.prefix { $0 != ";" })
    }
}

/// Writes and hashes what comes, on the one thread that it comes on.
private final class HashingSink: @unchecked Sendable {
    // Unchecked: the client's thread alone touches it until the transfer's end, and its owner after that.
    private let file: File
    private let limit: Int64
    private var hasher = Hasher()
    private var size: Int64 = 0

    init(_ file: File, limit: Int64) {
        self.file = file
        self.limit = limit
    }

    func take(_ bytes: UnsafeRawBufferPointer) throws {
        guard size + Int64(bytes.count) <= limit else {
            throw Failure(.refused, "the registry sends more of a blob than its \(limit) bytes")
        }
        try file.write(bytes)
        hasher.update(bytes)
        size += Int64(bytes.count)
    }

    func finish() -> (Digest, Int64) { (hasher.finalize(), size) }
}
