import Documents
import OCI
import ProviderKit

/// One artifact at one repository: what every operation starts from.
struct Place: Sendable {
    let host: Host
    let request: OperationRequest
    let artifact: OperationRequest.Artifact
    let repository: Repository
    let options: Options
    let locations: BlobLocations
    let access: DockerHub.Access

    init(_ provider: DockerHub, _ request: OperationRequest) throws {
        guard let artifact = request.artifact else {
            throw Failure(.usage, "\(request.operation) needs an artifact", place: request.target.name)
        }
        host = provider.host
        self.request = request
        self.artifact = artifact
        options = provider.options
        repository = try Repository(request.target.address, place: request.target.name)
        for tag in request.target.tags where !Reference.isTag(tag) {
            throw Failure(
                .usage, "\(tag.prefix(200)) is not a tag", place: request.target.name,
                hint: "letters, digits, dots, dashes and underscores, at most 128")
        }
        access = try provider.access(to: repository)
        locations = BlobLocations(host: host, repository: repository)
    }

    func client(_ purpose: RegistryClient.Purpose, mountSources: [String] = []) -> RegistryClient {
        RegistryClient(
            repository, host: host, access, insecure: options.insecure, for: purpose, mountSources: mountSources)
    }

    /// As somebody whom the registry does not know.
    var stranger: RegistryClient {
        RegistryClient(
            repository, host: host, .init(http: access.http, credential: .anonymous), insecure: options.insecure,
            for: .pull)
    }

    // MARK: - The artifact's files

    var index: OperationRequest.File {
        get throws {
            guard let index = artifact.files.first(where: { $0.digest == artifact.digest }) else {
                throw Failure(.internal, "the artifact's files do not hold its index \(artifact.digest)")
            }
            return index
        }
    }

    /// Configurations and layers, the largest first, so that the last moments are short.
    var blobs: [OperationRequest.File] {
        artifact.files.filter { !Self.isDocument($0) }.sorted { ($0.size, $0.digest) > ($1.size, $1.digest) }
    }

    /// What the index names; it names no other index.
    var manifests: [OperationRequest.File] {
        artifact.files.filter { Self.isDocument($0) && $0.digest != artifact.digest && $0.subject == nil }
    }

    /// Manifests about these, such as signatures.
    var attached: [OperationRequest.File] { artifact.files.filter { $0.subject != nil } }

    private static func isDocument(_ file: OperationRequest.File) -> Bool {
        MediaType.isManifest(file.mediaType ?? "") || MediaType.isIndex(file.mediaType ?? "")
    }
}

/// A target's options, as the manifest's schema has them.
struct Options: Sendable {
    var insecure = false
    var verifiesTLS = true
    var isPublic = false
    /// What tags may do.
    var tagRules = TagRules.Options()
    /// Whether layers are unpacked to check them.
    var checksLayers = true
    var parallel = 4
    var chunkMiB: Int64?
    /// How long a transfer may crawl.
    var stall: Duration?
    var mountFrom: [String] = []
    /// A PEM file of authorities to trust besides the system's.
    var authority: String?
    /// The path of a Markdown file.
    var readme: String?
    var description: String?
    /// `hub`, `quay`, `harbor`, `none`.
    var management: String?
    var managementURL: String?
    /// The key that the image is signed with, and further options of the tool that does.
    var signingKey: String?
    var signingOptions: [String] = []
    /// Whether a variable is named that holds quay's token.
    var namesKey = false

    init(_ configuration: JSON) {
        func flag(_ name: String) -> Bool { configuration[name]?.bool == true }
        insecure = flag("insecure")
        verifiesTLS = configuration["tls_verify"]?.bool != false
        isPublic = flag("public")
        tagRules = TagRules.Options(
            update: flag("update"), allowAliasDowngrade: flag("allow_alias_downgrade"),
            allowFewerPlatforms: flag("allow_fewer_platforms"))
        checksLayers = configuration["check_layers"]?.bool != false
        parallel = configuration["parallel"]?.integer.map { Int($0) } ?? 4
        chunkMiB = configuration["chunk_mib"]?.integer
        stall = configuration["stall_s"]?.integer.map { .seconds($0) }
        mountFrom = (configuration["mount_from"]?.array ?? []).compactMap(\.string)
        authority = configuration["ca_file"]?.string
        readme = configuration["readme"]?.string
        description = configuration["description"]?.string
        management = configuration["management"]?.string
        managementURL = configuration["management_url"]?.string
        signingKey = configuration["sign"]?.string
        signingOptions = (configuration["sign_options"]?.array ?? []).compactMap(\.string)
        namesKey = configuration["apikey_variable"] != nil
    }
}
