/// A step of a boot that was seen, in the order that they come.
public enum Mark: String, Sendable, Codable, CaseIterable, Comparable {
    /// The firmware spoke.
    case firmware
    case bootLoader = "boot-loader"
    /// The kernel's first line.
    case kernel
    case systemd
    /// A prompt that asks for a login.
    case login
    /// What the test gave cloud-init to run was run.
    case userData = "user-data"
    /// An SSH server answered.
    case ssh
    /// The guest answered questions to a login by key.
    case answers
    /// The machine was switched off by the guest itself.
    case off

    public static func < (one: Mark, other: Mark) -> Bool { one.place < other.place }
    private var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// In words for people.
    public var name: String {
        switch self {
        case .firmware: "firmware"
        case .bootLoader: "boot loader"
        case .kernel: "kernel"
        case .systemd: "systemd"
        case .login: "login prompt"
        case .userData: "user data ran"
        case .ssh: "ssh server"
        case .answers: "login by key"
        case .off: "powered off"
        }
    }

    /// The mark that a line of the console is, if it is one.
    ///
    /// Words are those of SeaBIOS, EDK II, GRUB 2, Linux, systemd and agetty.
    static func found(in line: String) -> Mark? {
        if line.hasPrefix("SeaBIOS (") || line.contains("BdsDxe: ") { return .firmware }
        if line.contains("GNU GRUB  version") || line.contains("Welcome to GRUB!") || line.hasPrefix("GRUB loading")
            || line.contains("SYSLINUX ") || line.hasPrefix("systemd-boot ")
        {
            return .bootLoader
        }
        if line.contains("Linux version "), line.firstRange(of: "] Linux version ") != nil || line.hasPrefix("Linux v")
        {
            return .kernel
        }
        if line.contains("systemd[1]: systemd ") || line.hasPrefix("Welcome to ") && line.hasSuffix("!")
            || line.hasPrefix("[  OK  ] ")
        {
            return .systemd
        }
        return nil
    }

    /// Whether a line asks for a login: `localhost login: `, agetty's; what others write there may follow it, and
    /// `Last login:` is what one gets afterwards.
    static func isLogin(_ line: String) -> Bool {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        return words.count == 3 && !words[0].isEmpty && words[0] != "Last" && words[1] == "login:"
    }
}
