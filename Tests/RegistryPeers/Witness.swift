/// Looks every few milliseconds what tags stand for, at several registries at once: a witness beside their own logs. It ends
/// with the value.
public final class Witness: Sendable {
    /// A tag to look at.
    public struct Place: Encodable, Sendable {
        var name: String
        var url: String
        var authority: String?
        var user: String
        var password: String
        var repository: String
        var tag: String

        /// - Parameters:
        ///   - name: what `testimony` calls it.
        ///   - authority: the certificate of whoever signed the registry's own.
        public init(
            _ name: String, url: String, authority: String?, user: RegistryUser = .publisher, repository: String,
            tag: String
        ) {
            self.name = name
            self.url = url
            self.authority = authority
            self.user = user.name
            password = user.password
            self.repository = repository
            self.tag = tag
        }
    }

    /// What was seen of a tag.
    public struct Testimony: Decodable, Sendable {
        /// How often the registry answered, and how often it did not.
        public var polls: Int
        public var failures: Int
        /// Each change, the first state too.
        public var sights: [Sight]

        /// When the tag was first seen to be there, in seconds since 1970.
        public var first: Double? { sights.first { $0.digest != nil }?.time }
    }

    public struct Sight: Decodable, Sendable {
        /// Seconds since 1970, right after the answer.
        public var time: Double
        /// Nil: no such tag.
        public var digest: String?
    }

    private struct Ready: Decodable, Sendable {}

    private let server: Supervised

    private init(_ server: Supervised) { self.server = server }

    /// Returns when each registry was asked once.
    public static func start(_ places: [Place]) async throws -> Witness {
        Witness(try await Supervised.start("watch.py", places, as: Ready.self).0)
    }

    /// By the places' names, after each was looked at once more.
    public func testimony() async throws -> [String: Testimony] {
        try await server.ask("", as: [String: Testimony].self)
    }
}
