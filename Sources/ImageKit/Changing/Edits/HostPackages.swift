import Documents
import Glibc

/// A guest with an rpm database and no manager of its own: this machine's dnf installs into it, and reads none of this machine's
/// configuration (dnf(8), --installroot: paths of the command line are this machine's).
extension GuestChange {
    /// Where the guest's rpm keeps its database; nil if it has none.
    var rpmDatabase: String? {
        ["/usr/lib/sysimage/rpm", "/var/lib/rpm"].first { folder in
            ["rpmdb.sqlite", "Packages.db", "Packages"].contains { root.exists("\(folder)/\($0)") }
        }
    }

    /// - Parameter arguments: dnf's, without options.
    func runHostDNF(_ arguments: [String]) throws(Failure) {
        guard let database = rpmDatabase else { throw Failure(.internal, "a guest without packages") }
        // Its packages' scriptlets are the guest's programs.
        guard request.way.runsHere else {
            throw Failure(
                .refused, "the guest has no package manager, and the way \(request.way.rawValue) lets no other into it",
                hint: "leave the way out: the default uses this machine's dnf")
        }
        report("the guest has no dnf: this machine's does it, from outside")
        let home = request.folder + "/dnf"
        for folder in [home, home + "/repositories"] { mkdir(folder, 0o700) }
        // Distributions differ in where their rpm looks, unless it is told.
        try Self.write("%_dbpath \(database)\n", home + "/.rpmmacros")
        try Self.write("[main]\n", home + "/dnf.conf")
        var repositories = root.path + "/etc/yum.repos.d"
        if !request.repositories.isEmpty {
            repositories = home + "/repositories"
            var keys: [Int: String] = [:]
            for (number, repository) in request.repositories.enumerated() {
                guard case .key(let text) = repository.trust else { continue }
                keys[number] = "\(home)/\(number + 1).asc"
                try Self.write(text, "\(home)/\(number + 1).asc")
            }
            let lines = try repositoryLines(
                address: { $0.isFolder ? "file://\($0.location)" : $0.withoutSecrets }, keys: keys,
                root: root.path)
            try Self.write(lines.map { $0 + "\n" }.joined(), repositories + "/eulerpublisher.repo")
        }
        var options = [
            "--installroot=\(root.path)", "--config=\(home)/dnf.conf", "--setopt=reposdir=\(repositories)",
            "--setopt=install_weak_deps=False", "--noplugins", "-y",
        ]
        if request.architecture != ForeignPrograms.own { options.append("--forcearch=\(request.architecture)") }
        if let release = try root.lines("/etc/os-release")?.first(where: { $0.hasPrefix("VERSION_ID=") }) {
            options.append("--releasever=\(release.dropFirst("VERSION_ID=".count).filter { $0 != "\"" })")
        }
        let ended = try sharing { look throws(Failure) in
            try Command.run(["dnf"] + options + arguments, more: ["HOME=\(home)"], look: look)
        }
        try judge(["dnf"] + arguments, ended, owner: "this machine's")
    }

    private static func write(_ text: String, _ path: String) throws(Failure) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard file >= 0, Glibc.write(file, bytes, bytes.count) == bytes.count else {
            throw .guest("cannot be written", path, errno)
        }
    }
}
