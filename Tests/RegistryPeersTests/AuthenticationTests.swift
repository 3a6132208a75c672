import Foundation
import RegistryPeers
import TestSupport
import Testing

/// Either registry, since the rules are the same for both.
enum Either: Sendable {
    case docker(DockerRegistry)
    case strict(StrictRegistry)

    enum Kind: CaseIterable, Sendable { case docker, strict }

    static var kinds: [Kind] { DockerRegistry.isInstalled ? Kind.allCases : [.strict] }

    static func start(
        _ kind: Kind, _ authentication: Authentication, tls: Bool = true, anonymous: String? = nil
    ) async throws -> Either {
        switch kind {
        case .docker: .docker(try await DockerRegistry.start(.init(authentication, tls: tls, anonymous: anonymous)))
        case .strict: .strict(try await StrictRegistry.start(.init(authentication, tls: tls, anonymous: anonymous)))
        }
    }

    var curl: Curl {
        switch self {
        case .docker(let registry): Curl(registry)
        case .strict(let registry): Curl(registry)
        }
    }
    var host: String {
        switch self {
        case .docker(let registry): registry.host
        case .strict(let registry): registry.host
        }
    }
    func tokenRequests() throws -> [Request] {
        switch self {
        case .docker(let registry): try registry.tokenRequests()
        case .strict(let registry): try registry.requests().filter { $0.server == .token }
        }
    }
}

/// realm, service and scope of a challenge.
struct Challenge {
    var fields: [String: String] = [:]

    init(_ reply: Reply) {
        for field in (reply.header("www-authenticate") ?? "").matches(of: /(\w+)="([^"]*)"/) {
            fields[String(field.1)] = String(field.2)
        }
    }

    func address(_ scopes: [String]) -> String {
        var components = URLComponents(string: fields["realm"] ?? "")!
        components.queryItems =
            [URLQueryItem(name: "service", value: fields["service"])]
            + scopes.map { URLQueryItem(name: "scope", value: $0) }
        return components.string!
    }
}

struct TokenReply: Decodable {
    var token: String?
    var accessToken: String?
    var expiresIn: Int?
    var issuedAt: String?
    var refreshToken: String?

    enum CodingKeys: String, CodingKey {
        case token
        case accessToken = "access_token"
        case expiresIn = "expires_in"
        case issuedAt = "issued_at"
        case refreshToken = "refresh_token"
    }

    init(_ reply: Reply) throws { self = try JSONDecoder().decode(Self.self, from: Data(reply.body.utf8)) }
}

@Suite struct AuthenticationTests {
    @Test(arguments: Either.kinds, [false, true]) func basic(_ kind: Either.Kind, tls: Bool) async throws {
        let registry = try await Either.start(kind, .basic, tls: tls)
        let curl = registry.curl
        let refused = try await curl("GET", "/v2/")
        #expect(refused.status == 401 && refused.header("www-authenticate")?.hasPrefix("Basic realm=") == true)
        #expect(try await curl("POST", "/v2/a/blobs/uploads/").status == 401)
        var wrong = RegistryUser.publisher
        wrong.password = "a"
        #expect(try await curl.with(wrong)("GET", "/v2/").status == 401)
        #expect(try await curl.with(RegistryUser.publisher)("GET", "/v2/").status == 200)
        #expect(try await curl.with(RegistryUser.publisher).blob("text", in: "a").status == 201)
    }

    @Test func readersMayNotPush() async throws {
        let registry = try await StrictRegistry.start(.init(.basic, anonymous: "public/.*"))
        let curl = Curl(registry)
        let reply = try await curl.with(.reader)("POST", "/v2/a/blobs/uploads/")
        #expect(reply.status == 403 && reply.code == "DENIED")
        #expect(try await curl.with(.reader)("GET", "/v2/a/tags/list").status == 404)
        #expect(try await curl("GET", "/v2/public/a/tags/list").status == 404)
        #expect(try await curl("GET", "/v2/private/a/tags/list").status == 401)
    }

    @Test(arguments: Either.kinds) func tokens(_ kind: Either.Kind) async throws {
        let registry = try await Either.start(kind, .bearer(), anonymous: "public/.*")
        let curl = registry.curl
        let refused = try await curl("POST", "/v2/a/blobs/uploads/")
        let challenge = Challenge(refused)
        #expect(refused.status == 401)
        #expect(challenge.fields["realm"]?.hasPrefix("https://localhost:") == true)
        // docker-registry says them in any order.
        #expect(["repository:a:pull,push", "repository:a:push,pull"].contains(challenge.fields["scope"]))
        let mount = try await curl("POST", "/v2/a/blobs/uploads/?mount=sha256:x&from=b/c")
        #expect(Challenge(mount).fields["scope"]?.contains("repository:b/c:pull") == true)

        let given = try await curl.with(RegistryUser.publisher)(
            "GET", challenge.address(["repository:a:pull,push", "repository:b/c:pull"]))
        let reply = try TokenReply(given)
        #expect(reply.token == reply.accessToken && reply.expiresIn == 60 && reply.issuedAt != nil)
        let token = try #require(reply.token)
        #expect(try await curl.with(token: token).blob("text", in: "a").status == 201)
        #expect(try await curl.with(token: token)("GET", "/v2/").status == 200)
        // It is not for other repositories, and not for more than was asked.
        let elsewhere = try await curl.with(token: token)("POST", "/v2/b/c/blobs/uploads/")
        #expect(elsewhere.status == 401 && Challenge(elsewhere).fields["error"] == "insufficient_scope")
        #expect(try await curl.with(token: token)("DELETE", "/v2/a/blobs/\(digest("text"))").status == 401)
        #expect(try await curl.with(token: "nonsense")("GET", "/v2/").status == 401)

        // A reader gets a token, only not for pushing; so does nobody, where everybody may pull.
        let less = try TokenReply(
            await curl.with(RegistryUser.reader)("GET", challenge.address(["repository:a:pull,push"])))
        #expect(try await curl.with(token: less.token!)("HEAD", "/v2/a/blobs/\(digest("text"))").status == 200)
        #expect(try await curl.with(token: less.token!)("POST", "/v2/a/blobs/uploads/").status == 401)
        for (name, status) in [("public/a", 404), ("a", 401)] {
            let nobody = try TokenReply(await curl("GET", challenge.address(["repository:\(name):pull"])))
            #expect(try await curl.with(token: nobody.token!)("GET", "/v2/\(name)/tags/list").status == status)
        }
        var wrong = RegistryUser.publisher
        wrong.password += "x"
        #expect(try await curl.with(wrong)("GET", challenge.address([])).status == 401)
        let last = try #require(registry.tokenRequests().last)
        #expect(last.method == "GET" && last.status == 401 && last.scheme == "Basic")
    }

    @Test(arguments: Either.kinds) func tokensByForm(_ kind: Either.Kind) async throws {
        let registry = try await Either.start(kind, .bearer(seconds: 300) { $0.field = "access_token" }, tls: false)
        let curl = registry.curl
        let realm = try Challenge(await curl("GET", "/v2/")).fields["realm"]!
        let form = ["Content-Type: application/x-www-form-urlencoded"]
        let common = "service=registry.test&client_id=test&scope=repository%3Aa%3Apull%2Cpush"
        let reply = try TokenReply(
            await curl(
                "POST", realm, form,
                "grant_type=password&username=publisher&password=a%3Ab+c%3D&access_type=offline&\(common)"))
        #expect(reply.token == nil && reply.expiresIn == 300)
        #expect(try await curl.with(token: reply.accessToken!).blob("text", in: "a").status == 201)
        let again = try TokenReply(
            await curl("POST", realm, form, "grant_type=refresh_token&refresh_token=\(reply.refreshToken!)&\(common)"))
        #expect(try await curl.with(token: again.accessToken!).blob("more", in: "a").status == 201)
        #expect(
            try await curl("POST", realm, form, "grant_type=password&username=x&password=y&\(common)").status == 401)
        let seen = try registry.tokenRequests()
        #expect(seen.count == 3 && seen.allSatisfy { $0.form["client_id"] == "test" && $0.form["password"] == nil })
        #expect(seen[1].form["refresh_token"] == nil)
    }

    @Test func aTokenServerHasItsWays() async throws {
        let registry = try await StrictRegistry.start(
            .init(
                .bearer(seconds: 1) {
                    $0.post = "404"
                    $0.field = "token"
                    $0.expires = false
                    $0.withheld = ["push"]
                }))
        let curl = Curl(registry)
        let challenge = try Challenge(await curl("GET", "/v2/"))
        #expect(try await curl("POST", challenge.fields["realm"]!, [], "grant_type=password").status == 404)
        let reply = try TokenReply(
            await curl.with(.publisher)("GET", challenge.address(["repository:a:pull,push"])))
        #expect(reply.accessToken == nil && reply.expiresIn == nil)
        #expect(try await curl.with(token: reply.token!)("GET", "/v2/a/tags/list").status == 404)
        #expect(try await curl.with(token: reply.token!)("POST", "/v2/a/blobs/uploads/").status == 401)
        try await Task.sleep(for: .seconds(1.1))
        let late = try await curl.with(token: reply.token!)("GET", "/v2/a/tags/list")
        #expect(late.status == 401 && Challenge(late).fields["error"] == "invalid_token")
    }
}
