import Foundation
import TestSupport

/// What a registry has for people beside the registry: Docker Hub's, Quay's or Harbor's interface for the pages about
/// repositories. See servers/management.py for what it demands.
public final class ManagementServer: Sendable {
    public enum Kind: String, Encodable, Sendable { case hub, quay, harbor }

    /// The texts of a repository; those that its kind does not have are nil.
    public struct Page: Codable, Sendable, Equatable {
        public var description: String?
        public var fullDescription: String?

        enum CodingKeys: String, CodingKey {
            case description
            case fullDescription = "full_description"
        }

        public init(description: String? = nil, fullDescription: String? = nil) {
            self.description = description
            self.fullDescription = fullDescription
        }
    }

    public struct User: Encodable, Sendable {
        var name: String
        var password: String
        var writes: Bool

        /// - Parameter writes: whether they may change pages, and not only push.
        public init(_ name: String, password: String, writes: Bool = true) {
            self.name = name
            self.password = password
            self.writes = writes
        }
    }

    public struct Token: Encodable, Sendable {
        var value: String
        var writes: Bool

        public init(_ value: String, writes: Bool = true) {
            self.value = value
            self.writes = writes
        }
    }

    public struct Options: Encodable, Sendable {
        var directory = ""
        var kind: Kind
        public var tls = false
        /// Whether the hub has the login of today, and not only the older one.
        public var modern = true
        public var users: [User] = []
        public var tokens: [Token] = []
        public var repositories: [String: Page] = [:]
        /// Whether everybody may read the pages.
        public var `public` = true
        /// Whether it answers to a change as if it were made, and does not make it.
        public var forgetful = false

        public init(_ kind: Kind) { self.kind = kind }
    }

    private struct Ready: Decodable, Sendable {
        var port: Int
    }

    /// A request, as far as tests ask.
    public struct Seen: Decodable, Sendable {
        public var method: String
        public var path: String
        public var status: Int?
        /// Of its Authorization.
        public var scheme: String?
    }

    private struct State: Decodable, Sendable {
        var repositories: [String: Page]
        var requests: [Seen]
    }

    private let scratch: Scratch
    private let server: Supervised
    public let url: String

    private init(_ scratch: Scratch, _ server: Supervised, _ url: String) {
        self.scratch = scratch
        self.server = server
        self.url = url
    }

    public static func start(_ options: Options) async throws -> ManagementServer {
        let scratch = try Scratch()
        var options = options
        options.directory = scratch.path
        let (server, ready) = try await Supervised.start("management.py", options, as: Ready.self)
        return ManagementServer(
            scratch, server, "\(options.tls ? "https://localhost" : "http://127.0.0.1"):\(ready.port)")
    }

    public func page(_ repository: String) async throws -> Page? {
        try await server.ask("state", as: State.self).repositories[repository]
    }

    /// As "METHOD PATH STATUS SCHEME".
    public func story() async throws -> [String] {
        try await server.ask("state", as: State.self).requests.map {
            "\($0.method) \($0.path) \($0.status ?? 0) \($0.scheme ?? "-")"
        }
    }
}
