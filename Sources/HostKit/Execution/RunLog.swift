import Documents
import Files
import Glibc
import State
import Synchronization

/// A run's log, redacted: what every provider said, and what the host did.
final class RunLog: Sendable {
    private let file: Mutex<File?>

    /// From the least important to the most.
    static let levels = ["debug", "info", "warning", "error"]
    private let least: Int

    /// - Parameters:
    ///   - path: nil for what leaves no trace, such as a dry run.
    ///   - level: the least important that is written.
    init(_ path: String?, level: String) throws {
        least = Self.levels.firstIndex(of: level) ?? 0
        file = Mutex(try path.map { try File($0, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600) })
    }

    /// One line, already masked.
    func write(_ level: String, _ who: String, _ message: String) {
        guard (Self.levels.firstIndex(of: level) ?? least) >= least else { return }
        let text = "\(who): \(message)".split(whereSeparator: \.isNewline).joined(separator: " | ")
        // People show it to their terminals.
        let line = "\(Timestamp.now()) \(level) \(Printable.line(text))\n"
        // A log that cannot be written must not stop a publication.
        file.withLock { try? $0?.write(Array(line.utf8)) }
    }
}

/// Passes events on, and writes what happened to the run's log. Progress is too much for a log, and warnings are there already.
struct LoggingObserver: RunObserver {
    let base: any RunObserver
    let log: RunLog

    func observe(_ event: RunEvent) {
        base.observe(event)
        guard event.event != .progress, event.event != .warning else { return }
        let words = [
            event.event.rawValue, event.operation, event.ending?.rawValue, event.digest, event.failure?.message,
            event.message, event.seconds.map { "\(Double(Int($0 * 1000)) / 1000) s" },
        ].compactMap { $0 }.joined(separator: ", ")
        log.write("info", event.target ?? event.artifact ?? "run", words)
    }
}
