import Digest
import Discovery
public import Documents
import FoundationEssentials
import Images
public import Plans
public import Prepare
public import State
public import Workers

/// Runs plans: the one way in which anything is published.
public struct Executor: Sendable {
    public var version: String
    public var providers: any ProviderSource
    public var workers: Workers
    /// The program that reads images, beside the one that runs providers.
    var readerExecutable: String { ImageReader.executable(beside: workers.workerExecutable) }
    public var cache: String
    /// The mirror for artifacts that name none.
    public var mirror: String?
    public var downloader: any Downloader
    /// The host's own, whole; workers see what their manifests declare of it.
    public var environment: [String: String]
    public var observer: any RunObserver
    /// The least important message that a run's log keeps: `debug`, `info`, `warning` or `error`.
    public var logLevel: String
    public var interruption: Interruption
    /// Whether file systems that are not read here are read through libguestfs, where it is installed.
    public var usesLibguestfs = true
    /// Starts a disk image in a virtual machine, for plans that ask for it; the second tells in a line how far it is.
    public var boot: Boot?
    public typealias Boot =
        @Sendable (
            _ image: String, _ facts: ImageFacts, _ tell: @escaping @Sendable (String) -> Void
        ) async throws -> Void
    /// Told in a sentence what takes long, and is no step of a run.
    public var tell: @Sendable (String) -> Void = { _ in }

    public init(
        version: String, providers: any ProviderSource, workers: Workers, cache: String, mirror: String?,
        downloader: any Downloader, environment: [String: String], observer: any RunObserver, logLevel: String,
        interruption: Interruption
    ) {
        self.version = version
        self.providers = providers
        self.workers = workers
        self.cache = cache
        self.mirror = mirror
        self.downloader = downloader
        self.environment = environment
        self.observer = observer
        self.logLevel = logLevel
        self.interruption = interruption
    }

    /// Publishes the plan in a new run.
    /// - Throws: `Failure` when nothing could begin: the plan, the state or the sources are at fault.
    public func publish(_ plan: LocatedPlan, options: RunOptions, in state: StateDirectory) async throws -> RunOutcome {
        let plan = try plan.only(options.only)
        let places = try resolve(plan)
        try plan.checkSources()
        let (run, document) = try state.newRun { RunDocument(id: $0, plan: plan, options: options) }
        return try await perform(plan, places, document, run, earlier: [])
    }

    /// Continues a run where its journal ends.
    /// - Parameter release: releases what `--stage` held back.
    public func resume(_ run: RunDirectory, options change: (inout RunOptions) -> Void) async throws -> RunOutcome {
        var document = try run.read(RunDocument.self, from: run.planPath)
        document.options.stage = false
        change(&document.options)
        let plan = try LocatedPlan(document.plan, directory: document.directory)
        let places = try resolve(plan)
        return try await perform(plan, places, document, run, earlier: try Journal.events(of: run))
    }

    /// What would be done, target by target, without effect: nothing is sent and no run is kept.
    /// - Returns: the failed preflights as an outcome, and else what each target's preflight found.
    public func preview(_ plan: LocatedPlan, options: RunOptions) async throws -> (RunOutcome, [TargetPreview]) {
        let plan = try plan.only(options.only)
        let places = try resolve(plan)
        try plan.checkSources()
        let context = try context(run: nil, options: options, parallel: plan.plan.options?.parallel)
        let artifacts = try await interruption.withTask("the images were made") {
            try await make(plan, pinned: [:], context)
        }
        let targets = try places.map { try target($0, artifacts, context, open: false) }
        if let failed = await preflight(targets, started: .now, run: "") {
            tell(failed, context)
            return (failed, [])
        }
        var previews: [TargetPreview] = []
        for target in targets {
            let plan = await target.plan
            previews.append(
                TargetPreview(
                    target: target.title, digest: target.artifact.document.digest,
                    isNothingToDo: await target.isNothingToDo, actions: plan?.actions, moves: plan?.moves ?? []))
        }
        let outcome = RunOutcome(run: "", targets: [], exit: 0, seconds: 0)
        tell(outcome, context)
        return (outcome, previews)
    }

    // MARK: - The steps

    /// A target of the plan with the provider that serves it.
    struct Place {
        var target: OperationRequest.Target
        var artifact: String
        var provider: InstalledProvider
    }

    private func resolve(_ plan: LocatedPlan) throws -> [Place] {
        var titles: [String: String] = [:]
        return try plan.plan.targets.enumerated().map { number, target in
            let provider: InstalledProvider
            do { provider = try providers.provider(forScheme: target.scheme) } catch var failure as Failure {
                failure.place = failure.place ?? plan.place(ofTarget: number, "to")
                throw failure
            }
            let place = plan.place(ofTarget: number, "options")
            try providers.validate(target.options ?? [:], for: provider, place: place)
            let isPath = Needs.addressIsPath(provider.manifest)
            let artifact = plan.plan.artifacts[target.artifact]
            let tags = target.tags ?? [artifact?.release ?? artifact?.version].compactMap { $0?.lowercased() }
            let resolved = OperationRequest.Target(
                name: target.title, scheme: target.scheme,
                address: isPath ? plan.absolute(target.address) : target.address, tags: tags,
                options: plan.absolute(target.options ?? [:], by: provider.manifest.configuration))
            let same = Self.publicationID(provider.manifest.id, target.artifact, resolved)
            if let first = titles.updateValue(target.title, forKey: same) {
                throw Failure(
                    .usage, "\(first) and \(target.title) are one place for one artifact",
                    place: plan.place(ofTarget: number, "to"), hint: "give one of them the tags of both")
            }
            try allow(resolved, provider)
            return Place(target: resolved, artifact: target.artifact, provider: provider)
        }
    }

    /// What policy says about a target.
    func allow(_ target: OperationRequest.Target, _ provider: InstalledProvider) throws {
        if target.options["public"]?.bool == true { try providers.checkPublicSharing(of: target.name) }
        if target.options["insecure"]?.bool == true || target.options["tls_verify"]?.bool == false {
            try providers.check(insecureTarget: target.name)
        }
        for host in Needs(provider.manifest, target: target, environment: environment).hosts {
            try providers.check(endpoint: host, provider: provider.manifest.id)
        }
    }

    func context(run: RunDirectory?, options: RunOptions, parallel: Int?) throws -> RunContext {
        let log = try RunLog(run?.logPath, level: logLevel)
        return RunContext(
            run: run, runID: run?.id ?? "preview", journal: try run.map { try Journal($0) }, workers: workers,
            cache: cache, environment: environment, redactor: Redactor(),
            memory: RunMemory(), log: log, observer: LoggingObserver(base: observer, log: log),
            interruption: interruption,
            turnstile: Turnstile(parallel ?? 8), options: options,
            waitScale: waitScale)
    }

    private func make(
        _ plan: LocatedPlan, pinned: [String: ReadyArtifact.Provenance], _ context: RunContext
    ) async throws -> [String: ReadyArtifact] {
        let observer = context.observer
        let maker = ArtifactMaker(
            plan: plan, mirror: mirror, cache: cache, version: version, downloader: downloader,
            environment: environment, reader: readerExecutable, guestfish: guestfish, pinned: pinned,
            observer: observer, fetch: { try await fetch($0, $1, $2, $3, context) })
        return try await withThrowingTaskGroup(of: ReadyArtifact.self) { group in
            for name in plan.plan.artifacts.keys { group.addTask { try await maker.make(name) } }
            var made: [String: ReadyArtifact] = [:]
            for try await artifact in group {
                made[artifact.name] = artifact
                context.append(
                    JournalEvent(.artifactReady, artifact: artifact.name, digest: artifact.document.digest))
                var event = RunEvent(.artifactReady)
                event.artifact = artifact.name
                event.digest = artifact.document.digest
                event.platforms = artifact.document.platforms
                event.total = UInt64(artifact.document.size)
                event.secondsByArchitecture = artifact.seconds
                observer.observe(event)
            }
            return made
        }
    }

    private func target(
        _ place: Place, _ artifacts: [String: ReadyArtifact], _ context: RunContext, open: Bool
    ) throws -> TargetRun {
        guard let artifact = artifacts[place.artifact] else {
            throw Failure(.internal, "no artifact \(place.artifact)")
        }
        let id = Self.publicationID(place.provider.manifest.id, artifact.document.digest, place.target)
        let about = PublicationAbout(
            provider: place.provider.manifest.id, target: place.target, artifact: artifact.document)
        let publication =
            try open
            ? context.run.map { try Publication(id, in: $0.state, about: about, run: $0.id) } : nil
        return try TargetRun(
            provider: place.provider, target: place.target, artifact: artifact, publicationID: id,
            publication: publication, context: context)
    }

    /// The same for the same provider, artifact and place, whatever run: what resources are marked with.
    static func publicationID(_ provider: String, _ digest: String, _ target: OperationRequest.Target) -> String {
        sha256(Array("\(provider)\0\(digest)\0\(target.scheme):\(target.address)".utf8)).hex
    }

    private func perform(
        _ plan: LocatedPlan, _ places: [Place], _ document: RunDocument, _ run: RunDirectory, earlier: [JournalEvent]
    ) async throws -> RunOutcome {
        let started = ContinuousClock.now
        let lock = try HolderLock(run.lockPath, run: run.id, what: "run \(run.id)")
        defer { withExtendedLifetime(lock) {} }
        var document = document
        let context = try context(run: run, options: document.options, parallel: plan.plan.options?.parallel)
        context.append(JournalEvent(earlier.isEmpty ? .runStarted : .runResumed))
        var event = RunEvent(.runStarted)
        event.run = run.id
        event.total = UInt64(places.count)
        event.message = plan.plan.name
        context.observer.observe(event)
        for sentence in Workers.limits() { context.log.write("warning", "sandbox", sentence) }
        var outcome: RunOutcome
        do {
            let pinned = document.artifacts
            let artifacts = try await interruption.withTask("the images were made") {
                try await make(plan, pinned: pinned, context)
            }
            if document.artifacts.isEmpty {
                document.artifacts = artifacts.mapValues(\.provenance)
                document.digests = artifacts.mapValues(\.document.digest)
                try run.write(document, to: run.planPath)
            }
            let targets = try places.map { try target($0, artifacts, context, open: true) }
            for target in targets { await target.replay(earlier) }
            outcome = await publish(targets, earlier, context, started)
        } catch {
            var failure = asFailure(error)
            if failure.code == .interrupted { failure.hint = "eulerpublisher resume \(run.id)" }
            // Nothing was begun, and nothing can be resumed but the same mistake.
            if failure.code == .usage, earlier.isEmpty, document.artifacts.isEmpty {
                run.discard()
                throw failure
            }
            context.append(JournalEvent(.failed, failure: failure))
            let exit = interruption.signal.map { 128 + $0 } ?? failure.code.exitStatus
            context.append(JournalEvent(interruption.signal == nil ? .runEnded : .interrupted, exit: exit))
            throw failure
        }
        outcome.exit = interruption.signal.map { 128 + $0 } ?? outcome.exit
        context.append(JournalEvent(interruption.signal == nil ? .runEnded : .interrupted, exit: outcome.exit))
        do { try record(outcome, document, run, places) } catch {
            // What was published is so without a record, and must be told.
            let failure = asFailure(error)
            var event = RunEvent(.warning)
            event.message =
                "\(failure.place ?? run.recordPath): \(failure.message): the run has no record; what it did is told here alone"
            context.observer.observe(event)
            if outcome.exit == 0 { outcome.exit = failure.code.exitStatus }
        }
        tell(outcome, context)
        return outcome
    }

    private func tell(_ outcome: RunOutcome, _ context: RunContext) {
        var event = RunEvent(.runEnded)
        event.run = context.run?.id
        event.exit = outcome.exit
        event.seconds = context.run.map { _ in outcome.seconds }
        context.observer.observe(event)
    }

    private func publish(
        _ targets: [TargetRun], _ earlier: [JournalEvent], _ context: RunContext, _ started: ContinuousClock.Instant
    ) async -> RunOutcome {
        if let failed = await preflight(targets, started: started, run: context.runID) { return failed }
        let unfit = await bootFirst(targets, earlier, context)
        if let failed = await notStarted(
            targets, { unfit[$0.artifact.document.digest] }, started: started, run: context.runID)
        {
            return failed
        }
        let barrier = context.options.tagAll ? Barrier(count: targets.count) : nil
        let outcomes = await withTaskGroup(of: TargetOutcome.self) { group in
            for target in targets {
                group.addTask { await Self.drive(target, barrier, context) }
            }
            return await group.reduce(into: [TargetOutcome]()) { $0.append($1) }
        }
        let order = targets.map(\.title)
        let sorted = outcomes.sorted { order.firstIndex(of: $0.target)! < order.firstIndex(of: $1.target)! }
        return RunOutcome(
            run: context.runID, targets: sorted, exit: Self.exitStatus(sorted),
            seconds: (ContinuousClock.now - started).seconds)
    }

    /// Everything that can fail before the first byte, of all targets: nil unless one failed.
    private func preflight(_ targets: [TargetRun], started: ContinuousClock.Instant, run: String) async -> RunOutcome? {
        let failures = await withTaskGroup(of: (TargetRun, Failure)?.self) { group in
            for target in targets {
                group.addTask {
                    do { try await target.preflight() } catch { return (target, asFailure(error)) }
                    return nil
                }
            }
            return await group.reduce(into: [(TargetRun, Failure)]()) { if let failed = $1 { $0.append(failed) } }
        }
        return await notStarted(
            targets, { target in failures.first { $0.0 === target }?.1 }, started: started, run: run)
    }

    /// What a run ends with that sent nothing, since some of its targets failed before; nil if none did.
    private func notStarted(
        _ targets: [TargetRun], _ reason: (TargetRun) -> Failure?, started: ContinuousClock.Instant, run: String
    ) async -> RunOutcome? {
        var outcomes: [TargetOutcome] = []
        for target in targets {
            guard let failure = reason(target) else { continue }
            outcomes.append(await target.outcome(.failed, failure, seconds: 0))
            target.tell(failure, ending: failure.code == .interrupted ? .interrupted : .failed)
        }
        guard !outcomes.isEmpty else { return nil }
        return RunOutcome(
            run: run, targets: outcomes, notStarted: true, exit: outcomes[0].failure?.code.exitStatus ?? 1,
            seconds: (ContinuousClock.now - started).seconds)
    }

    /// One target from its preflight to its end.
    private static func drive(_ target: TargetRun, _ barrier: Barrier?, _ context: RunContext) async -> TargetOutcome {
        let started = ContinuousClock.now
        func seconds() -> Double { (ContinuousClock.now - started).seconds }
        if await target.isNothingToDo {
            await barrier?.leave()
            return await target.end(.nothingToDo, nil, seconds: seconds())
        }
        do {
            try await target.upload()
        } catch {
            let failure = asFailure(error)
            await barrier?.fail(target.title)
            return await target.end(Self.ending(failure), failure, seconds: seconds())
        }
        if context.options.stage { return await target.end(.staged, nil, seconds: seconds()) }
        do {
            try await barrier?.arrive(target.title)
            try await target.release()
            return await target.end(.published, nil, seconds: seconds())
        } catch {
            let failure = asFailure(error)
            return await target.end(Self.ending(failure), failure, seconds: seconds())
        }
    }

    private static func ending(_ failure: Failure) -> RunEvent.Ending {
        switch failure.code {
        case .interrupted: .interrupted
        case .pending: .pending
        default: .failed
        }
    }
}
