import Documents

extension CheckSubject {
    /// Outside of Match blocks, and in every block that sets it otherwise: whoever fits the block gets what it says.
    func sshd(_ keyword: String, _ expected: Expected) throws(Unknown) -> Outcome {
        let ssh = try ssh
        guard try ssh.program.get() != nil else {
            return .pass("no sshd is installed", ssh.program.evidence)
        }
        let fact = ssh.setting(keyword)
        guard let setting = try fact.get() else { throw Unknown("this sshd has no setting \(keyword)") }
        let expected = Self.sshdWords(expected)
        let example = expected.example
        var verdict = Verdict()
        if !expected.fits(all: setting.values) {
            verdict.wrong(
                "\(keyword) is \(setting.values.listed)\(setting.isDefault ? " where nothing sets it" : ""), and has to be "
                    + expected.words,
                fact.evidence, example.map { .sshdSet(keyword, $0) })
        }
        for block in verdict.value(ssh.matches) ?? [] {
            guard let inside = block.settings[keyword.lowercased()], !expected.fits(all: inside.values) else {
                continue
            }
            verdict.wrong(
                "\(keyword) is \(inside.values.listed) for Match \(block.criteria), and has to be "
                    + expected.words,
                [inside.evidence], .byHand("remove \(keyword) from the Match block at \(place(inside.evidence))"))
        }
        return verdict.outcome(pass: "\(keyword) is \(setting.values.listed)")
    }

    /// sshd prints the older name of `prohibit-password`.
    private static func sshdWords(_ expected: Expected) -> Expected {
        func both(_ values: [String]) -> [String] {
            let older = "without-password"
            return values.contains("prohibit-password") && !values.contains(older) ? values + [older] : values
        }
        switch expected {
        case .oneOf(let values): return .oneOf(both(values))
        case .noneOf(let values): return .noneOf(both(values))
        default: return expected
        }
    }

    func sshdConfiguration() throws(Unknown) -> Outcome {
        let ssh = try ssh
        guard try ssh.program.get() != nil else { return .pass("no sshd is installed", ssh.program.evidence) }
        var verdict = Verdict()
        let lines = verdict.value(ssh.refused) ?? []
        if !lines.isEmpty {
            verdict.wrong(
                "sshd does not start with its configuration", lines, .byHand("mend what sshd -t names"))
        }
        let listens = ssh.setting("ListenAddress")
        let addresses = verdict.value(listens)?.values ?? []
        if !addresses.isEmpty, addresses.allSatisfy(Self.isOwnMachine), !isStartedBySocket {
            verdict.wrong(
                "sshd listens to its own machine alone", listens.evidence, .byHand("remove ListenAddress"))
        }
        return verdict.outcome(pass: "sshd takes its configuration")
    }

    /// `127.0.0.1`, `127.0.0.1:22`, `[::1]:22`, `localhost`.
    private static func isOwnMachine(_ address: String) -> Bool {
        let bare = address.hasPrefix("[") ? address.dropFirst().prefix { $0 != "]" } : address[...]
        return bare.hasPrefix("127.") || bare == "::1" || bare == "localhost" || bare.hasPrefix("localhost:")
    }

    /// Then the socket says where it listens.
    private var isStartedBySocket: Bool {
        (facts.services?.units.value ?? []).contains {
            ["ssh.socket", "sshd.socket"].contains($0.name) && !$0.isMasked && ($0.starts || $0.isEnabled)
        }
    }

    func sshdKeyLogin() throws(Unknown) -> Outcome {
        let ssh = try ssh
        guard try ssh.program.get() != nil else { return .pass("no sshd is installed", ssh.program.evidence) }
        var verdict = Verdict()
        let user = verdict.value(try cloudInit.users)?.first(where: \.isDefault)
        let blocks = (verdict.value(ssh.matches) ?? []).filter { Self.isOnly($0.criteria, of: user?.name ?? "root") }
        var blind: String?
        /// Outside of blocks, and in those of the user alone, which count before.
        func values(_ keyword: String) -> (values: [String], places: [Evidence]) {
            if let inside = blocks.lazy.compactMap({ $0.settings[keyword.lowercased()] }).first {
                return (inside.values, [inside.evidence])
            }
            let fact = ssh.setting(keyword)
            if case .unknown(let why) = fact { blind = why }
            return (fact.value?.values ?? [], fact.evidence)
        }
        let keys = values("PubkeyAuthentication")
        if keys.values == ["no"] {
            verdict.wrong("sshd takes no keys", keys.places, .sshdSet("PubkeyAuthentication", "yes"))
        }
        let files = values("AuthorizedKeysFile")
        if files.values == ["none"] {
            verdict.wrong(
                "sshd reads no file of authorized keys", files.places,
                .sshdSet("AuthorizedKeysFile", ".ssh/authorized_keys"))
        }
        let methods = values("AuthenticationMethods")
        if !methods.values.isEmpty, methods.values != ["any"],
            !methods.values.contains(where: { $0.split(separator: ",").allSatisfy { $0 == "publickey" } })
        {
            verdict.wrong(
                "sshd asks for more than a key", methods.places, .sshdSet("AuthenticationMethods", "publickey"))
        }
        if let user { admission(of: user, values, &verdict) }
        if let blind { verdict.unknown(blind) }
        return verdict.outcome(pass: "sshd lets \(user?.name ?? "users") in by a key")
    }

    /// DenyUsers, AllowUsers, DenyGroups, AllowGroups (sshd_config(5)).
    private func admission(
        of user: CloudInitUser, _ values: (String) -> (values: [String], places: [Evidence]), _ verdict: inout Verdict
    ) {
        // The account's own group has its name.
        let groups =
            [user.name] + user.groups
            + (facts.accounts?.groups.value ?? []).filter { $0.members.contains(user.name) }.map(\.name)
        for (keyword, names, isAllowed) in [
            ("DenyUsers", [user.name], false), ("AllowUsers", [user.name], true), ("DenyGroups", groups, false),
            ("AllowGroups", groups, true),
        ] {
            let (patterns, places) = values(keyword)
            guard !patterns.isEmpty else { continue }
            let fits = names.contains { name in Self.fits(name, patterns, isAllowed: isAllowed) }
            guard fits != isAllowed else { continue }
            verdict.wrong(
                "sshd lets \(user.name), the default user, not in: \(keyword) \(patterns.joined(separator: " "))",
                places, .byHand(isAllowed ? "add \(user.name) to \(keyword)" : "take \(user.name) out of \(keyword)"))
        }
    }

    /// A pattern list: one with `!` that fits decides. Of `user@host` the host can't be told: it may be the one, where it lets in.
    private static func fits(_ name: String, _ patterns: [String], isAllowed: Bool) -> Bool {
        var isIn = false
        for pattern in patterns.flatMap({ $0.split(separator: ",") }) {
            let isNot = pattern.hasPrefix("!")
            let parts = (isNot ? pattern.dropFirst() : pattern).split(
                separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
            guard let user = parts.first, Self.fits(Array(name.utf8)[...], Array(user.utf8)[...]) else { continue }
            if parts.count == 2, parts[1] != "*", isNot || !isAllowed { continue }
            if isNot { return false }
            isIn = true
        }
        return isIn
    }

    /// `*` and `?` (ssh_config(5), "PATTERNS").
    private static func fits(_ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        // For each end of the name that the pattern so far may stand for.
        var ends: Set<Int> = [name.startIndex]
        for letter in pattern.prefix(256) {
            switch letter {
            case UInt8(ascii: "*"): ends = ends.min().map { Set($0...name.endIndex) } ?? []
            case UInt8(ascii: "?"): ends = Set(ends.filter { $0 < name.endIndex }.map { $0 + 1 })
            default: ends = Set(ends.filter { $0 < name.endIndex && name[$0] == letter }.map { $0 + 1 })
            }
        }
        return ends.contains(name.endIndex)
    }

    /// Whether a block is of that user, whatever else is asked.
    private static func isOnly(_ criteria: String, of user: String) -> Bool {
        let words = criteria.split(separator: " ")
        return words.count == 2 && words[0].lowercased() == "user"
            && fits(user, [String(words[1])], isAllowed: true)
    }
}

/// `/etc/shadow:1`.
func place(_ evidence: Evidence) -> String { evidence.path + (evidence.line.map { ":\($0)" } ?? "") }
