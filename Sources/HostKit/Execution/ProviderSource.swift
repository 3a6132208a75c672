public import Discovery
public import Documents

/// Which provider does what, as discovery, settings and policy have it.
public protocol ProviderSource: Sendable {
    /// The one enabled provider that serves the scheme.
    /// - Throws: `Failure` when there is none, several claim it, or policy forbids it.
    func provider(forScheme scheme: String) throws -> InstalledProvider
    /// By id, for what an earlier run began.
    func provider(id: String) throws -> InstalledProvider
    /// - Throws: `Failure(.policy)` when the endpoint is not allowed.
    func check(endpoint: String, provider: String) throws
    /// A target whose options ask to make its image public (`public: true`, whatever the provider).
    /// - Throws: `Failure(.policy)` when nothing may be made public.
    func checkPublicSharing(of target: String) throws
    /// A target whose options turn off the verification of its peer (`insecure: true` or `tls_verify: false`, whatever the
    /// provider).
    /// - Throws: `Failure(.policy)` when nothing may be reached so.
    func check(insecureTarget target: String) throws
    /// The target's options by the manifest's configuration schema.
    func validate(_ options: [String: JSON], for provider: InstalledProvider, place: String?) throws
}

extension Providers: ProviderSource {}
