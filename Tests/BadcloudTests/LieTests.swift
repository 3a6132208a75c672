import Foundation
import TestSupport
import Testing

/// What a manifest claims of its library, and what the library is.
@Suite("Manifests that lie", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct LieTests {
    private func publish(_ lab: Lab) async throws -> Answer {
        try lab.plan(["nothing"])
        return try await lab.run(lab.command(["publish", "plan.yaml"]))
    }

    @Test("The truth, for comparison, is published")
    func truth() async throws {
        let lab = try await Lab()
        let answer = try await publish(lab)
        #expect(answer.status == 0, "\(answer.output)")
    }

    @Test("A library that changed after its digest was written is not loaded")
    func digest() async throws {
        let lab = try await Lab()
        let library = try #require(FileHandle(forWritingAtPath: lab.library))
        try library.seekToEnd()
        library.write(Data([0]))
        try library.close()
        let answer = try await publish(lab)
        #expect(answer.status == 2, "\(answer.output)")
        #expect(answer.output.contains("the library is not the one that its manifest names"), "\(answer.output)")
    }

    @Test(
        "A library that says another version or id than its manifest is not run",
        arguments: [("VERSION", "2.0.0", "badcloud 2.0.0"), ("ID", "goodcloud", "goodcloud 1.0.0")])
    func versionAndId(of part: String, value: String, said: String) async throws {
        let lab = try await Lab(["-DBADCLOUD_\(part)=\"\(value)\""])
        let answer = try await publish(lab)
        #expect(answer.status != 0)
        #expect(
            answer.output.contains("the manifest says badcloud 1.0.0, its library says \(said)"), "\(answer.output)")
    }

    @Test("A library that embeds another manifest than lies beside it is not loaded")
    func embedded() async throws {
        let lab = try await Lab()
        let beside = try String(contentsOfFile: lab.manifest, encoding: .utf8)
        try lab.write(
            beside.replacingOccurrences(of: #""views": ["file", "blocks"]"#, with: #""views": ["file"]"#),
            "providers/badcloud/provider.json")
        let answer = try await publish(lab)
        #expect(answer.status == 2, "\(answer.output)")
        let verified = try await lab.run(lab.command(["provider", "verify", "badcloud"]))
        #expect(verified.status == 3 && verified.output.contains("views"), "\(verified.output)")
    }

    @Test("A library that exports more than its entry is named, and not loaded")
    func exports() async throws {
        let lab = try await Lab(["-DBADCLOUD_EXPORTS_MORE"])
        let verified = try await lab.run(lab.command(["provider", "verify", "badcloud"]))
        #expect(verified.status == 3, "\(verified.output)")
        #expect(
            verified.output.contains("besides eulerpublisher_provider_v1 also badcloud_more"), "\(verified.output)")
        let answer = try await publish(lab)
        #expect(answer.status == 2 && answer.output.contains("badcloud_more"), "\(answer.output)")
    }

    @Test("Nothing is said against the truth")
    func verified() async throws {
        let lab = try await Lab()
        let verified = try await lab.run(lab.command(["provider", "verify", "badcloud"]))
        #expect(verified.status == 0, "\(verified.output)")
    }
}
