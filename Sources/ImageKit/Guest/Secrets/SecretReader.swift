public import Documents
public import FileSystems

/// Tells what lies in a guest that must not be handed on with it. Every search is bounded, follows no link, and reads only files
/// that are small enough for what is looked for.
public struct SecretReader: Sendable {
    let tree: GuestTree
    let accounts: AccountFacts
    let ssh: SSHFacts

    let others: [BootReader.Unmounted]

    /// - Parameter others: file systems beside the tree, where keys and credentials are looked for as well.
    public init(_ tree: GuestTree, accounts: AccountFacts, ssh: SSHFacts, others: [BootReader.Unmounted] = []) {
        (self.tree, self.accounts, self.ssh, self.others) = (tree, accounts, ssh, others)
    }

    public func facts() -> SecretFacts {
        var facts = SecretFacts(unknown: "it was not read")
        facts.machineID = machineID("/etc/machine-id")
        facts.dbusMachineID = machineID("/var/lib/dbus/machine-id", besides: "/etc/machine-id")
        facts.hostKeys = hostKeys()
        facts.leases = left(
            [
                "/var/lib/dhcp", "/var/lib/dhclient", "/var/lib/NetworkManager", "/var/lib/dhcpcd", "/var/lib/dhcpcd5",
                "/var/lib/wicked", "/var/lib/systemd/network", "/var/db/dhcpcd",
            ],
            depth: 2
        ) { $0.path.contains("lease") && $0.status.size > 0 }
        facts.randomSeeds = seeds()
        facts.instanceData = left(["/var/lib/cloud"], depth: 8) { found in
            // What an image's maker puts there is none of an instance.
            !found.path.hasPrefix("/var/lib/cloud/scripts/") && !found.path.hasPrefix("/var/lib/cloud/seed/")
        }
        facts.logs = left(["/var/log"], depth: 8, skipping: ["/var/log/journal"]) { $0.status.size > 0 }
        facts.journals = left(["/var/log/journal"], depth: 3) { $0.status.size > 0 }
        facts.coreDumps = left(
            ["/var/lib/systemd/coredump", "/var/crash", "/var/spool/abrt", "/var/lib/apport/coredump"], depth: 4
        ) { $0.status.size > 0 }
        facts.temporaryFiles = left(["/tmp", "/var/tmp"], depth: 16) { _ in true }
        facts.packageCaches = left(
            [
                "/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5", "/var/cache/apt", "/var/cache/zypp",
                "/var/cache/PackageKit", "/var/lib/apt/lists",
            ],
            depth: 8
        ) { $0.status.size > 0 }
        facts.mail = left(["/var/mail", "/var/spool/mail"], depth: 2) { $0.status.size > 0 }
        facts.setID = setID()
        var search = SecretSearch(tree, homes: homes(), hostKeys: hostKeyPaths())
        search.run(besides: others)
        facts.privateKeys = search.keysFact
        facts.credentials = search.credentialsFact
        facts.histories = search.historiesFact
        facts.writableByAll = search.writableFact
        return facts
    }

    /// Homes of accounts, each once, and not those that are the system's own folders.
    private func homes() -> [String] {
        var homes = ["/root"]
        for user in accounts.users.value ?? [] {
            let home = user.home
            let depth = home.split(separator: "/").count
            guard home.hasPrefix("/"), depth >= 1, !homes.contains(home), homes.count < 500 else { continue }
            let isSystem = [
                "/usr", "/bin", "/sbin", "/dev", "/proc", "/sys", "/run", "/boot", "/lib", "/etc", "/var", "/opt",
            ]
            .contains { home == $0 || (home.hasPrefix($0 + "/") && !user.hasLoginShell) }
            if !isSystem { homes.append(home) }
        }
        return homes
    }

    private func hostKeyPaths() -> Set<String> {
        Set(ssh.hostKeys.value ?? [])
    }

    private func hostKeys() -> Fact<Leftovers> {
        .reading { () throws(Failure) in
            var keys = Gathering()
            var paths = hostKeyPaths()
            for name in try tree.list("/etc/ssh") where name.hasPrefix("ssh_host_") && name.hasSuffix("_key") {
                paths.insert("/etc/ssh/" + name)
            }
            for path in paths.sorted() {
                guard let found = try tree.find(path), found.status.kind == .file, found.status.size > 0 else {
                    continue
                }
                keys.add(found)
            }
            return keys.fact(["/etc/ssh"])
        }
    }

    private func machineID(_ path: String, besides other: String? = nil) -> Fact<SecretFacts.MachineID> {
        .reading { () throws(Failure) in
            guard let found = try tree.find(path) else { return .absent([Evidence(path)]) }
            if other != nil, try tree.linkTarget(path) != nil { return .absent([Evidence(path)]) }
            let text = String(decoding: try tree.read(found, limit: 4096), as: UTF8.self).trimmingBlanks
            let evidence = [Evidence(path, line: 1, text: text.isEmpty ? nil : "\(text.utf8.count) characters")]
            if text.isEmpty { return .known(.empty, evidence) }
            if text == "uninitialized" { return .known(.uninitialized, [Evidence(path, line: 1, text: text)]) }
            let isID =
                text.utf8.count == 32
                && text.utf8.allSatisfy {
                    (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20)
                }
            return .known(isID && text.contains { $0 != "0" } ? .set : .invalid, evidence)
        }
    }

    private func seeds() -> Fact<Leftovers> {
        .reading { () throws(Failure) in
            let paths = [
                "/var/lib/systemd/random-seed", "/var/lib/random-seed", "/var/lib/urandom/random-seed",
                "/var/lib/misc/random-seed", "/boot/loader/random-seed", "/boot/efi/loader/random-seed",
                "/efi/loader/random-seed", "/var/lib/seedrng/seed.credit", "/var/lib/seedrng/seed.no-credit",
            ]
            var seeds = Gathering()
            for path in paths {
                guard let found = try tree.find(path), found.status.kind == .file, found.status.size > 0 else {
                    continue
                }
                seeds.add(found)
            }
            return seeds.fact(Array(paths.prefix(1)))
        }
    }

    /// Files, links and the like below folders that the body takes; folders themselves are none.
    private func left(
        _ folders: [String], depth: Int, skipping skipped: [String] = [], _ takes: (GuestTree.Found) -> Bool
    ) -> Fact<Leftovers> {
        .reading { () throws(Failure) in
            var gathering = Gathering()
            var seen: Set<String> = []
            for folder in folders {
                guard let start = try tree.find(folder), start.status.kind == .directory,
                    seen.insert(start.path).inserted
                else { continue }
                let report = try tree.walk(start.path) { (found) throws(Failure) in
                    if found.status.kind == .directory {
                        return skipped.contains(found.path) || found.levels(below: start) >= depth ? .skip : .goOn
                    }
                    if takes(found) { gathering.add(found) }
                    return .goOn
                }
                if !report.isComplete {
                    gathering.cut = report.problems.first?.inWords ?? "too many files in \(folder)"
                }
            }
            return gathering.fact(folders)
        }
    }

    private func setID() -> Fact<Leftovers> {
        .reading { () throws(Failure) in
            var gathering = Gathering()
            var seen: Set<String> = []
            for (folder, depth) in [
                ("/usr/bin", 1), ("/usr/sbin", 1), ("/bin", 1), ("/sbin", 1), ("/usr/libexec", 3), ("/usr/lib", 2),
                ("/usr/local/bin", 2), ("/usr/local/sbin", 2), ("/opt", 4),
            ] {
                guard let start = try tree.find(folder), seen.insert(start.path).inserted else { continue }
                let report = try tree.walk(start.path) { (found) throws(Failure) in
                    let status = found.status
                    if status.kind == .directory { return found.levels(below: start) >= depth ? .skip : .goOn }
                    if status.kind == .file, status.permissions & 0o6000 != 0, status.permissions & 0o111 != 0 {
                        gathering.add(found)
                    }
                    return .goOn
                }
                if !report.isComplete {
                    gathering.cut = report.problems.first?.inWords ?? "too many files in \(folder)"
                }
            }
            return gathering.fact(["/usr/bin"])
        }
    }
}

extension GuestTree.Found {
    /// How many folders down from that one.
    func levels(below top: GuestTree.Found) -> Int {
        path.utf8.count { $0 == 0x2f } - (top.path == "/" ? 0 : top.path.utf8.count { $0 == 0x2f })
    }
}
