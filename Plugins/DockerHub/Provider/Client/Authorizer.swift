import Documents
import FoundationEssentials
import HTTP
import ProviderKit

/// Answers a registry's challenges: nothing, Basic, or Bearer tokens (distribution, "Token Authentication Specification" and
/// "OAuth2 Token Authentication"). One token at a time, fetched once however many requests wait for it, and anew before its
/// end, because it is judged when a request starts.
actor Authorizer {
    private enum Scheme {
        case none
        case basic
        case bearer(realm: String, service: String?)
    }

    private struct Token {
        var value: Secret
        /// When to ask for the next: before its end, so that a request that starts now is still welcome.
        var renewal: ContinuousClock.Instant
    }

    private struct Answer: Decodable {
        var token: Secret?
        var accessToken: Secret?
        var expiresIn: Double?
        var refreshToken: Secret?
        enum CodingKeys: String, CodingKey {
            case token
            case accessToken = "access_token"
            case expiresIn = "expires_in"
            case refreshToken = "refresh_token"
        }

        init(from decoder: any Decoder) throws {
            let all = try decoder.container(keyedBy: CodingKeys.self)
            func secret(_ key: CodingKeys) throws -> Secret? {
                try all.decodeIfPresent(Secret.self, forKey: key).flatMap { $0.withBytes { $0.isEmpty } ? nil : $0 }
            }
            token = try secret(.token)
            accessToken = try secret(.accessToken)
            refreshToken = try secret(.refreshToken)
            // Some write the number as a text. A life that cannot be read is none: the token counts.
            expiresIn =
                (try? all.decodeIfPresent(Double.self, forKey: .expiresIn))
                ?? (try? all.decodeIfPresent(String.self, forKey: .expiresIn)).flatMap { Double($0) }
        }
    }

    /// Bytes of a token: more fits into no server's headers.
    private static let tokenLimit = 1 << 16

    private let http: HTTPClient
    private let host: Host
    private let repository: Repository
    private let credential: RegistryCredential
    private let scopes: [String]
    private var scheme = Scheme.none
    private var token: Token?
    private var pair: Secret?
    private var fetching: Task<Token, any Error>?
    /// Counts tokens: a 401 to an older one is no reason to drop the newest.
    private var generation = 0

    init(_ http: HTTPClient, _ host: Host, _ repository: Repository, _ credential: RegistryCredential, scopes: [String])
    {
        self.http = http
        self.host = host
        self.repository = repository
        self.credential = credential
        self.scopes = scopes
    }

    /// The header's value for a request that starts now, with the generation that `refused` wants.
    func header() async throws -> (value: String?, generation: Int) {
        switch scheme {
        case .none: return (nil, generation)
        case .basic:
            return (try basic().map { "Basic " + $0.reveal() }, generation)
        case .bearer:
            if case .bearer(let ready) = credential.kind { return ("Bearer " + ready.reveal(), generation) }
            let token = try await current()
            return ("Bearer " + token.value.reveal(), generation)
        }
    }

    /// Takes a 401's challenge.
    /// - Returns: false when there is nothing further to try.
    /// - Throws: `Failure` for a challenge that must not be answered.
    func challenged(_ response: HTTPResponse, secure: Bool, generation used: Int) throws -> Bool {
        let challenges = Challenge.all(in: response.headers)
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }), let realm = bearer.parameters["realm"] {
            guard realm.hasPrefix("https://") || (!secure && repository.mayLogInClear(at: realm)) else {
                throw Failure(
                    .authentication, "\(repository.host) asks to log in at an address that is not https",
                    place: HTTPRequest("GET", realm).place, hint: "ask whoever runs the registry to mend its realm")
            }
            // As for a Location: nobody elsewhere may have this machine asked.
            _ = try response.resolving(realm)
            let wasBearer = if case .bearer = scheme { true } else { false }
            scheme = .bearer(realm: realm, service: bearer.parameters["service"])
            // The next token would allow no more: all that there is to ask for was asked for.
            if wasBearer, bearer.parameters["error"] == "insufficient_scope" { return false }
            if wasBearer, used == generation {
                // Refused with the newest token: drop it. A ready-made one cannot be replaced.
                token = nil
                if case .bearer = credential.kind { return false }
            }
            return true
        }
        if challenges.contains(where: { $0.scheme == "basic" }) {
            // Of several requests that went out without it, each comes back for it.
            if case .basic = scheme { return used != generation }
            guard case .basic = credential.kind else { return false }
            scheme = .basic
            generation += 1
            return true
        }
        return false
    }

    private func current() async throws -> Token {
        if let token, token.renewal > .now { return token }
        if let fetching { return try await fetching.value }
        guard case .bearer(let realm, let service) = scheme else {
            throw Failure(.internal, "a token was asked for without a challenge")
        }
        let task = Task { try await self.fetch(realm, service) }
        fetching = task
        defer { fetching = nil }
        let fresh = try await task.value
        token = fresh
        generation += 1
        return fresh
    }

    private func fetch(_ realm: String, _ service: String?) async throws -> Token {
        let asked = ContinuousClock.now
        var response: HTTPResponse
        var shown: Secret?
        if case .identityToken(let first) = credential.kind {
            let identity = IdentityToken(host: host, registry: repository.host, first: first)
            let newest = identity.newest
            shown = newest
            response = try await http.send(oauth(realm, service, newest))
            // Another target of this run may be given a successor in the same moment.
            for pause in [0, 0.5, 1] where [400, 401, 403].contains(response.status) {
                try await Task.sleep(for: .seconds(pause))
                let later = identity.newest
                guard later.reveal() != shown?.reveal() else { continue }
                shown = later
                response = try await http.send(oauth(realm, service, later))
            }
        } else {
            response = try await http.send(get(realm, service))
        }
        guard response.isSuccess else {
            var failure = response.failure("the login at \(response.place)")
            if case .identityToken = credential.kind, response.status == 404 || response.status == 405 {
                failure.message = "the login at \(response.place) takes no identity token"
                failure.code = .authentication
                failure.hint = "log in again with a password: this was \(credential.words)"
            } else if response.status == 401 || response.status == 403 || response.status == 400 {
                failure.code = .authentication
                failure.hint = "\(repository.host) does not take \(credential.words)"
            }
            failure.vendorCode = RegistryError(response).code
            throw failure
        }
        guard let answer = try? DocumentCoding.decode(Answer.self, from: Data(response.body)),
            let value = answer.token ?? answer.accessToken
        else {
            throw Failure(
                .authentication, "the login's answer holds no token", place: response.place,
                hint: "this may not be a token service: check the registry's address")
        }
        // It becomes a header's value (RFC 6750, 2.1), which nobody may add a line to.
        let isSound = value.withBytes {
            (1...Self.tokenLimit).contains($0.count) && $0.allSatisfy { (0x21...0x7e).contains($0) }
        }
        guard isSound else {
            throw Failure(
                .authentication, "the login's answer holds a token that cannot be sent", place: response.place,
                hint: "this is the login's defect: report it there")
        }
        try host.redact(value)
        if case .identityToken(let first) = credential.kind, let shown, let next = answer.refreshToken {
            try IdentityToken(host: host, registry: repository.host, first: first).replace(shown, by: next)
        }
        // The specification: 60 s when nothing is said, and no shorter life is to be believed; a day's end is too far to count.
        let life = min(max(answer.expiresIn ?? 60, 60), 86_400)
        return Token(value: value, renewal: asked + .seconds(min(life * 0.75, life - 15)))
    }

    private func get(_ realm: String, _ service: String?) throws -> HTTPRequest {
        var query = scopes.map { "scope=" + $0.percentEncoded }
        if let service { query.insert("service=" + service.percentEncoded, at: 0) }
        var request = HTTPRequest("GET", realm + (realm.contains("?") ? "&" : "?") + query.joined(separator: "&"))
        request.headers["Authorization"] = try basic().map { "Basic " + $0.reveal() }
        return request
    }

    /// User and password as the header has them, for which the host looks out too.
    private func basic() throws -> Secret? {
        if let pair { return pair }
        guard case .basic(let name, let password) = credential.kind else { return nil }
        let text = password.withBytes { (Data("\(name):".utf8) + Data($0)).base64EncodedString() }
        pair = try host.redact(text)
        return pair
    }

    /// With an identity token in place of a password.
    private func oauth(_ realm: String, _ service: String?, _ refresh: Secret) -> HTTPRequest {
        var form = [
            "grant_type=refresh_token", "client_id=eulerpublisher",
            "scope=" + scopes.joined(separator: " ").percentEncoded,
            "refresh_token=" + refresh.reveal().percentEncoded,
        ]
        if let service { form.append("service=" + service.percentEncoded) }
        var request = HTTPRequest("POST", realm, body: .bytes(Array(form.joined(separator: "&").utf8)))
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        request.isIdempotent = true
        // A redirect would take the body along, and with it the token, wherever it leads.
        request.followsRedirects = false
        return request
    }
}
