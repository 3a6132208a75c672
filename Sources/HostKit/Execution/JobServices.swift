import Documents
import Files
import FoundationEssentials
import Images
import ProviderAPI
import State
import Synchronization
import Workers

/// What a job asks the host for, answered from the publication's memory and the manifest's needs.
final class JobServices: HostServices {
    let title: String
    let operation: String
    let needs: Needs
    /// Nil in a dry run, which leaves no trace.
    let publication: Publication?
    let checkpoints: CheckpointStore?
    let cache: LosableCache
    let memory: RunMemory
    /// What the tree view reads; nil for what is no disk image.
    let image: ImageReader?
    let redactor: Redactor
    let log: RunLog
    let observer: any RunObserver
    private let lastProgress = Mutex<ContinuousClock.Instant?>(nil)

    init(
        title: String, operation: String, needs: Needs, publication: Publication?, checkpoints: CheckpointStore?,
        cache: LosableCache, memory: RunMemory = RunMemory(), image: ImageReader? = nil, redactor: Redactor,
        log: RunLog, observer: any RunObserver
    ) {
        self.image = image
        self.title = title
        self.operation = operation
        self.needs = needs
        self.publication = publication
        self.checkpoints = checkpoints
        self.cache = cache
        self.memory = memory
        self.redactor = redactor
        self.log = log
        self.observer = observer
    }

    func log(level: Int32, message: String) {
        let masked = redactor.masked(message)
        log.write(RunLog.levels[Int(min(max(level, 0), 3))], title, masked)
        if level >= EP_LOG_WARNING {
            var event = RunEvent(.warning, target: title)
            event.message = masked
            observer.observe(event)
        }
    }

    func progress(done: UInt64, total: UInt64, step: String) {
        let now = ContinuousClock.now
        let isDue = lastProgress.withLock { last in
            if let last, now - last < .milliseconds(100), done != total { return false }
            last = now
            return true
        }
        guard isDue else { return }
        var event = RunEvent(.progress, target: title)
        event.operation = operation
        event.step = redactor.masked(step)
        event.done = done
        event.total = total > 0 ? total : nil
        observer.observe(event)
    }

    func checkpoint(key: String, data: [UInt8], flags: UInt32) throws {
        guard let checkpoints else { throw ServiceRefusal(status: EP_UNSUPPORTED) }
        try refuseSecrets(data, in: "a checkpoint")
        try checkpoints.store(
            .init(key: key, data: data, append: flags & UInt32(EP_CHECKPOINT_APPEND) != 0),
            durable: flags & UInt32(EP_CHECKPOINT_BARRIER) != 0)
    }

    func intend(_ document: [UInt8]) throws -> UInt64 {
        try ledger(document) { try $0.intend($1) }
    }

    func created(_ intent: UInt64, document: [UInt8]) throws {
        try ledger(document) { try $0.created(intent, $1) }
    }

    func settled(_ intent: UInt64) throws {
        guard let publication else { throw ServiceRefusal(status: EP_UNSUPPORTED) }
        try publication.ledger.settled(intent)
    }

    private func ledger<Result>(_ document: [UInt8], _ body: (Ledger, JSON) throws -> Result) throws -> Result {
        guard let publication else { throw ServiceRefusal(status: EP_UNSUPPORTED) }
        try refuseSecrets(document, in: "the ledger")
        guard let json = try? DocumentCoding.decode(JSON.self, from: Data(document)) else {
            log(level: EP_LOG_ERROR, message: "a document for the ledger is not JSON")
            throw ServiceRefusal(status: EP_INVALID)
        }
        do { return try body(publication.ledger, json) } catch let failure as Failure where failure.code == .usage {
            log(level: EP_LOG_ERROR, message: failure.message)
            throw ServiceRefusal(status: EP_INVALID)
        }
    }

    /// What is stored outlives the run: a secret must not be in it.
    private func refuseSecrets(_ bytes: [UInt8], in place: String) throws {
        guard redactor.holdsSecret(bytes) else { return }
        log(level: EP_LOG_ERROR, message: "a secret was about to be stored in \(place): refused")
        throw ServiceRefusal(status: EP_INVALID)
    }

    func secret(_ name: String) throws -> (value: [UInt8], expires: Int64) {
        guard needs.secrets[name] != nil else { throw ServiceRefusal(status: EP_DENIED) }
        do {
            guard let (value, source) = try needs.secret(name) else { throw ServiceRefusal(status: EP_AUTH) }
            redactor.add(value)
            log(level: EP_LOG_DEBUG, message: "the secret \(name) came from \(source)")
            return (value, 0)
        } catch let failure as Failure {
            log(level: EP_LOG_ERROR, message: "the secret \(name) cannot be read: \(failure.message)")
            throw ServiceRefusal(status: EP_AUTH)
        }
    }

    func redact(_ secret: [UInt8]) { redactor.add(secret) }

    func fileRead(_ name: String) throws -> [UInt8] {
        guard needs.declaredFiles.contains(name) else { throw ServiceRefusal(status: EP_DENIED) }
        guard let path = needs.files[name] else { throw ServiceRefusal(status: EP_NOT_FOUND) }
        do { return try File.contents(path, limit: 1 << 20) } catch let failure as Failure {
            // What is there and cannot be read is easily taken for something that is not there.
            if File.exists(path) {
                log(level: EP_LOG_WARNING, message: "\(path): \(failure.message); it counts as not there")
            }
            throw ServiceRefusal(status: EP_NOT_FOUND)
        }
    }

    func runHelper(_ document: [UInt8]) throws -> [UInt8] {
        do {
            let answer = try Helper.run(
                document, declared: needs.helpers, tools: needs.tools, environment: needs.hostEnvironment)
            for line in answer.said { log(level: EP_LOG_INFO, message: line) }
            // What a helper prints is a credential until shown otherwise.
            if !answer.isTool { redactor.add(credential: answer.output) }
            return answer.output
        } catch let failure as Failure {
            log(
                level: failure.code == .notFound ? EP_LOG_DEBUG : EP_LOG_ERROR,
                message: "\(failure.place.map { "\($0): " } ?? "")\(failure.message)")
            throw ServiceRefusal(status: Helper.status(of: failure))
        }
    }

    func cacheGet(_ key: String) -> [UInt8]? { memory.get(key, of: needs.provider) ?? cache.get(key) }

    /// What holds a secret is kept for this run, and never written.
    func cachePut(_ key: String, data: [UInt8]) {
        let isSecret = redactor.holdsSecret(data)
        memory.set(key, isSecret ? data : nil, of: needs.provider)
        if !isSecret { cache.put(key, data) }
    }

    func treeStat(_ path: String) throws -> TreeStat { try tree { try $0.treeStat(path) } }
    func treeRead(_ path: String, limit: UInt64) throws -> [UInt8] {
        try tree { try $0.treeRead(path, limit: limit) }
    }
    func treeList(_ path: String) throws -> [String] { try tree { try $0.treeList(path) } }

    private func tree<Answer>(_ ask: (ImageReader) throws -> Answer) throws -> Answer {
        guard let image else { throw ServiceRefusal(status: EP_UNSUPPORTED) }
        do { return try ask(image) } catch let failure as Failure {
            guard failure.code != .notFound else { throw ServiceRefusal(status: EP_NOT_FOUND) }
            // Whatever it is, it is the image's, and to a rule it is what can't be told.
            log(level: EP_LOG_DEBUG, message: "\(failure.place ?? title): \(failure.message)")
            throw ServiceRefusal(status: EP_INTERNAL)
        }
    }
}
