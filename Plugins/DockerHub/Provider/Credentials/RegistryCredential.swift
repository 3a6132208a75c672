public import ProviderKit

/// Who we are at a registry, and how we came to know it.
public struct RegistryCredential: Sendable {
    public enum Kind: Sendable {
        /// Nobody: what is public can be read, and nothing written.
        case anonymous
        /// For HTTP's Basic scheme, at the registry or at its token service.
        case basic(username: String, password: Secret)
        /// An OAuth 2 refresh token, which the token service takes with `grant_type=refresh_token`
        /// (distribution.github.io/distribution/spec/auth/oauth).
        case identityToken(Secret)
        /// A token for HTTP's Bearer scheme as it is: no token service is asked.
        case bearer(Secret)
    }

    public let kind: Kind
    /// The file, helper or variables that it came from, in words for people; never the value.
    public let source: String

    public init(_ kind: Kind, source: String) {
        self.kind = kind
        self.source = source
    }

    public static let anonymous = RegistryCredential(.anonymous, source: "no credentials were found")

    public var isAnonymous: Bool { if case .anonymous = kind { true } else { false } }
}
