public import Documents

/// One line of a run's journal: what began, what ended and how. A resumed run continues from what ended.
public struct JournalEvent: Sendable, Codable {
    public enum Kind: String, Sendable, Codable {
        case runStarted = "run-started"
        case runResumed = "run-resumed"
        case artifactReady = "artifact-ready"
        /// The artifact's image came up in a virtual machine.
        case booted
        case started
        case done
        case pending
        case failed
        case crashed
        case nothingToDo = "nothing-to-do"
        case published
        case staged
        case interrupted
        /// Cleanup removed what the target had made: a resumed run begins it again.
        case undone
        case runEnded = "run-ended"
    }

    public var time: String
    public var kind: Kind
    public var target: String?
    public var artifact: String?
    public var operation: String?
    public var result: OperationResult?
    public var pending: PendingResult?
    public var failure: Failure?
    /// Of the artifact.
    public var digest: String?
    /// Of the run: its exit status.
    public var exit: Int32?

    public init(
        _ kind: Kind, target: String? = nil, artifact: String? = nil, operation: String? = nil,
        result: OperationResult? = nil, pending: PendingResult? = nil, failure: Failure? = nil, digest: String? = nil,
        exit: Int32? = nil
    ) {
        time = Timestamp.now()
        self.kind = kind
        self.target = target
        self.artifact = artifact
        self.operation = operation
        self.result = result
        self.pending = pending
        self.failure = failure
        self.digest = digest
        self.exit = exit
    }
}

/// The journal of one run, open for appending: every event is durable when `append` returns.
public struct Journal: Sendable {
    private let log: AppendLog

    public init(_ run: RunDirectory) throws { log = try AppendLog(run.journalPath) }

    public func append(_ event: JournalEvent) throws { try log.append(event) }

    /// The events so far, oldest first; none when the run has no journal yet.
    public static func events(of run: RunDirectory) throws -> [JournalEvent] {
        try AppendLog.read(JournalEvent.self, from: run.journalPath)
    }
}
