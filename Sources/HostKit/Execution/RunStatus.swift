import Documents
import FoundationEssentials
import Plans
public import State

/// How a run stands, from its journal: what `status` prints.
public struct RunStatus: Sendable, Codable {
    public struct Target: Sendable, Codable {
        public var target: String
        /// `published`, `nothing-to-do`, `staged`, `failed`, `interrupted`, `pending`, `running` or `waiting`.
        public var state: String
        /// The operation it is at, or ended with.
        public var operation: String?
        public var digest: String?
        public var message: String?
    }
    public var format = Format.current
    public var run: String
    public var started: String
    /// The process at work on it, if one is.
    public var holder: LockHolder?
    public var exit: Int32?
    public var targets: [Target]
    /// Resources that it made and nothing settled.
    public var unsettled: Int

    /// - Throws: `Failure` when the run's files cannot be read.
    public init(of run: RunDirectory) throws {
        let document = try run.read(RunDocument.self, from: run.planPath)
        self.run = run.id
        started = document.started
        holder = HolderLock.holder(run.lockPath)
        let events = try Journal.events(of: run)
        var states: [String: Target] = [:]
        for target in document.plan.targets {
            states[target.title] = Target(target: target.title, state: "waiting")
        }
        for event in events {
            if event.kind == .runStarted || event.kind == .runResumed { exit = nil }
            if event.kind == .runEnded || event.kind == .interrupted, event.target == nil { exit = event.exit }
            guard let title = event.target, var state = states[title] else { continue }
            state.operation = event.operation ?? state.operation
            state.digest = event.digest ?? state.digest
            state.message = event.failure?.message ?? event.pending?.note.text()
            switch event.kind {
            case .started, .done: state.state = "running"
            case .failed, .crashed: state.state = event.failure?.code == .pending ? "pending" : "failed"
            case .undone: state.state = "waiting"
            default: state.state = event.kind.rawValue
            }
            states[title] = state
        }
        let isLive = holder != nil
        targets = document.plan.targets.compactMap { states[$0.title] }.map { target in
            var target = target
            // Nobody is at work on it: it was cut off there.
            if !isLive, target.state == "running" { target.state = "interrupted" }
            return target
        }
        unsettled = try run.state.publications().reduce(0) { count, id in
            try count
                + Ledger.unsettled(of: run.state.publicationDirectory(id)).filter { $0.run == run.id }.count
        }
    }
}
