import Discovery
public import Documents
import Files
import ProviderAPI
public import State

/// What cleanup did, or would do, with one resource.
public struct CleanupItem: Sendable, Codable {
    public enum Action: String, Sendable, Codable {
        case wouldUndo = "would-undo"
        case undone
        case failed
        /// A run is at work on its publication.
        case busy
    }
    public var publication: String
    public var provider: String
    public var target: String
    public var kind: String
    public var region: String?
    /// Absent: the request that makes it may never have been executed.
    public var id: String?
    /// When it was intended, RFC 3339.
    public var time: String
    public var action: Action
    public var failure: Failure?
}

extension Executor {
    /// Undoes what runs made and nobody wants: intents that are not settled, newest first. What is settled is never touched.
    /// - Parameters:
    ///   - run: only what this run made; nil: what any run made.
    ///   - dryRun: says what would be undone.
    /// - Throws: `Failure` when the state cannot be read.
    public func cleanup(run: RunDirectory?, dryRun: Bool, in state: StateDirectory) async throws -> [CleanupItem] {
        var items: [CleanupItem] = []
        for id in try state.publications() {
            let directory = state.publicationDirectory(id)
            let entries = try Ledger.unsettled(of: directory).filter { run == nil || $0.run == run?.id }
            guard !entries.isEmpty else {
                if !dryRun { forgetIfSettled(id, state) }
                continue
            }
            items += await undo(entries, of: id, dryRun: dryRun, in: state) { try Ledger.unsettled(of: directory) }
        }
        return items
    }

    /// Puts back the tags that a finished run moved, those of them that still are where it moved them.
    /// - Throws: `Failure` when the state cannot be read.
    public func restoreTags(of run: RunDirectory, dryRun: Bool, in state: StateDirectory) async throws -> [CleanupItem]
    {
        var items: [CleanupItem] = []
        for id in try state.publications() {
            let directory = state.publicationDirectory(id)
            func moved() throws -> [Ledger.Entry] {
                try Ledger.entries(of: directory).filter {
                    $0.run == run.id && $0.kind == Self.tagKind && $0.id != nil && $0.isSettled && !$0.isUndone
                }.reversed()
            }
            let entries = try moved()
            if !entries.isEmpty { items += await undo(entries, of: id, dryRun: dryRun, in: state, moved) }
        }
        return items
    }

    /// What a provider's ledger calls a name that moves.
    private static let tagKind = "tag"

    /// - Parameter current: what may be undone by now: the holder before us may have settled or undone some.
    private func undo(
        _ entries: [Ledger.Entry], of id: String, dryRun: Bool, in state: StateDirectory,
        _ current: () throws -> [Ledger.Entry]
    ) async -> [CleanupItem] {
        let directory = state.publicationDirectory(id)
        func item(_ entry: Ledger.Entry, _ about: PublicationAbout?, _ action: CleanupItem.Action, _ failure: Failure?)
            -> CleanupItem
        {
            CleanupItem(
                publication: id, provider: about?.provider ?? "?", target: about?.target.name ?? "?", kind: entry.kind,
                region: entry.region, id: entry.id, time: entry.time, action: action, failure: failure)
        }
        var about: PublicationAbout?
        do {
            let found = try Publication.about(directory)
            about = found
            if dryRun {
                let isBusy = HolderLock.holder("\(directory)/lock") != nil
                return entries.map { item($0, found, isBusy ? .busy : .wouldUndo, nil) }
            }
            let publication = try Publication(id, in: state, about: found, run: "cleanup")
            let target = try undoer(publication, found, state)
            var items: [CleanupItem] = []
            let open = try current().filter { entry in
                entries.contains { $0.intent == entry.intent }
            }
            for entry in open {
                do {
                    let result = try await target.invoke(EP_OP_UNDO, entry: entry.document)
                    guard result.gone == true else {
                        throw Failure(.internal, "the provider did not say that it is gone", place: found.target.name)
                    }
                    try publication.ledger.undone(entry.intent)
                    try tell(entry.run, found.target.name, state)
                    items.append(item(entry, found, .undone, nil))
                } catch {
                    items.append(item(entry, found, .failed, asFailure(error)))
                }
            }
            CheckpointStore.remove(from: directory)
            return items
        } catch {
            let failure = asFailure(error)
            return entries.map { item($0, about, failure.code == .busy ? .busy : .failed, failure) }
        }
    }

    /// A target whose only work is to undo.
    private func undoer(_ publication: Publication, _ about: PublicationAbout, _ state: StateDirectory) throws
        -> TargetRun
    {
        let provider = try providers.provider(id: about.provider)
        guard provider.manifest.operations.contains(EP_OP_UNDO) else {
            throw Failure(
                .usage, "\(about.provider) cannot undo", place: about.target.name,
                hint: "remove the resources by hand; the ledger is \(publication.directory)/ledger.jsonl")
        }
        let context = RunContext(
            run: nil, runID: "cleanup", journal: nil, workers: workers, cache: cache, environment: environment,
            redactor: Redactor(), memory: RunMemory(), log: try RunLog("\(state.path)/cleanup.log", level: logLevel),
            observer: observer,
            interruption: interruption, turnstile: Turnstile(1), options: RunOptions(), waitScale: waitScale)
        let artifact = ReadyArtifact(
            name: about.artifact.name, document: about.artifact, paths: [:], blocksPath: nil,
            provenance: .init(sources: []))
        return try TargetRun(
            provider: provider, target: about.target, artifact: artifact, publicationID: publication.id,
            publication: publication, context: context)
    }

    /// The run's journal learns of it, so that a resume begins the target again.
    private func tell(_ run: String, _ target: String, _ state: StateDirectory) throws {
        guard let run = try? state.find(run: run) else { return }
        try Journal(run).append(JournalEvent(.undone, target: target))
    }

    /// Nothing of it is open: its checkpoints are of no more use.
    private func forgetIfSettled(_ id: String, _ state: StateDirectory) {
        let directory = state.publicationDirectory(id)
        guard HolderLock.holder("\(directory)/lock") == nil,
            let entries = try? Ledger.entries(of: directory), !entries.isEmpty,
            entries.allSatisfy({ $0.isSettled || $0.isUndone })
        else { return }
        CheckpointStore.remove(from: directory)
    }

    var waitScale: Double {
        environment["EULERPUBLISHER_WAIT_SCALE"].flatMap { Double($0) } ?? 1
    }
}
