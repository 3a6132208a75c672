/// What system a guest is, and how it is set up apart from users, services and network.
public struct SystemFacts: Sendable, Equatable, Codable {
    /// The fields of os-release(5) by their names (`ID`, `VERSION_ID`, `PRETTY_NAME`); empty if there is no such file.
    public var release: [String: Fact<String>]
    /// The first line of /etc/issue; absent if the file is empty or not there.
    public var issue: Fact<String>
    /// As uname -m has it, by the ELF header of the guest's programs: `x86_64`, `aarch64`, `riscv64`, `loongarch64`.
    public var architecture: Fact<String>
    /// 32 or 64, of the same program.
    public var wordSize: Fact<Int>
    /// /sbin/init, resolved; absent if there is none: then it is no system disk.
    public var initProgram: Fact<String>
    /// `/lib`, `/lib64`, `/bin`, `/sbin` that are symbolic links, and what they say.
    public var mergedFolders: [String: Fact<String>]
    /// Programs that keep the clock right and are in the image; an empty list if there is none.
    public var clocks: Fact<[ClockProgram]>
    /// The third line of /etc/adjtime: `UTC` or `LOCAL`; absent: UTC.
    public var hardwareClock: Fact<String>
    /// `Asia/Shanghai`: where /etc/localtime leads, or what /etc/timezone says; absent: UTC.
    public var timezone: Fact<String>
    /// LANG of locale.conf(5) or /etc/default/locale.
    public var locale: Fact<String>
    public var selinux: SELinux
    /// Firewalls that are in the image; an empty list if there is none.
    public var firewalls: Fact<[Firewall]>
    /// Where packages come from; an empty list if nowhere.
    public var repositories: Fact<[PackageRepository]>

    enum CodingKeys: String, CodingKey {
        case release, issue, architecture, clocks, timezone, locale, selinux, firewalls, repositories
        case wordSize = "word_size"
        case initProgram = "init_program"
        case mergedFolders = "merged_folders"
        case hardwareClock = "hardware_clock"
    }

    /// What is known before it was read.
    /// - Parameter why: what every member says until it is set.
    public init(unknown why: String) {
        (release, issue, architecture, wordSize) = ([:], .unknown(why), .unknown(why), .unknown(why))
        (initProgram, mergedFolders, clocks) = (.unknown(why), [:], .unknown(why))
        (hardwareClock, timezone, locale) = (.unknown(why), .unknown(why), .unknown(why))
        selinux = SELinux(mode: .unknown(why), policy: .unknown(why), hasPolicy: .unknown(why))
        (firewalls, repositories) = (.unknown(why), .unknown(why))
    }

    /// A field of os-release; absent if it is not set.
    public func field(_ name: String) -> Fact<String> { release[name] ?? .absent() }
}

/// A program that keeps the clock right.
public struct ClockProgram: Sendable, Equatable, Codable {
    /// `chronyd`, `ntpd`, `ntpsec`, `openntpd`, `systemd-timesyncd`.
    public var name: String
    public var isEnabled: Bool
    /// Servers, pools and reference clocks that its configuration names.
    public var servers: [String]
    /// Its unit, and its configuration's lines.
    public var evidence: [Evidence]

    enum CodingKeys: String, CodingKey {
        case name, servers, evidence
        case isEnabled = "is_enabled"
    }

    public init(name: String, isEnabled: Bool, servers: [String], evidence: [Evidence]) {
        (self.name, self.isEnabled, self.servers, self.evidence) = (name, isEnabled, servers, evidence)
    }
}

/// /etc/selinux/config: selinux(8).
public struct SELinux: Sendable, Equatable, Codable {
    /// `enforcing`, `permissive` or `disabled`; absent if there is no such file. The kernel's `selinux=0` outweighs it.
    public var mode: Fact<String>
    /// SELINUXTYPE: `targeted`.
    public var policy: Fact<String>
    /// Whether a compiled policy is in the image; without one the mode has no effect.
    public var hasPolicy: Fact<Bool>

    enum CodingKeys: String, CodingKey {
        case mode, policy
        case hasPolicy = "has_policy"
    }

    public init(mode: Fact<String>, policy: Fact<String>, hasPolicy: Fact<Bool>) {
        (self.mode, self.policy, self.hasPolicy) = (mode, policy, hasPolicy)
    }
}

/// A firewall of the guest.
public struct Firewall: Sendable, Equatable, Codable {
    public enum Name: String, Sendable, Codable, CaseIterable {
        case firewalld, ufw, nftables, iptables, ip6tables
    }

    public var name: Name
    /// Links start it, and it is not masked; of ufw: and its own switch is on.
    public var isEnabled: Bool
    /// Whether what comes in unasked is turned away unless a rule lets it in; unknown if its rules were not understood.
    public var filtersInput: Fact<Bool>
    /// What its rules let in: services and ports (`ssh`, `22/tcp`).
    public var opens: [String]
    public var evidence: [Evidence]

    enum CodingKeys: String, CodingKey {
        case name, opens, evidence
        case isEnabled = "is_enabled"
        case filtersInput = "filters_input"
    }

    public init(name: Name, isEnabled: Bool, filtersInput: Fact<Bool>, opens: [String], evidence: [Evidence]) {
        (self.name, self.isEnabled, self.filtersInput, self.opens, self.evidence) =
            (name, isEnabled, filtersInput, opens, evidence)
    }
}

/// Where packages come from: a section of a .repo file (dnf.conf(5)), an entry of sources.list(5).
public struct PackageRepository: Sendable, Equatable, Codable {
    public enum Kind: String, Sendable, Codable, CaseIterable { case dnf, apt }

    public var kind: Kind
    /// The section's name; of apt `URI SUITE`.
    public var id: String
    public var name: String?
    /// baseurl, mirrorlist and metalink, or the URIs; variables as written. A name and password in them are replaced by `***`.
    public var urls: [String]
    public var isEnabled: Bool
    /// Packages are taken only with a good signature: gpgcheck, or nothing that says trusted.
    public var checksSignatures: Bool
    /// TLS certificates are not looked at (sslverify=0).
    public var ignoresTLS: Bool
    public var evidence: [Evidence]

    enum CodingKeys: String, CodingKey {
        case kind, id, name, urls, evidence
        case isEnabled = "is_enabled"
        case checksSignatures = "checks_signatures"
        case ignoresTLS = "ignores_tls"
    }

    public init(
        kind: Kind, id: String, name: String?, urls: [String], isEnabled: Bool, checksSignatures: Bool,
        ignoresTLS: Bool = false, evidence: [Evidence]
    ) {
        self.kind = kind
        self.id = id
        self.name = name
        self.urls = urls
        self.isEnabled = isEnabled
        self.checksSignatures = checksSignatures
        self.ignoresTLS = ignoresTLS
        self.evidence = evidence
    }
}
