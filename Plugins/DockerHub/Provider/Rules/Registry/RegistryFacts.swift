/// What a client read at a registry or hub, for the rules that only this decides. What is nil was not read, and leaves its rules
/// unknown.
public struct RegistryFacts: Sendable, Equatable {
    /// What stands under a tag.
    public struct Tag: Sendable, Equatable {
        /// Of the index or manifest.
        public var digest: String
        /// Its annotation org.opencontainers.image.version, else the label of that name.
        public var version: String?
        /// `linux/amd64`, ...; nil if not read.
        public var platforms: [String]?
        public init(digest: String, version: String? = nil, platforms: [String]? = nil) {
            self.digest = digest
            self.version = version
            self.platforms = platforms
        }
    }

    public enum Signature: String, Sendable, Equatable {
        /// Neither a tag of cosign's nor a referrer is there.
        case absent
        /// It is there, and no key is configured to verify it with.
        case present
        case verified
        /// It is there and does not verify.
        case invalid
    }

    /// One repository of the namespace, as the hub lists it.
    public struct Repository: Sendable, Equatable {
        public var name: String
        public var isPrivate: Bool
        /// When a tag was pushed last; seconds since 1970.
        public var lastPushed: Int64?
        public init(name: String, isPrivate: Bool, lastPushed: Int64? = nil) {
            self.name = name
            self.isPrivate = isPrivate
            self.lastPushed = lastPushed
        }
    }

    /// By name: every wanted tag that is there, and others as they are known.
    public var tags: [String: Tag]?
    /// Whether `tags` are all that the repository has.
    public var hasAllTags = false
    /// Of the answer to HEAD of a manifest, for R28; names in any case.
    public var headers: [String: String]?
    /// What the tags of base images name now: from `docker.io/library/x:1` to a digest.
    public var bases: [String: String]?
    public var signature: Signature?
    /// All repositories of the namespace.
    public var repositories: [Repository]?

    public init() {}
}
