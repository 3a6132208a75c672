/// Who may become another user by sudo: sudoers(5).
public struct SudoFacts: Sendable, Equatable, Codable {
    /// The path of sudo(8); absent if it is not installed, and then nothing below has effect.
    public var program: Fact<String>
    /// What /etc/sudoers and all that it includes grant, in the order that sudo reads it: the last that fits decides.
    public var rules: Fact<[SudoRule]>
    /// Accounts that may run every command as root, members of groups included; an empty list if there is none.
    public var administrators: Fact<[Administrator]>
    /// Lines of Defaults, as written, in order.
    public var defaults: Fact<[Evidence]>
    /// What sudo can't parse or refuses to read (a file that others may write to).
    public var damaged: Fact<[Evidence]>

    public init(
        program: Fact<String>, rules: Fact<[SudoRule]>, administrators: Fact<[Administrator]>,
        defaults: Fact<[Evidence]>, damaged: Fact<[Evidence]>
    ) {
        self.program = program
        self.rules = rules
        self.administrators = administrators
        self.defaults = defaults
        self.damaged = damaged
    }
}

/// One user specification: `%wheel ALL=(ALL) NOPASSWD: ALL`, its aliases spelt out.
public struct SudoRule: Sendable, Equatable, Codable {
    /// As sudoers(5) writes them: `root`, `%wheel`, `#1000`, `%#10`, `ALL`; `!` before one that is not meant.
    public var users: [String]
    public var hosts: [String]
    /// Whom they may become; `root` where the rule does not say.
    public var runAs: [String]
    /// Commands with their arguments; `ALL` for every one, `!` before one that is not meant.
    public var commands: [String]
    /// No password is asked for: `NOPASSWD`, or `Defaults !authenticate`.
    public var withoutPassword: Bool
    public var evidence: Evidence

    enum CodingKeys: String, CodingKey {
        case users, hosts, commands, evidence
        case runAs = "run_as"
        case withoutPassword = "without_password"
    }

    public init(
        users: [String], hosts: [String], runAs: [String], commands: [String], withoutPassword: Bool,
        evidence: Evidence
    ) {
        self.users = users
        self.hosts = hosts
        self.runAs = runAs
        self.commands = commands
        self.withoutPassword = withoutPassword
        self.evidence = evidence
    }

    /// Every command, as root, on every host.
    public var isFull: Bool {
        commands.contains("ALL") && hosts.contains("ALL") && (runAs.contains("ALL") || runAs.contains("root"))
    }
}

public struct Administrator: Sendable, Equatable, Codable {
    public var user: String
    public var withoutPassword: Bool
    /// The rule that decides.
    public var evidence: Evidence

    enum CodingKeys: String, CodingKey {
        case user, evidence
        case withoutPassword = "without_password"
    }

    public init(user: String, withoutPassword: Bool, evidence: Evidence) {
        (self.user, self.withoutPassword, self.evidence) = (user, withoutPassword, evidence)
    }
}
