/// What a provider says of itself (schemas/manifest.schema.json): `provider.json` beside the library and, without the
/// library's digest, embedded in it. Listing, help, completion and validation read only this.
public struct ProviderManifest: Sendable, Equatable, Codable {
    public struct Library: Sendable, Equatable, Codable {
        /// The library's file name in the manifest's directory; no slash.
        public var file: String
        /// 64 lower-case hexadecimal digits; only in the manifest beside the library, written when it is staged.
        public var sha256: String?
        public init(file: String, sha256: String? = nil) {
            self.file = file
            self.sha256 = sha256
        }
    }

    public struct ABI: Sendable, Equatable, Codable {
        public var major: Int
        /// The lowest minor version that it needs.
        public var minor: Int
        public init(major: Int, minor: Int) {
            self.major = major
            self.minor = minor
        }
    }

    /// A program that the host runs, and the variables that it gets besides those of every helper.
    public struct Tool: Sendable, Equatable, Codable {
        /// An absolute path, or a bare program name that is looked for on the PATH.
        public var program: String
        /// Of the host's environment, by name; a trailing `*` matches any rest.
        public var environment: [String]?
        /// Names of variables that the provider may give it with a value.
        public var given: [String]?
        /// Variables with the value that they have for it; `${folder}` is the directory of the manifest.
        public var set: [String: String]?
        /// Seconds that it may take; 60 without.
        public var timeout: Int?

        enum CodingKeys: String, CodingKey {
            case program, environment, given, set
            case timeout = "timeout_s"
        }

        public init(
            program: String, environment: [String]? = nil, given: [String]? = nil, set: [String: String]? = nil,
            timeout: Int? = nil
        ) {
            self.program = program
            self.environment = environment
            self.given = given
            self.set = set
            self.timeout = timeout
        }
    }

    /// What the worker may see. Nothing else reaches it.
    public struct Needs: Sendable, Equatable, Codable {
        /// Environment variables by name; a trailing `*` matches any rest.
        public var environment: [String]?
        /// Files of the host by name; the path may begin with `~/`. Read by the host, or opened read-only by the worker.
        public var files: [String: String]?
        /// Directories that the provider writes to; `${address}` is the target's address, `${options.X}` one of its options.
        public var directories: [String]?
        /// Helper programs that the host runs for it: name to absolute path or bare program name.
        public var helpers: [String: String]?
        /// Further programs that the host runs for it, whose output is no secret, by name.
        public var tools: [String: Tool]?
        /// Secrets by name, each with the places to look in, in order: `env:NAME`, `file:NAME` (of `files`).
        public var secrets: [String: [String]]?
        /// Hosts that it contacts, `${address}` and `*` allowed; empty means no network.
        public var hosts: [String]?
        /// TCP ports that it connects to; default 443.
        public var ports: [Int]?
        public init(
            environment: [String]? = nil, files: [String: String]? = nil, directories: [String]? = nil,
            helpers: [String: String]? = nil, tools: [String: Tool]? = nil, secrets: [String: [String]]? = nil,
            hosts: [String]? = nil, ports: [Int]? = nil
        ) {
            self.environment = environment
            self.files = files
            self.directories = directories
            self.helpers = helpers
            self.tools = tools
            self.secrets = secrets
            self.hosts = hosts
            self.ports = ports
        }
    }

    public var format: Int
    public var id: String
    public var version: String
    public var title: LocalizedText
    /// `registry`, `cloud` or `any`.
    public var kind: String
    public var abi: ABI
    public var library: Library
    /// Target schemes that it claims: `registry`, `local`, its own id.
    public var targets: [String]
    /// Operation ids with revision.
    public var operations: [String]
    /// `file`, `blocks`, `tree`.
    public var views: [String]
    /// Artifact kinds that it takes: `container`, `disk`.
    public var artifacts: [String]
    /// Formats of disk images that it takes through the file view (`raw`, `qcow2`, ...).
    public var formats: [String]?
    /// JSON Schema of a target's `options` and of the provider's configuration.
    public var configuration: JSON?
    public var needs: Needs?
    /// Revisions of its checkpoints: first the one that it writes, then older ones that it can read.
    public var checkpoints: [Int]?
    /// Seconds without a sign of life after which a worker is ended; default 120.
    public var inactivity: Double?
    /// Old command spellings, as data: the host builds the commands.
    public var verbs: [JSON]?
    public var licence: String?
    public var homepage: String?
    /// Where to report a defect of the provider.
    public var report: String?

    enum CodingKeys: String, CodingKey {
        case format, id, version, title, kind, abi, library, targets, operations, views, artifacts,
            formats
        case configuration, needs, checkpoints, verbs, licence, homepage, report
        case inactivity = "inactivity_s"
    }
}
