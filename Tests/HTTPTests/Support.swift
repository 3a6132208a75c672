import Crypto
import Foundation

/// Lines from any thread.
final class Lines: Sendable {
    private let lock = NSLock()
    nonisolated(unsafe) private var lines: [String] = []

    func add(_ line: String) { lock.withLock { lines.append(line) } }
    var all: [String] { lock.withLock { lines } }
    var text: String { all.joined(separator: "\n") }
}

func sha256(_ data: some DataProtocol) -> String {
    SHA256.hash(data: data).map { String(format: "%02x", $0) }.joined()
}
