/// Somebody whom a registry knows, and what they may do there.
public struct RegistryUser: Codable, Sendable {
    public var name: String
    public var password: String
    public var grants: [Grant]

    public struct Grant: Codable, Sendable {
        /// A regular expression that matches the whole name of a repository.
        public var repositories: String
        /// Of pull, push and delete.
        public var actions: [String]

        public init(_ repositories: String, _ actions: [String]) {
            self.repositories = repositories
            self.actions = actions
        }
    }

    public init(_ name: String, password: String, grants: [Grant]) {
        self.name = name
        self.password = password
        self.grants = grants
    }

    /// May do everything. The password has what credentials are wrongly split at.
    public static let publisher = RegistryUser(
        "publisher", password: "a:b c=", grants: [.init(".*", ["pull", "push", "delete"])])
    /// May pull, everywhere.
    public static let reader = RegistryUser("reader", password: "only reads", grants: [.init(".*", ["pull"])])
}

/// How a registry knows who asks.
public struct Authentication: Sendable {
    enum Kind: String, Encodable { case none, basic, bearer }

    var kind: Kind
    var tokens = Tokens()

    /// How the token server behaves.
    public struct Tokens: Codable, Sendable {
        /// The life of a token; docker-registry adds a minute for clocks that differ.
        public var seconds = 60
        /// `yes`, or the status that refuses POST, which is OAuth 2's form.
        public var post = "yes"
        /// Where the token is in the reply: `token`, `access_token`, `both`, or `empty`: `access_token` beside an empty `token`.
        public var field = "both"
        /// Whether the reply has expires_in; 60 seconds are meant by none.
        public var expires = true
        /// Whether the number in it is a text.
        public var quoted = false
        /// Actions that nobody is granted, without an error.
        public var withheld: [String] = []
        /// Whether a refresh token serves once, and the answer holds the next.
        public var rotating = false
    }

    public static let none = Authentication(kind: .none)
    /// A name and a password with each request.
    public static let basic = Authentication(kind: .basic)
    /// A token from a server of its own port.
    public static func bearer(seconds: Int = 60, _ change: (inout Tokens) -> Void = { _ in }) -> Authentication {
        var tokens = Tokens(seconds: seconds)
        change(&tokens)
        return Authentication(kind: .bearer, tokens: tokens)
    }
}
