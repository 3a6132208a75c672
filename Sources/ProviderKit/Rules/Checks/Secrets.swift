import Documents

extension CheckSubject {
    /// Files of one sort that were found are wrong.
    private func nothing(
        of sort: String, one: String? = nil, _ leftovers: [Fact<Leftovers>], _ part: Remediation.Identity? = nil,
        removing: Bool = false
    ) -> Outcome {
        var verdict = Verdict()
        var count = 0
        var isCut = false
        for fact in leftovers {
            guard let found = verdict.value(fact), found.count > 0 else { continue }
            count += found.count
            isCut = isCut || found.isCut
            verdict.wrong(nil, found.files.map { Evidence($0.path, text: "\($0.size) bytes") })
            for file in found.files where removing { verdict.wrong(nil, [], .fileRemove(file.path)) }
        }
        if let part, verdict.isWrong { verdict.wrong(nil, [], .identityReset([part])) }
        return verdict.outcome(
            pass: "no \(sort) are in the image",
            fail: count == 1 && !isCut
                ? "one \(one ?? sort) is in the image" : "\(count)\(isCut ? " or more" : "") \(sort) are in the image")
    }

    func machineIDEmpty() throws(Unknown) -> Outcome {
        let secrets = try secrets
        var verdict = Verdict()
        for (fact, path) in [
            (secrets.machineID, "/etc/machine-id"), (secrets.dbusMachineID, "/var/lib/dbus/machine-id"),
        ] where verdict.value(fact) == .set {
            verdict.wrong("\(path) has an id, which every copy would share", fact.places(or: path))
        }
        if verdict.isWrong { verdict.wrong(nil, [], .identityReset([.machineID])) }
        return verdict.outcome(pass: "the machine's id is made at first boot")
    }

    func noHostKeys() throws(Unknown) -> Outcome {
        nothing(of: "host keys of sshd", one: "host key of sshd", [try secrets.hostKeys], .hostKeys)
    }
    func noShellHistory() throws(Unknown) -> Outcome {
        nothing(of: "histories of shells", one: "history of a shell", [try secrets.histories], .histories)
    }
    func noLogs() throws(Unknown) -> Outcome {
        nothing(
            of: "logs of earlier runs", one: "log of an earlier run", [try secrets.logs, try secrets.journals], .logs)
    }
    func noRandomSeed() throws(Unknown) -> Outcome {
        nothing(
            of: "seeds of the random number generator", one: "seed of the random number generator",
            [try secrets.randomSeeds], .randomSeed)
    }
    func noLeases() throws(Unknown) -> Outcome {
        nothing(of: "leases of DHCP clients", one: "lease of a DHCP client", [try secrets.leases], .leases)
    }
    func noCoreDumps() throws(Unknown) -> Outcome {
        nothing(of: "memory dumps of programs", one: "memory dump of a program", [try secrets.coreDumps], .coreDumps)
    }
    func noTemporaryFiles() throws(Unknown) -> Outcome {
        nothing(of: "temporary files", one: "temporary file", [try secrets.temporaryFiles], removing: true)
    }
    func noPackageCaches() throws(Unknown) -> Outcome {
        nothing(of: "cached packages", one: "cached package", [try secrets.packageCaches], removing: true)
    }
    func cloudInitClean() throws(Unknown) -> Outcome {
        .all([
            nothing(
                of: "files of an earlier run of cloud-init", one: "file of an earlier run of cloud-init",
                [try secrets.instanceData], .cloudInit),
            .trying { () throws(Unknown) in try noCloudInitSeeds() },
        ])
    }

    func noSecrets() throws(Unknown) -> Outcome {
        let secrets = try secrets
        var verdict = Verdict()
        for key in verdict.value(secrets.privateKeys) ?? [] {
            verdict.wrong(
                "\(key.path) holds a private key (\(key.kind))", [key.evidence], removal(key.path))
        }
        for file in verdict.value(secrets.credentials) ?? [] {
            verdict.wrong(
                "\(file.evidence.path) holds credentials (\(file.kind.rawValue))", [file.evidence],
                removal(file.evidence.path))
        }
        return verdict.outcome(pass: "no private key, token or password file is in the image")
    }

    /// A path that names a partition first is not in the guest's tree.
    private func removal(_ path: String) -> Remediation {
        path.hasPrefix("/") ? .fileRemove(path) : .byHand("remove \(path)")
    }

    /// What the facts pass over: it can't be told.
    private static let writableSkipped = ["/tmp", "/var/tmp", "/dev", "/proc", "/sys", "/run"]

    func noWorldWritable(under folders: [String]) throws(Unknown) -> Outcome {
        func isBelow(_ path: String, _ folder: String) -> Bool {
            folder == "/" || path == folder || path.hasPrefix(folder + "/")
        }
        let fact = try secrets.writableByAll
        var verdict = Verdict()
        if let found = verdict.value(fact), found.count > 0 {
            // On a merged /usr, /bin is a link to /usr/bin.
            let folders = folders + folders.filter { ["/bin", "/sbin"].contains($0) }.map { "/usr" + $0 }
            let files = found.files.filter { file in folders.contains { isBelow(file.path, $0) } }
            for file in files {
                let mode = UInt32(file.permissions)
                verdict.wrong(
                    "\(file.path) can be written by everybody", [Evidence(file.path, text: "mode \(octal(mode))")],
                    .fileChmod(file.path, mode: mode & ~0o002))
            }
            if files.isEmpty, found.isCut || found.count > found.files.count {
                verdict.unknown("there are \(found.count) such files, and not all are listed")
            }
        }
        for folder in folders where Self.writableSkipped.contains(where: { isBelow(folder, $0) }) {
            verdict.unknown("\(folder) was not looked through")
        }
        let place = folders.contains("/") ? "outside of /tmp" : "below \(folders.listed)"
        return verdict.outcome(pass: "nothing \(place) can be written by everybody")
    }
}
