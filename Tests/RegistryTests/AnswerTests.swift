import Foundation
import RegistryPeers
import TestSupport
import Testing

/// What a registry answers where it should have answered something else.
@Suite("Answers of registries", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct AnswerTests {
    // MARK: - Too many requests

    @Test(
        "429 says when to come back: nobody asks before, and it is shown", arguments: ["seconds", "date", "Hub's way"])
    func limited(_ kind: String) async throws {
        let delay: Fault.Delay = kind == "seconds" ? .seconds(2) : kind == "date" ? .date(3) : .hub(3)
        let lab = try Lab(layers: [2000, 2100, 2200])
        let registry = try await lab.registry()
        try await registry.fault(.limited(delay), on: "PUT", "/uploads/", nth: 2)
        let answer = try await lab.publish(registry.host)
        answer.ended(0, "pause")
        try registry.has(lab)
        let requests = try registry.requests()
        let refused = try #require(requests.first { $0.status == 429 })
        let end = try #require(refused.ended)
        // Dates have whole seconds. What was under way when the answer came counts for nothing.
        let early = requests.filter { $0.time > end + 0.7 && $0.time < end + 1.8 }
        #expect(early.isEmpty, "\(early.map { "\($0.method) \($0.path) after \($0.time - end) s" })")
        #expect(requests.filter { $0.status == 429 }.count == 1)
    }

    @Test("429 for longer than anybody waits: it stops, and says until when", arguments: ["seconds", "Hub's way"])
    func limitedForLong(_ kind: String) async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        try await registry.fault(
            .limited(kind == "seconds" ? .seconds(600) : .hub(600)), on: "PUT", "/uploads/", times: nil)
        let begun = ContinuousClock.now
        let answer = try await lab.publish(registry.host)
        #expect(ContinuousClock.now - begun < .seconds(60))
        #expect(answer.output.contains("600 s") || answer.output.contains("599"), "\(answer.output)")
        answer.ended(9)
        #expect(try registry.contents()["team/image"]?.tags ?? [:] == [:])
    }

    // MARK: - Bodies

    @Test("What is read back breaks off once: it is read again")
    func truncated() async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        let fault = try await registry.fault(.truncated(after: 10), on: "GET", "/manifests/")
        try await lab.publish(registry.host).ended(0)
        #expect(try registry.befell(fault) == 1)
        try registry.has(lab)
    }

    @Test("What is read back has one bit wrong: no tag moves")
    func corrupt() async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        try await registry.fault(.corrupt, on: "GET", "/manifests/", times: nil)
        try await lab.publish(registry.host).ended(6, "gives other bytes")
        #expect(try registry.contents()["team/image"]?.tags == [:])
    }

    @Test("A page for people in place of a small trouble does no harm", arguments: [404, 500, 503])
    func pages(_ status: Int) async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        try await registry.fault(.page(status), on: "HEAD", "/blobs/", times: 2)
        if status > 404 { try await registry.fault(.page(status), on: "PUT", "/manifests/") }
        try await lab.publish(registry.host).ended(0)
        try registry.has(lab)
    }

    @Test("A page for people in place of an upload is told as such", arguments: [(404, 6), (500, 5)])
    func pageForUpload(_ status: Int, _ exit: Int32) async throws {
        let lab = try Lab(platforms: ["amd64"])
        let registry = try await lab.registry()
        try await registry.fault(.page(status), on: "POST", times: nil)
        try await lab.publish(registry.host).ended(exit, "web page", "\(status)")
    }

    @Test("An address that is no registry's")
    func noRegistry() async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        try await registry.fault(.page(404), times: nil)
        try await lab.publish(registry.host).ended(5, "there is no registry")
    }

    // MARK: - Refusals

    @Test(
        "What can be mended at the registry is asked again, by resume as by the same command",
        arguments: [(404, "NAME_UNKNOWN"), (405, "UNSUPPORTED"), (412, "PROJECT_POLICY")])
    func mended(_ status: Int, _ code: String) async throws {
        let lab = try Lab(platforms: ["amd64"])
        let registry = try await lab.registry()
        try await registry.fault(.error(status, code), on: "POST", times: nil)
        try await lab.publish(registry.host).ended(6, code)
        let again = try await lab.publish(registry.host)
        again.ended(6, code)
        #expect(!again.output.contains("refused before"), "\(again.output)")
        try await registry.clearFaults()
        try await lab.run(["resume", "latest"]).ended(0)
        try registry.has(lab)
    }

    @Test("What the bytes break is not asked again, and it is said how it would be")
    func remembered() async throws {
        let lab = try Lab(platforms: ["amd64"])
        let registry = try await lab.registry()
        try await registry.fault(.error(400, "MANIFEST_INVALID"), on: "PUT", "/manifests/sha256", times: nil)
        try await lab.publish(registry.host, options: "").ended(6, "MANIFEST_INVALID", "--retry-refused")
        try await registry.clearFaults()
        try await lab.run(["publish", "plan.yaml"]).ended(6, "refused before", "--retry-refused")
        try await lab.run(["publish", "plan.yaml", "--retry-refused"]).ended(0)
        try registry.has(lab)
    }

    // MARK: - Headers

    @Test("No Docker-Content-Digest anywhere")
    func noDigest() async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        try await registry.fault(.without("Docker-Content-Digest"), times: nil)
        try await lab.publish(registry.host).ended(0)
        try registry.has(lab)
        try await lab.publish(registry.host).ended(0, "Nothing to do")
    }

    @Test("Another Docker-Content-Digest than that of what was sent")
    func otherDigest() async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        let other = "sha256:" + String(repeating: "0", count: 64)
        try await registry.fault(.header("Docker-Content-Digest", other), on: "PUT", "/uploads/", times: nil)
        try await lab.publish(registry.host).ended(6, other)
    }

    @Test("Headers without end are refused")
    func hugeHeaders() async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        try await registry.fault(.hugeHeaders(1_000_000), on: "POST", times: nil)
        try await lab.publish(registry.host).ended(6)
    }
}
