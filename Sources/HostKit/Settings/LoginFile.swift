import Documents
import Glibc
import Schema

/// A `registry.yaml`: who logs in where, by the names of environment variables. Every form that EulerPublisher ever had is
/// read (gitee.com/openeuler/eulerpublisher, config/container/*/registry.yaml):
///
///     HOST: [USER_VARIABLE, PASSWORD_VARIABLE, HOST/REPOSITORY]    base images: which repository, too
///     HOST: [USER_VARIABLE, PASSWORD_VARIABLE]                     the others: the command names the repository
public struct LoginFile: Sendable {
    /// The name of an environment variable, and where it is written.
    public struct Variable: Sendable, Equatable {
        public let name: String
        /// `file:line:column`.
        public let place: String
    }

    public struct Registry: Sendable, Equatable {
        /// Lower case, without scheme and final slash.
        public let host: String
        public let user: Variable
        public let password: Variable
        /// Without the host: `openeuler/openeuler`. Nil if the entry has two items.
        public let repository: String?
        /// `file:line:column` of the key.
        public let place: String
    }

    public let path: String
    /// In the file's order; at least one, each host once.
    public let registries: [Registry]

    /// - Throws: `Failure` (usage) with `file:line:column`.
    public init(path: String) throws { try self.init(try Node.read(path: path)) }

    /// Reads a text; `name` stands for the file in places.
    /// - Throws: As `init(path:)`.
    public init(text: String, name: String) throws { try self.init(try Node.parse(text: text, name: name)) }

    private init(_ node: Node) throws {
        path = node.source
        guard let members = node.members, !members.isEmpty else {
            throw Failure(
                .usage, "the file names no registry", place: node.place,
                hint: "write HOST: [USER_VARIABLE, PASSWORD_VARIABLE]")
        }
        var registries: [Registry] = []
        for member in members {
            let registry = try Self.registry(member)
            if let first = registries.first(where: { $0.host == registry.host }) {
                throw Failure(
                    .usage, "the registry \(registry.host) stands here twice, first at \(first.place)",
                    place: member.place, hint: "keep one of the two")
            }
            registries.append(registry)
        }
        self.registries = registries
    }

    private static func registry(_ member: Node.Member) throws -> Registry {
        let host = bare(member.key)
        guard let endpoint = Endpoint(host), !endpoint.host.isEmpty else {
            throw Failure(
                .usage, "the key is not the host of a registry", place: member.place,
                hint: "write HOST or HOST:PORT, and the repository as the third item")
        }
        guard let items = member.value.elements, (2...3).contains(items.count) else {
            throw Failure(
                .usage, "\(host) needs a list of two or three items", place: member.value.place,
                hint: "write [USER_VARIABLE, PASSWORD_VARIABLE], and HOST/REPOSITORY as a third item if it is needed")
        }
        return Registry(
            host: host, user: try variable(items[0]), password: try variable(items[1]),
            repository: try items.dropFirst(2).first.map { try repository($0, host) }, place: member.place)
    }

    private static func variable(_ node: Node) throws -> Variable {
        // What stands here may be a password, put in by mistake: it is not repeated.
        guard let name = node.plainText ?? node.json.string, isVariable(name) else {
            throw Failure(
                .usage, "this is not the name of an environment variable", place: node.place,
                hint: "write the variable's name, never the value: the value belongs in the environment")
        }
        return Variable(name: name, place: node.place)
    }

    private static func repository(_ node: Node, _ host: String) throws -> String {
        guard let text = node.plainText ?? node.json.string else {
            throw Failure(.usage, "the repository is not a text", place: node.place, hint: "write HOST/REPOSITORY")
        }
        let whole = bare(text, isHost: false)
        let first = whole.prefix { $0 != "/" }
        let path = whole.dropFirst(first.count + 1)
        guard first.lowercased() == host, !path.isEmpty else {
            throw Failure(
                .usage, "the repository \(text) is not one of \(host)", place: node.place,
                hint: "begin it with \(host)/, or log in to the registry that it belongs to")
        }
        return String(path)
    }

    /// Without what people copy along from a browser.
    private static func bare(_ text: String, isHost: Bool = true) -> String {
        var rest = text[...]
        for scheme in ["https://", "http://"] where rest.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
        }
        while rest.hasSuffix("/") { rest.removeLast() }
        return isHost ? rest.lowercased() : String(rest)
    }

    private static func isVariable(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || $0 == 0x5f
        }
    }

    /// Whether everything is there to log in with, before anything is asked of a network.
    /// - Parameters:
    ///   - environment: the process's. A variable has a value, or the one with `_FILE` behind its name names a file.
    ///   - hosts: the registries in question; nil for all.
    /// - Throws: One `Failure` (authentication) with all that is missing, each with its place.
    public func check(environment: [String: String], hosts: Set<String>? = nil) throws {
        var missing: [(variable: Variable, why: String)] = []
        for registry in registries where hosts?.contains(registry.host) ?? true {
            for variable in [registry.user, registry.password]
            where !missing.contains(where: { $0.variable == variable }) {
                if let why = Self.lack(variable.name, environment) { missing.append((variable, why)) }
            }
        }
        guard let first = missing.first else { return }
        let list = missing.map { "\($0.why) (\($0.variable.place))" }.joined(separator: "; ")
        throw Failure(
            .authentication, "there is nothing to log in with: \(list)", place: first.variable.place,
            hint: "set each variable, or one with _FILE behind its name to the path of a file with the value")
    }

    /// What is wrong with a variable, in words; nil if it has a value.
    private static func lack(_ name: String, _ environment: [String: String]) -> String? {
        if let value = environment[name], !value.isEmpty { return nil }
        guard let file = environment[name + "_FILE"], !file.isEmpty else { return "\(name) is not set" }
        return access(file, R_OK) == 0 ? nil : "\(name)_FILE names \(file), which cannot be read"
    }
}
