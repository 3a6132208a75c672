import Documents
import FileSystems

/// One look at the modes of everything: files that everybody may write to, and folders without the sticky bit. A million files take a
/// core some two seconds; the walk itself is bounded.
enum WritableSearch {
    /// Everybody's by their nature, or hidden by what is mounted there once the system runs (hier(7)).
    static let skipped: Set<String> = ["/tmp", "/var/tmp", "/dev", "/proc", "/sys", "/run"]

    static func fact(_ tree: GuestTree) -> Fact<Leftovers> {
        .reading { () throws(Failure) in
            var writable = Gathering()
            let report = try tree.walk { (found) throws(Failure) in
                if skipped.contains(found.path) { return .skip }
                let status = found.status
                guard status.kind == .file || status.kind == .directory, status.permissions & 0o002 != 0,
                    status.kind == .file || status.permissions & 0o1000 == 0
                else { return .goOn }
                writable.add(found)
                return .goOn
            }
            if !report.isComplete { writable.cut = report.problems.first?.inWords ?? "too many files" }
            return writable.fact(["/"])
        }
    }
}
