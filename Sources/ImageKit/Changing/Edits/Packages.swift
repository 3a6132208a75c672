import Documents

/// The guest's own package manager, with its own repositories and scriptlets.
extension GuestChange {
    private enum Manager {
        case dnf(String)
        case apt
        /// None in the guest, but a database of packages: this machine's dnf.
        case outside
    }

    /// What goes and what comes, each in one transaction: a manager's run costs seconds, whatever it does.
    func changePackages() throws(Failure) {
        var removed: [String] = []
        var installed = request.packages
        for change in request.changes {
            switch change {
            case .packageRemove(let names): removed += names
            case .packageInstall(let names): installed += names
            default: break
            }
        }
        (removed, installed) = (Self.once(removed), Self.once(installed))
        if !removed.isEmpty {
            report(Remediation.packageRemove(removed).inWords)
            try removePackages(removed)
        }
        if !installed.isEmpty {
            report(Remediation.packageInstall(installed).inWords)
            try install(installed)
        }
    }

    private static func once(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    private func manager() throws(Failure) -> Manager {
        for name in ["dnf", "yum", "microdnf"] where root.exists("/usr/bin/\(name)") { return .dnf(name) }
        if root.exists("/usr/bin/apt-get") && root.exists("/var/lib/dpkg/status") { return .apt }
        if rpmDatabase != nil { return .outside }
        throw Failure(
            .refused, "the guest has no package manager: neither dnf, yum nor apt-get", hint: "install dnf in the guest"
        )
    }

    /// - Parameter names: as the guest's repositories call them; a path of the guest's is a package's file.
    func install(_ names: [String]) throws(Failure) {
        guard !names.isEmpty else { return }
        try check(names)
        switch try manager() {
        case .dnf(let name):
            let options = try dnfRepositories()
            try run([name, "-y", "--setopt=install_weak_deps=False"] + options + ["install"] + names)
        case .apt:
            let options = try aptRepositories()
            try forbidServices()
            try run(["apt-get", "-qq"] + options + ["update"])
            try run(["apt-get", "-qq", "-y", "--no-install-recommends"] + options + ["install"] + names)
        case .outside: try runHostDNF(["install"] + names)
        }
        try settle()
        try allowServices()
    }

    func removePackages(_ names: [String]) throws(Failure) {
        guard !names.isEmpty else { return }
        try check(names)
        switch try manager() {
        case .dnf(let name): try run([name, "-y", "remove"] + names)
        case .apt:
            try forbidServices()
            try run(["apt-get", "-qq", "-y", "remove"] + names)
        case .outside: try runHostDNF(["remove"] + names)
        }
        try settle()
        try allowServices()
    }

    private static let policy = "/usr/sbin/policy-rc.d"
    private static let refusal = Array("#!/bin/sh\n# Of a build, which removes it.\nexit 101\n".utf8)

    /// Scripts of packages start no services while this is there (invoke-rc.d(8)); a guest's own stays.
    private func forbidServices() throws(Failure) {
        if !root.exists(Self.policy) { try root.write(Self.policy, Self.refusal, mode: 0o755) }
    }

    private func allowServices() throws(Failure) {
        if root.exists(Self.policy), try root.read(Self.policy) == Self.refusal { try root.remove(Self.policy) }
    }

    /// A name is no option of the manager's.
    private func check(_ names: [String]) throws(Failure) {
        if let wrong = names.first(where: { $0.isEmpty || $0.hasPrefix("-") }) {
            throw Failure(.usage, "this is no package's name: \(Printable.line(wrong))")
        }
    }

    /// What managers keep of what they downloaded, and of when they did it, which makes two builds differ: dnf begins its
    /// history anew (dnf(8), history), ldconfig and mandb their caches.
    func cleanPackages() throws(Failure) {
        try removeAll(in: "/var/lib/dnf") { $0.hasPrefix("history.sqlite") }
        // Who opens the database makes it again (sqlite.org/walformat.html, 1.1).
        if let database = rpmDatabase { try removeAll(in: database) { $0.hasSuffix("-shm") } }
        try removeAll(in: "/var/lib/yum/history") { _ in true }
        try removeAll(in: "/var/cache/ldconfig") { $0 == "aux-cache" }
        for name in try root.names("/var/cache/man") where root.isDirectory("/var/cache/man/\(name)") {
            try root.remove("/var/cache/man/\(name)/index.db")
        }
        try root.remove("/var/cache/man/index.db")
        for folder in [
            "/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5", "/var/lib/apt/lists", "/var/cache/apt",
        ] {
            for name in try root.names(folder) where name != "lock" && name != "partial" {
                if folder == "/var/cache/apt" && name == "archives" {
                    for file in try root.names("\(folder)/archives") where file.hasSuffix(".deb") {
                        try root.remove("\(folder)/archives/\(file)")
                    }
                } else {
                    try root.remove("\(folder)/\(name)")
                }
            }
        }
    }
}

extension Remediation {
    /// Whether it is the package manager's.
    var isOfPackages: Bool {
        switch self {
        case .packageInstall, .packageRemove: true
        default: false
        }
    }
}
