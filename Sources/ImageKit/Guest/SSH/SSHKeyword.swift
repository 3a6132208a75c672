import Documents

/// What sshd knows of a keyword: sshd_config(5), and OpenSSH's servconf.c for what that leaves open.
struct SSHKeyword: Sendable {
    enum Form: Sendable {
        /// `yes` and `no`, and other words that `sshd -T` may print.
        case flag([String])
        case number
        /// Seconds, written as in "TIME FORMATS".
        case time
        /// One word, as written.
        case word
        /// A line of words.
        case words
        /// Every line adds its words.
        case sum
        /// The rest of the line as it stands.
        case rest
        /// Read and forgotten: keywords of older versions.
        case ignored
    }

    /// In lower case, as `sshd -T` prints it.
    let name: String
    let form: Form
    /// What counts where no line says otherwise; empty if nothing does.
    let standard: [String]
    /// May stand in a Match block.
    let isMatchable: Bool

    /// The keyword under any of its names, in lower case; nil if sshd does not know it.
    static func known(_ name: String) -> SSHKeyword? { all[aliases[name] ?? name] }

    /// Names of older versions, and what they are now.
    private static let aliases = [
        "challengeresponseauthentication": "kbdinteractiveauthentication",
        "skeyauthentication": "kbdinteractiveauthentication",
        "dsaauthentication": "pubkeyauthentication",
        "hostdsakey": "hostkey",
        "keepalive": "tcpkeepalive",
        "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
        "hostbasedacceptedkeytypes": "hostbasedacceptedalgorithms",
        "verifyreversemapping": "usedns", "reversemappingcheck": "usedns",
    ]

    static let all: [String: SSHKeyword] = {
        var all: [String: SSHKeyword] = [:]
        func add(_ names: String, _ form: Form, _ standard: [String] = [], match: Bool = false) {
            for name in names.blankSeparated {
                all[name] = SSHKeyword(name: name, form: form, standard: standard, isMatchable: match)
            }
        }
        let yesNo = Form.flag(["yes", "no"])
        add("port", .sum, ["22"])
        add("listenaddress", .sum)
        add("addressfamily", .flag(["inet", "inet6", "any"]), ["any"])
        add("hostkey hostcertificate", .sum)
        add(
            "permitrootlogin",
            .flag(["without-password", "prohibit-password", "forced-commands-only", "yes", "no"]),
            ["without-password"], match: true)
        add("passwordauthentication kbdinteractiveauthentication pubkeyauthentication", yesNo, ["yes"], match: true)
        add("permitemptypasswords hostbasedauthentication gssapiauthentication", yesNo, ["no"], match: true)
        add("kerberosauthentication exposeauthinfo", yesNo, ["no"], match: true)
        add("hostbasedusesnamefrompacketonly x11forwarding disableforwarding", yesNo, ["no"], match: true)
        add("streamlocalbindunlink", yesNo, ["no"], match: true)
        add("x11uselocalhost permittty permituserrc allowagentforwarding", yesNo, ["yes"], match: true)
        add("usepam usedns ignoreuserknownhosts uselogin", yesNo, ["no"])
        add("printmotd printlastlog strictmodes tcpkeepalive", yesNo, ["yes"])
        add("kerberosorlocalpasswd kerberosticketcleanup gssapicleanupcredentials", yesNo, ["yes"])
        add("gssapistrictacceptorcheck", yesNo, ["yes"])
        add("kerberosgetafstoken gssapikeyexchange gssapistorecredentialsonrekey", yesNo, ["no"])
        add("gssapienablek5users gssapidelegatecredentials kerberosusekuserok", yesNo, [])
        add("ignorerhosts", .flag(["yes", "no", "shosts-only"]), ["yes"], match: true)
        add("gatewayports", .flag(["yes", "no", "clientspecified"]), ["no"], match: true)
        add(
            "allowtcpforwarding allowstreamlocalforwarding", .flag(["yes", "no", "all", "local", "remote"]), ["yes"],
            match: true)
        add("permittunnel", .flag(["yes", "no", "point-to-point", "ethernet"]), ["no"], match: true)
        add("compression", .flag(["yes", "no", "delayed"]), ["yes"])
        add("logingracetime", .time, ["120"])
        add("clientaliveinterval", .time, ["0"], match: true)
        add("clientalivecountmax", .number, ["3"], match: true)
        add("maxauthtries", .number, ["6"], match: true)
        add("maxsessions", .number, ["10"], match: true)
        add("x11displayoffset", .number, ["10"], match: true)
        add("requiredrsasize", .number, ["1024"], match: true)
        add("x11maxdisplays", .number, [], match: true)
        add("serverkeybits keyregenerationinterval protocol rsaauthentication rhostsrsaauthentication", .ignored)
        add("rhostsauthentication useprivilegeseparation pamauthenticationviakbdint afstokenpassing", .ignored)
        add("authorizedkeysfile2 dsaauthentication showpatchlevel uselogin", .ignored)
        add(
            "authorizedkeysfile", .words, [".ssh/authorized_keys", ".ssh/authorized_keys2"], match: true)
        add("allowusers denyusers allowgroups denygroups acceptenv", .sum, match: true)
        add("authenticationmethods", .words, ["any"], match: true)
        add("permitopen permitlisten", .words, ["any"], match: true)
        add("setenv logverbose channeltimeout", .words, match: true)
        add("ipqos", .words, match: true)
        add("subsystem", .words, match: true)
        add("rekeylimit", .words, ["0", "0"], match: true)
        add("pubkeyauthoptions", .words, ["none"], match: true)
        add("persourcepenalties persourcepenaltyexemptlist", .words)
        add("banner chrootdirectory trustedusercakeys revokedkeys", .word, ["none"], match: true)
        add("authorizedprincipalsfile authorizedkeyscommanduser", .word, ["none"], match: true)
        add("authorizedprincipalscommanduser", .word, ["none"], match: true)
        add("forcecommand authorizedkeyscommand authorizedprincipalscommand", .rest, ["none"], match: true)
        add("versionaddendum", .rest, ["none"])
        add("loglevel", .flag(Self.levels), ["INFO"], match: true)
        add("syslogfacility", .word, ["AUTH"])
        add("maxstartups", .word, ["10:30:100"])
        add("persourcemaxstartups", .word, ["none"])
        add("persourcenetblocksize", .word, ["32:128"])
        add("permituserenvironment", .word, ["no"])
        add("fingerprinthash", .word, ["SHA256"])
        add("hostkeyagent securitykeyprovider pidfile modulifile xauthlocation", .word)
        add("unusedconnectiontimeout", .word, ["none"], match: true)
        add("streamlocalbindmask", .word, ["0177"], match: true)
        add("rdomain", .word, match: true)
        add("sshdsessionpath sshdauthpath refuseconnection", .word)
        add("ciphers macs kexalgorithms hostkeyalgorithms gssapikexalgorithms", .word)
        add("pubkeyacceptedalgorithms hostbasedacceptedalgorithms casignaturealgorithms", .word, match: true)
        add("debianbanner", yesNo, [])
        return all
    }()

    /// Methods that AuthenticationMethods may name, and the keyword that enables each.
    static let methods = [
        "publickey": "pubkeyauthentication", "password": "passwordauthentication",
        "keyboard-interactive": "kbdinteractiveauthentication", "hostbased": "hostbasedauthentication",
        "gssapi-with-mic": "gssapiauthentication", "none": "permitemptypasswords",
    ]

    private static let levels = [
        "QUIET", "FATAL", "ERROR", "INFO", "VERBOSE", "DEBUG", "DEBUG1", "DEBUG2", "DEBUG3",
    ]

    /// What counts without a line, by version: release notes of 6.8 (UseDNS) and 7.0 (PermitRootLogin).
    func standard(of version: (major: Int, minor: Int)?) -> [String] {
        guard let version else { return standard }
        if name == "permitrootlogin", version < (7, 0) { return ["yes"] }
        if name == "usedns", version < (6, 8) { return ["yes"] }
        return standard
    }

    /// The words of a line as `sshd -T` prints them; nil if sshd refuses them.
    func values(_ words: [String]) -> [String]? {
        switch form {
        case .ignored: return []
        case .flag(let known):
            guard words.count == 1, let word = words.first else { return nil }
            let lower = word.asciiLowercased
            switch name {
            case "permitrootlogin" where lower == "prohibit-password": return ["without-password"]
            case "allowtcpforwarding" where lower == "all", "allowstreamlocalforwarding" where lower == "all":
                return ["yes"]
            case "compression" where lower == "delayed": return ["yes"]
            case "loglevel": return known.contains(word.uppercased()) ? [word.uppercased()] : nil
            default: return known.contains(lower) ? [lower] : nil
            }
        case .number:
            guard words.count == 1, let number = Int(words[0]), number >= 0 else { return nil }
            return [String(number)]
        case .time:
            guard words.count == 1, let seconds = Self.seconds(words[0]) else { return nil }
            return [String(seconds)]
        case .word: return words.count == 1 && !words[0].isEmpty ? words : nil
        case .words where name == "authenticationmethods":
            let methods = words.flatMap { $0.split(separator: ",").map { $0.split(separator: ":").first ?? "" } }
            let known = words == ["any"] || methods.allSatisfy { Self.methods[String($0)] != nil }
            return words.isEmpty || !known ? nil : words
        case .words, .sum, .rest: return words.isEmpty || words.contains("") ? nil : words
        }
    }

    /// `600`, `10m`, `1h30m`, `2w`; `none` is 0.
    static func seconds(_ text: String) -> Int? {
        if text.asciiLowercased == "none" { return 0 }
        var (total, number, hasDigits) = (0, 0, false)
        for byte in text.utf8 {
            if (0x30...0x39).contains(byte) {
                let (tens, over) = number.multipliedReportingOverflow(by: 10)
                guard !over, tens < 1 << 40 else { return nil }
                (number, hasDigits) = (tens + Int(byte - 0x30), true)
                continue
            }
            guard hasDigits, let unit = [0x73: 1, 0x6d: 60, 0x68: 3600, 0x64: 86400, 0x77: 604_800][Int(byte | 0x20)]
            else { return nil }
            total += number * unit
            (number, hasDigits) = (0, false)
        }
        guard hasDigits || total > 0 || text.utf8.last.map({ !(0x30...0x39).contains($0) }) == true else { return nil }
        total += number
        return text.isEmpty || total > Int(Int32.max) ? nil : total
    }
}
