public import Documents
public import Plans
import Prepare
import State

/// What a run is about, kept in its directory: enough to resume it from anywhere.
public struct RunDocument: Sendable, Codable {
    public var format = Format.current
    public var id: String
    /// RFC 3339.
    public var started: String
    public var plan: Plan
    /// What relative paths in the plan start from.
    public var directory: String
    public var options: RunOptions
    /// What was found when the artifacts were made: a resumed run publishes the same or nothing.
    public var artifacts: [String: ReadyArtifact.Provenance]
    /// Digest of each artifact.
    public var digests: [String: String]

    init(id: String, plan: LocatedPlan, options: RunOptions) {
        self.id = id
        started = Timestamp.now()
        self.plan = plan.plan.withoutCredentials
        directory = plan.directory
        self.options = options
        artifacts = [:]
        digests = [:]
    }
}

extension Plan {
    /// For keeping and showing: without the users and passwords of mirrors.
    public var withoutCredentials: Plan {
        var plan = self
        plan.artifacts = artifacts.mapValues { artifact in
            var artifact = artifact
            artifact.mirror = artifact.mirror.map { MirrorLocation($0).place }
            return artifact
        }
        return plan
    }
}

/// How one target ended.
public struct TargetOutcome: Sendable, Codable {
    public var target: String
    public var provider: String
    public var providerVersion: String
    /// sha256 of its library.
    public var library: String
    public var artifact: String
    public var ending: RunEvent.Ending
    public var digest: String
    public var sentBytes: Int64
    public var skippedBytes: Int64
    public var moves: [OperationResult.Move]
    public var findings: [OperationResult.Finding]
    public var seconds: Double
    public var failure: Failure?

    enum CodingKeys: String, CodingKey {
        case target, provider, library, artifact, ending, digest, moves, findings, seconds, failure
        case providerVersion = "provider_version"
        case sentBytes = "sent_bytes"
        case skippedBytes = "skipped_bytes"
    }
}

/// How a run ended.
public struct RunOutcome: Sendable {
    public var run: String
    public var targets: [TargetOutcome]
    /// True when nothing began: a preflight failed.
    public var notStarted = false
    public var exit: Int32
    public var seconds: Double
}

/// What publishing to one target would do.
public struct TargetPreview: Sendable {
    public var target: String
    public var digest: String
    public var isNothingToDo: Bool
    /// One sentence each; nil when the provider does not say.
    public var actions: [String]?
    public var moves: [OperationResult.Move]
}

/// What a run leaves for those who come later (schemas/record.schema.json).
public struct RunRecord: Sendable, Codable {
    public var format = Format.current
    public var run: String
    public var started: String
    public var ended: String
    public var user: String
    public var host: String
    public var version: String
    public var plan: Plan
    public var sources: [String: ReadyArtifact.Provenance]
    public var digests: [String: String]
    public var targets: [TargetOutcome]
    /// Everything that this run made, with what became of it.
    public var created: [JSON]
    /// What this machine's kernel could not enforce around providers.
    public var notEnforced: [String]
    public var exit: Int32

    enum CodingKeys: String, CodingKey {
        case format, run, started, ended, user, host, version, plan, sources, digests, targets, created, exit
        case notEnforced = "not_enforced"
    }
}
