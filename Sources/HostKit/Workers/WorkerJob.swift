import CSystem
public import Documents

/// What a worker may do: the network and secrets, or the guest's tree; never both.
public enum WorkerProfile: Sendable {
    /// Rules and checks: no network.
    case check
    /// Everything else: the declared network, secrets, the file or blocks view.
    case publish
}

/// Which file a digest was computed of, so that the worker loads no other.
public struct LibraryIdentity: Sendable, Equatable {
    public var device, inode, size: UInt64
    /// Nanoseconds since 1970 UTC.
    public var modified: Int64

    public init(device: UInt64, inode: UInt64, size: UInt64, modified: Int64) {
        self.device = device
        self.inode = inode
        self.size = size
        self.modified = modified
    }

    /// Take it before the digest is computed.
    /// - Throws: `Failure` if the path cannot be read.
    public init(of path: String) throws {
        var identity = eps_identity()
        guard eps_identity_of(path, &identity) == 0 else {
            throw Failure(.usage, "the library cannot be read", place: path, hint: "Install the provider again.")
        }
        self.init(
            device: identity.device, inode: identity.inode, size: identity.size, modified: identity.modified)
    }
}

/// One provider, one operation, one target: what one worker process does.
public struct WorkerJob: Sendable {
    public var providerID: String
    public var providerVersion: String
    public var libraryPath: String
    public var libraryIdentity: LibraryIdentity
    public var profile: WorkerProfile
    /// With its revision: `ep.upload/1`.
    public var operation: String
    /// A JSON object, validated against the manifest's schema.
    public var configuration: [UInt8]
    /// An `OperationRequest` as JSON.
    public var request: [UInt8]
    /// What `artifact_open` finds: name to the host's path; "" is the only file.
    public var artifactFiles: [String: String]
    /// The raw disk of the blocks view.
    public var blocksPath: String?
    /// Replayed to the provider in this order.
    public var checkpoints: [(key: String, data: [UInt8])]
    /// Host paths that the provider may open itself.
    public var readableFiles: [String]
    /// Host paths that it may write below. They must exist: a rule can't be laid on what is not there.
    public var writableDirectories: [String]
    /// TCP ports that it may connect to. Empty: none.
    public var ports: [Int]
    /// The worker's whole environment.
    public var environment: [String: String]
    /// How long a worker may be silent: no message, no line, no service in progress.
    public var inactivity: Duration
    /// Bytes of address space; nil: no limit.
    public var memoryLimit: UInt64?
    /// For the tests of what holds on a kernel without seccomp.
    package var filterSystemCalls = true

    public init(
        providerID: String, providerVersion: String, libraryPath: String, libraryIdentity: LibraryIdentity,
        profile: WorkerProfile, operation: String, configuration: [UInt8] = Array("{}".utf8), request: [UInt8],
        artifactFiles: [String: String] = [:], blocksPath: String? = nil,
        checkpoints: [(key: String, data: [UInt8])] = [], readableFiles: [String] = [],
        writableDirectories: [String] = [], ports: [Int] = [], environment: [String: String] = [:],
        inactivity: Duration = .seconds(120), memoryLimit: UInt64? = nil
    ) {
        self.providerID = providerID
        self.providerVersion = providerVersion
        self.libraryPath = libraryPath
        self.libraryIdentity = libraryIdentity
        self.profile = profile
        self.operation = operation
        self.configuration = configuration
        self.request = request
        self.artifactFiles = artifactFiles
        self.blocksPath = blocksPath
        self.checkpoints = checkpoints
        self.readableFiles = readableFiles
        self.writableDirectories = writableDirectories
        self.ports = ports
        self.environment = environment
        self.inactivity = inactivity
        self.memoryLimit = memoryLimit
    }
}

/// How a job ended.
public enum WorkerOutcome: Sendable {
    /// The result document.
    case done([UInt8])
    /// The pending document: invoke the same operation again later.
    case pending([UInt8])
    /// An ABI status (1 to 13) and the provider's error document, which may be empty.
    case failed(status: Int32, document: [UInt8])
    /// The worker broke: code `crashed`, naming signal, exit, hang, flood or garbage, and the last step.
    case crashed(Failure)
    /// The host asked to stop and the provider did, or was ended after its grace.
    case cancelled
}
