extension StrictRegistry {
    /// What kind of registry it is; as it stands, one as the specification would have it.
    public struct Options: Sendable {
        public var authentication: Authentication
        public var tls: Bool
        public var users: [RegistryUser] = [.publisher, .reader]
        /// A regular expression: who gives no name may pull these repositories.
        public var anonymous: String?
        public var protocols = Protocols()

        /// - Parameter change: makes it differ from the specification's.
        public init(
            _ authentication: Authentication = .none, tls: Bool = false, anonymous: String? = nil,
            _ change: (inout Protocols) -> Void = { _ in }
        ) {
            self.authentication = authentication
            self.tls = tls
            self.anonymous = anonymous
            change(&protocols)
        }
    }

    /// What the specification leaves to a registry.
    public struct Protocols: Sendable {
        public enum Cut: String, Sendable, Encodable {
            /// The bytes of a body that breaks off count.
            case keep
            /// They do not; the upload is as it was before that request.
            case discard
            /// The upload is unknown from then on.
            case lose
        }

        /// Whether a Location has no host.
        public var relative = false
        /// Whether POST with a digest and a body stores a blob; else it begins an upload, without the body.
        public var singlePost = false
        /// OCI-Chunk-Min-Length, in bytes.
        public var chunkMinimum: Int?
        /// Whether a first PATCH may do without Content-Range.
        public var streamed = true
        public var afterCut = Cut.keep
        /// Whether the status of an upload is told only to whoever has its latest Location.
        public var statusNeedsLatest = false
        /// The status that refuses to put a tag that is there, whatever it would name: 400 or 409.
        public var immutable: Int?
        /// Whether a manifest may name what is not there.
        public var acceptsDangling = false
        /// Whether a tag can be deleted by its name.
        public var tagDeletes = true
        /// Whether there is the referrers API.
        public var referrers = true
        /// The most entries of a list in one answer.
        public var page: Int?
    }

    struct Settings: Encodable, Sendable {
        var directory: String
        var options: Options

        enum Keys: String, CodingKey {
            case directory, tls, auth, users, anonymous, tokens
            case relative, streamed, immutable, referrers, page
            case singlePost = "single_post"
            case chunkMinimum = "chunk_minimum"
            case afterCut = "after_cut"
            case statusNeedsLatest = "status_needs_latest"
            case acceptsDangling = "accept_dangling"
            case tagDeletes = "tag_deletes"
        }

        // By hand, since what is nil must be said too.
        func encode(to encoder: any Encoder) throws {
            var all = encoder.container(keyedBy: Keys.self)
            try all.encode(directory, forKey: .directory)
            try all.encode(options.tls, forKey: .tls)
            try all.encode(options.authentication.kind, forKey: .auth)
            try all.encode(options.users, forKey: .users)
            try all.encode(options.anonymous, forKey: .anonymous)
            try all.encode(options.authentication.tokens, forKey: .tokens)
            let protocols = options.protocols
            try all.encode(protocols.relative, forKey: .relative)
            try all.encode(protocols.singlePost, forKey: .singlePost)
            try all.encode(protocols.chunkMinimum, forKey: .chunkMinimum)
            try all.encode(protocols.streamed, forKey: .streamed)
            try all.encode(protocols.afterCut, forKey: .afterCut)
            try all.encode(protocols.statusNeedsLatest, forKey: .statusNeedsLatest)
            try all.encode(protocols.immutable, forKey: .immutable)
            try all.encode(protocols.acceptsDangling, forKey: .acceptsDangling)
            try all.encode(protocols.tagDeletes, forKey: .tagDeletes)
            try all.encode(protocols.referrers, forKey: .referrers)
            try all.encode(protocols.page, forKey: .page)
        }
    }
}
