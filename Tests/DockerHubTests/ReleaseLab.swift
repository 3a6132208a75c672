import Digest
import DockerHubProvider
import Documents
import Foundation
import OCI
import ProviderKit
import ProviderTesting
import RegistryPeers
import TestSupport

/// A small image in a layout, and a host in memory that publishes it to a registry as the real one does: operation after
/// operation, each with what those before it left.
struct ReleaseLab {
    let fake = FakeHost()
    let scratch: Scratch
    let layout: Layout
    /// The index of one image of one layer.
    let index: Encoded
    let manifest: Encoded
    private(set) var files: [OperationRequest.File] = []

    init(_ name: String = "one") throws {
        scratch = try Scratch()
        layout = try Layout(creating: "\(scratch.path)/layout")
        let layer = Encoded(text: "layer of \(name)", MediaType.layerGzip)
        let config = try Encoded(
            ImageConfig(
                platform: Platform(architecture: "amd64"), created: nil, config: nil,
                rootfs: .init(diffIDs: [layer.descriptor.digest]), history: nil), mediaType: MediaType.config)
        manifest = try Encoded(
            Manifest(config: config.descriptor, layers: [layer.descriptor]), mediaType: MediaType.manifest)
        var entry = manifest.descriptor
        entry.platform = Platform(architecture: "amd64")
        index = try Encoded(Index(manifests: [entry]), mediaType: MediaType.index)
        for part in [layer, config, manifest, index] { try add(part) }
    }

    /// Adds a file to the artifact.
    mutating func add(_ part: Encoded, _ change: (inout OperationRequest.File) -> Void = { _ in }) throws {
        try layout.add(part)
        let digest = "\(part.descriptor.digest)"
        var file = OperationRequest.File(
            name: digest, size: part.descriptor.size, digest: digest, mediaType: part.descriptor.mediaType,
            verified: true)
        change(&file)
        files.append(file)
        let path = layout.blobPath(part.descriptor.digest)
        fake.set { $0.artifact[digest] = path }
    }

    func request(_ operation: String, to repository: String, tags: [String], state: [String: JSON] = [:])
        -> OperationRequest
    {
        OperationRequest(
            operation: operation, run: "run", publication: String(repeating: "a", count: 64),
            target: .init(name: "target", scheme: "registry", address: repository, tags: tags),
            artifact: .init(
                kind: "container", name: "image", version: "24.03", digest: "\(index.descriptor.digest)",
                size: files.reduce(0) { $0 + $1.size }, platforms: ["linux/amd64"], files: files), state: state)
    }

    func provider(_ options: [String: JSON]) throws -> DockerHub {
        try DockerHub(host: Host(copying: fake.table), configuration: .object(options))
    }

    /// What a publication answers.
    struct Published {
        var plan: OperationResult
        var register: OperationResult
        var release: OperationResult
    }

    /// All operations, whatever the plan says.
    func publish(to repository: String, tags: [String] = ["v1"], options: [String: JSON] = [:]) async throws
        -> Published
    {
        let provider = try provider(options)
        var state: [String: JSON] = [:]
        func next(_ operation: String) -> OperationRequest {
            request(operation, to: repository, tags: tags, state: state)
        }
        let plan = try await provider.plan(next("ep.plan/1"))
        state["ep.plan/1"] = plan.data
        state["ep.upload/1"] = try await provider.upload(next("ep.upload/1")).data
        let register = try await provider.register(next("ep.register/1"))
        state["ep.register/1"] = register.data
        _ = try await provider.verify(next("ep.verify/1"))
        let release = try await provider.release(next("ep.release/1"))
        return Published(plan: plan, register: register, release: release)
    }

    func plan(to repository: String, tags: [String] = ["v1"], options: [String: JSON] = [:]) async throws
        -> OperationResult
    {
        try await provider(options).plan(request("ep.plan/1", to: repository, tags: tags))
    }

    var log: String { fake.look { $0.lines.joined(separator: "\n") } }
}

extension Encoded {
    /// Bytes that are nothing but a text.
    init(text: String, _ mediaType: String) {
        let bytes = Array(text.utf8)
        self.init(
            bytes: bytes, descriptor: .init(mediaType: mediaType, digest: sha256(bytes), size: Int64(bytes.count)))
    }
}

/// The failure that the body throws.
func failure(of body: () async throws -> some Any) async -> Failure {
    do {
        _ = try await body()
        return Failure(.internal, "nothing was thrown")
    } catch let failure as Failure {
        return failure
    } catch {
        return Failure(.internal, "not a Failure: \(error)")
    }
}
