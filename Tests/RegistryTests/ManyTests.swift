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
        let basic = try await lab.registry(.init(.basic, tls: true))
        let token = try await lab.registry(.init(.bearer(seconds: 60), tls: true))
        let plain = try await lab.registry()
        try lab.scratch.write(
            "registry.yaml",
            """
            \(basic.host): [THE_USER, THE_PASSWORD, \(basic.host)/team/image]
            \(token.host): [THE_USER, THE_PASSWORD, \(token.host)/team/image]
            \(plain.host): [THE_USER, THE_PASSWORD, \(plain.host)/team/image]

            """)
        let environment = [
            "EP_LOGIN_FILE": "\(lab.scratch.path)/registry.yaml", "THE_USER": RegistryUser.publisher.name,
            "THE_PASSWORD": RegistryUser.publisher.password,
        ]
        func publish(_ more: String...) async throws -> Answer {
            try await lab.publishRelease(["-m", "--insecure", plain.host] + more, environment: environment)
        }

        // From the second blob on nothing comes through.
        try await plain.fault(.reset(.before), on: "PUT", "/blobs/uploads/", nth: 2, times: nil)
        // Nothing was released: that is no part of the work, it is the network.
        try await publish("--tag-when", "all").ended(5, plain.host)
        for registry in [basic, token, plain] { #expect(try registry.contents()["team/image"]?.tags ?? [:] == [:]) }

        let half = try await publish()
        half.ended(7, plain.host, "resume")
        #expect(half.output.contains("2 of 3"), "\(half.output)")
        let digest = try #require(basic.contents()["team/image"]?.tags[Self.tag])
        #expect(try token.contents()["team/image"]?.tags == [Self.tag: digest])
        #expect(try plain.contents()["team/image"]?.tags ?? [:] == [:])

        try await plain.clearFaults()
        let before = try [basic, token].map { try $0.changes().count }
        let stored = Set(try plain.contents()["team/image"]?.blobs ?? [])
        #expect(!stored.isEmpty)
        let rest = try await publish()
        rest.ended(0, "published", "nothing to do")
        #expect(try plain.contents()["team/image"]?.tags == [Self.tag: digest])
        #expect(try [basic, token].map { try $0.changes().count } == before)
        // No blob that was there came again.
        for request in try plain.requests("PUT", "/blobs/uploads/") where request.status == 201 {
            let again = try plain.requests("PUT", "/blobs/uploads/").filter {
                $0.status == 201 && digestOf($0.path) == digestOf(request.path)
            }
            #expect(again.count == 1, "\(request.path)")
        }
    }

    private func digestOf(_ path: String) -> String {
        path.split(separator: "digest=").last.map { String($0.prefix { $0 != "&" }) } ?? ""
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
