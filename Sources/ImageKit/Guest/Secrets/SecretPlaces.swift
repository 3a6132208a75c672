import FileSystems

/// Where keys and credentials are looked for: everywhere but in what packages brought along.
struct SecretPlaces {
    /// Where packages keep what they brought along, and what other facts tell of.
    private static let skipped: Set<String> = [
        "/var/lib/dpkg", "/var/lib/rpm", "/var/lib/apt", "/var/lib/dnf", "/var/lib/yum", "/var/cache",
        "/var/log/journal", "/var/lib/selinux", "/var/lib/systemd/coredump", "/var/crash", "/etc/selinux",
        "/etc/ssl/certs", "/etc/pki/ca-trust", "/etc/ca-certificates", "/var/lib/ca-certificates",
        "/etc/alternatives", "/var/lib/pcp", "/var/lib/cloud", "/usr/share/doc", "/usr/share/man",
        "/usr/share/locale", "/usr/share/zoneinfo", "/usr/lib/sysimage/rpm", "/usr/lib/modules", "/lib/modules",
        "/usr/lib/firmware", "/lib/firmware", "/usr/src", "/usr/include",
    ]

    /// Programs and their data: of these only what looks like a key by its name or its mode is opened.
    private static let packaged = ["/usr/", "/lib/", "/lib64/", "/bin/", "/sbin/"]

    /// Whether a folder, or one that it lies in, is passed over.
    static func skips(below folder: Substring) -> Bool {
        var rest = folder
        while let slash = rest.lastIndex(of: "/") {
            if skipped.contains(String(rest)) { return true }
            rest = rest[..<slash]
        }
        return false
    }

    /// Hidden by what is mounted there once the system runs (hier(7)).
    static func isHidden(_ path: String) -> Bool {
        path.utf8.count <= 5 && ["/dev", "/proc", "/sys", "/run"].contains(path)
    }

    /// Whether everybody may write to it who may not by its nature: sticky folders, and what is in those for temporary files, aside.
    static func isWritable(_ found: GuestTree.Found) -> Bool {
        let status = found.status
        guard status.permissions & 0o002 != 0, status.kind == .file || status.kind == .directory,
            status.kind == .file || status.permissions & 0o1000 == 0
        else { return false }
        return !["/tmp", "/var/tmp"].contains { found.path == $0 || found.path.hasPrefix($0 + "/") }
    }

    /// Whether a file is opened at all.
    static func opens(_ found: GuestTree.Found, _ name: String) -> Bool {
        let path = found.path
        guard packaged.contains(where: { path.hasPrefix($0) }), !path.hasPrefix("/usr/local/") else { return true }
        if found.status.permissions & 0o077 == 0, found.status.permissions & 0o111 == 0 { return true }
        let name = name.asciiLowercased
        return name.hasPrefix("id_") || [".key", ".pem", ".ppk", ".p8", ".asc"].contains { name.hasSuffix($0) }
    }

    /// Whether people put their own files there: what packages fill is most of an image, and not looked through for tokens.
    static func isPersonal(_ path: String) -> Bool {
        !["/etc/", "/var/", "/usr/", "/boot/"].contains { path.hasPrefix($0) } || path.hasPrefix("/usr/local/")
            || path.hasPrefix("/var/www/") || path.hasPrefix("/var/tmp/")
    }

    /// Whether a tool keeps its settings there: files and folders whose name begins with a dot, whoever's home they lie in.
    static func isTool(_ path: String) -> Bool {
        if path.hasPrefix("/etc/kubernetes/") || path.hasPrefix("/etc/rancher/") { return true }
        if path == "/etc/apt/auth.conf" || path.hasPrefix("/etc/apt/auth.conf.d/") { return true }
        return path.contains("/.")
    }
}
