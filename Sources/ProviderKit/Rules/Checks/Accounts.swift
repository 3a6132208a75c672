import Documents

extension CheckSubject {
    private func users() throws(Unknown) -> [User] {
        try accounts.users.get(or: "there is no /etc/passwd")
    }

    /// Every account whose password is as the body says is wrong.
    private func passwords(
        of accounts: (User) -> Bool = { _ in true }, _ fails: (Password) -> Bool,
        unknown: (Password) -> String? = { _ in nil }, fail: String, pass: String
    ) throws(Unknown) -> Outcome {
        var verdict = Verdict()
        var names: [String] = []
        for user in try users() where accounts(user) {
            guard let password = verdict.value(user.password) else { continue }
            guard fails(password) else {
                if let why = unknown(password) { verdict.unknown("\(why): that of \(user.name)") }
                continue
            }
            names.append(user.name)
            let places = user.password.evidence.isEmpty ? [user.evidence] : user.password.evidence
            verdict.wrong(nil, places, .accountLock(user.name))
        }
        return verdict.outcome(pass: pass, fail: "\(fail): \(names.prefix(8).map { $0 }.listed)")
    }

    func noPasswords() throws(Unknown) -> Outcome {
        .all([
            try passwords(
                { $0.hasHash || $0.state == .empty }, fail: "a password is in the image, of",
                pass: "no account has a password"),
            passwordCopies(),
        ])
    }

    /// What useradd(8) and its like keep of the files before the last change, and hashes of groups.
    private func passwordCopies() -> Outcome {
        var verdict = Verdict()
        verdict.trying { verdict throws(Unknown) in
            // Without the files nothing is said of copies: passwords are told by facts.
            guard files != nil else { return }
            for path in ["/etc/shadow-", "/etc/passwd-", "/etc/gshadow", "/etc/gshadow-"] {
                for (index, line) in (try text(path) ?? "").split(separator: "\n", omittingEmptySubsequences: false)
                    .enumerated()
                {
                    let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
                    guard fields.count == 3, let hash = fields[1].firstIndex(of: "$"),
                        fields[1][..<hash].allSatisfy({ $0 == "!" })
                    else { continue }
                    verdict.wrong(
                        "a password is in \(path), of \(fields[0])",
                        [Evidence(path, line: index + 1, text: "\(fields[0]):$...")],
                        path.hasSuffix("-") ? .fileRemove(path) : .byHand("lock the group's password: gpasswd -R"))
                }
            }
        }
        return verdict.outcome(pass: "no copy of the passwords has one")
    }

    func noEmptyPasswords() throws(Unknown) -> Outcome {
        try passwords(
            { $0.state == .empty }, fail: "an empty password is enough for", pass: "no account has an empty password")
    }

    func noStockRootPassword() throws(Unknown) -> Outcome {
        try passwords(
            of: { $0.uid == 0 }, { $0.isStock }, unknown: \.untried,
            fail: "the password that everybody knows is still that of",
            pass: "root has no password that was published with an image")
    }

    func rootLocked() throws(Unknown) -> Outcome {
        guard try users().contains(where: { $0.name == "root" }) else { return .pass("there is no account root") }
        return try passwords(
            of: { $0.name == "root" }, { $0.isUsable }, fail: "a password lets in", pass: "root is locked")
    }

    func rootAccount() throws(Unknown) -> Outcome {
        let users = try users()
        guard let root = users.first(where: { $0.name == "root" }) else {
            return .fail("there is no account root", [Evidence("/etc/passwd")], [.byHand("add root to /etc/passwd")])
        }
        guard root.uid == 0 else { return .fail("root has the number \(root.uid)", [root.evidence]) }
        return .pass("root is there", [root.evidence])
    }

    func noOtherRoots() throws(Unknown) -> Outcome {
        let twins = try users().filter { $0.uid == 0 && $0.name != "root" }
        guard !twins.isEmpty else { return .pass("only root has the number 0") }
        return .fail(
            "the number 0 belongs to \(twins.map(\.name).listed) too", twins.map(\.evidence),
            twins.map { .accountRemove($0.name) })
    }

    func noPersonalAccounts() throws(Unknown) -> Outcome {
        // 65534 is nobody's number (systemd, UIDS-GIDS.md).
        let people = try users().filter { $0.uid >= 1000 && $0.uid != 65_534 && $0.hasLoginShell }
        guard !people.isEmpty else { return .pass("no account of a person's is there") }
        return .fail(
            "there is an account with a shell: \(people.map(\.name).listed)", people.map(\.evidence),
            people.map { .accountRemove($0.name) })
    }

    func noAuthorizedKeys() throws(Unknown) -> Outcome {
        var verdict = Verdict()
        let keys = verdict.value(try accounts.authorizedKeys) ?? []
        for key in keys {
            let users = Set(keys.map(\.user)).sorted()
            verdict.wrong(
                "\(keys.count == 1 ? "a key lets" : "\(keys.count) keys let") in as \(users.listed)", [key.evidence],
                .fileRemove(key.evidence.path))
        }
        // What cloud-init is told to put into accounts lets in as well, once it has run.
        verdict.trying { verdict throws(Unknown) in
            for place in try cloudInit.authorizedKeys.get() ?? [] {
                verdict.wrong(
                    "cloud-init gives accounts a key that is in the image", [place],
                    .byHand("remove \(place.text?.prefix { $0 != ":" } ?? "the keys") from \(place.path)"))
            }
        }
        if let ssh = facts.ssh, ssh.program.value != nil { certificates(ssh, &verdict) }
        return verdict.outcome(pass: "no key lets anybody in")
    }

    /// Whoever has a certificate of an authority that is named, or a key that a command tells, gets in. Commands that packages brought
    /// ask the cloud.
    private func certificates(_ ssh: SSHFacts, _ verdict: inout Verdict) {
        for fact in ssh.everywhere("TrustedUserCAKeys") {
            guard let path = fact.value?.values.first, path.lowercased() != "none" else { continue }
            verdict.wrong(
                "sshd lets in whoever has a certificate of \(path)", fact.evidence,
                .byHand("remove TrustedUserCAKeys from sshd's configuration"))
        }
        for fact in ssh.everywhere("AuthorizedKeysCommand") {
            guard let command = fact.value?.values.first?.split(separator: " ").first, command.lowercased() != "none",
                !command.hasPrefix("/usr/") || command.hasPrefix("/usr/local/")
            else { continue }
            verdict.wrong(
                "sshd lets in by the keys that \(command) tells", fact.evidence,
                .byHand("remove AuthorizedKeysCommand from sshd's configuration"))
        }
    }

    func shadowFile() throws(Unknown) -> Outcome {
        let path = "/etc/shadow"
        guard let file = try accounts.shadowFile.get() else {
            return .fail("there is no \(path)", [Evidence(path)], [.byHand("make it with pwconv")])
        }
        var verdict = Verdict()
        if file.permissions & ~0o640 != 0 {
            verdict.wrong(
                "the mode of \(path) is \(octal(UInt32(file.permissions))), which is more than 0640",
                [Evidence(path, text: "mode \(octal(UInt32(file.permissions)))")], .fileChmod(path, mode: 0o640))
        }
        if file.user != 0 {
            verdict.wrong(
                "\(path) belongs to the user \(file.user)", [Evidence(path)], .byHand("chown root \(path)"))
        }
        if verdict.value(file.isImmutable) == true {
            verdict.wrong(
                "\(path) can't be changed (chattr +i)", file.isImmutable.evidence + [Evidence(path)],
                .byHand("chattr -i \(path)"))
        }
        return verdict.outcome(pass: "\(path) can be written by root alone")
    }

    func passwordProgram() throws(Unknown) -> Outcome {
        let program = try accounts.passwdProgram
        guard let path = try program.get() else {
            return .fail("there is no passwd", program.evidence, [.packageInstall(["passwd"])])
        }
        return .pass("passwd is there", [Evidence(path)])
    }

    func passwordQuality(length: Int, classes: Int) throws(Unknown) -> Outcome {
        let policy = try accounts.policy
        let file = "/etc/security/pwquality.conf"
        var verdict = Verdict()
        if verdict.value(policy.qualityModule) != nil {
            let least = verdict.value(policy.minimumLength)
            // Eight is what counts where nothing is set (pwquality.conf(5)).
            if !policy.minimumLength.isUnknown, least ?? 8 < length {
                verdict.wrong(
                    "a new password may be shorter than \(length) characters", policy.minimumLength.places(or: file),
                    .fileSet(file, key: "minlen", value: String(length)))
            }
            let kinds = verdict.value(policy.minimumClasses)
            if !policy.minimumClasses.isUnknown, kinds ?? 0 < classes {
                verdict.wrong(
                    "a new password may have fewer than \(classes) kinds of characters",
                    policy.minimumClasses.places(or: file), .fileSet(file, key: "minclass", value: String(classes)))
            }
        } else if !policy.qualityModule.isUnknown {
            verdict.wrong(
                "nothing tests a new password: no PAM service calls pam_pwquality",
                policy.qualityModule.places(or: "/etc/pam.d"), .packageInstall(["libpwquality"]))
        }
        return verdict.outcome(pass: "new passwords are tested")
    }

    func passwordHash(in methods: [String]) throws(Unknown) -> Outcome {
        let fact = try accounts.policy.hashMethod
        guard let method = try fact.get() else {
            throw Unknown("nothing in the image says what new passwords are hashed with")
        }
        guard Expected.oneOf(methods).fits(method) else {
            let first = methods.first.map { [Remediation.fileSet("/etc/login.defs", key: "ENCRYPT_METHOD", value: $0)] }
            return .fail("new passwords are hashed with \(method)", fact.evidence, first ?? [])
        }
        return .pass("new passwords are hashed with \(method)", fact.evidence)
    }

    func administrator() throws(Unknown) -> Outcome {
        var verdict = Verdict()
        let names = Set(try users().filter { $0.uid == 0 }.map(\.name))
        let sudo = try sudo
        guard verdict.value(sudo.program) != nil else {
            return sudo.program.isUnknown
                ? verdict.outcome(pass: "")
                : .fail("sudo is not installed", sudo.program.evidence, [.packageInstall(["sudo"])])
        }
        if let found = verdict.value(sudo.administrators)?.first(where: { !names.contains($0.user) }) {
            return .pass("\(found.user) may become root", [found.evidence])
        }
        if let user = try defaultUserWithSudo() { return .pass("cloud-init makes \(user), who may become root") }
        let damaged = facts.cloudInit?.damaged ?? []
        if !damaged.isEmpty {
            // Whom cloud-init would make is not known then.
            verdict.wrong(
                "cloud-init can't read \(damaged.map(\.path).listed), and nobody else than root may administer the system",
                damaged, .byHand("mend \(damaged.map(\.path).listed)"))
        } else if !sudo.administrators.isUnknown {
            verdict.wrong(
                "nobody but root can administer the system", [Evidence("/etc/sudoers")],
                .cloudInitSet("system_info.default_user.sudo", ["ALL=(ALL) NOPASSWD:ALL"]))
        }
        return verdict.outcome(pass: "")
    }
}

extension Fact {
    var isUnknown: Bool { if case .unknown = self { true } else { false } }

    /// Its evidence, or the file that would hold it.
    func places(or path: String) -> [Evidence] { evidence.isEmpty ? [Evidence(path)] : evidence }
}

func octal(_ mode: UInt32) -> String { "0" + String(mode, radix: 8) }
