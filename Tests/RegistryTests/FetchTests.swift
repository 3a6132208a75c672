import Foundation
import OCI
import RegistryPeers
import TestSupport
import Testing

/// Images that come from a registry.
@Suite("Images out of registries", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct FetchTests {
    /// A registry with the lab's image.
    private static func stocked(_ lab: Lab) async throws -> StrictRegistry {
        let registry = try await lab.registry(.init(.bearer()))
        try await lab.publish(registry.host).ended(0)
        return registry
    }

    private static func fetch(_ lab: Lab, _ registry: StrictRegistry) async throws -> Answer {
        try await lab.run(["container", "copy", "\(registry.host)/team/image:v1", "oci:\(lab.scratch.path)/copy:v1"])
    }

    /// Whether every byte is there.
    private static func isWhole(_ lab: Lab) async throws -> Bool {
        guard try lab.scratch.text("copy/index.json").contains(lab.digest) else { return false }
        let sums = try await runApart(
            ["/bin/sh", "-c", #"cd copy/blobs/sha256 && for name in *; do echo "$name  $name"; done | sha256sum -c"#],
            in: lab.scratch.path)
        return sums.status == 0
    }

    @Test("All platforms, byte for byte, and of another place's storage", arguments: [false, true])
    func copies(fromStorage: Bool) async throws {
        let lab = try Lab(layers: [2000, 1_200_000])
        let registry = try await Self.stocked(lab)
        if fromStorage { try await registry.fault(.toStorage, on: "GET", "/blobs/", times: nil) }
        try await Self.fetch(lab, registry).ended(0)
        #expect(try await Self.isWhole(lab))
        let there = try registry.requests().filter { $0.server == .storage }
        #expect(there.isEmpty != fromStorage && there.allSatisfy { $0.scheme == nil })
    }

    @Test("A blob breaks off: it is fetched again, and what came before does not stay")
    func truncated() async throws {
        let lab = try Lab(layers: [100_000])
        let registry = try await Self.stocked(lab)
        let fault = try await registry.fault(.truncated(after: 1000), on: "GET", "/blobs/")
        try await Self.fetch(lab, registry).ended(0)
        #expect(try registry.befell(fault) == 1)
        #expect(try await Self.isWhole(lab))
    }

    @Test(
        "A blob, or a manifest, has one bit wrong: nothing has its name", arguments: ["/blobs/", "/manifests/sha256"])
    func corrupt(_ path: String) async throws {
        let lab = try Lab(layers: [100_000])
        let registry = try await Self.stocked(lab)
        try await registry.fault(.corrupt, on: "GET", path, times: nil)
        try await Self.fetch(lab, registry).ended(6, "gives other bytes")
        #expect(!FileManager.default.fileExists(atPath: "\(lab.scratch.path)/copy/index.json"))
    }

    @Test("An image that is not there")
    func absent() async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        try await Self.fetch(lab, registry).ended(6, "has no v1")
        let digest = "sha256:" + String(repeating: "0", count: 64)
        try await lab.run(["container", "copy", "\(registry.host)/team/image@\(digest)", "oci:copy"]).ended(
            6, "team/image@\(digest)")
    }
}
