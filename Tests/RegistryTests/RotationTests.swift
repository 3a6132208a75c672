import Foundation
import RegistryPeers
import TestSupport
import Testing

/// Token servers that give a new identity token with each token, and take the old one no more.
@Suite(
    "Identity tokens that are replaced", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct RotationTests {
    @Test("Each successor is used, by one operation after the other, and written nowhere")
    func rotates() async throws {
        let lab = try Lab(layers: [2000, 3000])
        let registry = try await lab.registry(.init(.bearer(seconds: 60) { $0.rotating = true }))
        let token = try await registry.identityToken()
        try lab.login(identityToken: token, at: registry.host)
        let before = try lab.scratch.text(".docker/config.json")
        try await lab.publish(registry.host, ["--verbose"]).ended(0)
        try registry.has(lab)
        let asked = try registry.tokenRequests().filter { $0.method == "POST" }
        #expect(asked.count >= 4 && asked.allSatisfy { $0.status == 200 }, "\(asked.map(\.status))")
        #expect(try lab.scratch.text(".docker/config.json") == before)
        let log = try await lab.run(["logs", "latest"]).output
        #expect(log.contains("\(registry.host) replaced the identity token"), "\(log)")
        #expect(!log.contains(token))
        // Nothing but the login file has had any of them: the cache neither.
        let found = try await runApart(["grep", "-rlF", "-e", token, "state", "cache"], in: lab.scratch.path)
        #expect(found.status == 1, "\(found.output)")
        let kept = try await runApart(
            ["/bin/sh", "-c", "find cache/providers -type f | xargs grep -lE '^[A-Za-z0-9_-]{80,}$'"],
            in: lab.scratch.path)
        #expect(kept.output.isEmpty, "\(kept.output)")
        // The file's own token is worth nothing any more, and that is said.
        try await lab.publish(registry.host, tag: "v2").ended(4, "~/.docker/config.json")
    }
}
