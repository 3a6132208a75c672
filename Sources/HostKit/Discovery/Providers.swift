public import Documents
import Files
import Glibc
public import Schema
public import Settings

/// All providers that lie in the searched directories, each with what becomes of it. Reads manifests; opens no library.
public struct Providers: Sendable {
    public enum State: Sendable {
        case enabled
        /// Policy forbids it; the failure's place is the rule's `file:line`.
        case forbidden(Failure)
        /// A setting turned it off.
        case disabled(Origin)
        /// One of the same id was found before, in that directory.
        case shadowed(by: String)
        /// Not a provider that can be trusted or read.
        case broken(Failure)
    }

    public struct Entry: Sendable {
        /// The manifest's id; of a broken one, its directory's name.
        public let id: String
        public let directory: String
        /// Nil if broken.
        public let provider: InstalledProvider?
        public let state: State

        public var isEnabled: Bool { if case .enabled = state { true } else { false } }
    }

    /// What became of a directory that was to be searched.
    public enum Condition: Sendable {
        case searched(providers: Int)
        case absent
        case unreadable(Failure)
    }

    /// By id; of one id, in the order of the search.
    public let entries: [Entry]
    public let directories: [(directory: Search.Directory, condition: Condition)]
    private let settings: Settings
    private let policy: Policy

    /// Searches. What is wrong with one provider is in its entry and never hinders the others.
    public init(_ search: Search, settings: Settings, policy: Policy, ownership: Ownership = .current) {
        self.settings = settings
        self.policy = policy
        var found: [Entry] = []
        var directories: [(Search.Directory, Condition)] = []
        var first: [String: String] = [:]
        for directory in search.directories {
            let names: [String]
            switch Self.names(in: directory.path) {
            case .success(let found): names = found
            case .failure(let condition):
                directories.append((directory, condition.condition))
                continue
            }
            directories.append((directory, .searched(providers: names.count)))
            for name in names {
                let path = "\(directory.path)/\(name)"
                do {
                    let provider = try InstalledProvider(reading: path, ownership: ownership)
                    guard provider.manifest.id == name else {
                        throw Failure(
                            .usage, "the manifest's id is \(provider.manifest.id), the directory's name \(name)",
                            place: provider.manifestPath, hint: "give the directory the provider's id as its name")
                    }
                    let state = first[name].map { State.shadowed(by: $0) } ?? Self.state(provider, settings, policy)
                    if first[name] == nil { first[name] = path }
                    found.append(Entry(id: name, directory: path, provider: provider, state: state))
                } catch let failure as Failure {
                    found.append(Entry(id: name, directory: path, provider: nil, state: .broken(failure)))
                } catch {
                    let failure = Failure(.internal, "\(error)", place: path)
                    found.append(Entry(id: name, directory: path, provider: nil, state: .broken(failure)))
                }
            }
        }
        let order = found.enumerated().sorted { ($0.element.id, $0.offset) < ($1.element.id, $1.offset) }
        entries = order.map(\.element)
        self.directories = directories
    }

    private static func state(_ provider: InstalledProvider, _ settings: Settings, _ policy: Policy) -> State {
        do {
            try policy.check(
                provider: provider.manifest.id, directory: provider.directory, digest: provider.manifest.library.sha256)
        } catch let failure as Failure {
            return .forbidden(failure)
        } catch {
            return .forbidden(Failure(.policy, "\(error)", place: provider.directory))
        }
        let enabled = settings.isEnabled(provider.manifest.id)
        return enabled.value ? .enabled : .disabled(enabled.origin)
    }

    private struct Refused: Error { var condition: Condition }

    /// Directories, and links to some, whose names do not begin with a dot. Other files lie there for people.
    private static func names(in path: String) -> Result<[String], Refused> {
        var status = stat()
        if stat(path, &status) != 0 && (errno == ENOENT || errno == ENOTDIR) {
            return .failure(Refused(condition: .absent))
        }
        do {
            return .success(
                try File.names(in: path).filter { name in
                    !name.hasPrefix(".")
                        && (stat("\(path)/\(name)", &status) != 0 || status.st_mode & S_IFMT == S_IFDIR)
                })
        } catch let failure as Failure {
            return .failure(Refused(condition: .unreadable(failure)))
        } catch {
            return .failure(Refused(condition: .unreadable(Failure(.internal, "\(error)", place: path))))
        }
    }
}

// MARK: - Choosing

extension Providers {
    /// The one enabled provider that serves the scheme.
    /// - Throws: `Failure`: (policy) when policy forbids the only ones that do; (usage) when there is none, when settings turned
    ///   them off, and when several claim it and no setting chooses.
    public func provider(forScheme scheme: String) throws -> InstalledProvider {
        let claimants = claimants(of: scheme)
        if let choice = settings.provider(forScheme: scheme) {
            guard let chosen = claimants.first(where: { $0.id == choice.value }) else {
                let names = claimants.map(\.id).joined(separator: ", ")
                throw Failure(
                    .usage, "targets.\(scheme) names \(choice.value), which serves no such targets",
                    place: "\(choice.origin)",
                    hint: names.isEmpty ? missing(scheme) : "these do: \(names)")
            }
            return try usable(chosen)
        }
        let enabled = claimants.filter(\.isEnabled)
        guard enabled.count < 2 else {
            let names = enabled.map(\.id)
            throw Failure(
                .usage, "\(names.joined(separator: " and ")) both serve targets of the scheme \(scheme)",
                hint:
                    "choose one in the settings, for example targets: {\(scheme): \(names[0])}, or EULERPUBLISHER_TARGETS_"
                    + scheme.uppercased().replacing("-", with: "_") + "=\(names[0])")
        }
        if let entry = enabled.first ?? claimants.first { return try usable(entry) }
        throw Failure(.usage, "no provider serves targets of the scheme \(scheme)", hint: missing(scheme))
    }

    private func claimants(of scheme: String) -> [Entry] {
        entries.filter { entry in
            if case .shadowed = entry.state { return false }
            return entry.provider?.manifest.targets.contains(scheme) == true
        }
    }

    /// Of an enabled provider's schemes, those that another claims too while no setting chooses, each with who does.
    public func disputes(of entry: Entry) -> [(scheme: String, others: [String])] {
        guard entry.isEnabled else { return [] }
        return (entry.provider?.manifest.targets ?? []).compactMap { scheme in
            let others = claimants(of: scheme).filter(\.isEnabled).map(\.id).filter { $0 != entry.id }
            return others.isEmpty || settings.provider(forScheme: scheme) != nil ? nil : (scheme, others)
        }
    }

    /// The provider of that id, if it may be used.
    /// - Throws: `Failure`, as `provider(forScheme:)`.
    public func provider(id: String) throws -> InstalledProvider { try usable(try entry(id: id)) }

    /// The entry of that id which counts: not a shadowed one.
    /// - Throws: `Failure` (usage) when there is none.
    public func entry(id: String) throws -> Entry {
        let named = entries.filter { $0.id == id }
        if let entry = named.first(where: { $0.provider != nil }) ?? named.first { return entry }
        let near = Nearest.word(to: id, among: entries.map(\.id)).map { "did you mean \($0)?" }
        throw Failure(
            .usage, "there is no provider \(id.prefix(80))", hint: near ?? "see: eulerpublisher provider list")
    }

    private func usable(_ entry: Entry) throws -> InstalledProvider {
        switch entry.state {
        case .forbidden(let failure), .broken(let failure): throw failure
        case .disabled(let origin):
            throw Failure(
                .usage, "the provider \(entry.id) is turned off", place: "\(origin)",
                hint: "remove that, or override it: --set providers.\(entry.id).enabled=true")
        case .enabled, .shadowed: break
        }
        guard let provider = entry.provider else {
            throw Failure(.internal, "the provider has no manifest", place: entry.directory)
        }
        return provider
    }

    private func missing(_ scheme: String) -> String {
        let schemes = Set(entries.filter(\.isEnabled).flatMap { $0.provider?.manifest.targets ?? [] })
        if let near = Nearest.word(to: scheme, among: schemes) { return "did you mean \(near)?" }
        let broken = entries.filter { if case .broken = $0.state { true } else { false } }.count
        return (schemes.isEmpty ? "" : "served are \(schemes.sorted().joined(separator: ", ")); ")
            + (broken == 0 ? "" : "\(broken) broken; ") + "see: eulerpublisher provider list"
    }

    /// Whether the provider may contact the endpoint.
    /// - Throws: `Failure` (policy).
    public func check(endpoint: String, provider: String) throws {
        do { try policy.check(endpoint: endpoint) } catch var failure as Failure {
            failure.message += ", as \(provider) would"
            throw failure
        }
    }

    /// Whether the target's image may be made public.
    /// - Throws: `Failure` (policy).
    public func checkPublicSharing(of target: String) throws { try policy.checkPublicSharing(of: target) }

    /// Whether a target may be reached without a verified certificate.
    /// - Throws: `Failure` (policy).
    public func check(insecureTarget target: String) throws { try policy.check(insecureTarget: target) }

    /// Holds a target's options against the manifest's configuration schema.
    /// - Parameter place: Where the target stands.
    /// - Throws: `Failure` (usage).
    public func validate(_ options: [String: JSON], for provider: InstalledProvider, place: String?) throws {
        do {
            try provider.optionsSchema.validate(Node(.object(options), source: place ?? "options"), named: "options")
        } catch var failure as Failure {
            failure.place = place
            throw failure
        }
    }

    /// The same for options that stand in a document: with the place of what is wrong, and plain scalars read as the schema wants
    /// them.
    public func validate(_ options: Node, for provider: InstalledProvider) throws -> [String: JSON] {
        try provider.optionsSchema.validate(options).object ?? [:]
    }
}

extension InstalledProvider {
    /// Of a target's `options`. Without a configuration there are none.
    var optionsSchema: Schema {
        Schema(
            manifest.configuration
                ?? .object([
                    "type": .string("object"), "additionalProperties": .bool(false), "properties": .object([:]),
                ]))
    }
}
