import Foundation
import Glibc
import RegistryPeers
import TestSupport
import Testing

/// An upload that comes to nothing is given up at the registry too, and that never hides why.
@Suite("Abandoned uploads", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct AbandonedTests {
    @Test("A registry refuses the bytes: no upload stays open", arguments: ["whole", "chunks"])
    func refused(_ form: String) async throws {
        let lab = try Lab(layers: [1_500_000, 1_600_000])
        let registry = try await lab.registry(.init(.bearer()))
        try await registry.fault(
            .error(403, "DENIED"), on: form == "whole" ? "PUT" : "PATCH", "/uploads/", times: nil)
        try await lab.publish(registry.host, options: form == "whole" ? "" : "chunk_mib: 1").ended(4, "DENIED")
        #expect(try !registry.requests("POST", "/uploads/").filter { $0.status == 202 }.isEmpty)
        let story = try registry.story()
        #expect(try registry.openUploads() == 0, "\(story)")
    }

    @Test("Another blob is refused while an upload is being begun: it does not stay open either")
    func begunTooLate() async throws {
        let lab = try Lab(layers: [1_500_000, 1_600_000])
        let registry = try await lab.registry()
        try await registry.fault(.hold(.executed), on: "POST", "/uploads/", nth: 2)
        try await registry.fault(.error(403, "DENIED"), on: "PUT", "/uploads/", times: nil)
        async let answer = lab.publish(registry.host)
        try await registry.waitUntilHeld()
        while try registry.requests("PUT", "/uploads/").isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        // The refusal has ended the publication by now; only the answer to what was asked before is missing.
        try await Task.sleep(for: .milliseconds(300))
        try await registry.release()
        try await answer.ended(4, "DENIED")
        let story = try registry.story()
        #expect(try registry.openUploads() == 0, "\(story)")
    }

    @Test("What a later run continues is kept")
    func kept() async throws {
        let lab = try Lab(layers: [3_500_000], platforms: ["amd64"])
        let registry = try await lab.registry()
        try await registry.fault(.error(403, "DENIED"), on: "PATCH", "/uploads/", nth: 3, times: nil)
        try await lab.publish(registry.host, options: "chunk_mib: 1").ended(4, "DENIED")
        #expect(try registry.openUploads() == 1)
        try await registry.clearFaults()
        try await lab.run(["publish", "plan.yaml", "--retry-refused"]).ended(0)
        try registry.has(lab)
        // The two chunks that had come did not come again.
        #expect(try registry.requests("PATCH").filter { $0.status == 202 }.count == 4)
    }

    @Test("That the registry does not take the end of it either is not what is told", arguments: ["error", "silence"])
    func firstErrorCounts(_ end: String) async throws {
        let lab = try Lab(platforms: ["amd64"])
        let registry = try await lab.registry()
        try await registry.fault(.error(403, "DENIED"), on: "PUT", "/uploads/", times: nil)
        try await registry.fault(
            end == "error" ? .error(500, "UNKNOWN") : .hold(.before), on: "DELETE", "/uploads/", times: nil)
        let begun = ContinuousClock.now
        let answer = try await lab.publish(registry.host)
        let time = ContinuousClock.now - begun
        try await registry.release()
        answer.ended(4, "DENIED")
        #expect(!answer.output.contains("UNKNOWN"), "\(answer.output)")
        #expect(time < .seconds(20), "\(time)")
        #expect(try !registry.requests("DELETE", "/uploads/").isEmpty)
    }

    @Test("Interrupted while blobs are sent: no upload stays open")
    func interrupted() async throws {
        let lab = try Lab(layers: [2000, 3000])
        let registry = try await lab.registry()
        try await registry.fault(.hold(.before), on: "PUT", "/uploads/", times: nil)
        let command = lab.command([
            "container", "copy", "oci:\(lab.scratch.path)/image:v1", "\(registry.host)/team/image",
        ])
        async let ended = runApart(
            ["/bin/sh", "-c", #"echo $$ >pid; exec "$@""#, "sh"] + command, in: lab.scratch.path,
            environment: lab.environment)
        try await registry.waitUntilHeld(2)
        let pid = try #require(
            try Int32(lab.scratch.text("pid").trimmingCharacters(in: .whitespacesAndNewlines)))
        kill(pid, SIGINT)
        let answer = try await ended
        answer.ended(130, "resume")
        try await registry.release()
        #expect(try !registry.requests("DELETE", "/uploads/").isEmpty)
        let story = try registry.story()
        #expect(try registry.openUploads() == 0, "\(story)")
    }
}
