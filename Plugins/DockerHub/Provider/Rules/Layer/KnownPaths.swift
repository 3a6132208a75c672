/// Where programs are looked for, as far as the rules ask for one.
enum ProgramPaths {
    static let shells = ["sh", "bash", "dash", "ash", "busybox"]
    static let folders = ["bin", "usr/bin", "sbin", "usr/sbin", "usr/local/bin"]
    static let watched: Set<String> = Set(
        folders + ["usr", "usr/local", "etc", "etc/alternatives"]
            + (folders + ["etc/alternatives"]).flatMap { folder in shells.map { "\(folder)/\($0)" } })
}

enum PackageCaches {
    private static let folders = [
        "var/cache/dnf/", "var/cache/yum/", "var/cache/zypp/", "var/cache/apt/archives/", "var/lib/apt/lists/",
        "var/cache/apk/", "var/cache/libdnf5/", "root/.cache/pip/",
    ]

    /// Lock files are empty and stay.
    static func contains(_ path: String) -> Bool {
        (path.hasPrefix("var/") || path.hasPrefix("root/")) && folders.contains { path.hasPrefix($0) }
    }
}

/// What belongs to one machine.
enum MachineID {
    /// Empty, and the word `uninitialized`, are images' ways to have none: machine-id(5).
    static func isSet(_ text: String) -> Bool {
        let id = text.split { $0.isWhitespace }.first ?? ""
        return !id.isEmpty && id != "uninitialized"
    }

    static func namesServer(_ text: String) -> Bool {
        text.split { $0.isNewline }.contains { line in
            line.split { $0.isWhitespace }.first == "nameserver"
        }
    }
}
