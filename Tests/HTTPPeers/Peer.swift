public import Foundation
import Glibc

/// A server in a process of its own, which ends when this process does: its standard input closes then.
public final class Peer: Sendable {
    public let ports: [Int]
    private let input: FileHandle
    private let pid: pid_t

    private init(_ script: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
        process.arguments = ["python3", "\(folder)/\(script)"] + arguments
        let standardInput = Pipe()
        let output = Pipe()
        process.standardInput = standardInput
        process.standardOutput = output
        try process.run()
        input = standardInput.fileHandleForWriting
        pid = process.processIdentifier
        var line = Data()
        while line.last != 0x0a {
            let byte = output.fileHandleForReading.readData(ofLength: 1)
            guard !byte.isEmpty else { throw PeerFailure(script: script) }
            line += byte
        }
        ports = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    }

    deinit { try? input.close() }

    /// Oddities: see odd.py.
    public static let odd: Peer = try! Peer("odd.py", [])

    /// nginx over a directory: see nginx.py.
    public static func nginx(_ directory: String) throws -> Peer { try Peer("nginx.py", [directory]) }
}

public struct PeerFailure: Error {
    public var script: String
}

/// A directory that goes with the value.
public final class Folder: Sendable {
    public let path: String

    public init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("ep-http-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    public func write(_ name: String, _ data: Data) throws {
        let url = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: url)
    }
}

/// The one nginx of a test run, with its directory.
public enum Web {
    public static let folder: Folder = try! Folder()
    private static let peer: Peer = try! Peer.nginx(folder.path)

    public static var plain: String { "http://127.0.0.1:\(peer.ports[0])" }
    public static var secure: String { "https://localhost:\(peer.ports[1])" }
    /// The same server by a name that its certificate does not have.
    public static var misnamed: String { "https://127.0.0.1:\(peer.ports[1])" }
    /// The same server for those only who show a certificate that its authority signed: `client.pem`, `client.key`.
    public static var guarded: String { "https://localhost:\(peer.ports[2])" }
    public static var authority: String {
        _ = peer
        return "\(folder.path)/ca.pem"
    }

    /// Lines of the access log with that text: method, address, status, protocol, connection, range.
    /// - Parameter count: the server writes them once it has answered: so many are waited for, for 5 s.
    public static func log(_ text: String, count: Int) async throws -> [[String]] {
        for _ in 0..<250 {
            let lines = try log(text)
            if lines.count >= count { return lines }
            try await Task.sleep(for: .milliseconds(20))
        }
        return try log(text)
    }

    private static func log(_ text: String) throws -> [[String]] {
        let log = try String(contentsOfFile: "\(folder.path)/access.log", encoding: .utf8)
        return log.split(separator: "\n").filter { $0.contains(text) }.map { $0.split(separator: " ").map(String.init) }
    }
}

/// What the odd server got under a key.
public struct Seen: Decodable, Sendable {
    public var method: String
    public var target: String
    public var headers: [[String]]
    /// Bytes.
    public var body: Int
    public var connection: Int
    /// Seconds since 1970.
    public var time: Double
    public var closed: Bool

    public func header(_ name: String) -> String? { headers.first { $0[0].lowercased() == name }?[1] }
}

public enum Odd {
    public static var first: String { "http://127.0.0.1:\(Peer.odd.ports[0])" }
    public static var second: String { "http://127.0.0.1:\(Peer.odd.ports[1])" }

    public static func key() -> String { UUID().uuidString }

    public static func seen(_ key: String) throws -> [Seen] {
        try JSONDecoder().decode([Seen].self, from: raw("/log/-?of=\(key)"))
    }

    /// The body of an answer, asked for without the client under test, so that no fault of it hides here.
    public static func raw(_ path: String) throws -> Data {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(Peer.odd.ports[0]).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw PeerFailure(script: "odd.py") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        try file.write(contentsOf: Data("GET \(path) HTTP/1.1\r\n\r\n".utf8))
        shutdown(descriptor, Int32(SHUT_WR))
        let answer = try file.readToEnd() ?? Data()
        guard let end = answer.range(of: Data("\r\n\r\n".utf8)) else { throw PeerFailure(script: "odd.py") }
        return answer[end.upperBound...]
    }
}

/// Equality of long bytes: `==` within an expectation that fails would spend minutes on listing the differences.
public func isSame(_ left: Data, _ right: Data) -> Bool { left == right }
