import Foundation
import TestSupport

/// A registry that holds its client to the letter of the protocol, and breaks it itself when told to; it ends with the
/// value, and with this process. See servers/protocol.py for what it demands, servers/faults.py for what it does.
///
///     let registry = try await StrictRegistry.start(.init(.bearer(seconds: 60), tls: true))
///     try await registry.fault(.reset(.executed), on: "PUT", "/manifests/latest")
public final class StrictRegistry: Sendable {
    struct Ports: Decodable, Sendable {
        var port: Int
        var token: Int
        var storage: Int
        var control: Int
    }

    private let ports: Ports
    public let isSecure: Bool
    private let scratch: Scratch
    private let server: Supervised

    private init(_ scratch: Scratch, _ server: Supervised, _ ports: Ports, _ isSecure: Bool) {
        self.scratch = scratch
        self.server = server
        self.ports = ports
        self.isSecure = isSecure
    }

    public static func start(_ options: Options = Options()) async throws -> StrictRegistry {
        let scratch = try Scratch()
        let settings = Settings(directory: scratch.path, options: options)
        let (server, ports) = try await Supervised.start("strict.py", settings, as: Ports.self)
        return StrictRegistry(scratch, server, ports, options.tls)
    }

    public var port: Int { ports.port }
    /// With its port, as it stands in the name of an image.
    public var host: String { address(ports.port) }
    public var url: String { "\(isSecure ? "https" : "http")://\(host)" }
    /// The same of the server that gives tokens, and of the storage that requests may be redirected to.
    public var tokenHost: String { address(ports.token) }
    public var storageHost: String { address(ports.storage) }
    /// The certificate of the authority that signed its own; there is none without TLS.
    public var authority: String? { isSecure ? "\(scratch.path)/ca.pem" : nil }
    /// The process that runs it.
    public var pid: Int32 { server.pid }

    private func address(_ port: Int) -> String { "\(isSecure ? "localhost" : "127.0.0.1"):\(port)" }

    /// Ends it; connections to it are refused from then on, and it does not come back.
    public func stop() { server.end() }

    /// Every request to the registry, its token server and its storage so far, those without an answer as well.
    public func requests() throws -> [Request] {
        try control(Order(do: "requests"), as: [Request].self)
    }

    /// Those of the registry alone, as "METHOD PATH STATUS", without queries.
    public func story() throws -> [String] {
        try requests().filter { $0.server == .registry }.map { request in
            let path = request.path.prefix { $0 != "?" }
            return "\(request.method) \(path) \(request.status.map(String.init) ?? "-")"
        }
    }

    /// The tokens that were given, for a look whether they are written down somewhere.
    public func tokens() throws -> [String] { try control(Order(do: "tokens"), as: [String].self) }

    // What it keeps

    public struct Repository: Decodable, Sendable, Equatable {
        /// Digests.
        public var tags: [String: String]
        public var manifests: [String]
        public var blobs: [String]
    }

    public func contents() throws -> [String: Repository] {
        try control(Order(do: "contents"), as: [String: Repository].self)
    }

    /// Uploads that were begun and neither finished nor given up.
    public func openUploads() throws -> Int { try control(Order(do: "state"), as: State.self).uploads }

    /// Loses a tag, a manifest or a blob, behind every client's back.
    public func forget(_ reference: String, in repository: String) async throws {
        try await order(Order(do: "forget", name: repository, reference: reference))
    }

    /// Gives another repository all that one has, without a request.
    public func copy(_ repository: String, to other: String) async throws {
        try await order(Order(do: "copy", name: repository, to: other))
    }

    // Faults

    /// From now on something goes wrong.
    /// - Parameters:
    ///   - method: any, when nil.
    ///   - path: a regular expression that matches a part of path and query.
    ///   - nth: which of the requests that match is the first.
    ///   - times: how many of them; nil is all.
    /// - Returns: the fault's number, for `befell`.
    @discardableResult
    public func fault(
        _ fault: Fault, on method: String? = nil, _ path: String = "", nth: Int = 1, times: Int? = 1,
        server: Request.Server = .registry
    ) async throws -> Int {
        let placed = PlacedFault(
            server: server.rawValue, method: method, path: path, nth: nth, times: times, do: fault.effects)
        return try await apart { [self] in try control(Order(do: "fault", fault: placed), as: Number.self).number }
    }

    /// How often it has befallen a request.
    public func befell(_ fault: Int) throws -> Int {
        try control(Order(do: "state"), as: State.self).befell["\(fault)"] ?? 0
    }

    /// Nothing goes wrong any more, and what is held goes on.
    public func clearFaults() async throws { try await order(Order(do: "clear")) }

    /// All tokens are void at once.
    public func revokeTokens() async throws { try await order(Order(do: "revoke")) }

    /// Waits until as many requests are held by `Fault.hold`.
    public func waitUntilHeld(_ count: Int = 1, seconds: Double = 20) async throws {
        let end = Date().addingTimeInterval(seconds)
        while try control(Order(do: "state"), as: State.self).held < count {
            guard Date() < end else {
                throw RegistryFailure(description: "no request was held in \(seconds) s; there were \(try story())")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Lets go on what is held.
    public func release() async throws { try await order(Order(do: "release")) }

    // The control port

    private struct Order: Encodable, Sendable {
        var `do`: String
        var fault: PlacedFault?
        var name: String?
        var reference: String?
        var to: String?
    }

    private struct Number: Decodable, Sendable {
        var number: Int
    }

    private struct State: Decodable, Sendable {
        var held: Int
        var befell: [String: Int]
        var uploads: Int
    }

    private struct Nothing: Decodable, Sendable {}

    private func order(_ order: Order) async throws {
        _ = try await apart { [self] in try control(order, as: Nothing.self) }
    }

    private func control<Reply: Decodable>(_ order: Order, as _: Reply.Type) throws -> Reply {
        let reply = try Loopback.post(ports.control, "/_control", JSONEncoder().encode(order))
        return try JSONDecoder().decode(Reply.self, from: reply)
    }
}
