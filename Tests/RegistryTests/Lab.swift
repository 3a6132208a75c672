import Digest
import Foundation
import OCI
import RegistryPeers
import TestSupport
import Testing

/// A home of one test with an image to publish, and the staged program as somebody who lives there runs it.
final class Lab: Sendable {
    let scratch = try! Scratch()
    /// Of the image's index.
    let digest: String
    /// Of its layers and configurations.
    let blobs: [String]

    static let repository = "team/image"

    /// - Parameters:
    ///   - layers: their sizes in bytes; each platform has one of each, with bytes of its own.
    init(layers: [Int] = [2000], platforms: [String] = ["amd64", "arm64"], seed: UInt64 = 1) throws {
        let layout = try Layout(creating: "\(scratch.path)/image")
        var entries: [Descriptor] = []
        var blobs: [Descriptor] = []
        func add(_ bytes: [UInt8], _ type: String) throws -> Descriptor {
            let descriptor = Descriptor(mediaType: type, digest: sha256(bytes), size: Int64(bytes.count))
            try layout.add(Encoded(bytes: bytes, descriptor: descriptor))
            blobs.append(descriptor)
            return descriptor
        }
        for (number, name) in platforms.enumerated() {
            let platform = Platform(architecture: name)
            let parts = try layers.enumerated().map {
                try add(Self.layer($1, seed: seed &* 1000 &+ UInt64(number * 10 + $0)), MediaType.layerTar)
            }
            let config = ImageConfig(
                platform: platform, created: nil, config: nil, rootfs: .init(diffIDs: parts.map(\.digest)), history: nil
            )
            let encoded = try Encoded(config, mediaType: MediaType.config)
            let manifest = try Encoded(
                Manifest(config: add(encoded.bytes, MediaType.config), layers: parts), mediaType: MediaType.manifest)
            try layout.add(manifest)
            var entry = manifest.descriptor
            entry.platform = platform
            entries.append(entry)
        }
        let index = try Encoded(Index(manifests: entries), mediaType: MediaType.index)
        try layout.add(index)
        try layout.tag(index.descriptor, as: "v1")
        digest = "\(index.descriptor.digest)"
        self.blobs = blobs.map { "\($0.digest)" }
    }

    /// A tar of one file, of that size or, to the next block, a little more.
    private static func layer(_ size: Int, seed: UInt64) throws -> [UInt8] {
        let content = bytes(max(512, (size - 3 * 512 + 511) / 512 * 512), seed: seed)
        let tar = try TarWriter.bytes(
            [TarEntry(name: "opt/data-\(seed)", mtime: 1)], contents: ["opt/data-\(seed)": content])
        // A header, and an end without the filling.
        return Array(tar.prefix(content.count + 3 * 512))
    }

    /// Bytes that nothing shortens.
    private static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            withUnsafeBytes(of: state) { bytes.append(contentsOf: $0) }
        }
        return Array(bytes.prefix(count))
    }

    // MARK: - The program

    /// Nobody's variables but these.
    var environment: [String: String] {
        var environment = ["HOME": scratch.path]
        for name in [
            "REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "http_proxy",
            "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "CURL_CA_BUNDLE",
            "SSL_CERT_FILE", "LOGIN_USERNAME", "LOGIN_PASSWORD",
        ] { environment[name] = "" }
        return environment
    }

    func command(_ arguments: [String]) -> [String] {
        ["\(stage ?? "")/bin/eulerpublisher"] + arguments + [
            "--state-dir", "\(scratch.path)/state", "--cache-dir", "\(scratch.path)/cache",
        ]
    }

    /// Runs it to its end.
    @discardableResult
    func run(_ arguments: [String], environment more: [String: String] = [:]) async throws -> Answer {
        try await runApart(
            command(arguments), in: scratch.path, environment: environment.merging(more) { $1 })
    }

    /// Copies the image to a repository of a registry.
    func publish(
        _ host: String, to repository: String = Lab.repository, tag: String = "v1", _ more: [String] = [],
        environment: [String: String] = [:]
    ) async throws -> Answer {
        try await run(
            ["container", "copy", "oci:\(scratch.path)/image:v1", "\(host)/\(repository):\(tag)"] + more,
            environment: environment)
    }

    /// Publishes with a plan, which takes what a command has no option for.
    func publish(_ host: String, to repository: String = Lab.repository, options: String) async throws -> Answer {
        try plan(host, to: repository, options: options)
        return try await run(["publish", "plan.yaml"])
    }

    func plan(_ host: String, to repository: String = Lab.repository, options: String) throws {
        try scratch.write(
            "plan.yaml",
            """
            format: 1
            artifacts:
              image: {kind: container, images: ["oci:\(scratch.path)/image:v1"]}
            targets:
              - {name: registry, artifact: image, to: "registry:\(host)/\(repository)", tags: [v1], options: {\(options)}}

            """)
    }

    // MARK: - Who lives there

    /// What `docker login` would have written.
    func login(_ user: RegistryUser, at host: String, password: String? = nil) throws {
        let pair = Data("\(user.name):\(password ?? user.password)".utf8).base64EncodedString()
        try scratch.write(".docker/config.json", #"{"auths":{"\#(host)":{"auth":"\#(pair)"}}}"#, mode: 0o600)
    }

    func login(identityToken: String, at host: String) throws {
        try scratch.write(
            ".docker/config.json", #"{"auths":{"\#(host)":{"identitytoken":"\#(identityToken)"}}}"#, mode: 0o600)
    }

    /// Trusts a registry's own authority.
    func trust(_ authority: String?, of host: String) throws {
        guard let authority else { return }
        try scratch.write(".docker/certs.d/\(host)/ca.crt", String(contentsOfFile: authority, encoding: .utf8))
    }

    /// A registry that the test's user can log in at.
    func registry(_ options: StrictRegistry.Options = .init()) async throws -> StrictRegistry {
        let registry = try await StrictRegistry.start(options)
        try trust(registry.authority, of: registry.host)
        try login(.publisher, at: registry.host)
        return registry
    }
}

extension Answer {
    /// Whether the program ended with that status; shows what it said where not.
    func ended(_ status: Int32, _ words: String..., location: SourceLocation = #_sourceLocation) {
        #expect(self.status == status, "\(output)", sourceLocation: location)
        for word in words { #expect(output.contains(word), "\(output)", sourceLocation: location) }
    }
}

extension StrictRegistry {
    /// Whether the image is there as it was made, under its tag, and no upload is left open.
    func has(
        _ lab: Lab, in repository: String = Lab.repository, open: Int = 0, location: SourceLocation = #_sourceLocation
    )
        throws
    {
        let there = try contents()[repository]
        #expect(there?.tags == ["v1": lab.digest], sourceLocation: location)
        let missing = Set(lab.blobs).subtracting(there?.blobs ?? [])
        #expect(missing.isEmpty, sourceLocation: location)
        #expect(try openUploads() == open, sourceLocation: location)
    }

    /// The registry's requests of that method whose path and query contain a text.
    func requests(_ method: String, _ text: String = "") throws -> [Request] {
        try requests().filter {
            $0.server == .registry && $0.method == method && (text.isEmpty || $0.path.contains(text))
        }
    }

    /// Those that change something.
    func changes() throws -> [Request] {
        try requests().filter { $0.server != .token && !["GET", "HEAD"].contains($0.method) }
    }

    func tokenRequests() throws -> [Request] { try requests().filter { $0.server == .token } }
}

/// Bytes of bodies that came.
extension [Request] { var received: Int { reduce(0) { $0 + $1.received } } }
