import Documents
import FileSystems
import Glibc
import Guest
import ImageTesting
import TestSupport
import Testing

/// sshd itself says what a configuration means: `sshd -T -f FILE -h KEY -C ...`. It is never started.
@Suite("sshd_config, held against sshd -T") struct SSHOracleTests {
    static let program = "/usr/sbin/sshd"
    static var hasProgram: Bool {
        if access(program, X_OK) == 0 { return true }
        print("not run: \(program) is not installed (apt: openssh-server)")
        return false
    }

    /// Lists of algorithms hang on the build, and what names files of this machine on its place.
    static let keywords = [
        "port", "permitrootlogin", "passwordauthentication", "kbdinteractiveauthentication", "pubkeyauthentication",
        "permitemptypasswords", "x11forwarding", "allowtcpforwarding", "clientaliveinterval", "clientalivecountmax",
        "maxauthtries", "maxsessions", "authorizedkeysfile", "banner", "authenticationmethods", "allowusers",
        "acceptenv",
        "forcecommand", "loglevel", "permittty", "gatewayports", "usedns", "usepam", "logingracetime", "strictmodes",
        "tcpkeepalive", "maxstartups", "syslogfacility", "compression", "printmotd", "printlastlog", "addressfamily",
        "ignorerhosts", "hostbasedauthentication", "gssapiauthentication", "kerberosauthentication", "permituserrc",
        "allowagentforwarding", "disableforwarding", "permittunnel", "permituserenvironment", "chrootdirectory",
        "x11uselocalhost", "x11displayoffset", "allowstreamlocalforwarding", "versionaddendum", "fingerprinthash",
        "trustedusercakeys", "revokedkeys", "authorizedprincipalsfile", "authorizedkeyscommand", "persourcemaxstartups",
        "permitopen", "permitlisten", "rekeylimit", "exposeauthinfo", "streamlocalbindunlink", "requiredrsasize",
    ]

    /// What sshd prints, by keyword; nil if it refuses the files.
    static func answers(_ path: String, key: String, user: String, address: String) throws -> [String: String]? {
        // sshd looks for its empty folder before it tests anything.
        mkdir("/run/sshd", 0o755)
        let answer = try run([
            program, "-T", "-f", path, "-h", key, "-C",
            "user=\(user),host=h.example,addr=\(address),laddr=1.2.3.4,lport=22",
        ])
        guard answer.status == 0 else { return nil }
        var values: [String: [String]] = [:]
        for line in answer.output.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            values[parts[0], default: []].append(parts.count > 1 ? parts[1] : "")
        }
        return values.mapValues { $0.joined(separator: " ") }
    }

    /// What the facts say of a login: blocks that fit come before what stands outside.
    static func value(_ keyword: String, _ facts: SSHFacts, user: String, address: String) -> String? {
        for block in facts.matches.value ?? [] where fits(block.criteria, user, address) {
            if let setting = block.settings[keyword] { return setting.values.joined(separator: " ") }
        }
        return facts.setting(keyword).value?.text
    }

    private static func fits(_ criteria: String, _ user: String, _ address: String) -> Bool {
        let words = criteria.split { $0 == " " || $0 == "=" }.map(String.init).filter { $0 != "and" }
        for at in stride(from: 0, to: words.count - 1, by: 2) {
            switch words[at].lowercased() {
            case "user": if !words[at + 1].split(separator: ",").contains(Substring(user)) { return false }
            case "address": if !address.hasPrefix("10.") { return false }
            default: return false
            }
        }
        return true
    }

    static func key(in scratch: Scratch) throws -> String {
        try run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "\(scratch.path)/key"])
        return "\(scratch.path)/key"
    }

    @Test("120 generated configurations mean what sshd says they mean", .enabled(if: hasProgram))
    func generated() throws {
        let scratch = try Scratch()
        let key = try Self.key(in: scratch)
        var (compared, refused, inBlocks) = (0, 0, 0)
        for number in 1...120 {
            let folder = "\(scratch.path)/\(number)"
            var generator = SSHConfigurations(number)
            let (main, included) = generator.files(in: folder)
            var files: [String: MemoryFileSystem.Node] = ["/etc/ssh/sshd_config": .file(main)]
            for (path, text) in included {
                files[path] = .file(text)
                try scratch.write(String(path.dropFirst(scratch.path.utf8.count + 1)), text.utf8)
            }
            let path = try scratch.write("\(number)/main", main.utf8)
            let facts = SSHReader(GuestTree(MemoryFileSystem(files))).facts()
            for (user, address) in [("nobody", "192.168.9.9"), ("bob", "192.168.9.9"), ("dave", "10.1.1.1")] {
                let answers = try Self.answers(path, key: key, user: user, address: address)
                guard let answers else {
                    refused += 1
                    #expect(facts.refused.value?.isEmpty == false, "sshd refuses \(number):\n\(main)\n\(included)")
                    continue
                }
                #expect(facts.refused.value == [], "sshd takes \(number):\n\(main)\n\(included)")
                if user != "nobody" { inBlocks += facts.matches.value?.isEmpty == false ? 1 : 0 }
                for keyword in Self.keywords {
                    guard let said = answers[keyword] ?? (["allowusers", "acceptenv"].contains(keyword) ? "" : nil)
                    else {
                        continue
                    }
                    compared += 1
                    let ours = Self.value(keyword, facts, user: user, address: address)
                    #expect(
                        ours?.lowercased() == said.lowercased(),
                        "\(keyword) of \(number) for \(user) at \(address):\n\(main)\n\(included)")
                }
            }
        }
        print("sshd -T: \(compared) values, \(inBlocks) logins within blocks, \(refused) refusals")
        #expect(compared > 12_000 && refused > 20 && inBlocks > 60)
    }

    @Test("what nothing sets is what sshd does by itself", .enabled(if: hasProgram))
    func defaults() throws {
        let scratch = try Scratch()
        let key = try Self.key(in: scratch)
        let path = try scratch.write("empty", [])
        let answers = try #require(try Self.answers(path, key: key, user: "u", address: "1.1.1.1"))
        let facts = SSHReader(GuestTree(MemoryFileSystem(["/etc/ssh/sshd_config": ""]))).facts()
        var count = 0
        for keyword in Self.keywords where answers[keyword] != nil {
            count += 1
            let setting = try #require(facts.setting(keyword).value)
            #expect(setting.text == answers[keyword], "\(keyword)")
            #expect(setting.isDefault)
        }
        #expect(count > 50)
        // Every keyword that sshd prints is one that the reader knows.
        for keyword in answers.keys.sorted() { #expect(facts.settings[keyword] != nil, "\(keyword)") }
    }
}
