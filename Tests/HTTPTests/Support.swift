import Digest
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
    let sum: Digest = sha256([UInt8](data))
    return sum.hex
}
