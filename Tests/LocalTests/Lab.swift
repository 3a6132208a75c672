import Digest
import Documents
import Foundation
import LocalProvider
import OCI
import ProviderKit
import ProviderTesting
import TestSupport
import Testing

extension Scratch {
    /// Every file below a folder, hidden ones too, without the locks.
    func files(_ folder: String) -> [String] {
        let found = FileManager.default.enumerator(atPath: "\(path)/\(folder)")?.allObjects as? [String] ?? []
        return found.filter { name in
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: "\(path)/\(folder)/\(name)", isDirectory: &isFolder)
            return exists && !isFolder.boolValue && !name.hasSuffix(".lock")
        }.sorted()
    }
}

/// An artifact whose files lie in a folder of the test.
struct Source {
    var artifact: OperationRequest.Artifact
    var paths: [String: String]

    /// A container image of one platform: index, manifest, configuration and the layers given.
    static func container(_ scratch: Scratch, layers: [[UInt8]], verified: Bool = false) throws -> Source {
        let descriptors = layers.map { bytes in
            OCI.Descriptor(mediaType: MediaType.layerTar, digest: sha256(bytes), size: Int64(bytes.count))
        }
        let platform = Platform(architecture: "amd64")
        let config = try Encoded(
            ImageConfig(
                platform: platform, created: "2025-01-01T00:00:00Z", config: nil,
                rootfs: .init(diffIDs: descriptors.map(\.digest)), history: nil), mediaType: MediaType.config)
        let manifest = try Encoded(
            Manifest(config: config.descriptor, layers: descriptors), mediaType: MediaType.manifest)
        var named = manifest.descriptor
        named.platform = platform
        let index = try Encoded(Index(manifests: [named]), mediaType: MediaType.index)
        var files: [OperationRequest.File] = []
        var paths: [String: String] = [:]
        let blobs =
            [(index.bytes, MediaType.index), (manifest.bytes, MediaType.manifest), (config.bytes, MediaType.config)]
            + layers.map { ($0, MediaType.layerTar) }
        for (bytes, mediaType) in blobs {
            let digest = sha256(bytes)
            try scratch.write("source/\(digest.hex)", bytes)
            paths["\(digest)"] = "\(scratch.path)/source/\(digest.hex)"
            files.append(
                .init(
                    name: "\(digest)", size: Int64(bytes.count), digest: "\(digest)", mediaType: mediaType,
                    verified: verified))
        }
        return Source(
            artifact: .init(
                kind: "container", name: "base", version: "24.03", digest: "\(index.descriptor.digest)",
                size: files.reduce(0) { $0 + $1.size }, platforms: ["linux/amd64"], files: files), paths: paths)
    }

    /// A disk image in a file that is there.
    static func disk(
        _ path: String, name: String = "server", version: String = "24.03", platform: String = "linux/amd64",
        format: String = "raw", annotations: [String: String] = [:], verified: Bool = false
    ) throws -> Source {
        let digest = try Digest.sha256(ofFile: path)
        let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64)
        let file = URL(fileURLWithPath: path).lastPathComponent
        return Source(
            artifact: .init(
                kind: "disk", name: name, version: version, digest: "\(digest)", size: size, format: format,
                platforms: [platform], annotations: annotations,
                files: [.init(name: file, size: size, digest: "\(digest)", verified: verified)]),
            paths: [file: path])
    }
}

/// One publication as the host runs it: each operation with a fresh instance, results handed on.
struct Publication {
    let source: Source
    let host = FakeHost()
    var target: OperationRequest.Target
    var publication = String(repeating: "a", count: 64)

    init(_ source: Source, to directory: String, tags: [String] = ["latest"]) {
        self.source = source
        target = .init(name: "here", scheme: "local", address: directory, tags: tags)
        host.set { $0.artifact = source.paths }
    }

    func request(_ operation: String) -> OperationRequest {
        OperationRequest(
            operation: operation, run: "r", publication: publication, target: target, artifact: source.artifact)
    }

    func local() throws -> Local { try Local(host: ProviderKit.Host(copying: host.table), configuration: [:]) }

    func plan() async throws -> OperationResult { try await local().plan(request("ep.plan/1")) }
    func upload() async throws -> OperationResult { try await local().upload(request("ep.upload/1")) }
    func register() async throws -> OperationResult { try await local().register(request("ep.register/1")) }
    func verify() async throws -> OperationResult { try await local().verify(request("ep.verify/1")) }
    func release() async throws -> OperationResult { try await local().release(request("ep.release/1")) }
    func status() async throws -> OperationResult { try await local().status(request("ep.status/1")) }
    func inventory() async throws -> OperationResult {
        var request = request("ep.inventory/1")
        request.artifact = nil
        return try await local().inventory(request)
    }

    /// All of it; the upload's result.
    @discardableResult
    func publish() async throws -> OperationResult {
        let upload = try await upload()
        _ = try await register()
        _ = try await verify()
        _ = try await release()
        #expect(host.unsettled.isEmpty)
        return upload
    }

    /// What cleanup does: undoes what is not settled, newest first, twice, since the second time must do no harm.
    func cleanUp() async throws {
        for _ in 0..<2 {
            for entry in host.unsettled.reversed() {
                var request = request("ep.undo/1")
                request.artifact = nil
                request.entry = try DocumentCoding.decode(JSON.self, from: DocumentCoding.encode(entry))
                #expect(try await local().undo(request).gone == true)
            }
        }
    }
}

extension [UInt8] {
    /// Bytes that look random and are the same each time.
    static func noise(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed &* 2_862_933_555_777_941_757 &+ 3_037_000_493
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
    }
}
