import Documents
import Files
import FoundationEssentials
import Glibc

/// What the host remembers between runs. Losing it loses no publication: providers find their resources again.
///
///     format                       {"format": 1}
///     runs/ID/                     plan.json journal.jsonl record.json log, lock
///     publications/DIGEST/         about.json ledger.jsonl checkpoints-REVISION.jsonl refusal.json, lock
public struct StateDirectory: Sendable {
    public let path: String

    /// Opens the directory, making what is not there, for its owner alone: journals name accounts and resources.
    /// - Throws: `Failure` when it cannot be written, or when a newer version wrote it.
    public init(_ path: String) throws {
        self.path = path
        try File.makeDirectories(path)
        chmod(path, 0o700)
        for name in ["runs", "publications"] { try File.makeDirectories("\(path)/\(name)") }
        if File.exists(formatPath) {
            try checkFormat()
        } else {
            try File.replace(formatPath, with: Array("{\"format\":\(Format.current)}\n".utf8))
        }
    }

    /// Opens the directory for those who only look: nothing is made or changed, and it may be anybody's or not there.
    /// - Throws: `Failure` when a newer version wrote it.
    public init(reading path: String) throws {
        self.path = path
        if File.exists(formatPath) { try checkFormat() }
    }

    private var formatPath: String { "\(path)/format" }
    private func checkFormat() throws { try Format.check(try File.contents(formatPath, limit: 4096), of: formatPath) }

    private func names(_ folder: String) throws -> [String] {
        let path = "\(self.path)/\(folder)"
        return File.exists(path) ? try File.names(in: path) : []
    }

    /// The runs that are there, oldest first.
    public func runs() throws -> [String] {
        try names("runs").compactMap { name -> (String, Int64)? in
            var status = stat()
            guard stat("\(path)/runs/\(name)/plan.json", &status) == 0 else { return nil }
            return (name, Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
        }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.0)
    }

    /// Directories of runs that ended before their plan was there: nothing can have come of them.
    public func stillborn() throws -> [String] {
        try names("runs").filter { !File.exists("\(path)/runs/\($0)/plan.json") }
    }

    /// Removes those of them that no process is about to give a plan.
    public func removeStillborn() throws {
        let creation = try lockRuns(LOCK_EX)
        defer { withExtendedLifetime(creation) {} }
        for name in try stillborn() { File.removeFlatDirectory("\(path)/runs/\(name)") }
    }

    /// Held, shared, while a new run's directory has no plan yet; exclusively, there is no such directory but a stillborn one.
    private func lockRuns(_ kind: Int32) throws -> File {
        let runs = try File("\(path)/runs", O_RDONLY | O_DIRECTORY)
        while flock(runs.descriptor, kind) != 0 {
            guard errno == EINTR else { throw File.failure("lock", runs.path) }
        }
        return runs
    }

    /// The directory of a run that a user named: its id, the beginning of one, or `latest`.
    /// - Throws: `Failure` that lists the newest runs when it is none of them.
    public func find(run name: String) throws -> RunDirectory {
        let runs = try runs()
        if name == "latest", let last = runs.last { return RunDirectory(state: self, id: last) }
        let matching = runs.contains(name) ? [name] : runs.filter { !name.isEmpty && $0.hasPrefix(name) }
        guard matching.count == 1 else {
            let known = runs.suffix(5).joined(separator: ", ")
            throw Failure(
                .usage,
                matching.isEmpty ? "there is no run \(name.prefix(80))" : "\(name) is the beginning of several runs",
                place: "\(path)/runs", hint: runs.isEmpty ? "nothing was published yet" : "the newest are \(known)")
        }
        return RunDirectory(state: self, id: matching[0])
    }

    /// A new run with a short id that no other has, and its plan.
    /// - Parameter plan: the document, by the id.
    public func newRun<Plan: Encodable>(_ plan: (_ id: String) -> Plan) throws -> (RunDirectory, Plan) {
        let creation = try lockRuns(LOCK_SH)
        defer { withExtendedLifetime(creation) {} }
        let run = try freeRun()
        let document = plan(run.id)
        do { try run.write(document, to: run.planPath) } catch {
            File.removeFlatDirectory(run.path)
            throw error
        }
        return (run, document)
    }

    private func freeRun() throws -> RunDirectory {
        for attempt in 0..<10_000 {
            let digits = attempt < 100 ? 4 : 8
            let number = UInt32.random(in: 0...(digits == 4 ? 0xffff : .max))
            let text = String(number, radix: 16)
            let id = String(repeating: "0", count: digits - text.count) + text
            if mkdir("\(path)/runs/\(id)", 0o700) == 0 { return RunDirectory(state: self, id: id) }
            guard errno == EEXIST else { throw File.failure("make a run's directory in", "\(path)/runs") }
        }
        throw Failure(.internal, "no free run id", place: "\(path)/runs", hint: "remove old runs")
    }

    /// The publications that are there, by their 64 digits.
    public func publications() throws -> [String] { try names("publications") }

    public func publicationDirectory(_ publication: String) -> String { "\(path)/publications/\(publication)" }
}

/// One run's files.
public struct RunDirectory: Sendable {
    public let state: StateDirectory
    public let id: String
    public var path: String { "\(state.path)/runs/\(id)" }
    public var planPath: String { "\(path)/plan.json" }
    public var journalPath: String { "\(path)/journal.jsonl" }
    public var recordPath: String { "\(path)/record.json" }
    public var logPath: String { "\(path)/log" }
    public var lockPath: String { "\(path)/lock" }

    /// Removes it, of a run from which nothing came.
    public func discard() { File.removeFlatDirectory(path) }

    /// A document of this run, written whole and durably.
    public func write(_ document: some Encodable, to path: String) throws {
        try File.replace(path, with: [UInt8](try DocumentCoding.encode(document, pretty: true)) + [0x0a], mode: 0o600)
    }

    /// - Throws: `Failure` when it is not there, not ours, or of a format to come.
    public func read<Document: Decodable>(_ type: Document.Type, from path: String) throws -> Document {
        let bytes = try File.contents(path, limit: 64 << 20)
        try Format.check(bytes, of: path)
        do { return try DocumentCoding.decode(type, from: Data(bytes)) } catch {
            throw Failure(.usage, "this document cannot be read", place: path, hint: "publish the plan again")
        }
    }
}
