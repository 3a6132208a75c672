import Foundation
import TestSupport
import Testing

/// A private folder with badcloud installed in it and an image to publish; what it publishes goes nowhere.
final class Lab {
    let path: String

    /// - Parameters:
    ///   - options: for gcc.
    ///   - inactivity: seconds that the manifest grants a silent provider.
    init(_ options: [String] = [], inactivity: Int = 2) async throws {
        path = NSTemporaryDirectory() + "ep-badcloud-\(UUID().uuidString)"
        let folder = "\(path)/providers/badcloud"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        let source = "\(root)/Tests/Providers/badcloud"
        var manifest = try String(contentsOfFile: "\(source)/provider.json", encoding: .utf8)
        manifest = manifest.replacingOccurrences(of: #""inactivity_s": 2"#, with: #""inactivity_s": \#(inactivity)"#)
        try manifest.write(toFile: "\(path)/embedded.json", atomically: true, encoding: .utf8)
        let built = try await run(
            [
                "/usr/bin/gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden",
                "-I\(root)/Sources/ProviderAPI/include", "-DBADCLOUD_MANIFEST=\"\(path)/embedded.json\"",
                "\(source)/badcloud.c",
                "-o", library,
            ] + options)
        try #require(built.status == 0, "\(built.output)")
        let sum = try await run(["/usr/bin/sha256sum", library]).output.prefix(64)
        try write(
            manifest.replacingOccurrences(
                of: #""file": "libep-badcloud.so""#, with: #""file": "libep-badcloud.so", "sha256": "\#(sum)""#),
            "providers/badcloud/provider.json")
        try write("some bytes of a disk", "disk.raw")
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    var library: String { "\(path)/providers/badcloud/libep-badcloud.so" }
    var manifest: String { "\(path)/providers/badcloud/provider.json" }

    func write(_ text: String, _ name: String) throws {
        try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
    }

    /// A plan with a target for each misdeed, called by its first word.
    func plan(_ misdeeds: [String]) throws {
        var plan = """
            format: 1
            artifacts:
              server: {kind: disk, file: disk.raw, format: raw, version: 24.03-LTS-SP2, platform: linux/amd64}
            options: {parallel: \(max(1, misdeeds.count))}
            targets:

            """
        for misdeed in misdeeds {
            let name = misdeed.prefix { $0 != " " }
            plan += "  - {name: \(name), artifact: server, to: \"badcloud:\(name)\", options: {do: \"\(misdeed)\"}}\n"
        }
        try write(plan, "plan.yaml")
    }

    func command(_ arguments: [String]) -> [String] {
        ["\(stage ?? "")/bin/eulerpublisher"] + arguments + [
            "--state-dir", "\(path)/state", "--cache-dir", "\(path)/cache", "--provider-path", "\(path)/providers",
        ]
    }

    @discardableResult
    func run(_ command: [String]) async throws -> Answer { try await runApart(command, in: path) }

    /// The events that `--json` prints.
    func events(_ output: String) throws -> [[String: Any]] {
        try output.split(separator: "\n").filter { $0.hasPrefix("{") }.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }
}
