import Documents
import Glibc

/// Repositories of one build: written where the guest keeps nothing, named by options, and so without a trace.
extension GuestChange {
    /// What is there is seen by the guest's programs during a build, and lies in no image.
    static let place = "/run/eulerpublisher"

    /// Where the guest sees a folder of this machine's.
    static func folder(ofRepository number: Int) -> String { "\(place)/repository\(number + 1)" }

    private func address(_ number: Int) -> String {
        let repository = request.repositories[number]
        return repository.isFolder ? "file://\(Self.folder(ofRepository: number))" : repository.withoutSecrets
    }

    /// Where the guest sees the key that one is signed by.
    private func writeKey(_ number: Int, _ text: String) throws(Failure) -> String {
        let path = "\(Self.place)/repository\(number + 1).asc"
        try root.write(path, Array(text.utf8))
        return path
    }

    /// What dnf is told, so that it asks these and no others (dnf.conf(5), reposdir).
    func dnfRepositories() throws(Failure) -> [String] {
        guard !request.repositories.isEmpty else { return [] }
        var (addresses, keys): ([String: String], [Int: String]) = ([:], [:])
        for (number, repository) in request.repositories.enumerated() {
            addresses[repository.location] = address(number)
            if case .key(let text) = repository.trust { keys[number] = try writeKey(number, text) }
        }
        let lines = try repositoryLines(address: { addresses[$0.location] ?? $0.location }, keys: keys, root: "")
        try root.write("\(Self.place)/dnf/eulerpublisher.repo", lines: lines)
        return ["--setopt=reposdir=\(Self.place)/dnf"]
    }

    /// The keys that a guest trusts before it has used any (rpm's distributions have them there).
    private static let ownKeys = "/etc/pki/rpm-gpg"

    /// A .repo file of all of them.
    /// - Parameters:
    ///   - keys: where the keys of those lie that have one.
    ///   - root: how whoever reads the file calls the guest's root.
    func repositoryLines(
        address: (GuestRepository) -> String, keys: [Int: String], root place: String
    ) throws(Failure) -> [String] {
        var lines: [String] = []
        let own = try root.names(Self.ownKeys).filter { !root.isDirectory("\(Self.ownKeys)/\($0)") }
        for (number, repository) in request.repositories.enumerated() {
            guard !repository.location.hasPrefix("deb ") else {
                throw Failure(
                    .usage, "the guest has dnf, and this is a line for apt",
                    place: Printable.line(repository.withoutSecrets),
                    hint: "name the repository's URL or folder")
            }
            guard !repository.isFolder || access("\(repository.location)/repodata/repomd.xml", F_OK) == 0 else {
                throw Failure(
                    .usage, "this folder is no repository for dnf: it has no repodata/repomd.xml",
                    place: Printable.line(repository.location), hint: "make its index: createrepo_c FOLDER")
            }
            let url = address(repository)
            lines += ["[eulerpublisher\(number + 1)]", "name=\(url)", "baseurl=\(url)"]
            lines.append("gpgcheck=\(repository.trust == .nobody ? 0 : 1)")
            if let login = repository.login { lines += ["username=\(login.user)", "password=\(login.password)"] }
            if let key = keys[number] {
                lines.append("gpgkey=file://\(key)")
            } else if repository.trust == .guest, !own.isEmpty {
                lines.append("gpgkey=" + own.map { "file://\(place)\(Self.ownKeys)/\($0)" }.joined(separator: " "))
            }
        }
        return lines
    }

    /// What apt is told, so that it asks these and no others (apt.conf(5), Dir::Etc; sources.list(5)).
    func aptRepositories() throws(Failure) -> [String] {
        guard !request.repositories.isEmpty else { return [] }
        var lines: [String] = []
        for (number, repository) in request.repositories.enumerated() {
            // A repository without suites is all in one folder: apt writes that as a path with a slash.
            let isLine = repository.location.hasPrefix("deb ")
            let source = isLine ? String(repository.withoutSecrets.dropFirst(4)) : "\(address(number)) ./"
            switch repository.trust {
            case .guest: lines.append("deb \(source)")
            case .key, .nobody:
                guard !source.drop(while: { $0 == " " }).hasPrefix("[") else {
                    throw Failure(
                        .usage, "the key of this repository is named twice",
                        place: Printable.line(repository.withoutSecrets))
                }
                if case .key(let text) = repository.trust {
                    lines.append("deb [signed-by=\(try writeKey(number, text))] \(source)")
                } else {
                    lines.append("deb [trusted=yes] \(source)")
                }
            }
        }
        try root.write("\(Self.place)/sources.list", lines: lines)
        // apt_auth.conf(5).
        let logins = request.repositories.compactMap(\.login).map {
            "machine \($0.host) login \($0.user) password \($0.password)"
        }
        try root.write("\(Self.place)/auth.conf", lines: logins, mode: 0o600)
        return [
            "-o", "Dir::Etc::sourcelist=\(Self.place)/sources.list", "-o", "Dir::Etc::sourceparts=-",
            "-o", "Dir::Etc::netrc=\(Self.place)/auth.conf",
        ]
    }
}
