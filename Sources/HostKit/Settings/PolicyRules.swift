import Documents
import Glibc
import Schema

/// One policy file.
struct PolicyRules: Sendable {
    struct Rule<Value: Sendable>: Sendable {
        var value: Value
        /// `file:line`.
        var place: String
    }

    let path: String
    private var allow: Rule<Set<String>>?
    private var deny: [Rule<String>] = []
    private var digests: [String: Rule<Set<String>>] = [:]
    private var folders: Rule<Set<String>>?
    private var endpoints: Rule<[EndpointPattern]>?
    private(set) var insecureTLS: Rule<Bool>?
    private(set) var publicSharing: Rule<Bool>?
    private(set) var submit: Rule<Bool>?

    /// - Returns: nil when the file is not there.
    init?(_ path: String, owners: Set<uid_t>, prefix: String) throws {
        var status = stat()
        // A link that leads nowhere, or what cannot be looked at, is a policy that cannot be read.
        if lstat(path, &status) != 0 && (errno == ENOENT || errno == ENOTDIR) { return nil }
        let resolved = try Ownership(owners: owners).check(path)
        guard stat(resolved, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(.policy, "the policy is not a file", place: path)
        }
        let node = try Node.parse(bytes: try Node.contents(of: resolved), name: path)
        self.path = path
        try read(node, try ConfigurationFile.validate(node, Schema.embedded("policy")), prefix: prefix)
    }

    private mutating func read(_ node: Node, _ document: JSON, prefix: String) throws {
        func strings(_ value: JSON?) -> [String] { value?.array?.compactMap(\.string) ?? [] }
        for member in node.members ?? [] {
            let value = document[member.key]
            switch member.key {
            case "providers":
                for list in member.value.members ?? [] {
                    let ids = strings(value?[list.key])
                    if list.key == "allow" {
                        allow = Rule(value: Set(ids), place: Self.line(list))
                    } else {
                        deny = zip(ids, list.value.elements ?? []).map {
                            Rule(value: $0, place: "\($1.source):\($1.line)")
                        }
                    }
                }
            case "digests":
                for list in member.value.members ?? [] {
                    digests[list.key] = Rule(value: Set(strings(value?[list.key])), place: Self.line(list))
                }
            case "folders":
                let paths = strings(value).map { $0.hasPrefix("PREFIX/") ? prefix + $0.dropFirst(6) : $0 }
                folders = Rule(value: Set(paths.map(Self.resolved)), place: Self.line(member))
            case "endpoints":
                endpoints = Rule(value: [], place: Self.line(member))
                for (text, element) in zip(strings(value), member.value.elements ?? []) {
                    guard let pattern = EndpointPattern(text) else {
                        throw Failure(
                            .policy, "\(text) is no endpoint", place: element.place,
                            hint: "write HOST, HOST:PORT, *.DOMAIN or *")
                    }
                    endpoints?.value.append(pattern)
                }
            case "insecure_tls": insecureTLS = Rule(value: value == .string("allow"), place: Self.line(member))
            case "public_sharing": publicSharing = Rule(value: value == .string("allow"), place: Self.line(member))
            case "submit": submit = Rule(value: value == .string("allow"), place: Self.line(member))
            default: break
            }
        }
    }

    func check(provider id: String, directory: String, digest: String?) throws {
        if let rule = deny.first(where: { $0.value == id }) {
            throw Self.refusal("policy forbids the provider \(id)", rule.place)
        }
        if let allow, !allow.value.contains(id) {
            throw Self.refusal("policy allows only other providers than \(id)", allow.place)
        }
        if let folders {
            let folder = Self.resolved(directory + "/..")
            guard folders.value.contains(folder) else {
                throw Self.refusal("policy forbids providers that lie in \(folder), as \(id) does", folders.place)
            }
        }
        if let rule = digests[id], !(digest.map(rule.value.contains) ?? false) {
            throw Self.refusal("policy allows only other builds of the provider \(id)", rule.place)
        }
    }

    func check(endpoint: String) throws {
        guard let endpoints else { return }
        guard let asked = Endpoint(endpoint), endpoints.value.contains(where: { $0.matches(asked) }) else {
            throw Self.refusal("policy forbids to contact \(Policy.hostOnly(endpoint))", endpoints.place)
        }
    }

    static func refusal(_ message: String, _ place: String) -> Failure {
        Failure(
            .policy, message, place: place,
            hint: "ask whoever administers this machine; no setting, variable or flag changes it")
    }

    private static func line(_ member: Node.Member) -> String { "\(member.value.source):\(member.line)" }

    /// Without links and dots, as far as it is there.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
