import Documents
import FileSystems

/// Whether a login ends in a shell.
struct LoginShell {
    let tree: GuestTree
    init(_ tree: GuestTree) { self.tree = tree }

    /// Programs that end at once, or do one thing, whatever is typed.
    static let turningAway: Set<String> = [
        "nologin", "false", "true", "sync", "shutdown", "halt", "poweroff", "reboot", "git-shell", "nologin.sh",
    ]

    func isOne(_ shell: String) throws(Failure) -> Bool {
        let path = shell.isEmpty ? "/bin/sh" : shell
        guard path.hasPrefix("/"), !Self.turningAway.contains(Self.name(path)) else { return false }
        guard let found = try tree.find(path), found.status.kind == .file else { return false }
        // A link may lead to one of those: /usr/sbin/nologin by another name.
        return !Self.turningAway.contains(Self.name(found.path)) && found.status.permissions & 0o111 != 0
    }

    private static func name(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? ""
    }
}
