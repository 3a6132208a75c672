import Documents
import FoundationEssentials
import HTTP
import ProviderKit

/// A registry's interface for what is not images: no specification has one, so each kind has its own.
protocol DescriptionService: Sendable {
    /// What stands there; nil when there is no such repository, or none that we may see.
    func read() async throws -> Description?
    func write(_ description: Description) async throws
}

/// How such an interface is reached.
struct Management: Sendable {
    enum Kind: String, Sendable {
        case hub, quay, harbor
    }

    let kind: Kind
    /// `https://hub.docker.com`
    let base: String
    let repository: Repository
    private let http: HTTPClient
    let host: Host
    let credential: RegistryCredential
    /// Of the manifest's secrets, those that may hold the token.
    private let keys: [String]

    /// Nil when the target says that there is none.
    /// - Throws: `Failure(.usage)` when nobody says which it is, or it is one that no password may be sent to.
    init?(_ place: Place) throws {
        let repository = place.repository
        let known: [String: (Kind, String)] = [
            "docker.io": (.hub, "https://hub.docker.com"), "quay.io": (.quay, "https://quay.io"),
        ]
        let (kind, address) = known[repository.host] ?? (nil, nil)
        if place.options.management == "none" { return nil }
        guard let chosen = place.options.management.flatMap(Kind.init) ?? kind else {
            throw Failure(
                .usage, "nobody knows how \(repository.host) takes a description", place: place.request.target.name,
                hint: "set the option management to quay or harbor, or to none")
        }
        self.kind = chosen
        let scheme = place.options.insecure ? "http" : "https"
        base = place.options.managementURL ?? (kind == chosen ? address : nil) ?? "\(scheme)://\(repository.host)"
        let isHere = Repository(host: String(base.drop { $0 != ":" }.dropFirst(3)), path: "x").isLoopback
        guard base.hasPrefix("https://") || place.options.insecure || isHere else {
            throw Failure(
                .usage, "\(base) would get a password in the clear", place: place.request.target.name,
                hint: "give an https address, or set the option insecure")
        }
        self.repository = repository
        http = place.access.http
        host = place.host
        credential = place.access.credential
        keys =
            (place.options.namesKey ? ["apikey"] : []) + (base == "https://quay.io" ? ["quay_apikey"] : [])
    }

    var service: any DescriptionService {
        switch kind {
        case .hub: Hub(management: self)
        case .quay: Quay(management: self)
        case .harbor: Harbor(management: self)
        }
    }

    /// What a request shows: a scheme, and a token or a pair.
    struct Authorization: Sendable {
        var scheme: String
        var value: Secret
    }

    /// The token for those who take no password.
    func key() throws -> Authorization {
        for name in keys {
            do { return Authorization(scheme: "Bearer", value: try host.secret(name)) } catch let failure as Failure
                where failure.code == .authentication
            {
                continue
            }
        }
        throw Failure(
            .authentication, "there is no token for the description at \(repository.host)", place: base,
            hint: "make an OAuth application token there, and put it in APIKEY__QUAY_IO or the option's apikey_variable"
        )
    }

    /// Of the user who pushes.
    func basic() throws -> Authorization {
        guard case .basic(let name, let password) = credential.kind else { throw noPassword() }
        let pair = password.withBytes { (Data("\(name):".utf8) + Data($0)).base64EncodedString() }
        return Authorization(scheme: "Basic", value: try host.redact(pair))
    }

    func noPassword() -> Failure {
        Failure(
            .authentication, "the description needs a user's name and password, and there is \(credential.words)",
            place: base, hint: "log in with a name and a personal access token")
    }

    func send(_ method: String, _ path: String, authorization: Authorization?, _ document: JSON? = nil) async throws
        -> HTTPResponse
    {
        var request = HTTPRequest(method, base + path)
        request.headers["Authorization"] = authorization.map { "\($0.scheme) \($0.value.reveal())" }
        request.headers["Accept"] = "application/json"
        if let document {
            request.headers["Content-Type"] = "application/json"
            request.body = .bytes([UInt8](try DocumentCoding.encode(document)))
        }
        // All that is sent so says how things shall be, or logs in.
        request.isIdempotent = true
        return try await http.send(request)
    }

    /// What stands at the address of a repository; nil when there is no such repository, or none that we may see.
    func read(_ path: String, authorization: Authorization?, hint: String? = nil) async throws -> [String: JSON]? {
        let what = "the question for the description"
        let response = try await send("GET", path, authorization: authorization)
        if response.status == 404 { return nil }
        guard response.isSuccess else { throw refusal(response, what, hint: hint) }
        return try document(response, what)
    }

    /// What a refusal stands for, in the words of whoever refused.
    func refusal(_ response: HTTPResponse, _ what: String, hint: String? = nil) -> Failure {
        var failure = response.failure(what)
        let document = (try? DocumentCoding.decode(JSON.self, from: Data(response.body)))?.object ?? [:]
        let words = ["message", "detail", "error_message", "error", "fielderrors", "errors"].compactMap { document[$0] }
            .compactMap { value in
                value.string ?? (try? DocumentCoding.encode(value)).map { String(decoding: $0, as: UTF8.self) }
            }
        if let said = words.first {
            failure.message = "\(what) was refused (\(response.status)): \(RegistryError.printable(said, 300))"
        }
        if let hint, [401, 403].contains(response.status) { failure.hint = hint }
        return failure
    }

    func document(_ response: HTTPResponse, _ what: String) throws -> [String: JSON] {
        guard let document = try? DocumentCoding.decode(JSON.self, from: Data(response.body)),
            let members = document.object
        else {
            throw Failure(
                .refused, "\(what) was answered with something else than a JSON document", place: response.place,
                hint: "check the option management_url")
        }
        return members
    }
}
