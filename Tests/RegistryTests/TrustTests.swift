import Foundation
import RegistryPeers
import TestSupport
import Testing

/// Registries of other hosts that send us to this machine. The peer is the proxy that leads to them.
@Suite("Registries elsewhere", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct TrustTests {
    private static let host = "registry.example"

    private func publish(_ lab: Lab, by registry: StrictRegistry) async throws -> Answer {
        try await lab.publish(
            Self.host, ["--insecure", Self.host], environment: ["http_proxy": "http://\(registry.host)"])
    }

    @Test("By a proxy, everything goes as it does without")
    func byProxy() async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        try await publish(lab, by: registry).ended(0)
        try registry.has(lab)
    }

    @Test("A Location on this machine is refused", arguments: ["127.0.0.1", "localhost", "169.254.169.254"])
    func location(_ address: String) async throws {
        let lab = try Lab(platforms: ["amd64"])
        let (registry, victim) = (try await lab.registry(), try await StrictRegistry.start())
        let target = "http://\(address):\(victim.port)/v2/x/blobs/uploads/1"
        try await registry.fault(.header("Location", target), on: "POST", times: nil)
        try await publish(lab, by: registry).ended(6, "to an address of this machine or network")
        #expect(try victim.requests().isEmpty)
    }

    @Test("A redirect to this machine is refused", arguments: [307, 301])
    func redirect(_ status: Int) async throws {
        let lab = try Lab(platforms: ["amd64"])
        let (registry, victim) = (try await lab.registry(), try await StrictRegistry.start())
        try await registry.fault(
            .answer(status, headers: ["Location": "\(victim.url)/v2/"]), on: "PUT", "/uploads/", times: nil)
        try await publish(lab, by: registry).ended(6, "to an address of this machine or network")
        #expect(try victim.requests().isEmpty)
    }

    @Test("A login on this machine is refused")
    func realm() async throws {
        let lab = try Lab(platforms: ["amd64"])
        let registry = try await lab.registry(.init(.bearer()))
        try lab.login(.publisher, at: Self.host)
        try await publish(lab, by: registry).ended(6, "to an address of this machine or network")
        #expect(try registry.tokenRequests().isEmpty)
    }
}
