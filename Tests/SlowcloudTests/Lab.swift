import Foundation
import TestSupport
import Testing

/// A private folder with what gcc makes of the sources beside it.
final class Lab {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "ep-slowcloud-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func gcc(_ directory: String, _ arguments: [String]) async throws {
        let answer = try await runApart(
            ["/usr/bin/gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I\(root)/Sources/ProviderAPI/include"]
                + arguments,
            in: "\(root)/Tests/\(directory)")
        try #require(answer.status == 0, "\(answer.output)")
    }

    /// slowcloud and the driver under those sanitizers, and the peer.
    func build(sanitizers: String) async throws {
        let options = ["-g", "-O1", "-fsanitize=\(sanitizers)", "-fno-sanitize-recover=all", "-pthread"]
        try await gcc(
            "Providers/slowcloud",
            options + ["-fPIC", "-shared", "-fvisibility=hidden", "slowcloud.c", "-o", "\(path)/libep-slowcloud.so"])
        try await gcc("Campaign", options + ["driver.c", "-o", "\(path)/driver", "-ldl"])
        try await gcc("Campaign", ["-O2", "toycloud.c", "-o", "\(path)/toycloud"])
    }

    /// A sparse image: that many blocks of data, each after a hole of its own size.
    func disk(blocks: Int) throws -> String {
        let file = "\(path)/disk.raw"
        try Data().write(to: URL(fileURLWithPath: file))
        let handle = try #require(FileHandle(forWritingAtPath: file))
        for block in 0..<blocks {
            try handle.seek(toOffset: UInt64(block) * 8192 + 4096)
            try handle.write(contentsOf: Data((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ block) }))
        }
        try handle.close()
        return file
    }
}

/// A running peer; ends with this object.
final class ToyCloud {
    private let process = Process()
    private let input = Pipe()
    let port: Int

    init(_ lab: Lab) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "\(lab.path)/toycloud")
        process.arguments = ["--clock", "1000"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)), "the peer said \(line)")
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    var configuration: String {
        #"{"endpoint":"http://127.0.0.1:\#(port)","regions":["north","east"],"alias":"latest"}"#
    }

    func state() async throws -> String {
        try await runApart(["/usr/bin/curl", "-fsS", "http://127.0.0.1:\(port)/debug/state"]).output
    }
}
