/// What a guest's sshd does, as sshd itself reads its configuration: sshd_config(5).
public struct SSHFacts: Sendable, Equatable, Codable {
    /// The path of the sshd program; absent if none is installed.
    public var program: Fact<String>
    /// OpenSSH's version as the program states it (`9.6p1`): built-in defaults hang on it.
    public var version: Fact<String>
    /// The files that sshd reads, in the order that it reads them.
    public var files: Fact<[String]>
    /// By keyword in lower case, as `sshd -T` prints them: what is in force outside of Match blocks. What is not set has its
    /// built-in default and `isDefault`. The evidence is the line that decides, or the main file where nothing does.
    public var settings: [String: Fact<SSHSetting>]
    /// In the order that they are read; an empty list if there is none.
    public var matches: Fact<[SSHMatch]>
    /// Lines that sshd refuses, a configuration that is not there, a file that keeps its unit from starting: it does not start with
    /// them.
    public var refused: Fact<[Evidence]>
    /// Files of host keys that are asked for (HostKey), or that sshd looks for by itself, and that are in the image.
    public var hostKeys: Fact<[String]>

    enum CodingKeys: String, CodingKey {
        case program, version, files, settings, matches, refused
        case hostKeys = "host_keys"
    }

    public init(
        program: Fact<String>, version: Fact<String>, files: Fact<[String]>, settings: [String: Fact<SSHSetting>],
        matches: Fact<[SSHMatch]>, refused: Fact<[Evidence]>, hostKeys: Fact<[String]>
    ) {
        self.program = program
        self.version = version
        self.files = files
        self.settings = settings
        self.matches = matches
        self.refused = refused
        self.hostKeys = hostKeys
    }

    /// What the keyword is outside of Match blocks, however it is written; `.absent` if sshd has no such keyword.
    public func setting(_ keyword: String) -> Fact<SSHSetting> { settings[keyword.lowercased()] ?? .absent() }

    /// What the keyword is for anybody: outside of Match blocks first, then in every block that sets it.
    public func everywhere(_ keyword: String) -> [Fact<SSHSetting>] {
        let keyword = keyword.lowercased()
        return [setting(keyword)]
            + (matches.value ?? []).compactMap { block in
                block.settings[keyword].map { .known(SSHSetting(values: $0.values), [$0.evidence]) }
            }
    }
}

public struct SSHSetting: Sendable, Equatable, Codable {
    /// As `sshd -T` prints it: `yes`, `22`; more than one of keywords that are repeated (Port, HostKey, AllowUsers, AcceptEnv).
    public var values: [String]
    /// No line sets it.
    public var isDefault: Bool

    enum CodingKeys: String, CodingKey {
        case values
        case isDefault = "is_default"
    }

    public init(values: [String], isDefault: Bool = false) { (self.values, self.isDefault) = (values, isDefault) }

    /// All values in one line, as `sshd -T` prints lists.
    public var text: String { values.joined(separator: " ") }
    /// nil if it is neither `yes` nor `no`.
    public var isYes: Bool? { text == "yes" ? true : text == "no" ? false : nil }
}

/// A Match block: what it sets holds for those logins only that fit all its criteria.
public struct SSHMatch: Sendable, Equatable, Codable {
    /// As written after `Match`: `User admin Address 10.0.0.0/8`.
    public var criteria: String
    /// The line of `Match`.
    public var evidence: Evidence
    /// By keyword in lower case; the first line of the block that sets it.
    public var settings: [String: SSHMatchSetting]

    public init(criteria: String, evidence: Evidence, settings: [String: SSHMatchSetting]) {
        (self.criteria, self.evidence, self.settings) = (criteria, evidence, settings)
    }
}

public struct SSHMatchSetting: Sendable, Equatable, Codable {
    public var values: [String]
    public var evidence: Evidence

    public init(values: [String], evidence: Evidence) { (self.values, self.evidence) = (values, evidence) }
}
