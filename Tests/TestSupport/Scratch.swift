public import Documents
import Foundation
public import Glibc

/// A directory of one test, its owner's alone to write whatever the umask; removed with the value.
public final class Scratch: Sendable {
    public let path: String

    public init() throws {
        path = "/tmp/ep-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, and the folders that it lies in.
    /// - Returns: its path.
    @discardableResult
    public func write(_ name: String, _ bytes: some Sequence<UInt8>, mode: mode_t = 0o644) throws -> String {
        let file = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755])
        try Data(bytes).write(to: file)
        chmod(file.path, mode)
        return file.path
    }

    @discardableResult
    public func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws -> String {
        try write(name, text.utf8, mode: mode)
    }

    public func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
}

/// The failure that the body throws; of one that throws none, a failure that no test expects.
public func failure<Value>(_ body: () throws -> Value) -> Failure {
    do {
        _ = try body()
        return Failure(.internal, "nothing was thrown")
    } catch let failure as Failure {
        return failure
    } catch {
        return Failure(.internal, "not a Failure: \(error)")
    }
}

/// Whether this test can give files away.
public let isRoot = geteuid() == 0
