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
        let delay: Fault.Delay = kind == "seconds" ? .seconds(1) : kind == "date" ? .date(2) : .hub(2)
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
        let early = requests.filter { $0.time > end + 0.3 && $0.time < end + 0.9 }
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
        #expect(ContinuousClock.now - begun < .seconds(10))
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
