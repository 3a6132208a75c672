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
                "\(keyword) is \(setting.text)\(setting.isDefault ? " where nothing sets it" : ""), and has to be "
                    + expected.words,
                fact.evidence, example.map { .sshdSet(keyword, $0) })
        }
        for block in verdict.value(ssh.matches) ?? [] {
            guard let inside = block.settings[keyword.lowercased()], !expected.fits(all: inside.values) else {
                continue
            }
            verdict.wrong(
                "\(keyword) is \(inside.values.joined(separator: " ")) for Match \(block.criteria), and has to be "
                    + expected.words,
                [inside.evidence], .byHand("remove \(keyword) from the Match block at \(place(inside.evidence))"))
        }
        return verdict.outcome(pass: "\(keyword) is \(setting.text)")
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
        let lines = try ssh.refused.get() ?? []
        guard lines.isEmpty else {
            return .fail(
                "sshd does not start with its configuration", lines, [.byHand("mend the lines that sshd -t names")])
        }
        return .pass("sshd takes its configuration")
    }
}

/// `/etc/shadow:1`.
func place(_ evidence: Evidence) -> String { evidence.path + (evidence.line.map { ":\($0)" } ?? "") }
