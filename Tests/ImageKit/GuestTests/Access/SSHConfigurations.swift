import Documents
import FileSystems
import Glibc
import Guest
import ImageTesting
import TestSupport

/// Configurations of sshd by numbers: what a release engineer's file may look like, and what a careless one's does.
struct SSHConfigurations {
    private var state: UInt64
    init(_ number: Int) { state = UInt64(number) &* 0x9e37_79b9_7f4a_7c15 | 1 }

    private mutating func next(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(bound))
    }

    private mutating func pick<Element>(_ list: [Element]) -> Element { list[next(list.count)] }

    private static let everywhere: [(String, [String])] = [
        ("PermitRootLogin", ["yes", "no", "prohibit-password", "without-password", "forced-commands-only"]),
        ("PasswordAuthentication", ["yes", "no"]),
        ("KbdInteractiveAuthentication", ["yes", "no"]), ("ChallengeResponseAuthentication", ["yes", "no"]),
        ("PubkeyAuthentication", ["yes", "no"]), ("PermitEmptyPasswords", ["yes", "no"]),
        ("X11Forwarding", ["yes", "no"]), ("AllowTcpForwarding", ["yes", "no", "local", "all"]),
        ("ClientAliveInterval", ["0", "600", "10m", "1h30m"]), ("ClientAliveCountMax", ["0", "3"]),
        ("MaxAuthTries", ["3", "6"]), ("AuthorizedKeysFile", [".ssh/keys", "/etc/ssh/keys/%u .ssh/b", "none"]),
        ("Banner", ["/etc/issue", "none"]), ("AuthenticationMethods", ["publickey", "publickey,password password"]),
        ("AllowUsers", ["bob", "alice@10.* bob"]), ("AcceptEnv", ["LANG LC_*", "TERM"]),
        ("ForceCommand", ["/bin/true -x", "internal-sftp"]), ("LogLevel", ["VERBOSE", "INFO"]),
        ("PermitTTY", ["yes", "no"]), ("MaxSessions", ["1", "10"]), ("GatewayPorts", ["clientspecified", "no"]),
    ]
    private static let outside: [(String, [String])] = [
        ("Port", ["22", "2222"]), ("UseDNS", ["yes", "no"]), ("UsePAM", ["yes", "no"]),
        ("LoginGraceTime", ["30", "2m"]), ("StrictModes", ["no", "yes"]), ("TCPKeepAlive", ["no"]),
        ("MaxStartups", ["10:30:60"]), ("SyslogFacility", ["AUTHPRIV"]), ("Compression", ["no", "delayed"]),
        ("Protocol", ["2"]), ("PrintMotd", ["no"]),
    ]
    private static let bad = [
        "PermitRootLogins no", "PermitRootLogin maybe", "PasswordAuthentication", "Banner \"/etc/issue",
        "MaxAuthTries x",
        "PasswordAuthentication yes no", "LoginGraceTime 5q", "PermitEmptyPasswords=", "X11Forwarding true",
        "AuthenticationMethods retina", "UseDNS ''",
    ]

    private mutating func line(inBlock: Bool) -> String {
        let (keyword, values) = pick(inBlock || next(3) > 0 ? Self.everywhere : Self.outside)
        let value = pick(values)
        let name = [keyword, keyword, keyword.lowercased(), keyword.uppercased()][next(4)]
        let isOne = !value.contains(" ") && keyword != "ForceCommand"
        let written = isOne && next(4) == 0 ? "\"\(value)\"" : value
        let between = [" ", " ", "\t", "  ", "=", " = ", " =", "= "][next(keyword == "ForceCommand" ? 4 : 8)]
        let behind = keyword != "ForceCommand" && next(6) == 0 ? "  # a remark" : ["", "", " ", "\t"][next(4)]
        return ["", "", "  ", "\t"][next(4)] + name + between + written + behind
    }

    private mutating func lines(_ count: Int, inBlock: Bool = false) -> [String] {
        (0..<count).map { _ in
            switch next(12) {
            case 0: "# PermitRootLogin no"
            case 1: ""
            default: line(inBlock: inBlock)
            }
        }
    }

    /// The main file and what it includes, under a folder; `criteria` are those of its blocks.
    mutating func files(in folder: String) -> (main: String, included: [String: String]) {
        var included: [String: String] = [:]
        for name in ["10-first.conf", "9-second.conf", "50-cloud.conf", "zz.txt", ".hidden.conf"].prefix(next(6)) {
            var text = lines(1 + next(3))
            // A block ends with its file.
            if next(4) == 0 { text += ["Match User bob"] + lines(2, inBlock: true) }
            included["\(folder)/d/\(name)"] = text.joined(separator: "\n") + (next(2) == 0 ? "\n" : "")
        }
        included["\(folder)/block/a.conf"] = lines(2, inBlock: true).joined(separator: "\n")
        var main = lines(next(6))
        let include = [
            "Include \(folder)/d/*.conf", "include=\(folder)/d/[0-9]*.conf",
            "INCLUDE \"\(folder)/d/*\" \(folder)/none/*",
            "Include \(folder)/d/50-cloud.con? \(folder)/d/1*",
        ]
        if next(5) > 0 { main.insert(pick(include), at: next(main.count + 1)) }
        if next(2) == 0 { main += lines(next(4)) }
        switch next(6) {
        case 0: main += ["Match User bob,carol"] + lines(1 + next(3), inBlock: true)
        case 1: main += ["match address=10.0.0.0/8"] + lines(1 + next(3), inBlock: true)
        case 2: main += ["Match all"] + lines(1 + next(3), inBlock: true)
        case 3:
            main += ["Match User bob", "Include \(folder)/block/*.conf"] + lines(1, inBlock: true)
            main += ["Match all"] + lines(2, inBlock: true)
        case 4: main += ["Match User dave Address 10.0.0.0/8"] + lines(2, inBlock: true)
        default: break
        }
        if next(7) == 0 { main.insert(pick(Self.bad), at: next(main.count + 1)) }
        if next(20) == 0 { main += ["Match User bob", "Port 22"] }
        return (main.joined(separator: "\n") + "\n", included)
    }
}
