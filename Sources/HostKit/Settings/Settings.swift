public import Documents

/// What a machine and a person have set, and each value's origin. Later sources override earlier ones: what is built in, the
/// system's file, the user's file, the environment, the command line. Only `provider_path` adds up.
///
/// Keys are those of settings.schema.json, dotted: `state_dir`, `providers.acme.enabled`, `targets.registry`.
public struct Settings: Sendable {
    /// In effect, by key.
    public internal(set) var values: [String: Setting<JSON>] = [:]
    /// Directories of providers that somebody named: the command line's first, then the environment's, then the files'.
    public internal(set) var providerPath: [Setting<String>] = []
    /// Where `~` is; empty where nobody is at home.
    public internal(set) var home = ""
    /// The files that were read, in order.
    public internal(set) var files: [String] = []
    /// Variables that begin with EULERPUBLISHER_ and set nothing, each with what was probably meant.
    public internal(set) var unknownVariables: [(name: String, nearest: String?)] = []

    private func string(_ key: String) -> Setting<String>? {
        guard let setting = values[key], let text = setting.value.string else { return nil }
        return Setting(text, setting.origin)
    }

    /// A URL or an absolute directory; nil where none was set.
    public var mirror: Setting<String>? { string("mirror") }
    /// An absolute path.
    public var stateDirectory: Setting<String> { string("state_dir")! }
    /// An absolute path.
    public var cacheDirectory: Setting<String> { string("cache_dir")! }
    /// `en` or `zh-Hans`.
    public var language: Setting<String> { string("language")! }
    /// `debug`, `info`, `warning` or `error`.
    public var logLevel: Setting<String> { string("log_level")! }

    /// Whether the provider is to be used; policy may still forbid it.
    public func isEnabled(_ id: String) -> Setting<Bool> {
        guard let setting = values["providers.\(id).enabled"] else { return Setting(true, .builtIn) }
        return Setting(setting.value.bool ?? true, setting.origin)
    }

    /// The id of the provider that serves a scheme which several claim.
    public func provider(forScheme scheme: String) -> Setting<String>? { string("targets.\(scheme)") }

    /// The setting that turns the verification of this endpoint's certificate off, or nil. Policy may still forbid it.
    /// - Parameter endpoint: `HOST`, `HOST:PORT` or a URL.
    public func insecureTLS(_ endpoint: String) -> Setting<String>? {
        guard let setting = values["insecure_tls"], let asked = Endpoint(endpoint) else { return nil }
        let entry = setting.value.array?.compactMap(\.string).first { text in
            Endpoint(text).map { $0.host == asked.host && ($0.givenPort == nil || $0.givenPort == asked.port) } ?? false
        }
        return entry.map { Setting($0, setting.origin) }
    }
}
