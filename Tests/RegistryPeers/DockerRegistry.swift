import Foundation
import TestSupport

/// docker-registry on loopback; it ends with the value, and with this process.
///
///     let registry = try await DockerRegistry.start(.init(.bearer(), tls: true))
public final class DockerRegistry: Sendable {
    public struct Options: Sendable {
        public var authentication: Authentication
        public var tls: Bool
        public var users: [RegistryUser]
        /// A regular expression: who gives no name may pull these repositories. Only with `.bearer`.
        public var anonymous: String?
        /// The size of the storage, in bytes: beyond, the disk is full. Needs root or user namespaces.
        public var limit: Int?

        public init(
            _ authentication: Authentication = .none, tls: Bool = false, users: [RegistryUser] = [.publisher, .reader],
            anonymous: String? = nil, limit: Int? = nil
        ) {
            self.authentication = authentication
            self.tls = tls
            self.users = users
            self.anonymous = anonymous
            self.limit = limit
        }
    }

    /// A line of the access log.
    public struct Access: Sendable {
        public var method: String
        public var path: String
        public var status: Int
        /// Bytes of the answer's body.
        public var sent: Int
    }

    private struct Settings: Encodable, Sendable {
        var directory: String
        var tls: Bool
        var auth: Authentication.Kind
        var users: [RegistryUser]
        var anonymous: String?
        var tokens: Authentication.Tokens
        var limit: Int?

        func encode(to encoder: any Encoder) throws {
            var all = encoder.container(keyedBy: Keys.self)
            try all.encode(directory, forKey: .directory)
            try all.encode(tls, forKey: .tls)
            try all.encode(auth, forKey: .auth)
            try all.encode(users, forKey: .users)
            try all.encode(anonymous, forKey: .anonymous)
            try all.encode(tokens, forKey: .tokens)
            try all.encode(limit, forKey: .limit)
        }

        enum Keys: CodingKey { case directory, tls, auth, users, anonymous, tokens, limit }
    }

    private struct Ready: Decodable, Sendable {
        var port: Int
    }

    public let port: Int
    public let isSecure: Bool
    private let scratch: Scratch
    private let server: Supervised

    /// Whether the program is on the PATH, under the name of one package or the other.
    public static let isInstalled = ["docker-registry", "registry"].contains {
        (try? run(["which", $0]).status) == 0
    }

    private init(_ scratch: Scratch, _ server: Supervised, _ port: Int, _ isSecure: Bool) {
        self.scratch = scratch
        self.server = server
        self.port = port
        self.isSecure = isSecure
    }

    public static func start(_ options: Options = Options()) async throws -> DockerRegistry {
        let scratch = try Scratch()
        let settings = Settings(
            directory: scratch.path, tls: options.tls, auth: options.authentication.kind, users: options.users,
            anonymous: options.anonymous, tokens: options.authentication.tokens, limit: options.limit)
        let (server, ready) = try await Supervised.start("docker.py", settings, as: Ready.self)
        return DockerRegistry(scratch, server, ready.port, options.tls)
    }

    /// With its port, as it stands in the name of an image.
    public var host: String { "\(isSecure ? "localhost" : "127.0.0.1"):\(port)" }
    public var url: String { "\(isSecure ? "https" : "http")://\(host)" }
    /// The certificate of the authority that signed its own; there is none without TLS.
    public var authority: String? { isSecure ? "\(scratch.path)/ca.pem" : nil }
    /// The process that runs it.
    public var pid: Int32 { server.pid }

    /// Ends the registry; connections to it are refused from then on. What it stored stays.
    public func stop() async throws { _ = try await server.ask("stop", as: Ready.self) }

    /// SIGKILL: what was under way is lost.
    public func kill() async throws { _ = try await server.ask("kill", as: Ready.self) }
    /// SIGSTOP: connections are taken and never answered, until `thaw`.
    public func freeze() async throws { _ = try await server.ask("freeze", as: Ready.self) }
    public func thaw() async throws { _ = try await server.ask("thaw", as: Ready.self) }

    /// Starts it again, at the same port and with the same storage; uploads go on as well.
    public func start() async throws { _ = try await server.ask("start", as: Ready.self) }

    /// The requests that it has answered.
    public func requests() throws -> [Access] {
        try scratch.text("access.log").split(separator: "\n").compactMap { line in
            // HOST - USER [TIME] "METHOD PATH PROTOCOL" STATUS SENT "REFERRER" "AGENT"
            let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
            guard parts.count > 2 else { return nil }
            let request = parts[1].split(separator: " ")
            let numbers = parts[2].split(separator: " ").compactMap { Int($0) }
            guard request.count == 3, numbers.count == 2 else { return nil }
            return Access(
                method: String(request[0]), path: String(request[1]), status: numbers[0], sent: numbers[1])
        }
    }

    /// The requests that its token server has answered.
    public func tokenRequests() throws -> [Request] {
        try scratch.text("tokens.log").split(separator: "\n").map {
            try JSONDecoder().decode(Request.self, from: Data($0.utf8))
        }
    }
}
