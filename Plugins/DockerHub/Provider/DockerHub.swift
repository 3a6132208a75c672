public import Documents
import FoundationEssentials
import HTTP
import OCI
public import ProviderKit

/// Publishes container images to any registry of the OCI distribution specification 1.1, with Docker Hub's own ways.
///
/// What a publication does, in order: `Publication/` has a file for each step, `Push/` what they send, `Client/` how a registry
/// is spoken to, `Credentials/` as whom.
public struct DockerHub: Provider {
    let host: Host
    let options: Options
    private let credentials: CredentialChain

    public init(host: Host, configuration: JSON) throws {
        self.host = host
        options = Options(configuration)
        credentials = CredentialChain(
            host: host, options: configuration.object ?? [:], environment: ProcessInfo.processInfo.environment)
    }

    /// What the clients of one operation share: connections, and the certificates and the user for this registry.
    struct Access: Sendable {
        let http: HTTPClient
        let credential: RegistryCredential
        /// PEM files of this registry's own, for programs that read none of docker's places.
        var authority: String?
        var clientCertificate: HTTPClientCertificate?
    }

    func access(to repository: Repository) throws -> Access {
        let environment = ProcessInfo.processInfo.environment
        var configuration = HTTPConfiguration(environment: environment)
        configuration.userAgent = "eulerpublisher"
        configuration.verifiesTLS = options.verifiesTLS
        if let stall = options.stall { configuration.timeouts.lowSpeedTime = stall }
        configuration.trace = { [host] in host.log(.debug, $0) }
        configuration.paused = { [host] in host.log(.warning, "\($0) asks for a pause of \(Int($1.rounded(.up))) s") }
        let certificates = try CertificateDirectory.find(for: repository.host, environment: environment)
        certificates?.apply(to: &configuration)
        if let file = options.authority { configuration.additionalAuthorities.append(file) }
        return Access(
            http: HTTPClient(configuration),
            credential: try credentials.credential(for: repository.host, repository: repository.path),
            authority: options.authority ?? certificates?.authorities.first,
            clientCertificate: configuration.clientCertificate)
    }

    /// The rules as data.
    public func requirements(_ request: OperationRequest) async throws -> OperationResult {
        Rule.requirements
    }

    /// What the artifact's own files tell about the rules.
    public func check(_ request: OperationRequest) async throws -> OperationResult {
        var settings = ImageCheck.Options(now: host.now / 1_000_000_000)
        settings.readsLayers = options.checksLayers
        let memory = ImageCheck.Memory(
            get: { [host] in (try? host.cached($0)) ?? nil }, put: { [host] in try? host.cache($0, $1) })
        var result = OperationResult()
        result.findings = try await ImageCheck(request, options: settings, memory: memory) { [host] in
            try host.open($0)
        }.findings()
        return result
    }

    /// Logs in, and says what is there and what would be sent and moved.
    public func plan(_ request: OperationRequest) async throws -> OperationResult {
        try await Place(self, request).plan()
    }

    /// Configurations and layers.
    public func upload(_ request: OperationRequest) async throws -> OperationResult {
        try await Place(self, request).upload()
    }

    /// Manifests and the index by digest.
    public func register(_ request: OperationRequest) async throws -> OperationResult {
        try await Place(self, request).register()
    }

    /// Reads back what the world will see, and signs it if that is asked for.
    public func verify(_ request: OperationRequest) async throws -> OperationResult {
        let place = try Place(self, request)
        var result = try await place.verify()
        result.data = try await place.sign()
        return result
    }

    /// Moves the tags.
    public func release(_ request: OperationRequest) async throws -> OperationResult {
        try await Place(self, request).release()
    }

    /// What stands under the target's tags, or under all of the repository's if it names none.
    public func status(_ request: OperationRequest) async throws -> OperationResult {
        let client = try client(request, .pull)
        let documents = Manifests(client: client)
        let names = request.target.tags.isEmpty ? try await Tags(client: client).all() : request.target.tags
        let tags = try await Concurrent.map(names, limit: options.parallel) { ($0, try await documents.head($0)) }
        var result = OperationResult()
        result.items = tags.compactMap { tag, now in
            now.map { OperationResult.Resource(kind: Place.tagKind, id: tag, name: tag, digest: $0.digest).json }
        }
        return result
    }

    /// Brings what stands under the target's one tag here.
    public func fetch(_ request: OperationRequest) async throws -> OperationResult {
        guard let into = request.into, let name = request.target.tags.first else {
            throw Failure(.usage, "fetch needs a tag and a layout", place: request.target.name)
        }
        let client = try client(request, .pull)
        let fetch = Fetch(client: client, layout: try Layout(opening: into), parallel: options.parallel)
        let (root, received) = try await fetch.image(name)
        let attached = try await fetch.attached(to: root)
        var result = OperationResult()
        result.digest = "\(root.digest)"
        result.items = try [JSON(encoding: root)] + attached.items.map { try JSON(encoding: $0) }
        result.actions = ["fetched \(received + attached.received) bytes"]
        return result
    }

    /// Removes the target's tags.
    public func retire(_ request: OperationRequest) async throws -> OperationResult {
        let tags = Tags(client: try client(request, .delete))
        // Before the first is removed.
        for tag in request.target.tags { try await tags.require(tag) }
        for tag in request.target.tags { try await tags.remove(tag) }
        var result = OperationResult()
        result.gone = true
        return result
    }

    private func client(_ request: OperationRequest, _ purpose: RegistryClient.Purpose) throws -> RegistryClient {
        let repository = try Repository(request.target.address, place: request.target.name)
        return RegistryClient(
            repository, host: host, try access(to: repository), insecure: options.insecure, for: purpose)
    }

    /// Puts an old tag back.
    public func undo(_ request: OperationRequest) async throws -> OperationResult {
        guard let entry = try request.ledgerEntry() else { throw Failure(.usage, "undo needs an entry of the ledger") }
        try await Undo(client: try client(request, .delete), entry: entry).perform()
        var result = OperationResult()
        result.gone = true
        return result
    }
}
