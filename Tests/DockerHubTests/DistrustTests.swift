import Documents
import Foundation
import OCI
import ProviderKit
import RegistryPeers
import TestSupport
import Testing

@testable import DockerHubProvider

/// What a registry says that is not so, or asks for that nobody may get.
@Suite struct DistrustTests {
    private func retire(_ lab: ReleaseLab, at registry: StrictRegistry, _ tags: [String]) async -> Failure {
        await failure {
            try await lab.provider([:]).retire(
                lab.request("ep.retire/1", to: "\(registry.host)/team/one", tags: tags))
        }
    }

    private func fetch(_ lab: ReleaseLab, at registry: StrictRegistry) async throws -> OperationResult {
        let into = "\(lab.scratch.path)/fetched"
        _ = try Layout(creating: into)
        var request = OperationRequest(
            operation: "ep.fetch/1", run: "run", publication: String(repeating: "a", count: 64),
            target: .init(name: "target", scheme: "registry", address: "\(registry.host)/team/one", tags: ["v1"]))
        request.into = into
        return try await lab.provider([:]).fetch(request)
    }

    // MARK: - Removed tags

    @Test("A tag that is said to be removed and stays is told as such")
    func stayingTag() async throws {
        let registry = try await StrictRegistry.start()
        let lab = try ReleaseLab()
        _ = try await lab.publish(to: "\(registry.host)/team/one")
        try await registry.fault(.answer(202), on: "DELETE", "/manifests/v1", times: nil)
        let failure = await retire(lab, at: registry, ["v1"])
        #expect(failure.code == .refused && failure.message.contains("still there"), "\(failure)")
    }

    @Test("A tag that is not there is refused by its name, before another is removed")
    func misspeltTag() async throws {
        let registry = try await StrictRegistry.start()
        let lab = try ReleaseLab()
        _ = try await lab.publish(to: "\(registry.host)/team/one")
        let failure = await retire(lab, at: registry, ["v1", "v2"])
        #expect(failure.code == .notFound && failure.message.contains("no tag v2"), "\(failure)")
        #expect(try registry.contents()["team/one"]?.tags["v1"] != nil)
        _ = try await lab.provider([:]).retire(
            lab.request("ep.retire/1", to: "\(registry.host)/team/one", tags: ["v1"]))
        #expect(try registry.contents()["team/one"]?.tags == [:])
    }

    // MARK: - Digests

    @Test("What comes for a tag must be what the answer says that it is", arguments: ["sha256", "sha512", "md5"])
    func otherBytes(_ algorithm: String) async throws {
        let registry = try await StrictRegistry.start()
        let lab = try ReleaseLab()
        _ = try await lab.publish(to: "\(registry.host)/team/one")
        _ = try await fetch(lab, at: registry)
        let length = ["sha256": 64, "sha512": 128, "md5": 32][algorithm]!
        try await registry.fault(
            .header("Docker-Content-Digest", "\(algorithm):" + String(repeating: "0", count: length)), on: "GET",
            "/manifests/v1", times: nil)
        let failure = await failure { try await fetch(lab, at: registry) }
        #expect(failure.code == .refused && failure.message.contains("gives other bytes for v1"), "\(failure)")
    }

    // MARK: - Where the password may go

    @Test(
        "In the clear only to this machine, or to the host that was named for it",
        arguments: [
            ("127.0.0.1:5000", "http://127.0.0.1:5001/token", true), ("127.0.0.1:5000", "http://localhost/token", true),
            ("127.0.0.1:5000", "http://[::1]:5001/token", true), ("lab.example:5000", "http://lab.example/token", true),
            ("127.0.0.1:5000", "http://other.example/token", false),
            ("127.0.0.1:5000", "http://192.0.2.1/token", false),
            ("127.0.0.1:5000", "http://127.0.0.1@other.example/token", false),
            ("127.0.0.1:5000", "http://other.example#@127.0.0.1/token", false),
            (#"127.0.0.1:5000"#, #"http://127.0.0.1\@other.example/token"#, false),
            ("lab.example:5000", "http://auth.example/token", false),
            ("127.0.0.1:5000", "ftp://127.0.0.1/token", false),
        ])
    func clearRealm(_ host: String, _ realm: String, _ isAllowed: Bool) {
        #expect(Repository(host: host, path: "team/one").mayLogInClear(at: realm) == isAllowed)
    }

    @Test("A registry of this machine has no password sent elsewhere in the clear")
    func foreignRealm() async throws {
        let registry = try await StrictRegistry.start()
        let lab = try ReleaseLab()
        try await registry.fault(
            .challenge(#"Bearer realm="http://registry.invalid/token",service="registry.test""#), times: nil)
        let failure = await failure { try await lab.plan(to: "\(registry.host)/team/one") }
        #expect(failure.code == .authentication && failure.message.contains("not https"), "\(failure)")
    }

    @Test("A token beside an empty one, and a life written as a text")
    func looseToken() async throws {
        let registry = try await StrictRegistry.start(
            .init(
                .bearer {
                    $0.field = "empty"
                    $0.quoted = true
                }, anonymous: ".*"))
        let plan = try await ReleaseLab().plan(to: "\(registry.host)/team/one")
        #expect(plan.nothingToDo == false)
    }

    // MARK: - The first request

    @Test(
        "What goes wrong with the first request in the clear is told as what it is, and tried again",
        arguments: ["503", "429", "reset", "garbage"])
    func firstRequest(_ trouble: String) async throws {
        let registry = try await StrictRegistry.start()
        let lab = try ReleaseLab()
        let fault: Fault =
            switch trouble {
            case "503": .page(503)
            case "429": .limited(.seconds(1))
            case "reset": .reset(.before)
            default: .raw("SSH-2.0-OpenSSH_9.2\r\n".utf8)
            }
        try await registry.fault(fault, on: "GET", "^/v2/$")
        _ = try await lab.plan(to: "\(registry.host)/team/one")
        #expect(try registry.requests().filter { $0.path == "/v2/" }.count >= 2)
    }

    @Test("Lasting trouble with it is no trouble of TLS", arguments: ["503", "garbage", "circle"])
    func lastingTrouble(_ trouble: String) async throws {
        let registry = try await StrictRegistry.start()
        let lab = try ReleaseLab()
        let fault: Fault =
            switch trouble {
            case "503": .page(503)
            case "circle": .answer(307, headers: ["Location": "\(registry.url)/v2/"])
            default: .raw("SSH-2.0-OpenSSH_9.2\r\n".utf8)
            }
        try await registry.fault(fault, on: "GET", "^/v2/$", times: nil)
        let failure = await failure { try await lab.plan(to: "\(registry.host)/team/one") }
        let words = ["503": "503", "garbage": "not HTTP", "circle": "redirects"][trouble]!
        #expect(failure.message.contains(words) && !failure.message.contains("TLS"), "\(failure)")
    }

    // MARK: - Refusals

    @Test(
        "Only what the bytes break is refused for good",
        arguments: [
            (404, "NAME_UNKNOWN", nil), (405, "UNSUPPORTED", nil), (412, "PROJECT_POLICY", nil),
            (400, "MANIFEST_INVALID", false),
        ] as [(Int, String, Bool?)])
    func forGood(_ status: Int, _ code: String, _ retryable: Bool?) async throws {
        let registry = try await StrictRegistry.start()
        let lab = try ReleaseLab()
        try await registry.fault(.error(status, code), on: "PUT", "/manifests/", times: nil)
        let failure = await failure { try await lab.publish(to: "\(registry.host)/team/one") }
        #expect(failure.code == .refused && failure.vendorCode == code, "\(failure)")
        #expect(failure.retryable == retryable)
    }

    @Test("A registry's text neither steers a terminal nor turns a line around")
    func steeringText() {
        #expect(RegistryError.printable("a\u{202e}b\u{1b}[2Jc\nd", 60) == #"a\u{202e}b\u{1b}[2Jc\u{a}d"#)
    }
}
