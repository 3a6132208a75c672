import Documents
import Glibc
import Schema

extension Settings {
    /// Where settings are looked for. The defaults are those of an installed program; tests name others.
    public struct Sources: Sendable {
        public var systemFile = "/etc/eulerpublisher/config.yaml"
        public var environment: [String: String]
        /// What the command line gave, by key: `["state_dir": ["/x"], "providers.acme.enabled": ["false"]]`.
        public var flags: [String: [String]]
        /// What relative paths of variables and flags start from. Never searched for providers.
        public var workingDirectory: String

        public init(environment: [String: String], flags: [String: [String]] = [:], workingDirectory: String) {
            self.environment = environment
            self.flags = flags
            self.workingDirectory = workingDirectory
        }

        /// HOME, or without it, as in a service, the account's own.
        public var home: String {
            if let home = environment["HOME"], !home.isEmpty { return home }
            let home = getpwuid(geteuid()).flatMap { $0.pointee.pw_dir }.map { String(cString: $0) } ?? ""
            return home == "/" ? "" : home
        }

        /// `$XDG_CONFIG_HOME/eulerpublisher/config.yaml`, else below `~/.config`.
        public var userFile: String { base("XDG_CONFIG_HOME", ".config") + "/eulerpublisher/config.yaml" }

        /// A base directory that a variable names, else one below HOME; relative ones are ignored
        /// (specifications.freedesktop.org/basedir-spec).
        func base(_ variable: String, _ usual: String) -> String {
            environment[variable].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(home)/\(usual)"
        }
    }

    /// Reads all sources.
    /// - Throws: `Failure` (usage) for a file that cannot be read or is not valid (with `file:line:column`), and for a
    ///   variable or flag with a value that its key cannot have (naming it). A file that is not there is none.
    public init(_ sources: Sources) throws {
        var loading = Loading(sources: sources)
        try loading.all()
        self = loading.settings
    }
}

private struct Loading {
    let sources: Settings.Sources
    let schema = Schema.embedded("settings")
    var settings = Settings()
    /// Of the newest file that names any.
    private var pathsOfFiles: [Setting<String>] = []
    private var pathsOfEnvironment: [Setting<String>] = []
    private var pathsOfFlags: [Setting<String>] = []

    init(sources: Settings.Sources) { self.sources = sources }

    mutating func all() throws {
        settings.home = sources.home
        builtIn()
        for path in [sources.systemFile, sources.userFile] where !settings.files.contains(path) { try file(path) }
        try variables()
        for (key, texts) in sources.flags.sorted(by: { $0.key < $1.key }) {
            try text(texts, of: key, .flag(Self.flagName(key)))
        }
        settings.providerPath = pathsOfFlags + pathsOfEnvironment + pathsOfFiles
        settings.values["provider_path"] = nil
    }

    private mutating func builtIn() {
        let values: [String: JSON] = [
            "state_dir": .string(sources.base("XDG_STATE_HOME", ".local/state") + "/eulerpublisher"),
            "cache_dir": .string(sources.base("XDG_CACHE_HOME", ".cache") + "/eulerpublisher"),
            "language": .string("en"), "log_level": .string("info"),
        ]
        settings.values = values.mapValues { Setting($0, .builtIn) }
    }

    // MARK: Files

    private mutating func file(_ path: String) throws {
        guard let node = try ConfigurationFile.read(path) else { return }
        let document = try ConfigurationFile.validate(node, schema)
        settings.files.append(path)
        try keep(node, document, [])
    }

    /// Leaves of the document with the line of each.
    private mutating func keep(_ node: Node, _ value: JSON, _ path: [String]) throws {
        guard let members = node.members else {
            let origin = Origin.file("\(node.source):\(node.line)")
            return try set(
                path, value, origin, elements: (node.elements ?? []).map { .file("\($0.source):\($0.line)") })
        }
        for member in members where !(path.isEmpty && member.key == "format") {
            try keep(member.value, value[member.key] ?? .null, path + [member.key])
        }
    }

    // MARK: Variables and flags

    private mutating func variables() throws {
        let prefix = "EULERPUBLISHER_"
        for (name, value) in sources.environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix(prefix) && !value.isEmpty {
            guard let key = SettingsKey.key(ofVariable: name) else {
                if name == SettingsKey.waitScale {
                    guard let scale = Double(value), scale >= 0, scale.isFinite else {
                        throw Failure(
                            .usage, "\(value.prefix(80)) is nothing to multiply waits by",
                            place: "\(Origin.variable(name))",
                            hint: "write a number from 0 on, for example 0.01")
                    }
                } else {
                    settings.unknownVariables.append((name, Nearest.word(to: name, among: SettingsKey.variables)))
                }
                continue
            }
            try text(SettingsKey.split(value, of: key), of: key, .variable(name))
        }
    }

    private mutating func text(_ texts: [String], of key: String, _ origin: Origin) throws {
        let path = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let part = schema.part(path), part.json["type"]?.string != "object", key != "format" else {
            throw Failure(
                .usage, "there is no setting \(key.prefix(80))", place: "\(origin)",
                hint: Nearest.word(to: key, among: SettingsKey.all).map { "did you mean \($0)?" }
                    ?? "settings are " + SettingsKey.all.joined(separator: ", "))
        }
        let isList = part.json["type"]?.string == "array"
        let values = try texts.map { try absolute($0, key, origin) }
        let node = isList ? Node.list(values, source: "\(origin)") : .plain(values.last ?? "", source: "\(origin)")
        try set(path, try part.validate(node, named: key), origin, elements: values.map { _ in origin })
    }

    /// One command may name its state, cache and mirror from where one stands. A variable holds for many commands, wherever they
    /// are given: what would be another place each time is refused, as in a file. A directory of providers is never relative.
    private func absolute(_ text: String, _ key: String, _ origin: Origin) throws -> String {
        let isPath = text.hasPrefix("/") || text.hasPrefix("~/")
        switch key {
        case "state_dir", "cache_dir", "mirror":
            guard case .flag = origin, !isPath, !text.isEmpty, !text.contains("://") else { return text }
            return "\(sources.workingDirectory)/\(text)"
        case "provider_path":
            guard isPath else {
                throw Failure(
                    .usage,
                    text.isEmpty ? "an empty entry would mean the current directory" : "\(text) is not absolute",
                    place: "\(origin)",
                    hint: "providers are never taken from where one happens to stand: write the whole path")
            }
            return text
        default: return text
        }
    }

    private static func flagName(_ key: String) -> String {
        let ownFlags = ["state_dir", "cache_dir", "provider_path"]
        return ownFlags.contains(key) ? "--" + key.replacing("_", with: "-") : "--set \(key)"
    }

    // MARK: Values

    private mutating func set(_ path: [String], _ value: JSON, _ origin: Origin, elements: [Origin]) throws {
        let key = path.joined(separator: ".")
        var value = value
        if ["state_dir", "cache_dir", "mirror"].contains(key), let text = value.string {
            value = .string(expanded(text))
        }
        if key == "provider_path" {
            let paths = zip(value.array?.compactMap(\.string) ?? [], elements).map { Setting(expanded($0), $1) }
            switch origin {
            case .flag: pathsOfFlags = paths
            case .variable: pathsOfEnvironment = paths
            default: pathsOfFiles = paths
            }
        }
        settings.values[key] = Setting(value, origin)
    }

    private func expanded(_ text: String) -> String { text.hasPrefix("~/") ? sources.home + text.dropFirst(1) : text }
}

/// The keys of settings.schema.json and the variables that set them.
enum SettingsKey {
    static let plain = [
        "mirror", "state_dir", "cache_dir", "provider_path", "language", "log_level", "insecure_tls",
    ]
    static let all = plain + ["providers.NAME.enabled", "targets.SCHEME"]
    static let variables = plain.map { "EULERPUBLISHER_\($0.uppercased())" }
    /// A variable of ours that is no setting: the executor reads it.
    static let waitScale = "EULERPUBLISHER_WAIT_SCALE"

    static func key(ofVariable name: String) -> String? {
        let rest = name.dropFirst("EULERPUBLISHER_".count)
        if plain.contains(rest.lowercased()), rest == rest.uppercased() { return rest.lowercased() }
        func id(_ text: Substring) -> String? {
            text.isEmpty || text != text.uppercased() ? nil : text.lowercased().replacing("_", with: "-")
        }
        if rest.hasPrefix("PROVIDERS_"), rest.hasSuffix("_ENABLED"), rest.utf8.count > 18 {
            return id(rest.dropFirst(10).dropLast(8)).map { "providers.\($0).enabled" }
        }
        if rest.hasPrefix("TARGETS_") { return id(rest.dropFirst(8)).map { "targets.\($0)" } }
        return nil
    }

    /// Lists in one variable: paths by colons, endpoints by commas.
    static func split(_ value: String, of key: String) -> [String] {
        switch key {
        case "provider_path": value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        case "insecure_tls": value.split(separator: ",").map { String($0.drop { $0 == " " }) }
        default: [value]
        }
    }
}
