import Foundation
import RegistryPeers
import TestSupport
import Testing

/// One release to many registries, and to one again.
@Suite("Releases in registries", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct ManyTests {
    private static let tag = Lab.version.lowercased()

    @Test("To three registries, of which one breaks midway", .timeLimit(.minutes(3)))
    func oneOfThree() async throws {
        let lab = try Lab()
        try lab.makeMirror()
        let three = try await Three(lab)
        let (basic, token, plain) = (three.basic, three.token, three.plain)

        // From the second blob on nothing comes through.
        try await plain.fault(.reset(.before), on: "PUT", "/blobs/uploads/", nth: 2, times: nil)
        // Nothing was released: that is no part of the work, it is the network.
        try await three.publish("--tag-when", "all").ended(5, plain.host)
        var seen = try await three.witness.testimony()
        for registry in three.all {
            #expect(try three.tags(registry) == [:])
            #expect(seen[registry.host]?.polls ?? 0 > 10 && seen[registry.host]?.first == nil)
        }

        let half = try await three.publish()
        half.ended(7, plain.host, "resume")
        #expect(half.output.contains("2 of 3"), "\(half.output)")
        let digest = try #require(try three.tags(basic)[Self.tag])
        seen = try await three.witness.testimony()
        for registry in [basic, token] { #expect(seen[registry.host]?.sights.last?.digest == digest) }
        #expect(seen[plain.host]?.first == nil)
        #expect(try three.tags(token) == [Self.tag: digest] && three.tags(plain) == [:])

        try await plain.clearFaults()
        let before = try three.all.map { try $0.changes().count }
        #expect(!(try plain.contents()["team/image"]?.blobs ?? []).isEmpty)
        let rest = try await three.publish("--json")
        #expect(rest.status == 0, "\(rest.output)")
        #expect(try three.tags(plain) == [Self.tag: digest])
        #expect(try [basic, token].map { try $0.changes().count } == Array(before.dropLast()))
        // The bytes that are shown are those that came, without the tag's.
        let came = try plain.changes().dropFirst(before[2]).filter { !$0.path.hasSuffix("/manifests/\(Self.tag)") }
        #expect(rest.sent(to: plain.host) == Array(came).received)
        // No blob that was there came again.
        let stored = try plain.requests("PUT", "/blobs/uploads/").filter { $0.status == 201 }.map(\.path.uploaded)
        #expect(Set(stored).count == stored.count, "\(stored)")
    }

    @Test("An update whose arm64 cannot be fetched leaves the tag; what a run moved is put back")
    func update() async throws {
        let lab = try Lab()
        try lab.makeMirror()
        let registry = try await lab.registry()
        func publish(_ more: String...) async throws -> Answer {
            try await lab.publishRelease(["-p", "team/image", "-g", registry.host] + more)
        }
        func there() throws -> String? { try registry.contents()["team/image"]?.tags[Self.tag] }
        try await publish().ended(0, "published")
        let first = try #require(try there())

        try lab.makeMirror(build: "2")
        try lab.damage("aarch64")
        try await publish("--update").ended(6, "aarch64")
        #expect(try there() == first)

        // The mirror has it no longer, and nobody asked for it by name: one platform is fewer than two.
        try FileManager.default.removeItem(atPath: lab.folder("aarch64"))
        try await publish("--update").ended(6, "linux/arm64", "allow_fewer_platforms")
        #expect(try there() == first)

        try lab.makeMirror(build: "3")
        try await publish().ended(6, Self.tag, "update")
        try await publish("--update").ended(0, "published")
        #expect(try there() != first)
        try await lab.run(["tag", "restore", "latest"]).ended(0, "put back")
        #expect(try there() == first)
        try await lab.run(["tag", "restore", "latest"]).ended(0, "moved no tags")
    }

    @Test("Images of single platforms become one without being built again")
    func joined() async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        try await lab.publish(registry.host).ended(0)
        for architecture in ["amd64", "arm64"] {
            let copied = try await runApart([
                "skopeo", "--insecure-policy", "--override-arch", architecture, "copy", "--preserve-digests",
                "--src-tls-verify=false",
                "--dest-tls-verify=false", "oci:\(lab.scratch.path)/image:v1",
                "docker://\(registry.host)/team/part:\(architecture)",
            ])
            copied.ended(0)
        }
        let before = try registry.requests("PUT", "/blobs/uploads/").count
        try await lab.run([
            "container", "app", "publish", "-s",
            "\(registry.host)/team/part:amd64 \(registry.host)/team/part:arm64", "-p", "team/joined", "-g",
            registry.host,
            "-t", "1",
        ]).ended(0, "published", "2 platforms")
        #expect(try registry.contents()["team/joined"]?.tags["1"] == lab.digest)
        #expect(try registry.requests("PUT", "/blobs/uploads/").count == before, "every blob is mounted")
    }
}
