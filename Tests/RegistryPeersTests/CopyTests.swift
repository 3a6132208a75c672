import Foundation
import RegistryPeers
import TestSupport
import Testing

/// skopeo, which knows nothing of these servers, takes them for registries.
@Suite struct CopyTests {
    /// A layout of an index of two images, named by a tag.
    private static func layout() throws -> (Scratch, digest: String) {
        let scratch = try Scratch()
        func blob(_ text: String) throws { try scratch.write("blobs/sha256/\(digest(text).dropFirst(7))", text) }
        let images = try [Image("one"), Image("two", architecture: "arm64")]
        for image in images {
            try blob(image.config)
            try blob(image.layer)
            try blob(image.manifest)
        }
        let index = try Image.index(of: images)
        try blob(index)
        try scratch.write("oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)
        let named = try Image.descriptor(
            Media.index, index, more: #","annotations":{"org.opencontainers.image.ref.name":"v1"}"#)
        try scratch.write("index.json", #"{"schemaVersion":2,"manifests":[\#(named)]}"#)
        return (scratch, try digest(index))
    }

    private static func certificates(_ curl: Curl, _ scratch: Scratch) throws -> String {
        try scratch.write("certificates/ca.crt", String(contentsOfFile: curl.authority!, encoding: .utf8))
        return "\(scratch.path)/certificates"
    }

    @Test(
        .enabled(if: try run(["which", "skopeo"]).status == 0, "skopeo is not installed"), arguments: Either.kinds,
        ["none", "basic", "bearer"])
    func copiesInAndOut(_ kind: Either.Kind, _ authentication: String) async throws {
        let ways: [String: Authentication] = ["none": .none, "basic": .basic, "bearer": .bearer()]
        let registry = try await Either.start(kind, ways[authentication]!)
        let (layout, digest) = try Self.layout()
        let there = try Scratch()
        let certificates = try Self.certificates(registry.curl, there)
        let user = RegistryUser.publisher
        let credentials = authentication == "none" ? [] : ["\(user.name):\(user.password)"]
        let image = "docker://\(registry.host)/team/image:v1"
        let copy = ["skopeo", "--insecure-policy", "copy", "--all", "--preserve-digests"]
        let pushed = try await runApart(
            copy + ["--dest-cert-dir", certificates] + credentials.flatMap { ["--dest-creds", $0] }
                + ["oci:\(layout.path):v1", image])
        #expect(pushed.status == 0, "\(pushed.output)")
        let pulled = try await runApart(
            copy + ["--src-cert-dir", certificates] + credentials.flatMap { ["--src-creds", $0] }
                + [image, "oci:\(there.path)/out:v1"])
        #expect(pulled.status == 0, "\(pulled.output)")
        #expect(try there.text("out/index.json").contains(digest))
        if case .strict(let registry) = registry {
            #expect(try registry.contents()["team/image"]?.tags == ["v1": digest])
            #expect(try registry.openUploads() == 0)
        }
    }
}
