import Documents
import Files
import FoundationEssentials
import Glibc
import OCI
public import State

/// Everything about one run in one file, for a report to a provider's author: plan, journal, record, log and the ledger's
/// entries. Redacted as its parts are.
public enum RunBundle {
    /// - Throws: `Failure` when a part cannot be read or the file not be written; an existing file is not replaced.
    public static func write(_ run: RunDirectory, to path: String) async throws {
        var entries: [TarEntry] = []
        var contents: [String: [UInt8]] = [:]
        let prefix = "eulerpublisher-\(run.id)"
        func add(_ name: String, _ bytes: [UInt8]) {
            entries.append(TarEntry(name: "\(prefix)/\(name)", mode: 0o600, size: Int64(bytes.count)))
            contents["\(prefix)/\(name)"] = bytes
        }
        for file in [run.planPath, run.journalPath, run.recordPath, run.logPath] where File.exists(file) {
            add(file.split(separator: "/").last.map(String.init) ?? file, try File.contents(file, limit: 256 << 20))
        }
        for id in try run.state.publications() {
            let made = try Ledger.entries(of: run.state.publicationDirectory(id)).filter { $0.run == run.id }
            guard !made.isEmpty else { continue }
            add("ledger-\(id.prefix(12)).json", [UInt8](try DocumentCoding.encode(made.map(\.document), pretty: true)))
        }
        let target = try File(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        do {
            let plain = try File("\(path).tar", O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
            unlink(plain.path)
            try plain.write(try TarWriter.bytes(entries, contents: contents))
            _ = try await Gzip.compress(plain, to: target)
        } catch {
            unlink(path)
            throw error
        }
    }
}
