import Documents
import FoundationEssentials
import ProviderAPI
import Schema
public import Settings
public import Workers

/// What `provider verify` finds out about one provider, one finding a question.
public struct Verification: Sendable {
    public enum Outcome: String, Sendable {
        case ok, failed
        /// Neither: something to know.
        case note
    }

    public struct Finding: Sendable {
        /// What was asked: `permissions`, `digest`, ...
        public let subject: String
        public let outcome: Outcome
        public let message: String
        public let place: String?
        public let hint: String?

        init(_ subject: String, _ outcome: Outcome, _ message: String, place: String? = nil, hint: String? = nil) {
            self.subject = subject
            self.outcome = outcome
            self.message = message
            self.place = place
            self.hint = hint
        }
    }

    public let directory: String
    /// Nil when its manifest cannot be read.
    public private(set) var provider: InstalledProvider?
    public private(set) var findings: [Finding] = []
    public var isGood: Bool { !findings.contains { $0.outcome == .failed } }

    /// Looks at the files; loads nothing.
    public init(of directory: String, policy: Policy, ownership: Ownership = .current) {
        self.directory = directory
        if ask("permissions", "root's or yours, writable by nobody else", { _ = try ownership.check(directory) }) {
            do {
                let provider = try InstalledProvider(reading: directory, ownership: ownership)
                self.provider = provider
                findings.append(Finding("manifest", .ok, "\(provider.manifest.id) \(provider.manifest.version)"))
                look(at: provider, policy)
            } catch { note("manifest", error) }
        }
    }

    private mutating func look(at provider: InstalledProvider, _ policy: Policy) {
        let manifest = provider.manifest
        ask("abi", "\(manifest.abi.major).\(manifest.abi.minor)") { try provider.checkABI() }
        ask("digest", "sha256 \(manifest.library.sha256 ?? "")") { try provider.checkDigest() }
        do {
            let elf = try ELF(provider.libraryPath)
            ask("machine", Machine.current?.name ?? "\(elf.machine)") { try Machine.check(elf) }
            ask("embedded", "the library embeds the manifest that lies beside it") { try provider.checkEmbedded(elf) }
            ask("exports", "one symbol, eulerpublisher_provider_v1") { try provider.checkExports(elf) }
            let dynamic = try DynamicSection(of: elf)
            let needed = dynamic.needed.isEmpty ? "no library" : dynamic.needed.joined(separator: " ")
            findings.append(Finding("needs", .ok, needed))
            if let path = dynamic.runpath, path != "$ORIGIN" {
                findings.append(
                    Finding("needs", .note, "libraries are also looked for in \(path)", place: provider.libraryPath))
            }
        } catch { note("library", error) }
        do {
            try policy.check(provider: manifest.id, directory: provider.directory, digest: manifest.library.sha256)
        } catch let failure as Failure {
            findings.append(Finding("policy", .note, failure.message, place: failure.place))
        } catch { note("policy", error) }
    }

    @discardableResult
    private mutating func ask(_ subject: String, _ answer: String, _ question: () throws -> Void) -> Bool {
        do {
            try question()
            findings.append(Finding(subject, .ok, answer))
            return true
        } catch {
            note(subject, error)
            return false
        }
    }

    private mutating func note(_ subject: String, _ error: any Error) {
        let failure = error as? Failure ?? Failure(.internal, "\(error)")
        findings.append(Finding(subject, .failed, failure.message, place: failure.place, hint: failure.hint))
    }

    /// Loads the library in a worker without network and lets it say its requirements, if all is well so far, policy allows it
    /// and it has that operation.
    public mutating func load(with workers: Workers) async {
        guard isGood, let provider else {
            findings.append(Finding("load", .note, "not loaded, since something failed before"))
            return
        }
        guard !findings.contains(where: { $0.subject == "policy" }) else {
            findings.append(Finding("load", .note, "not loaded, since policy forbids it"))
            return
        }
        let operation = "ep.requirements/1"
        guard provider.manifest.operations.contains(operation) else {
            findings.append(
                Finding(
                    "load", .note, "not loaded: it has no \(operation), the one operation without effect or artifact"))
            return
        }
        do {
            findings.append(try await requirements(provider, operation, workers))
        } catch { note("load", error) }
    }

    private func requirements(_ provider: InstalledProvider, _ operation: String, _ workers: Workers) async throws
        -> Finding
    {
        let manifest = provider.manifest
        let request = OperationRequest(
            operation: operation, run: "verify", publication: String(repeating: "0", count: 64),
            target: .init(name: manifest.id, scheme: manifest.targets.first ?? manifest.id, address: "", tags: []))
        let job = WorkerJob(
            providerID: manifest.id, providerVersion: manifest.version, libraryPath: provider.libraryPath,
            libraryIdentity: try provider.verifiedForLoading(), profile: .check, operation: operation,
            request: Array(try DocumentCoding.encode(request)), inactivity: .seconds(20))
        switch await workers.run(job, services: NoServices(), cancellation: Cancellation()) {
        case .done(let bytes):
            let node = try Node.parse(json: bytes, name: "\(manifest.id): the result of \(operation)")
            try Schema.embedded("result").validate(node)
            let count = node["items"]?.elements?.count ?? 0
            return Finding(
                "load", .ok, "loaded in a worker; \(operation) names \(count) \(count == 1 ? "rule" : "rules")")
        case .pending: throw Failure(.internal, "\(operation) is pending, though it has nothing to wait for")
        case .failed(let status, let document):
            throw (try? DocumentCoding.decode(Failure.self, from: Data(document)))
                ?? Failure(.internal, "\(operation) failed with status \(status) and says no more")
        case .crashed(let failure): throw failure
        case .cancelled: throw Failure(.interrupted, "\(operation) was cancelled")
        }
    }
}

/// The rules of a provider need nothing of the host: whatever is asked for is refused.
private struct NoServices: HostServices {
    func log(level: Int32, message: String) {}
    func progress(done: UInt64, total: UInt64, step: String) {}
    func checkpoint(key: String, data: [UInt8], flags: UInt32) throws { throw ServiceRefusal(status: EP_UNSUPPORTED) }
    func intend(_ document: [UInt8]) throws -> UInt64 { throw ServiceRefusal(status: EP_UNSUPPORTED) }
    func created(_ intent: UInt64, document: [UInt8]) throws { throw ServiceRefusal(status: EP_UNSUPPORTED) }
    func settled(_ intent: UInt64) throws { throw ServiceRefusal(status: EP_UNSUPPORTED) }
    func secret(_ name: String) throws -> (value: [UInt8], expires: Int64) { throw ServiceRefusal(status: EP_AUTH) }
    func redact(_ secret: [UInt8]) {}
    func fileRead(_ name: String) throws -> [UInt8] { throw ServiceRefusal(status: EP_DENIED) }
    func runHelper(_ document: [UInt8]) throws -> [UInt8] { throw ServiceRefusal(status: EP_DENIED) }
    func cacheGet(_ key: String) -> [UInt8]? { nil }
    func cachePut(_ key: String, data: [UInt8]) {}
    func treeStat(_ path: String) throws -> TreeStat { throw ServiceRefusal(status: EP_UNSUPPORTED) }
    func treeRead(_ path: String, limit: UInt64) throws -> [UInt8] { throw ServiceRefusal(status: EP_UNSUPPORTED) }
    func treeList(_ path: String) throws -> [String] { throw ServiceRefusal(status: EP_UNSUPPORTED) }
}
