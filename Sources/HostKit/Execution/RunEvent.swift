public import Documents
import State

/// What happens in a run, as people and programs are told (schemas/event.schema.json: `--json` prints one a line).
public struct RunEvent: Sendable, Codable {
    public enum Kind: String, Sendable, Codable {
        case runStarted = "run-started"
        /// Architectures that the mirror does not have.
        case sourceMissing = "source-missing"
        case sourcesReady = "sources-ready"
        case artifactReady = "artifact-ready"
        /// How far an image is that has to come up first.
        case boot
        /// What a target's preflight found.
        case preflight
        case operationStarted = "operation-started"
        case progress
        case pending
        case operationDone = "operation-done"
        case targetDone = "target-done"
        case targetFailed = "target-failed"
        case warning
        case runEnded = "run-ended"
    }

    /// How a target ended.
    public enum Ending: String, Sendable, Codable {
        case published
        case nothingToDo = "nothing-to-do"
        case staged
        case failed
        case interrupted
        case pending
    }

    /// RFC 3339 in UTC.
    public var time: String
    public var event: Kind
    public var run: String?
    public var target: String?
    public var artifact: String?
    public var operation: String?
    public var step: String?
    /// Bytes or items, as the step counts.
    public var done: UInt64?
    public var total: UInt64?
    public var message: String?
    public var digest: String?
    public var platforms: [String]?
    public var actions: [String]?
    public var moves: [OperationResult.Move]?
    public var findings: [OperationResult.Finding]?
    public var sentBytes: Int64?
    public var skippedBytes: Int64?
    /// That it took; of a pending operation, until it is asked again.
    public var seconds: Double?
    public var secondsByArchitecture: [String: Double]?
    public var ending: Ending?
    public var failure: Failure?
    /// Of the run: its exit status.
    public var exit: Int32?

    enum CodingKeys: String, CodingKey {
        case time, event, run, target, artifact, operation, step, done, total, message, digest, platforms, actions,
            moves
        case findings, seconds, ending, failure, exit
        case sentBytes = "sent_bytes"
        case skippedBytes = "skipped_bytes"
        case secondsByArchitecture = "seconds_by_architecture"
    }

    public init(_ event: Kind, target: String? = nil) {
        time = Timestamp.now()
        self.event = event
        self.target = target
    }
}

/// Is told everything that happens, from any thread.
public protocol RunObserver: Sendable {
    func observe(_ event: RunEvent)
}
