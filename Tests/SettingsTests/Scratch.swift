import Documents
import Foundation
import Settings
import Testing

/// A directory of one test, owned by whoever runs it and closed to others; removed with it.
final class Scratch {
    let path: String

    init() throws {
        umask(0o022)
        path = "/tmp/ep-settings-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        chmod(path, 0o755)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws -> String {
        let file = "\(path)/\(name)"
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        #expect(chmod(file, mode) == 0)
        return file
    }
}

/// The failure that the body throws, or a failed test.
func failure<Value>(_ body: () throws -> Value) -> Failure {
    do {
        _ = try body()
        Issue.record("nothing was thrown")
    } catch let failure as Failure {
        return failure
    } catch {
        Issue.record("not a Failure: \(error)")
    }
    return Failure(.internal, "")
}

/// Whether this test can give files away.
let isRoot = geteuid() == 0
