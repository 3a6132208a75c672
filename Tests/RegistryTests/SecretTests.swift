import Foundation
import Glibc
import RegistryPeers
import TestSupport
import Testing

/// Nothing that opens a registry is written anywhere, nor shown to the other users of the machine.
@Suite("Secrets of registries", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct SecretTests {
    enum Way: String, CaseIterable, Sendable { case basic, token, identityToken, helper, variables }

    @Test("A publication of any login leaves no trace of it", arguments: Way.allCases, [false, true])
    func leavesNone(_ way: Way, json: Bool) async throws {
        let lab = try Lab(platforms: ["amd64"])
        // Nobody else's, since the command lines of all programs are looked at.
        let user = RegistryUser(
            "publisher", password: "\(UUID().uuidString):=", grants: RegistryUser.publisher.grants)
        var kind = StrictRegistry.Options(way == .basic ? .basic : .bearer())
        kind.users = [user]
        let registry = try await StrictRegistry.start(kind)
        let pair = Data("\(user.name):\(user.password)".utf8).base64EncodedString()
        var secrets = [user.password, pair]
        var environment: [String: String] = [:]
        var options = ""
        switch way {
        case .basic, .token: try lab.login(user, at: registry.host)
        case .identityToken:
            secrets.append(try await registry.identityToken(of: user))
            try lab.login(identityToken: secrets[2], at: registry.host)
        case .helper:
            try lab.scratch.write(
                "bin/docker-credential-home",
                """
                #!/bin/sh
                echo '{"Username":"\(user.name)","Secret":"\(user.password)"}'
                """, mode: 0o755)
            try lab.scratch.write(".docker/config.json", #"{"credsStore":"home"}"#)
            environment["PATH"] = "\(lab.scratch.path)/bin:/usr/bin:/bin"
        case .variables:
            options = "username_variable: THE_USER, password_variable: THE_PASSWORD"
            environment["THE_USER"] = user.name
            environment["THE_PASSWORD"] = user.password
        }
        try lab.plan(registry.host, options: options)
        // Held while it is logged in, so that what the machine shows of its processes can be looked at.
        try await registry.fault(.hold(.executed), on: "PUT", "/manifests/")
        // And a failure, whose words and details are written as well.
        try await registry.fault(.error(403, "DENIED"), on: "PUT", "/manifests/v1")
        let log = "\(lab.scratch.path)/output"
        let command = lab.command(["publish", "plan.yaml", "--set", "log_level=debug", json ? "--json" : "--verbose"])
        async let ended = runApart(
            ["/bin/sh", "-c", #"exec "$@" >output 2>&1"#, "sh"] + command, in: lab.scratch.path,
            environment: lab.environment.merging(environment) { $1 })
        try await registry.waitUntilHeld()
        let shown = Self.commandLines()
        #expect(shown.contains("eulerpublisher-worker"))
        try await registry.release()
        #expect(try await ended.status == 4)
        _ = try await lab.run(["logs", "latest", "--bundle", "\(lab.scratch.path)/bundle.tar.gz"])
        _ = try await runApart(
            ["/bin/sh", "-c", "mkdir -p unpacked && tar -C unpacked -xzf bundle.tar.gz"], in: lab.scratch.path)
        // What the registry says of tokens that it gave; each is longer than a line.
        secrets += try registry.tokens()
        if way != .basic { #expect(secrets.count > 2) }
        let written = try Self.files(
            below: ["state", "cache", "output", "unpacked"].map { "\(lab.scratch.path)/\($0)" })
        #expect(written.count > 8 && written.contains { $0.path == log })
        #expect(written.contains { String(decoding: $0.data, as: UTF8.self).contains("Authorization: ***") })
        for secret in secrets {
            #expect(!shown.contains(secret))
            for file in written {
                #expect(file.data.range(of: Data(secret.utf8)) == nil, "\(file.path) holds one of \(way)")
            }
        }
    }

    /// Of all processes, as anybody can read them.
    private static func commandLines() -> String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { pid_t($0) != nil }.compactMap { pid in
            FileManager.default.contents(atPath: "/proc/\(pid)/cmdline").map { String(decoding: $0, as: UTF8.self) }
        }.joined(separator: "\n")
    }

    private static func files(below folders: [String]) throws -> [(path: String, data: Data)] {
        try folders.flatMap { folder -> [(path: String, data: Data)] in
            let names = FileManager.default.subpaths(atPath: folder) ?? []
            return try ([folder] + names.map { "\(folder)/\($0)" }).compactMap { path in
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                    return nil
                }
                return (path, try Data(contentsOf: URL(fileURLWithPath: path)))
            }
        }
    }
}
