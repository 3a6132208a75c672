import Documents
import FoundationEssentials
import HTTP
import OCI
import ProviderKit
import Synchronization

/// Speaks to one repository of a registry as one user. Any task may send; connections, tokens and a registry's wish to be
/// left alone are shared.
final class RegistryClient: Sendable {
    /// What is asked for on the repository: `pull`, `pull,push`.
    enum Purpose: String, Sendable {
        case pull
        case push = "pull,push"
        case delete = "pull,push,delete"
    }

    let repository: Repository
    let host: Host
    private let http: HTTPClient
    private let authorizer: Authorizer
    private let credential: RegistryCredential
    private let isClear: Bool
    let purpose: Purpose
    private let connection = Connection()

    /// - Parameter mountSources: repositories that blobs may be mounted from, whose reading is asked for as well.
    init(
        _ repository: Repository, host: Host, _ access: DockerHub.Access, insecure: Bool, for purpose: Purpose,
        mountSources: [String] = []
    ) {
        self.repository = repository
        self.host = host
        http = access.http
        credential = access.credential
        isClear = insecure
        self.purpose = purpose
        authorizer = Authorizer(
            http, host, repository, credential,
            scopes: ["repository:\(repository.path):\(purpose.rawValue)"]
                + mountSources.map { "repository:\($0):pull" })
    }

    /// For messages: as whom.
    var identity: String { credential.words }
    /// For messages: what.
    var action: String { purpose == .pull ? "pull from" : "push to" }

    // MARK: - Where the API answers

    /// The scheme is found out once.
    private actor Connection {
        private var task: Task<String, any Error>?

        func base(_ find: @escaping @Sendable () async throws -> String) async throws -> String {
            if let task { return try await task.value }
            let task = Task { try await find() }
            self.task = task
            do { return try await task.value } catch {
                self.task = nil
                throw error
            }
        }
    }

    /// `https://host`: the first request finds the scheme and takes the challenge, with no credentials and no body at stake.
    private func base() async throws -> String { try await connection.base { try await self.connect() } }

    private func connect() async throws -> String {
        let name = repository.apiHost
        if isClear { return try await ping("http://\(name)") }
        guard repository.isLoopback else { return try await ping("https://\(name)") }
        // A registry of this machine may do without TLS. It is asked in the clear first, which costs less than reading all
        // authorities in vain; one that has TLS answers 400, or not at all.
        let (clear, secure) = ("http://\(name)", "https://\(name)")
        do { return try await ping(clear, once: true) } catch let failure as Failure {
            guard [nil, 400].contains(failure.httpStatus) else {
                guard failure.retryable == true else { throw failure }
                return try await ping(clear)
            }
        }
        do { return try await ping(secure, once: true) } catch let failure as Failure {
            // Without TLS there, what went wrong in the clear was something else: it is tried as ever, and told as what it is.
            if failure.isOfHandshake { return try await ping(clear) }
            guard failure.retryable == true else { throw failure }
            return try await ping(secure)
        }
    }

    private func ping(_ base: String, once: Bool = false) async throws -> String {
        var request = HTTPRequest("GET", "\(base)/v2/")
        if once { request.retry = HTTPRetryPolicy.none }
        let response = try await http.send(request)
        switch response.status {
        case 401: _ = try await authorizer.challenged(response, secure: base.hasPrefix("https:"), generation: 0)
        case 200..<300: break
        case 429, 500...599: throw response.refusal("the first request", self)
        default:
            // 404 is what a web server without a registry says; 400 a server that wants TLS.
            throw Failure(
                .network, "there is no registry: the API's root was answered with HTTP status \(response.status)",
                place: response.place, hint: "check the registry's name and port", httpStatus: response.status)
        }
        return base
    }

    // MARK: - Requests

    /// Sends a request below the repository: `blobs/sha256:...`.
    func send(_ method: String, _ path: String, _ change: (inout HTTPRequest) -> Void = { _ in }) async throws
        -> HTTPResponse
    {
        var request = HTTPRequest(method, "\(try await base())/v2/\(repository.path)/\(path)")
        change(&request)
        return try await send(request)
    }

    /// Sends a request to an address that the registry gave. Credentials go to the registry alone.
    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let base = try await base()
        guard HTTPResponse.isSameOrigin(request.url, base) else { return try await http.send(request) }
        let (authorizer, used) = (authorizer, Generation())
        var request = request
        request.prepare = { request, _ in
            let (header, generation) = try await authorizer.header()
            request.headers["Authorization"] = header
            used.value.store(generation, ordering: .relaxed)
        }
        // Without a token, with one, and with a fresh one should it have ended early: a further refusal is final.
        for _ in 1...2 {
            let response = try await http.send(request)
            guard response.status == 401,
                try await authorizer.challenged(
                    response, secure: base.hasPrefix("https:"), generation: used.value.load(ordering: .relaxed))
            else { return response }
        }
        return try await http.send(request)
    }

    /// Of the token that a request went out with.
    private final class Generation: Sendable {
        let value = Atomic(0)
    }
}
