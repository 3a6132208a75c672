import Foundation
import RegistryPeers
import TestSupport
import Testing

/// How the program logs in, and what it says when it may not.
@Suite("Logging in at registries", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct LoginTests {
    @Test("Tokens are revoked between two requests, or while a blob is sent", arguments: ["POST", "PUT"])
    func revoked(_ method: String) async throws {
        let lab = try Lab(layers: [2000, 1_200_000])
        let registry = try await lab.registry(.init(.bearer()))
        try await registry.fault(.revokedTokens, on: method, "/uploads/", nth: 2)
        try await lab.publish(registry.host).ended(0)
        try registry.has(lab)
        // Each of the operations asks for a token of its own, and one had to ask again.
        #expect(try registry.tokenRequests().count <= 8)
        // The password goes to the token server alone.
        #expect(try registry.requests().allSatisfy { $0.server == .token || $0.scheme != "Basic" })
    }

    @Test("A token ends sooner than it says, while an upload is under way")
    func shortLife() async throws {
        let lab = try Lab(layers: [2000, 3000], platforms: ["amd64"])
        let registry = try await lab.registry(.init(.bearer(seconds: 1)))
        // The answer to the first upload's beginning takes over a second.
        try await registry.fault(.slow(secondsPerByte: 0.005), on: "POST", "/uploads/", times: 1)
        try await lab.publish(registry.host).ended(0)
        try registry.has(lab)
        #expect(try registry.requests("PUT").contains { $0.status == 401 })
    }

    @Test(
        "The token server's answers have any of their forms", arguments: ["token", "access_token", "empty", "no life"])
    func forms(_ form: String) async throws {
        let lab = try Lab()
        let registry = try await lab.registry(
            .init(
                .bearer {
                    if form == "no life" { $0.expires = false } else { $0.field = form }
                }))
        try await lab.publish(registry.host).ended(0)
        try registry.has(lab)
    }

    @Test("Fewer actions are granted than were asked for: who may not do what is said, after two tokens")
    func withheld() async throws {
        let lab = try Lab()
        let registry = try await lab.registry(.init(.bearer { $0.withheld = ["push"] }))
        try await lab.publish(registry.host).ended(
            4, "may not push to \(registry.host)/team/image", "publisher (~/.docker/config.json")
        #expect(try registry.contents()["team/image"] == nil)
        let refused = try registry.requests("POST", "/uploads/").count
        #expect(try refused <= 8 && registry.tokenRequests().count <= 12)
    }

    @Test("With an identity token")
    func identityToken() async throws {
        let lab = try Lab()
        let registry = try await lab.registry(.init(.bearer()))
        try await lab.login(identityToken: registry.identityToken(), at: registry.host)
        try await lab.publish(registry.host).ended(0)
        try registry.has(lab)
        let forms = try registry.tokenRequests().filter { $0.method == "POST" }
        #expect(!forms.isEmpty && forms.allSatisfy { $0.form["grant_type"] == "refresh_token" && $0.scheme == nil })
    }

    @Test("An identity token at a server that takes none")
    func noIdentityTokens() async throws {
        let lab = try Lab()
        let registry = try await lab.registry(.init(.bearer { $0.post = "404" }))
        let token = try await registry.identityToken()
        try lab.login(identityToken: token, at: registry.host)
        let answer = try await lab.publish(registry.host)
        answer.ended(4, "takes no identity token", "~/.docker/config.json")
        #expect(!answer.output.contains(token))
    }

    @Test("A wrong password: where it came from is said, and not what it is", arguments: ["basic", "bearer"])
    func wrongPassword(_ scheme: String) async throws {
        let lab = try Lab()
        let registry = try await lab.registry(.init(scheme == "basic" ? .basic : .bearer()))
        try lab.login(.publisher, at: registry.host, password: "not his own")
        let answer = try await lab.publish(registry.host)
        answer.ended(4, "publisher (~/.docker/config.json")
        #expect(!answer.output.contains("not his own"))
        #expect(!answer.output.contains(Data("publisher:not his own".utf8).base64EncodedString()))
        #expect(try registry.requests().count <= 12)
    }

    @Test("The first request is open and the others are not", arguments: ["basic", "bearer"])
    func challengedLater(_ scheme: String) async throws {
        let lab = try Lab()
        let registry = try await lab.registry(.init(scheme == "basic" ? .basic : .bearer()))
        try await registry.fault(.answer(200, "{}"), on: "GET", "^/v2/$", times: nil)
        try await lab.publish(registry.host).ended(0)
        try registry.has(lab)
    }

    @Test("A challenge that is none ends with exit 4, and no credentials go out")
    func malformedChallenge() async throws {
        let lab = try Lab()
        let registry = try await lab.registry(.init(.bearer()))
        try await registry.fault(.challenge(#"Bearer realm=",,="#), times: nil)
        try await lab.publish(registry.host).ended(4, "\(registry.host)/team/image")
        #expect(try registry.requests().allSatisfy { $0.scheme == nil })
    }

    @Test("The token server's answer is no JSON, or a page", arguments: ["malformed", "page"])
    func noToken(_ kind: String) async throws {
        let lab = try Lab()
        let registry = try await lab.registry(.init(.bearer()))
        try await registry.fault(kind == "page" ? .html : .malformed, times: nil, server: .token)
        try await lab.publish(registry.host).ended(4, "holds no token")
    }

    @Test("A realm in the clear, named by a registry with TLS, gets nothing")
    func clearRealm() async throws {
        let lab = try Lab()
        let registry = try await lab.registry(.init(.bearer(), tls: true))
        let realm = "http://\(registry.tokenHost)/token"
        try await registry.fault(.challenge(#"Bearer realm="\#(realm)",service="registry.test""#), times: nil)
        try await lab.publish(registry.host).ended(4, "not https")
        #expect(try registry.tokenRequests().isEmpty)
    }
}

extension StrictRegistry {
    /// What `docker login` gets in place of the password.
    func identityToken(of user: RegistryUser = .publisher) async throws -> String {
        let answer = try await runApart([
            "curl", "-sS", "-u", "\(user.name):\(user.password)",
            "http://\(tokenHost)/token?service=registry.test&offline_token=true&client_id=test",
        ])
        let reply = try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any]
        return try #require(reply?["refresh_token"] as? String)
    }
}
