import Digest
import DockerHubProvider
import Documents
import Files
import Foundation
import OCI
import TestSupport
import Testing

/// One member of a layer.
struct Member: Sendable {
    var entry: TarEntry
    var content: [UInt8]

    static func file(_ name: String, _ text: String = "", mode: UInt32 = 0o644) -> Member {
        Member(entry: TarEntry(name: name, mode: mode), content: Array(text.utf8))
    }
    static func folder(_ name: String, mode: UInt32 = 0o755) -> Member {
        Member(entry: TarEntry(name: name, kind: .directory, mode: mode), content: [])
    }
    static func link(_ name: String, to target: String, kind: TarEntry.Kind = .symbolicLink) -> Member {
        Member(entry: TarEntry(name: name, kind: kind, mode: 0o777, link: target), content: [])
    }
}

/// An image that every rule passes which its files decide, to be changed in one place by a test.
struct Fixture: Sendable {
    static let now: Int64 = 1_780_000_000
    static let keys = [
        "title", "description", "version", "created", "source", "revision", "licenses", "vendor", "url",
        "documentation",
    ]
    static let annotations: [String: String] = {
        var found = Dictionary(uniqueKeysWithValues: keys.map { ("org.opencontainers.image.\($0)", "words") })
        found["org.opencontainers.image.created"] = "2025-06-27T08:11:00Z"
        found["org.opencontainers.image.licenses"] = "MulanPSL-2.0 OR (GPL-2.0-only WITH Classpath-exception-2.0)"
        return found
    }()

    var version = "24.03-LTS-SP2"
    var address = "registry.example:5000/openeuler/openeuler"
    var tags = ["24.03-lts-sp2"]
    var platforms = [Platform(architecture: "amd64"), Platform(architecture: "arm64")]
    var layers: [[Member]] = [
        [
            .folder("usr/"), .folder("usr/bin/"), .link("bin", to: "usr/bin"),
            .file("usr/bin/bash", "ELF", mode: 0o755),
            .link("usr/bin/sh", to: "bash"), .file("usr/bin/su", "ELF", mode: 0o4755), .folder("tmp/", mode: 0o1777),
            .file("etc/machine-id"), .file("etc/resolv.conf"), .file("var/cache/dnf/lock"),
        ], [.file("etc/bashrc", "TMOUT=0\n")],
    ]
    /// Added to the layers as they are.
    var tars: [[UInt8]] = []
    var layerType = MediaType.layerGzip
    /// Whether layers are packed, whatever their type says.
    var packs = true
    var config: @Sendable (inout ImageConfig) -> Void = { _ in }
    var manifest: @Sendable (inout Manifest) -> Void = { _ in }
    var manifestType = MediaType.manifest
    var index: @Sendable (inout Index) -> Void = { _ in }
    /// The packages of the SBOM; nil: nothing is attached.
    var packages: JSON? = [["name": "bash", "licenseDeclared": "GPL-3.0-or-later"]]
    var provenance: JSON = ["buildDefinition": ["internalParameters": ["buildConfig": [:]]]]
    var verified = false
    /// Whether the index names something that is no image.
    var addsArtifact = false

    func made() async throws -> Artifact {
        let artifact = try Artifact()
        var layers: [Descriptor] = []
        var diffIDs: [Digest] = []
        let tars = try self.layers.map { members in
            try TarWriter.bytes(
                members.map(\.entry),
                contents: Dictionary(members.map { ($0.entry.name, $0.content) }) { first, _ in first })
        }
        for tar in tars + self.tars {
            diffIDs.append(sha256(tar))
            layers.append(artifact.add(packs ? try await artifact.gzip(tar) : tar, layerType))
        }
        var entries: [Descriptor] = []
        var attached: [Descriptor] = []
        for platform in platforms {
            var config = ImageConfig(
                platform: platform, created: "2025-06-27T08:11:00Z",
                config: .init(cmd: ["bash"], env: ["PATH=/usr/bin:/bin"], labels: Self.annotations),
                rootfs: .init(diffIDs: diffIDs),
                history: [.init(created: "2025-06-27T08:11:00Z", createdBy: "COPY rootfs /")])
            config.config?.user = "1000"
            self.config(&config)
            let configType = manifestType == MediaType.manifest ? MediaType.config : MediaType.dockerConfig
            var manifest = Manifest(
                config: artifact.add(try Encoded(config, mediaType: configType)), layers: layers,
                annotations: Self.annotations)
            manifest.mediaType = manifestType
            self.manifest(&manifest)
            var entry = artifact.add(try Encoded(manifest, mediaType: manifestType))
            entry.platform = platform
            entries.append(entry)
            if let packages { attached.append(try attachment(to: entry, packages, artifact)) }
        }
        if addsArtifact {
            let config = artifact.add(Array("{}".utf8), MediaType.empty)
            var manifest = Manifest(config: config, layers: [artifact.add([1, 2, 3], "application/vnd.example.thing")])
            manifest.artifactType = "application/vnd.example.thing"
            attached.append(artifact.add(try Encoded(manifest, mediaType: MediaType.manifest)))
        }
        var index = Index(manifests: entries + attached, annotations: Self.annotations)
        self.index(&index)
        let root = artifact.add(try Encoded(index, mediaType: MediaType.index))
        artifact.request = OperationRequest(
            operation: "ep.check/1", run: "r", publication: String(repeating: "a", count: 64),
            target: .init(name: "hub", scheme: "registry", address: address, tags: tags),
            artifact: .init(
                kind: "container", name: "base", version: version, digest: "\(root.digest)", size: 1,
                platforms: ["linux/amd64", "linux/arm64"], files: artifact.files(verified: verified)))
        return artifact
    }

    private func attachment(to image: Descriptor, _ packages: JSON, _ artifact: Artifact) throws -> Descriptor {
        func statement(_ type: String, _ predicate: JSON) throws -> Descriptor {
            let statement: JSON = ["predicateType": .string(type), "predicate": predicate]
            var found = artifact.add(try Encoded(statement, mediaType: "application/vnd.in-toto+json"))
            found.annotations = ["in-toto.io/predicate-type": type]
            return found
        }
        let layers = [
            try statement("https://spdx.dev/Document", ["packages": packages, "for": .string("\(image.digest)")]),
            try statement("https://slsa.dev/provenance/v1", provenance),
        ]
        let config = artifact.add(try Encoded(JSON.object([:]), mediaType: MediaType.config))
        var entry = artifact.add(try Encoded(Manifest(config: config, layers: layers), mediaType: MediaType.manifest))
        entry.platform = Platform(os: "unknown", architecture: "unknown")
        entry.annotations = [
            "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": "\(image.digest)",
        ]
        return entry
    }
}

/// The blobs of a fixture as files, and the request that names them.
final class Artifact {
    let scratch: Scratch
    private(set) var blobs: [(name: String, type: String, bytes: [UInt8])] = []
    var request: OperationRequest!

    init() throws { scratch = try Scratch() }

    func gzip(_ bytes: [UInt8]) async throws -> [UInt8] {
        let input = try File(try scratch.write("in", bytes), O_RDONLY)
        let output = try File("\(scratch.path)/out", O_RDWR | O_CREAT | O_TRUNC)
        _ = try await Gzip.compress(input, to: output)
        return try output.read(count: Int(try output.size()), at: 0)
    }

    @discardableResult
    func add(_ bytes: [UInt8], _ type: String) -> Descriptor {
        let digest = sha256(bytes)
        if !blobs.contains(where: { $0.name == "\(digest)" }) { blobs.append(("\(digest)", type, bytes)) }
        return Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count))
    }

    @discardableResult
    func add(_ encoded: Encoded) -> Descriptor { add(encoded.bytes, encoded.descriptor.mediaType) }

    func files(verified: Bool) -> [OperationRequest.File] {
        blobs.map {
            .init(name: $0.name, size: Int64($0.bytes.count), digest: $0.name, mediaType: $0.type, verified: verified)
        }
    }

    func write() throws { for blob in blobs { try scratch.write("blobs/\(blob.name.dropFirst(7))", blob.bytes) } }

    /// What the check says of the files as they lie on the disk.
    func check(_ options: ImageCheck.Options = .init(now: Fixture.now)) async throws -> Findings {
        let path = scratch.path
        let check = try ImageCheck(request, options: options) { name in
            let descriptor = open("\(path)/blobs/\(name.dropFirst(7))", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Failure(.notFound, "there is no such file") }
            return descriptor
        }
        return Findings(try await check.findings())
    }
}

struct Findings: CustomStringConvertible {
    let list: [OperationResult.Finding]
    init(_ list: [OperationResult.Finding]) { self.list = list }

    /// By the number that every message begins with.
    subscript(number: String) -> OperationResult.Finding? {
        list.first { $0.message.text().hasPrefix("\(number): ") }
    }
    var failing: Set<String> { Set(list.filter { $0.outcome == "fail" }.map { String($0.message.text().prefix(3)) }) }
    var description: String {
        list.filter { $0.outcome != "pass" }.map { "\($0.outcome) \($0.message.text()) [\($0.evidence ?? "")]" }
            .joined(separator: "\n")
    }
}

func findings(
    _ options: ImageCheck.Options = .init(now: Fixture.now),
    _ change: @Sendable (inout Fixture) throws -> Void = { _ in }
) async throws -> Findings {
    var fixture = Fixture()
    try change(&fixture)
    let artifact = try await fixture.made()
    try artifact.write()
    return try await artifact.check(options)
}
