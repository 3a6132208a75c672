import Foundation
import RegistryPeers
import TestSupport
import Testing

/// What a command leaves behind, and how it says that it has ended.
@Suite("Ends of publications", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct LeftoverTests {
    private static func events(_ answer: Answer) throws -> [[String: Any]] {
        try answer.output.split(separator: "\n").filter { $0.hasPrefix("{") }.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test(
        "container app publish --json ends with run-ended, whatever happened", arguments: ["done", "refused", "usage"])
    func lastEvent(_ end: String) async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        for architecture in ["amd64", "arm64"] {
            let part = try Lab(platforms: [architecture])
            try part.login(.publisher, at: registry.host)
            try await part.publish(registry.host, to: "team/part", tag: architecture).ended(0)
        }
        if end == "refused" { try await registry.fault(.error(403, "DENIED"), on: "PUT", "/manifests/", times: nil) }
        let answer = try await lab.run([
            "container", "app", "publish", "--json", "-s",
            "\(registry.host)/team/part:amd64 \(registry.host)/team/part:\(end == "usage" ? "amd64" : "arm64")", "-p",
            "team/joined", "-g", registry.host, "-t", "1",
        ])
        let exit: Int32 = end == "done" ? 0 : end == "usage" ? 2 : 4
        #expect(answer.status == exit, "\(answer.output)")
        let last = try #require(try Self.events(answer).last)
        #expect(last["event"] as? String == "run-ended", "\(answer.output)")
        #expect(last["exit"] as? Int == Int(exit))
    }

    @Test(
        "A mistake that only the mirror shows leaves no run behind",
        arguments: [
            ["-v", "99.09"], ["-v", Lab.version, "-a", "riscv64"],
            ["-v", Lab.version, "-i", "docker_img/update/1999-01-01"],
        ])
    func noRun(_ release: [String]) async throws {
        let lab = try Lab()
        try lab.makeMirror()
        func publish(_ arguments: [String]) async throws -> Answer {
            try await lab.run(
                ["container", "publish", "--mirror", "\(lab.scratch.path)/mirror", "--to", "local:out"] + arguments)
        }
        try await publish(release).ended(2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(lab.scratch.path)/state/runs").isEmpty)
        // What can be resumed is kept.
        try lab.damage("aarch64")
        try await publish(["-v", Lab.version]).ended(6)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(lab.scratch.path)/state/runs").count == 1)
    }
}
