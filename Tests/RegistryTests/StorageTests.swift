import RegistryPeers
import TestSupport
import Testing

/// Registries that cannot keep what they are given, or say that they have it and do not.
@Suite("Registries without the image", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct StorageTests {
    @Test("A registry whose disk is full is named, nothing is published, and with room the same command ends it")
    func fullDisk() async throws {
        guard DockerRegistry.isInstalled else { return print("skipped: docker-registry is not installed") }
        let lab = try Lab(layers: [6 << 20, 6 << 20, 6 << 20])
        let full: DockerRegistry
        do { full = try await DockerRegistry.start(.init(limit: 16 << 20)) } catch {
            return print("skipped: a storage of a size cannot be made here (\(error))")
        }
        let answer = try await lab.publish(full.host)
        #expect(answer.status != 0 && answer.status != 11, "\(answer.output)")
        #expect(answer.output.contains(full.host), "\(answer.output)")
        let tags = try await lab.run(["tag", "list", "\(full.host)/\(Lab.repository)"])
        #expect(!tags.output.contains(lab.digest), "\(tags.output)")
        let roomy = try await DockerRegistry.start(.init())
        try await lab.publish(roomy.host).ended(0)
    }

    @Test("Yes to every question is no image: the index is read before nothing is said to be left to do")
    func lies() async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        try await lab.publish(registry.host).ended(0)
        try await lab.publish(registry.host).ended(0, "Nothing to do")
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.index.v1+json\r\n"
        try await registry.fault(
            .raw(Array((head + "Content-Length: 2\r\nConnection: close\r\n\r\n{}").utf8)), on: "GET", "/manifests/",
            times: nil)
        let answer = try await lab.publish(registry.host)
        answer.ended(6, "other bytes")
    }
}
