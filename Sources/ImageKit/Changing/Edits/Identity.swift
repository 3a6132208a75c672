import Documents
import Glibc

/// What one machine's life leaves behind, and what no second machine may have. The kinds are those of virt-sysprep(1), with
/// the paths of openEuler's packages beside Debian's.
extension GuestChange {
    func reset(_ parts: [Remediation.Identity]) throws(Failure) {
        for part in parts {
            switch part {
            case .machineID: try resetMachineID()
            case .hostKeys: try removeAll(in: "/etc/ssh") { $0.hasPrefix("ssh_host_") }
            case .randomSeed:
                for path in [
                    "/var/lib/systemd/random-seed", "/var/lib/random-seed", "/var/lib/urandom/random-seed",
                    "/boot/loader/random-seed", "/boot/efi/loader/random-seed",
                ] { try root.remove(path) }
            case .cloudInit:
                try removeAll(in: "/var/lib/cloud") { _ in true }
                try removeAll(in: "/var/log") { $0.hasPrefix("cloud-init") }
            case .logs: try resetLogs()
            case .histories: try removeHistories()
            case .leases: try removeLeases()
            case .coreDumps:
                for folder in ["/var/lib/systemd/coredump", "/var/crash", "/var/spool/abrt"] {
                    try removeAll(in: folder) { _ in true }
                }
            }
        }
    }

    func removeAll(in folder: String, _ isWanted: (String) -> Bool) throws(Failure) {
        for name in try root.names(folder) where isWanted(name) { try root.remove("\(folder)/\(name)") }
    }

    /// Empty: made at the first start, and read-only roots can mount over it (machine-id(5)).
    private func resetMachineID() throws(Failure) {
        try root.write("/etc/machine-id", [], mode: 0o444)
        let other = "/var/lib/dbus/machine-id"
        // A link to the first stays.
        if root.exists(other), try root.read(other)?.isEmpty == false { try root.remove(other) }
    }

    /// Files of logs are gone or empty, folders stay: services expect theirs, with its owner.
    private func resetLogs() throws(Failure) {
        try emptyLogs("/var/log", depth: 0)
    }

    private func emptyLogs(_ folder: String, depth: Int) throws(Failure) {
        guard depth < 20 else { return }
        for name in try root.names(folder) {
            let path = "\(folder)/\(name)"
            if folder == "/var/log/journal" {
                try root.remove(path)
            } else if root.isDirectory(path) {
                try emptyLogs(path, depth: depth + 1)
            } else if ["wtmp", "btmp", "lastlog", "faillog"].contains(name) {
                try root.empty(path)
            } else {
                try root.remove(path)
            }
        }
    }

    private func removeHistories() throws(Failure) {
        var homes = ["/root"]
        for line in try root.lines("/etc/passwd") ?? [] {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count > 6, let user = UInt32(fields[2]), user >= 1000, user != 65534 else { continue }
            homes.append(String(fields[5]))
        }
        let names = [".viminfo", ".lesshst", ".wget-hsts", ".python_history", ".node_repl_history", ".cache"]
        for home in homes where home.hasPrefix("/") && home != "/" {
            try removeAll(in: home) { names.contains($0) || ($0.hasPrefix(".") && $0.hasSuffix("_history")) }
        }
    }

    private func removeLeases() throws(Failure) {
        for folder in ["/var/lib/dhclient", "/var/lib/dhcp", "/var/lib/dhcpcd", "/var/lib/systemd/network"] {
            try removeAll(in: folder) { $0.contains("lease") }
        }
        try removeAll(in: "/var/lib/NetworkManager") {
            $0.hasSuffix(".lease") || ["secret_key", "timestamps", "seen-bssids"].contains($0)
        }
        let rules = "/etc/udev/rules.d/70-persistent-net.rules"
        if root.exists(rules) { try root.remove(rules) }
    }

    /// Temporary files, and the servers of names that the building machine had.
    func removeTemporary() throws(Failure) {
        for folder in ["/tmp", "/var/tmp"] { try removeAll(in: folder) { _ in true } }
    }
}
