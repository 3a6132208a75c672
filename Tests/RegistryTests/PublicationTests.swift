import Foundation
import RegistryPeers
import TestSupport
import Testing

/// The same publication at every kind of registry, read back by another program.
@Suite("Publishing to registries", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct PublicationTests {
    enum Kind: String, CaseIterable, Sendable {
        case dockerPlain, dockerBasic, dockerToken, strictPlain, strictBasic, strictToken

        var isDocker: Bool { rawValue.hasPrefix("docker") }
        var isPlain: Bool { rawValue.hasSuffix("Plain") }
        var authentication: Authentication {
            isPlain ? .none : rawValue.hasSuffix("Basic") ? .basic : .bearer(seconds: 60)
        }
    }

    /// A registry of either kind, and what it was asked.
    private struct Peer {
        let host: String
        let authority: String?
        let changes: @Sendable () throws -> [String]

        init(_ kind: Kind) async throws {
            if kind.isDocker {
                let registry = try await DockerRegistry.start(.init(kind.authentication, tls: !kind.isPlain))
                (host, authority) = (registry.host, registry.authority)
                changes = { try registry.requests().map(\.method).filter { !["GET", "HEAD"].contains($0) } }
            } else {
                let registry = try await StrictRegistry.start(.init(kind.authentication, tls: !kind.isPlain))
                (host, authority) = (registry.host, registry.authority)
                changes = { try registry.changes().map(\.method) }
            }
        }
    }

    static var kinds: [Kind] {
        if !DockerRegistry.isInstalled { print("docker-registry is not installed: only the strict registry is tested") }
        return Kind.allCases.filter { !$0.isDocker || DockerRegistry.isInstalled }
    }

    @Test("An image arrives whole, and again there is nothing to do", arguments: kinds)
    func publishes(_ kind: Kind) async throws {
        let lab = try Lab(layers: [3000, 1_500_000])
        let peer = try await Peer(kind)
        try lab.trust(peer.authority, of: peer.host)
        if !kind.isPlain { try lab.login(.publisher, at: peer.host) }
        try await lab.publish(peer.host).ended(0, "published")
        let copy = try await lab.copyOut(peer.host, kind.isPlain ? nil : .publisher)
        copy.ended(0)
        #expect(try lab.scratch.text("out/index.json").contains(lab.digest))
        let before = try peer.changes().count
        #expect(before > 0)
        try await lab.publish(peer.host).ended(0, "Nothing to do")
        #expect(try peer.changes().count == before)
    }
}

extension Lab {
    /// skopeo's copy of what is there, to `out`.
    func copyOut(_ host: String, _ user: RegistryUser?) async throws -> Answer {
        let certificates = FileManager.default.fileExists(atPath: "\(scratch.path)/.docker/certs.d/\(host)")
        return try await runApart(
            ["skopeo", "--insecure-policy", "copy", "--all", "--preserve-digests"]
                + (certificates
                    ? ["--src-cert-dir", "\(scratch.path)/.docker/certs.d/\(host)"] : ["--src-tls-verify=false"])
                + (user.map { ["--src-creds", "\($0.name):\($0.password)"] } ?? [])
                + ["docker://\(host)/\(Self.repository):v1", "oci:\(scratch.path)/out:v1"])
    }
}
