import Foundation
import RegistryPeers
import TestSupport
import Testing

/// Three registries of three kinds that a release goes to, and a witness of their tags.
struct Three: Sendable {
    static let repository = "team/image"
    static let tag = Lab.version.lowercased()

    let lab: Lab
    let basic: StrictRegistry
    let token: StrictRegistry
    /// In the clear, by explicit option.
    let plain: StrictRegistry
    let witness: Witness

    var all: [StrictRegistry] { [basic, token, plain] }

    init(_ lab: Lab, _ change: (inout StrictRegistry.Protocols) -> Void = { _ in }) async throws {
        self.lab = lab
        basic = try await lab.registry(.init(.basic, tls: true, change))
        token = try await lab.registry(.init(.bearer(seconds: 60), tls: true, change))
        plain = try await lab.registry(.init(.none, change))
        try lab.scratch.write(
            "registry.yaml",
            [basic, token, plain].map {
                "\($0.host): [THE_USER, THE_PASSWORD, \($0.host)/\(Self.repository)]\n"
            }.joined())
        witness = try await Witness.start(
            [basic, token, plain].map {
                Witness.Place(
                    $0.host, url: $0.url, authority: $0.authority, repository: Self.repository, tag: Self.tag)
            })
    }

    /// `container publish -m` of the lab's release.
    func publish(_ more: String...) async throws -> Answer {
        try await lab.publishRelease(
            ["-m", "--insecure", plain.host] + more,
            environment: [
                "EP_LOGIN_FILE": "\(lab.scratch.path)/registry.yaml", "THE_USER": RegistryUser.publisher.name,
                "THE_PASSWORD": RegistryUser.publisher.password,
            ])
    }

    func tags(_ registry: StrictRegistry) throws -> [String: String] {
        try registry.contents()[Self.repository]?.tags ?? [:]
    }
}

/// A line of `--json`.
struct RunLine: Decodable, Sendable {
    var event: String
    var operation: String?
    var target: String?
    var time: String
    var sentBytes: Int?

    enum CodingKeys: String, CodingKey {
        case event, operation, target, time
        case sentBytes = "sent_bytes"
    }

    /// Since 1970; to the millisecond below.
    var seconds: Double {
        (try? Date(time, strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true)))?
            .timeIntervalSince1970 ?? .infinity
    }
}

extension Answer {
    var lines: [RunLine] {
        output.split(separator: "\n").compactMap { try? JSONDecoder().decode(RunLine.self, from: Data($0.utf8)) }
    }

    /// When an operation of the target at that host was done; never, if it was not.
    func end(of operation: String, at host: String) -> Double {
        lines.last { $0.event == "operation-done" && $0.operation == operation && $0.target?.contains(host) == true }?
            .seconds ?? .infinity
    }

    /// What the run says to have sent there.
    func sent(to host: String) -> Int? {
        lines.last { $0.event == "target-done" && $0.target?.contains(host) == true }?.sentBytes
    }
}
