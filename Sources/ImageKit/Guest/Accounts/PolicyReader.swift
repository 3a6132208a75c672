import Documents
import FileSystems

/// What a new password must be: login.defs(5), pwquality.conf(5), faillock.conf(5), and the PAM stacks that call what reads them.
struct PolicyReader {
    let tree: GuestTree
    init(_ tree: GuestTree) { self.tree = tree }

    /// The PAM services that everything includes; the names of RPM's and of Debian's world.
    private static let stacks = [
        "system-auth", "password-auth", "common-password", "common-auth", "common-account", "passwd", "login", "sshd",
    ]

    private struct Call {
        /// `auth`, `account`, `password`, `session`.
        let type: String
        let module: String
        let arguments: [String]
        let evidence: Evidence
    }

    func policy() -> PasswordPolicy {
        var policy = PasswordPolicy()
        do throws(Failure) {
            try loginDefinitions(&policy)
            let calls = try calls()
            quality(calls, &policy)
            try qualityFiles(&policy)
            try locking(calls, &policy)
            hashing(calls, &policy)
        } catch {
            let why = error.inWords
            (policy.minimumLength, policy.minimumClasses) = (.unknown(why), .unknown(why))
            (policy.qualityModule, policy.hashMethod) = (.unknown(why), .unknown(why))
            (policy.failuresAllowed, policy.lockSeconds) = (.unknown(why), .unknown(why))
            (policy.maximumDays, policy.warningDays) = (.unknown(why), .unknown(why))
            policy.minimumLengthOfLoginDefs = .unknown(why)
        }
        return policy
    }

    private func loginDefinitions(_ policy: inout PasswordPolicy) throws(Failure) {
        guard let file = try tree.lines(of: "/etc/login.defs") else { return }
        // The last line of a name counts.
        for line in file.lines {
            let words = line.trimmed.blankSeparated
            guard words.count >= 2, !words[0].hasPrefix("#") else { continue }
            let evidence = [file.evidence(line)]
            let number = Int(words[1]).map { Fact<Int>.known($0, evidence) }
            switch words[0] {
            case "PASS_MAX_DAYS": policy.maximumDays = number ?? policy.maximumDays
            case "PASS_WARN_AGE": policy.warningDays = number ?? policy.warningDays
            case "PASS_MIN_LEN": policy.minimumLengthOfLoginDefs = number ?? policy.minimumLengthOfLoginDefs
            case "ENCRYPT_METHOD": policy.hashMethod = .known(words[1].unquoted.uppercased(), evidence)
            default: break
            }
        }
    }

    private func calls() throws(Failure) -> [Call] {
        var calls: [Call] = []
        for name in Self.stacks {
            guard let file = try tree.lines(of: "/etc/pam.d/" + name) else { continue }
            for line in file.lines.prefix(1000) {
                var text = line.trimmed[...]
                guard !text.hasPrefix("#"), !text.isEmpty else { continue }
                if text.hasPrefix("-") { text = text.dropFirst() }
                guard let type = text.blankSeparated.first?.asciiLowercased else { continue }
                var rest = text.drop { !$0.isWhitespace }.drop { $0.isWhitespace }
                // The control may be a word or `[success=1 default=ignore]`.
                if rest.hasPrefix("[") {
                    guard let close = rest.firstIndex(of: "]") else { continue }
                    rest = rest[rest.index(after: close)...]
                } else {
                    rest = rest.drop { !$0.isWhitespace }
                }
                let words = rest.blankSeparated
                guard let module = words.first?.split(separator: "/").last else { continue }
                calls.append(
                    Call(
                        type: type, module: String(module), arguments: Array(words.dropFirst()),
                        evidence: file.evidence(line)))
            }
        }
        return calls
    }

    private func quality(_ calls: [Call], _ policy: inout PasswordPolicy) {
        let modules = ["pam_pwquality.so", "pam_cracklib.so", "pam_passwdqc.so"]
        guard let call = calls.first(where: { $0.type == "password" && modules.contains($0.module) }) else { return }
        policy.qualityModule = .known(String(call.module.dropLast(3)), [call.evidence])
        guard call.module != "pam_passwdqc.so" else { return }
        for argument in call.arguments {
            if let value = Self.number(argument, "minlen") { policy.minimumLength = .known(value, [call.evidence]) }
            if let value = Self.number(argument, "minclass") { policy.minimumClasses = .known(value, [call.evidence]) }
        }
    }

    private static func number(_ argument: String, _ name: String) -> Int? {
        argument.hasPrefix(name + "=") ? Int(argument.dropFirst(name.utf8.count + 1)) : nil
    }

    /// Files count only if the module is called, and arguments of the call count before them (pam_pwquality(8)).
    private func qualityFiles(_ policy: inout PasswordPolicy) throws(Failure) {
        guard policy.qualityModule.value == "pam_pwquality" else { return }
        let folder = "/etc/security/pwquality.conf.d"
        // Read in this order, the last value counts (pwquality.conf(5)).
        let paths = try tree.paths(in: folder, ending: ".conf") + ["/etc/security/pwquality.conf"]
        let isLengthGiven = policy.minimumLength.value != nil
        let areClassesGiven = policy.minimumClasses.value != nil
        for path in paths {
            guard let file = try tree.lines(of: path) else { continue }
            for line in file.lines {
                guard let (key, value) = Self.pair(line), let number = Int(value) else { continue }
                if key == "minlen", !isLengthGiven { policy.minimumLength = .known(number, [file.evidence(line)]) }
                if key == "minclass", !areClassesGiven {
                    policy.minimumClasses = .known(number, [file.evidence(line)])
                }
            }
        }
    }

    /// `key = value`, a comment behind it taken away.
    private static func pair(_ line: GuestLine) -> (String, String)? {
        let text = line.text.prefix { $0 != "#" }
        guard let equals = text.firstIndex(of: "=") else { return nil }
        return (text[..<equals].trimmingBlanks, text[text.index(after: equals)...].trimmingBlanks)
    }

    private func locking(_ calls: [Call], _ policy: inout PasswordPolicy) throws(Failure) {
        let modules = ["pam_faillock.so", "pam_tally2.so", "pam_tally.so"]
        let found = calls.filter { $0.type == "auth" && modules.contains($0.module) }
        guard let first = found.first else { return }
        for call in found {
            for argument in call.arguments {
                if let value = Self.number(argument, "deny") { policy.failuresAllowed = .known(value, [call.evidence]) }
                if let value = Self.number(argument, "unlock_time") {
                    policy.lockSeconds = .known(value, [call.evidence])
                }
            }
        }
        guard first.module == "pam_faillock.so" else { return }
        let file = try tree.lines(of: "/etc/security/faillock.conf")
        for line in file?.lines ?? [] {
            guard let file, let (key, value) = Self.pair(line), let number = Int(value) else { continue }
            if key == "deny", policy.failuresAllowed.value == nil {
                policy.failuresAllowed = .known(number, [file.evidence(line)])
            }
            if key == "unlock_time", policy.lockSeconds.value == nil {
                policy.lockSeconds = .known(number, [file.evidence(line)])
            }
        }
        // What the module does by itself (faillock.conf(5)).
        if policy.failuresAllowed.value == nil { policy.failuresAllowed = .known(3, [first.evidence]) }
        if policy.lockSeconds.value == nil { policy.lockSeconds = .known(600, [first.evidence]) }
    }

    /// passwd(1) hashes by pam_unix, which takes login.defs where its call says nothing.
    private func hashing(_ calls: [Call], _ policy: inout PasswordPolicy) {
        let names = ["sha512", "sha256", "yescrypt", "gost_yescrypt", "blowfish", "bigcrypt", "md5"]
        for call in calls where call.type == "password" && call.module == "pam_unix.so" {
            guard let name = call.arguments.first(where: { names.contains($0) }) else { continue }
            policy.hashMethod = .known(name.uppercased(), [call.evidence])
            return
        }
    }
}
