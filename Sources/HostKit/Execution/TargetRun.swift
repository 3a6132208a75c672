import Discovery
import Documents
import FoundationEssentials
import ProviderAPI
import State
import Workers

/// One provider, one artifact, one target: each operation in a worker of its own, in the order of a publication.
actor TargetRun {
    nonisolated let title: String
    nonisolated let provider: InstalledProvider
    nonisolated let target: OperationRequest.Target
    nonisolated let artifact: ReadyArtifact
    nonisolated let publicationID: String
    private let needs: Needs
    private let identity: LibraryIdentity
    nonisolated let context: RunContext
    private let publication: Publication?
    private var checkpoints: CheckpointStore?

    /// Results' `data` by operation: what the provider told itself.
    private var data: [String: JSON] = [:]
    /// Operations that this run has behind it.
    private var completed: Set<String> = []
    private var resumed = false
    private(set) var sent: Int64 = 0
    private(set) var skipped: Int64 = 0
    private(set) var moves: [OperationResult.Move] = []
    private(set) var findings: [OperationResult.Finding] = []
    private(set) var isNothingToDo = false
    /// What the preflight found would be done.
    private(set) var plan: OperationResult?

    /// - Throws: `Failure` when the provider's library is not the one of its manifest, or another run is at work on this.
    init(
        provider: InstalledProvider, target: OperationRequest.Target, artifact: ReadyArtifact, publicationID: String,
        publication: Publication?, context: RunContext
    ) throws {
        title = target.name
        self.provider = provider
        self.target = target
        self.artifact = artifact
        self.publicationID = publicationID
        self.publication = publication
        self.context = context
        needs = Needs(
            provider.manifest, target: target, environment: context.environment, folder: provider.directory)
        identity = try provider.verifiedForLoading()
    }

    /// Continues where the journal of an earlier attempt ends.
    func replay(_ events: [JournalEvent]) {
        for event in events where event.target == title {
            if event.kind == .undone { forget() }
            // The preflight is made anew.
            guard event.kind == .done, let operation = event.operation, operation != EP_OP_PLAN,
                let result = event.result
            else { continue }
            take(result, of: operation)
            resumed = true
        }
    }

    private func forget() {
        completed = []
        data = [:]
        (sent, skipped, moves, findings) = (0, 0, [], [])
    }

    private func take(_ result: OperationResult, of operation: String) {
        completed.insert(operation)
        data[operation] = result.data
        sent += result.sentBytes ?? 0
        skipped += result.skippedBytes ?? 0
        if operation == EP_OP_RELEASE { moves = result.moves ?? [] }
        findings += result.findings ?? []
    }

    /// Login, names, quota, tag moves: everything that can fail before the first byte. Nothing is changed.
    func preflight() async throws {
        let manifest = provider.manifest
        guard manifest.operations.contains(where: [EP_OP_UPLOAD, EP_OP_REGISTER, EP_OP_RELEASE].contains) else {
            throw Failure(
                .usage, "\(manifest.id) publishes nothing in this version", place: title,
                hint: "it judges images: eulerpublisher check IMAGE --provider \(manifest.id)")
        }
        let kind = artifact.document.kind
        guard manifest.artifacts.contains(kind) else {
            throw Failure(
                .usage, "\(manifest.id) takes no \(kind) images", place: title,
                hint: "it takes " + manifest.artifacts.joined(separator: ", "))
        }
        if let format = artifact.document.format, let formats = manifest.formats, !formats.contains(format) {
            throw Failure(
                .usage, "\(manifest.id) takes no \(format) images", place: title,
                hint: "convert the image; it takes " + formats.joined(separator: ", "))
        }
        guard !manifest.views.contains("blocks") || manifest.views.contains("file") || artifact.blocksPath != nil else {
            throw Failure(
                .usage,
                "\(manifest.id) reads blocks of a raw image, and this one is \(artifact.document.format ?? kind)",
                place: title, hint: "convert it: qemu-img convert -O raw")
        }
        if let refusal = publication?.refusal, !context.options.retryRefused {
            var failure = refusal.failure
            failure.message = "refused before (\(refusal.time)), and the content is the same: \(failure.message)"
            failure.hint = [failure.hint, "--retry-refused asks again"].compactMap { $0 }.joined(separator: "; ")
            throw failure
        }
        if manifest.operations.contains(EP_OP_PLAN) {
            let result = try await invoke(EP_OP_PLAN)
            plan = result
            data[EP_OP_PLAN] = result.data
            // With the ledger open, the last steps must still be taken: what was made is not settled yet.
            let isOpen = try publication.map { try !Ledger.unsettled(of: $0.directory).isEmpty } ?? false
            isNothingToDo = result.nothingToDo == true && !isOpen
            var event = RunEvent(.preflight, target: title)
            event.actions = result.actions
            event.moves = result.moves
            event.digest = result.digest
            event.ending = isNothingToDo ? .nothingToDo : nil
            context.observer.observe(event)
        }
        if !isNothingToDo, manifest.operations.contains(EP_OP_CHECK), !completed.contains(EP_OP_CHECK) {
            try await check()
        }
    }

    private func check() async throws {
        let turn = await context.checks.of("\(provider.manifest.id) \(artifact.document.digest)")
        await turn.enter()
        defer { Task { await turn.leave() } }
        let result = try await invoke(EP_OP_CHECK)
        take(result, of: EP_OP_CHECK)
        let failed = (result.findings ?? []).filter { $0.outcome == "fail" && $0.severity == "error" }
        guard let first = failed.first else { return }
        throw Failure(
            .checkFailed,
            "\(failed.count) of \(result.findings?.count ?? 0) checks failed; the first is \(first.rule): \(first.message.text())",
            place: [title, first.evidence].compactMap { $0 }.joined(separator: ", "), hint: first.fix?.text())
    }

    /// Upload, register, verify: all that nobody can see yet.
    func upload() async throws {
        do {
            try await perform([EP_OP_UPLOAD, EP_OP_REGISTER, EP_OP_VERIFY])
        } catch let failure as Failure where resumed && failure.isNotFound {
            // What an earlier attempt made is gone: the remote is the truth, so begin again.
            context.log.write("warning", title, "something made before the resume is gone: beginning again")
            forget()
            resumed = false
            try await perform([EP_OP_UPLOAD, EP_OP_REGISTER, EP_OP_VERIFY])
        }
    }

    /// Distribute and release: from here on the world sees it.
    func release() async throws {
        try await perform([EP_OP_DISTRIBUTE, EP_OP_RELEASE])
        publication?.forgetRefusal()
        if let publication { CheckpointStore.remove(from: publication.directory) }
    }

    private func perform(_ operations: [String]) async throws {
        for operation in operations
        where provider.manifest.operations.contains(operation) && !completed.contains(operation) {
            let result = try await invoke(operation)
            take(result, of: operation)
        }
    }

    /// One operation, asked again until the vendor is done.
    func invoke(_ operation: String, entry: JSON? = nil, into: String? = nil) async throws -> OperationResult {
        let started = ContinuousClock.now
        var event = RunEvent(.operationStarted, target: title)
        event.operation = operation
        context.observer.observe(event)
        context.append(JournalEvent(.started, target: title, operation: operation))
        while true {
            switch try await once(operation, entry, into) {
            case .done(let bytes):
                let result: OperationResult
                do { result = try DocumentCoding.decode(OperationResult.self, from: Data(bytes)) } catch {
                    let why = (error as? DecodingError).map {
                        ": " + context.redactor.masked(Printable.line($0.reason))
                    }
                    throw Failure(
                        .crashed,
                        "\(provider.manifest.id) answered \(operation) with a document that is no result\(why ?? "")",
                        place: title, hint: provider.manifest.report.map { "report it to \($0)" })
                }
                context.append(
                    JournalEvent(
                        .done, target: title, operation: operation, result: context.redactor.masked(result)))
                event = RunEvent(.operationDone, target: title)
                event.operation = operation
                event.seconds = (ContinuousClock.now - started).seconds
                event.sentBytes = result.sentBytes
                event.skippedBytes = result.skippedBytes
                context.observer.observe(event)
                return result
            case .pending(let bytes): try await wait(bytes, operation)
            case .failed(let status, let document): throw failure(status, document, operation)
            case .crashed(var failure):
                failure.message = context.redactor.masked(failure.message)
                failure.place = "\(failure.place ?? ""), sha256:\(provider.manifest.library.sha256?.prefix(12) ?? "")"
                if let report = provider.manifest.report { failure.hint = (failure.hint ?? "") + " (\(report))" }
                context.append(JournalEvent(.crashed, target: title, operation: operation, failure: failure))
                throw failure
            case .cancelled: throw Failure(.interrupted, "interrupted during \(operation)", place: title)
            }
        }
    }

    private func wait(_ bytes: [UInt8], _ operation: String) async throws {
        guard let pending = try? DocumentCoding.decode(PendingResult.self, from: Data(bytes)) else {
            throw Failure(
                .crashed, "\(provider.manifest.id) answered \(operation) with a document that is no wait", place: title)
        }
        context.append(JournalEvent(.pending, target: title, operation: operation, pending: pending))
        let seconds = min(max(pending.resumeAfter, 0), 3600) * context.waitScale
        var event = RunEvent(.pending, target: title)
        event.operation = operation
        event.seconds = seconds
        event.message = context.redactor.masked(pending.note.text())
        context.observer.observe(event)
        if context.options.noWait {
            throw Failure(
                .pending, "the vendor is at work: \(pending.note.text())", place: title,
                hint: "resume the run in \(Int(seconds.rounded(.up))) s or later", retryable: true)
        }
        await context.interruption.sleep(seconds)
        if context.interruption.signal != nil {
            throw Failure(.interrupted, "interrupted while the vendor was at work", place: title)
        }
    }

    private func once(_ operation: String, _ entry: JSON?, _ into: String?) async throws -> WorkerOutcome {
        await context.turnstile.enter()
        defer { Task { await context.turnstile.leave() } }
        let isReading = [
            EP_OP_REQUIREMENTS, EP_OP_CHECK, EP_OP_MARKETPLACE_CHECK, EP_OP_PLAN, EP_OP_STATUS, EP_OP_INVENTORY,
            EP_OP_FETCH,
        ].contains(operation)
        if !isReading { for directory in needs.directories { try makeDirectory(directory) } }
        let store = isReading ? nil : try store()
        let isCheck = [EP_OP_REQUIREMENTS, EP_OP_CHECK, EP_OP_MARKETPLACE_CHECK].contains(operation)
        let image = isCheck ? try await artifact.image?.opened() : nil
        let services = JobServices(
            title: title, operation: operation, needs: needs, publication: isReading ? nil : publication,
            checkpoints: store, cache: LosableCache(context.cache, provider: provider.manifest.id),
            memory: context.memory, image: image?.reader, redactor: context.redactor, log: context.log,
            observer: context.observer)
        var request = OperationRequest(
            operation: operation, run: context.runID, publication: publicationID, target: target, state: data)
        // Of a mere question there is none.
        let isAbout = ![EP_OP_UNDO, EP_OP_REQUIREMENTS, EP_OP_INVENTORY, EP_OP_FETCH, EP_OP_RETIRE].contains(operation)
        if isAbout, !artifact.document.digest.isEmpty {
            request.artifact = artifact.document
        }
        request.entry = entry
        request.into = into
        let manifest = provider.manifest
        let job = WorkerJob(
            providerID: manifest.id, providerVersion: manifest.version, libraryPath: provider.libraryPath,
            libraryIdentity: identity, profile: isCheck ? .check : .publish, operation: operation,
            configuration: [UInt8](try DocumentCoding.encode(JSON.object(target.options))),
            request: try Self.bytes(of: request, facts: operation == EP_OP_REQUIREMENTS ? nil : image?.document),
            artifactFiles: manifest.views.contains("file") ? artifact.paths : [:],
            blocksPath: manifest.views.contains("blocks") ? artifact.blocksPath : nil,
            checkpoints: isReading ? [] : try records().map { ($0.key, $0.data) },
            readableFiles: Array(needs.files.values) + (isReading ? needs.directories : []),
            writableDirectories: (isReading ? [] : needs.directories) + [into].compactMap(\.self),
            ports: isCheck ? [] : needs.ports,
            environment: needs.environment, inactivity: .seconds(manifest.inactivity ?? 120))
        // On the disk within a second, whatever the provider does meanwhile.
        let flusher = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .milliseconds(500))
                try? store?.flush()
            }
        }
        defer { flusher.cancel() }
        let workers = context.workers
        let outcome = await context.interruption.withCancellation {
            await workers.run(job, services: services, cancellation: $0)
        }
        try store?.flush()
        return outcome
    }

    /// The request as the provider gets it.
    /// - Throws: `Failure` if it is longer than the contract allows a document: nothing would be served with its begin.
    static func bytes(of request: OperationRequest, facts: [UInt8]? = nil) throws -> [UInt8] {
        let bytes = try request.encoded(facts: facts)
        guard bytes.count <= EP_LIMIT_DOCUMENT else {
            throw Failure(
                .refused,
                "the request of \(request.operation) takes \(bytes.count) bytes, and \(EP_LIMIT_DOCUMENT) are allowed",
                place: request.target.name, hint: "publish fewer files, tags or annotations at once")
        }
        return bytes
    }

    private func makeDirectory(_ path: String) throws {
        do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
            throw Failure(
                .usage, "the directory cannot be made", place: path, hint: "name one that this user can make")
        }
    }

    private func store() throws -> CheckpointStore? {
        guard let publication, let revision = provider.manifest.checkpoints?.first else { return nil }
        if let checkpoints { return checkpoints }
        let store = try CheckpointStore(publication.directory, revision: revision)
        checkpoints = store
        return store
    }

    private func records() throws -> [CheckpointStore.Record] {
        guard let publication, let revisions = provider.manifest.checkpoints else { return [] }
        return try CheckpointStore.records(of: publication.directory, revisions: revisions)
    }

    private func failure(_ status: Int32, _ document: [UInt8], _ operation: String) -> Failure {
        var failure =
            (try? DocumentCoding.decode(Failure.self, from: Data(document)))
            ?? Failure(Failure.Code(status: status), "\(operation) failed (\(Failure.Code(status: status).rawValue))")
        failure.message = context.redactor.masked(failure.message)
        failure.place = failure.place.map(context.redactor.masked) ?? title
        failure.hint = failure.hint.map(context.redactor.masked)
        if status == EP_NOT_FOUND { failure.vendorCode = failure.vendorCode ?? Failure.notFound }
        context.append(JournalEvent(.failed, target: title, operation: operation, failure: failure))
        if status == EP_REFUSED, failure.retryable != true, failure.code != .checkFailed {
            try? publication?.remember(failure, of: operation)
        }
        return failure
    }
}

extension Failure {
    static let notFound = "not-found"
    var isNotFound: Bool { vendorCode == Failure.notFound }
}

extension Failure.Code {
    /// For a provider that returned a status and no document.
    init(status: Int32) {
        self =
            switch status {
            case EP_INVALID, EP_UNSUPPORTED: .usage
            case EP_AUTH, EP_DENIED: .authentication
            case EP_QUOTA, EP_RATE_LIMITED: .quota
            case EP_NETWORK, EP_TIMEOUT: .network
            case EP_REFUSED, EP_CONFLICT, EP_NOT_FOUND: .refused
            case EP_CANCELLED: .interrupted
            default: .internal
            }
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
