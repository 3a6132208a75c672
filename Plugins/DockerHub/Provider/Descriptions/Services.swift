import Documents
import FoundationEssentials
import HTTP
import ProviderKit

/// Docker Hub. The login and the reading are documented (docs.docker.com/reference/api/hub/latest); the writing is not, and is
/// what its web pages and github.com/peter-evans/dockerhub-description do. Organisations' tokens may not.
struct Hub: DescriptionService {
    let management: Management
    private static let hint =
        "this takes a personal access token with the right to read, write and delete; an organisation's token may not"

    func read() async throws -> Description? {
        // What everybody may see needs nobody's name.
        let authorization = try? await login()
        let (namespace, name) = try parts()
        return try await management.read(
            "/v2/namespaces/\(namespace)/repositories/\(name)", authorization: authorization
        ).map(description)
    }

    func write(_ description: Description) async throws {
        let authorization = try await login()
        var change: [String: JSON] = [:]
        if let short = description.short { change["description"] = .string(short) }
        if let full = description.full { change["full_description"] = .string(full) }
        let (namespace, name) = try parts()
        let response = try await management.send(
            "PATCH", "/v2/repositories/\(namespace)/\(name)/", authorization: authorization, .object(change))
        guard response.isSuccess else {
            throw management.refusal(response, "the description", hint: Self.hint)
        }
        // It has answered 200 to texts that it did not keep.
        guard description.isSaid(by: self.description(try management.document(response, "the description"))) else {
            throw Failure(
                .refused, "Docker Hub took the description and shows another", place: response.place, hint: Self.hint)
        }
    }

    private func description(_ document: [String: JSON]) -> Description {
        Description(short: document["description"]?.string, full: document["full_description"]?.string)
    }

    private func parts() throws -> (String, String) {
        let parts = management.repository.path.split(separator: "/")
        guard parts.count == 2 else {
            throw Failure(.usage, "\(management.repository) is no repository of Docker Hub: NAMESPACE/NAME")
        }
        return (String(parts[0]), String(parts[1]))
    }

    private struct Session: Decodable {
        /// Of the login of today, and of the older one.
        var accessToken: Secret?
        var token: Secret?
        enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case token
        }
    }

    private func login() async throws -> Management.Authorization {
        guard case .basic(let name, let password) = management.credential.kind else { throw management.noPassword() }
        let secret = JSON.string(password.reveal())
        if let session = try await session("/v2/auth/token", ["identifier": .string(name), "secret": secret]),
            let token = session.accessToken
        {
            return .init(scheme: "Bearer", value: token)
        }
        if let session = try await session("/v2/users/login", ["username": .string(name), "password": secret]),
            let token = session.token
        {
            return .init(scheme: "JWT", value: token)
        }
        throw Failure(
            .refused, "there is no login at \(management.base)", place: management.base,
            hint: "check the option management_url")
    }

    /// Nil when it is not offered.
    private func session(_ path: String, _ document: JSON) async throws -> Session? {
        let response = try await management.send("POST", path, authorization: nil, document)
        if [404, 405, 410, 501].contains(response.status) { return nil }
        guard response.isSuccess else {
            throw management.refusal(response, "the login at \(response.place)", hint: Self.hint)
        }
        guard let session = try? DocumentCoding.decode(Session.self, from: Data(response.body)),
            let token = session.accessToken ?? session.token
        else {
            throw Failure(
                .authentication, "the login's answer holds no token", place: response.place,
                hint: "check the option management_url")
        }
        try management.host.redact(token)
        return session
    }
}

/// An interface with one text a repository, which one address gives and takes as `{"description": ...}`.
protocol OneTextService: DescriptionService {
    var management: Management { get }
    /// What whoever is refused may lack.
    var hint: String { get }
    func path() throws -> String
    /// Who asks; nil: nobody by name.
    func reader() throws -> Management.Authorization?
    func writer() throws -> Management.Authorization
}

extension OneTextService {
    func read() async throws -> Description? {
        let document = try await management.read(try path(), authorization: reader(), hint: hint)
        return document.map { Description(short: $0["description"]?.string, full: $0["description"]?.string) }
    }

    func write(_ description: Description) async throws {
        let response = try await management.send(
            "PUT", try path(), authorization: writer(), ["description": .string(description.only ?? "")])
        guard response.isSuccess else { throw management.refusal(response, "the description", hint: hint) }
    }
}

/// Quay (docs.quay.io/api/swagger, "repository"): an application's OAuth token with the right to administer repositories, never
/// the password of the registry.
struct Quay: OneTextService {
    let management: Management
    let hint = "the token needs the right \"Administer Repositories\""

    func path() -> String { "/api/v1/repository/\(management.repository.path)" }
    // What everybody may see needs no token.
    func reader() -> Management.Authorization? { try? management.key() }
    func writer() throws -> Management.Authorization { try management.key() }
}

/// Harbor 2 (github.com/goharbor/harbor, api/v2.0/swagger.yaml, "updateRepository"): the user who pushes, or a robot that may
/// update repositories.
struct Harbor: OneTextService {
    let management: Management
    let hint = "the user, or the robot account, needs the right to update repositories"

    /// The swagger file: "If it contains slash, encode it twice over with URL encoding. e.g. a/b -> a%252Fb".
    func path() throws -> String {
        let parts = management.repository.path.split(separator: "/")
        guard parts.count > 1 else {
            throw Failure(.usage, "\(management.repository) is no repository of a project: PROJECT/NAME")
        }
        return "/api/v2.0/projects/\(parts[0])/repositories/\(parts.dropFirst().joined(separator: "%252F"))"
    }

    func reader() throws -> Management.Authorization? { try management.basic() }
    func writer() throws -> Management.Authorization { try management.basic() }
}
