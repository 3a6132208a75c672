import Foundation
import Glibc
import TestSupport

public struct RegistryFailure: Error, CustomStringConvertible {
    public var description: String
}

/// A script of `servers` in a process of its own, which ends when this process does: its standard input closes then.
final class Supervised: Sendable {
    private let process: Process
    private let input: FileHandle
    private let output: FileHandle
    let pid: pid_t

    private init(_ script: String, _ options: some Encodable) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["PYTHONDONTWRITEBYTECODE=1", "python3", "\(folder)/servers/\(script)"]
        let standardInput = Pipe()
        let standardOutput = Pipe()
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        try process.run()
        pid = process.processIdentifier
        input = standardInput.fileHandleForWriting
        output = standardOutput.fileHandleForReading
        try input.write(contentsOf: JSONEncoder().encode(options) + Data("\n".utf8))
    }

    /// Starts the script.
    /// - Returns: it, and what it said when it was ready.
    static func start<Ready: Decodable & Sendable>(
        _ script: String, _ options: some Encodable & Sendable, as _: Ready.Type
    ) async throws -> (Supervised, Ready) {
        try await apart {
            let started = try Supervised(script, options)
            return (started, try started.line(Ready.self))
        }
    }

    deinit { end() }

    /// Says a line, and hears the answer.
    func ask<Reply: Decodable & Sendable>(_ line: String, as _: Reply.Type) async throws -> Reply {
        try await apart { [self] in
            guard process.isRunning else { throw RegistryFailure(description: "a server of the tests has ended") }
            try input.write(contentsOf: Data("\(line)\n".utf8))
            return try self.line(Reply.self)
        }
    }

    /// Ends it, and what it runs; blocks until it is gone.
    func end() {
        try? input.close()
        process.waitUntilExit()
    }

    private func line<Reply: Decodable>(_: Reply.Type) throws -> Reply {
        var line = Data()
        while line.last != 0x0a {
            let byte = output.readData(ofLength: 1)
            guard !byte.isEmpty else { throw RegistryFailure(description: "a server of the tests ended by itself") }
            line += byte
        }
        if let refusal = try? JSONDecoder().decode(Refusal.self, from: line) {
            throw RegistryFailure(description: refusal.error)
        }
        return try JSONDecoder().decode(Reply.self, from: line)
    }
}

private struct Refusal: Decodable {
    var error: String
}

/// What blocks, on a thread of its own, so that it takes none from the tests.
func apart<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}
