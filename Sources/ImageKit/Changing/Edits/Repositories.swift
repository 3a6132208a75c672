import Documents

/// Repositories of one build: written where the guest keeps nothing, named by options, and so without a trace.
extension GuestChange {
    private static let place = "/run/eulerpublisher"

    /// Where the guest sees a folder of this machine's.
    static func folder(ofRepository number: Int) -> String { "\(place)/repository\(number + 1)" }

    private func address(_ number: Int) -> String {
        let repository = request.repositories[number]
        return repository.isFolder ? "file://\(Self.folder(ofRepository: number))" : repository.location
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
        var lines: [String] = []
        for (number, repository) in request.repositories.enumerated() {
            guard !repository.location.hasPrefix("deb ") else { throw foreign(repository, "dnf") }
            lines += ["[eulerpublisher\(number + 1)]", "name=\(address(number))", "baseurl=\(address(number))"]
            switch repository.trust {
            case .guest: lines += ["gpgcheck=1"]
            case .key(let text): lines += ["gpgcheck=1", "gpgkey=file://\(try writeKey(number, text))"]
            case .nobody: lines += ["gpgcheck=0"]
            }
        }
        try root.write("\(Self.place)/dnf/eulerpublisher.repo", lines: lines)
        return ["--setopt=reposdir=\(Self.place)/dnf"]
    }

    /// What apt is told, so that it asks these and no others (apt.conf(5), Dir::Etc; sources.list(5)).
    func aptRepositories() throws(Failure) -> [String] {
        guard !request.repositories.isEmpty else { return [] }
        var lines: [String] = []
        for (number, repository) in request.repositories.enumerated() {
            // A repository without suites is all in one folder: apt writes that as a path with a slash.
            let isLine = repository.location.hasPrefix("deb ")
            let source = isLine ? String(repository.location.dropFirst(4)) : "\(address(number)) ./"
            switch repository.trust {
            case .guest: lines.append("deb \(source)")
            case .key, .nobody:
                guard !source.drop(while: { $0 == " " }).hasPrefix("[") else {
                    throw Failure(
                        .usage, "the key of this repository is named twice", place: Printable.line(repository.location))
                }
                if case .key(let text) = repository.trust {
                    lines.append("deb [signed-by=\(try writeKey(number, text))] \(source)")
                } else {
                    lines.append("deb [trusted=yes] \(source)")
                }
            }
        }
        try root.write("\(Self.place)/sources.list", lines: lines)
        return ["-o", "Dir::Etc::sourcelist=\(Self.place)/sources.list", "-o", "Dir::Etc::sourceparts=-"]
    }

    private func foreign(_ repository: GuestRepository, _ manager: String) -> Failure {
        Failure(
            .usage, "the guest has \(manager), and this is a line for apt", place: Printable.line(repository.location),
            hint: "name the repository's URL or folder")
    }
}
