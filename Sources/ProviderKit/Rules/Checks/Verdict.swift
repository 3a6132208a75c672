import Documents

/// Why something can't be told.
struct Unknown: Error {
    let why: String
    init(_ why: String) { self.why = why }
}

extension Fact {
    /// The value, or nil if it was looked for and is not there.
    func get() throws(Unknown) -> Value? {
        switch self {
        case .known(let value, _): return value
        case .absent: return nil
        case .unknown(let why): throw Unknown(why)
        }
    }

    /// The value, where there must be one.
    func get(or why: String) throws(Unknown) -> Value {
        guard let value = try get() else { throw Unknown(why) }
        return value
    }
}

/// What many facts come to: one that is wrong decides, whatever could not be read beside it; one that could not be read keeps
/// the rest from passing.
struct Verdict {
    private(set) var places: [Evidence] = []
    private(set) var remediations: [Remediation] = []
    private(set) var isWrong = false
    private var what: String?
    private var blind: String?

    /// Something is wrong there.
    /// - Parameter what: the sentence about it; the first one counts.
    mutating func wrong(_ what: String? = nil, _ places: [Evidence] = [], _ remediation: Remediation? = nil) {
        isWrong = true
        if self.what == nil { self.what = what }
        for place in places where !self.places.contains(place) { self.places.append(place) }
        if let remediation, !remediations.contains(remediation) { remediations.append(remediation) }
    }

    /// Something could not be read; the first reason counts.
    mutating func unknown(_ why: String) { if blind == nil { blind = why } }

    /// Does the body, and takes what it can't tell for unknown.
    mutating func trying(_ body: (inout Verdict) throws(Unknown) -> Void) {
        do { try body(&self) } catch { unknown(error.why) }
    }

    /// The value of a fact, nil where it is absent; notes an unknown one and gives nil too.
    mutating func value<Value>(_ fact: Fact<Value>) -> Value? {
        if case .unknown(let why) = fact { unknown(why) }
        return fact.value
    }

    func outcome(pass: @autoclosure () -> String, fail: @autoclosure () -> String = "") -> Outcome {
        if isWrong { return .fail(what ?? fail(), places, remediations) }
        if let blind { return .unknown(blind) }
        return .pass(pass())
    }
}

extension [String] {
    /// `a, b or c`.
    var either: String { listed("or") }
    /// `a, b and c`.
    var listed: String { listed("and") }

    private func listed(_ word: String) -> String {
        count > 1 ? dropLast().joined(separator: ", ") + " \(word) " + self[count - 1] : first ?? "nothing"
    }
}

extension CheckSubject {
    /// Without a root nothing of the guest is read: then why there is none says more than what can't be told.
    var guestless: Unknown? {
        if case .unknown(let why)? = facts.mounts?.mounts { Unknown(why) } else { nil }
    }

    func unreadable(_ path: String, _ error: any Error) -> Unknown {
        Unknown("\(path) can't be read: \((error as? Failure)?.message ?? "\(error)")")
    }

    private func read<Topic>(_ topic: Topic?, _ name: String) throws(Unknown) -> Topic {
        if let topic { return topic }
        throw guestless ?? Unknown("the \(name) of the image were not read")
    }

    var disk: DiskFacts { get throws(Unknown) { try read(facts.disk, "file's format and size") } }
    var partitions: PartitionFacts { get throws(Unknown) { try read(facts.partitions, "partitions") } }
    var mounts: MountFacts { get throws(Unknown) { try read(facts.mounts, "file systems") } }
    var kernelFacts: KernelFacts { get throws(Unknown) { try read(facts.kernels, "kernels") } }
    var packageFacts: PackageFacts { get throws(Unknown) { try read(facts.packages, "packages") } }
    var accounts: AccountFacts { get throws(Unknown) { try read(facts.accounts, "accounts") } }
    var sudo: SudoFacts { get throws(Unknown) { try read(facts.sudo, "rules of sudo") } }
    var ssh: SSHFacts { get throws(Unknown) { try read(facts.ssh, "settings of sshd") } }
    var services: ServiceFacts { get throws(Unknown) { try read(facts.services, "services") } }
    var secrets: SecretFacts { get throws(Unknown) { try read(facts.secrets, "secrets") } }
    var boot: BootFacts { get throws(Unknown) { try read(facts.boot, "boot loaders") } }
    var fstab: FstabFacts { get throws(Unknown) { try read(facts.fstab, "mounts") } }
    var cloudInit: CloudInitFacts { get throws(Unknown) { try read(facts.cloudInit, "settings of cloud-init") } }
    var network: NetworkFacts { get throws(Unknown) { try read(facts.network, "networks") } }
    var system: SystemFacts { get throws(Unknown) { try read(facts.system, "properties") } }

    /// The guest's files, for what no fact holds.
    var tree: any GuestFiles {
        get throws(Unknown) {
            if let guestless { throw guestless }
            guard let files else { throw Unknown("the guest's files can't be read here") }
            return files
        }
    }

    func stat(_ path: String) throws(Unknown) -> Tree.Stat? {
        let tree = try tree
        do { return try tree.stat(path) } catch { throw unreadable(path, error) }
    }

    /// A file as text; nil if there is none. What is longer than 1 MiB is not read.
    func text(_ path: String) throws(Unknown) -> String? {
        let tree = try tree
        let limit = 1 << 20
        do {
            guard let bytes = try tree.read(path, limit: limit) else { return nil }
            if bytes.count < limit { return String(decoding: bytes, as: UTF8.self) }
        } catch { throw unreadable(path, error) }
        throw Unknown("\(path) is longer than is read")
    }

    func list(_ path: String) throws(Unknown) -> [String] {
        let tree = try tree
        do { return try tree.list(path)?.sorted() ?? [] } catch { throw unreadable(path, error) }
    }
}
