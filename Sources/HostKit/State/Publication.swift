public import Documents
import Files
import FoundationEssentials
import Glibc

/// What a publication is: one provider, one artifact, one target. Enough to undo it when the plan is long gone.
public struct PublicationAbout: Sendable, Equatable, Codable {
    public var format = Format.current
    public var provider: String
    public var target: OperationRequest.Target
    /// The artifact without its list of files.
    public var artifact: OperationRequest.Artifact

    public init(provider: String, target: OperationRequest.Target, artifact: OperationRequest.Artifact) {
        self.provider = provider
        self.target = target
        self.artifact = artifact
        self.artifact.files = []
    }
}

/// A vendor's terminal refusal of this very content: not repeated unless asked.
public struct Refusal: Sendable, Equatable, Codable {
    public var format = Format.current
    public var time: String
    public var operation: String
    public var failure: Failure
}

/// One publication's memory across runs, locked by the run that works on it.
public final class Publication: Sendable {
    public let id: String
    public let directory: String
    public let ledger: Ledger
    private let lock: HolderLock

    /// - Throws: `Failure` with code `busy` when another run works on it.
    public init(_ id: String, in state: StateDirectory, about: PublicationAbout, run: String) throws {
        self.id = id
        directory = state.publicationDirectory(id)
        try File.makeDirectories(directory)
        lock = try HolderLock("\(directory)/lock", run: run, what: "\(about.target.name) with this artifact")
        let path = "\(directory)/about.json"
        if (try? Self.about(directory)) != about {
            try File.replace(path, with: [UInt8](try DocumentCoding.encode(about, pretty: true)) + [0x0a], mode: 0o600)
        }
        ledger = try Ledger(directory, run: run)
    }

    public static func about(_ directory: String) throws -> PublicationAbout {
        let path = "\(directory)/about.json"
        let bytes = try File.contents(path, limit: 4 << 20)
        try Format.check(bytes, of: path)
        do { return try DocumentCoding.decode(PublicationAbout.self, from: Data(bytes)) } catch {
            throw Failure(.usage, "this document cannot be read", place: path)
        }
    }

    private var refusalPath: String { "\(directory)/refusal.json" }

    /// The refusal that an earlier run met, if any.
    public var refusal: Refusal? {
        guard let bytes = try? File.contents(refusalPath, limit: 1 << 20) else { return nil }
        return try? DocumentCoding.decode(Refusal.self, from: Data(bytes))
    }

    public func remember(_ failure: Failure, of operation: String) throws {
        let refusal = Refusal(time: Timestamp.now(), operation: operation, failure: failure)
        try File.replace(refusalPath, with: [UInt8](try DocumentCoding.encode(refusal, pretty: true)) + [0x0a])
    }

    public func forgetRefusal() { unlink(refusalPath) }
}
