import Documents
import FileSystems
import Guest
import ImageTesting
import Testing

@Suite("Accounts, sshd, sudo, services and secrets of a guest that means harm") struct HostileAccessTests {
    /// Everything that this kit reads about access, of one guest; it must end, and soon.
    private static func facts(_ files: [String: MemoryFileSystem.Node]) -> (
        ssh: SSHFacts, accounts: AccountFacts, sudo: SudoFacts, services: ServiceFacts, secrets: SecretFacts
    ) {
        let tree = GuestTree(MemoryFileSystem(files))
        let ssh = SSHReader(tree).facts()
        let accounts = AccountReader(tree, ssh: ssh).facts()
        return (
            ssh, accounts, SudoReader(tree, accounts: accounts).facts(), ServiceReader(tree).facts(),
            SecretReader(tree, accounts: accounts, ssh: ssh).facts()
        )
    }

    @Test("includes that lead back to themselves", .timeLimit(.minutes(1)))
    func circles() {
        let include = "Include /etc/ssh/sshd_config /etc/ssh/d/*\n"
        let facts = Self.facts([
            "/etc/ssh/sshd_config": .file(include), "/etc/ssh/d/a": .file(include), "/etc/ssh/d/b": .file(include),
            "/etc/sudoers": .file("@include /etc/sudoers\n@includedir /etc\n", mode: 0o440),
            "/etc/systemd/system/a.service": .link("b.service"), "/etc/systemd/system/b.service": .link("a.service"),
            "/etc/systemd/system/default.target": .link("default.target"),
            "/etc/passwd": .link("/etc/passwd-"), "/etc/passwd-": .link("/etc/passwd"),
        ])
        #expect(facts.ssh.setting("PermitRootLogin").value == nil, "what was not read to its end is not known")
        #expect(facts.sudo.rules.value == nil && facts.accounts.users.value == nil)
    }

    @Test("aliases that double, names without number, lines without end", .timeLimit(.minutes(1)))
    func bombs() {
        let aliases = (0..<60).map { "User_Alias A\($0) = A\($0 + 1), !A\($0 + 1), x\($0)\n" }.joined()
        let many = (0..<30_000).map { "u\($0):x:\($0):1::/h:/bin/sh\n" }.joined()
        let facts = Self.facts([
            "/etc/passwd": .file(many), "/etc/sudoers": .file(aliases + "A0 ALL=(ALL) ALL\n", mode: 0o440),
            "/etc/group": .file("g:x:1:" + String(repeating: "a,", count: 300_000)),
            "/etc/ssh/sshd_config": .file("AllowUsers " + String(repeating: "a ", count: 500_000)),
            "/etc/ssh/sshd_config.d/x": "Include *\n",
            "/etc/shadow": .file(String(repeating: ":", count: 900_000)),
        ])
        #expect(facts.accounts.users.value == nil)
        #expect(facts.sudo.rules.value?.first.map { $0.users.count < 2001 } == true)
    }

    @Test("bytes that are no text, in every file that is read", .timeLimit(.minutes(1)))
    func noise() {
        var state: UInt64 = 88_172_645_463_325_252
        func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        let pieces = [
            "root:", "$6$", "x:0:0", "::", "\n", "Match ", "all", "\"", "=", "Include /etc/ssh/*", "ALL=(", ")",
            "NOPASSWD:", "\\",
            "[Install]", "WantedBy=", "-----BEGIN ", "PRIVATE KEY-----", "%", "@", "#", ",", "!", "\u{1b}[2J", "\0",
            "ssh-rsa AAAA",
            "PermitRootLogin ", "User_Alias A", " ", "\t", "999999999999999999999",
        ]
        let paths = [
            "/etc/passwd", "/etc/shadow", "/etc/group", "/etc/sudoers", "/etc/sudoers.d/a", "/etc/ssh/sshd_config",
            "/etc/ssh/x.conf", "/root/.ssh/authorized_keys", "/etc/systemd/system/a@.service",
            "/etc/systemd/system/b.socket",
            "/etc/systemd/system/c.service.d/x.conf", "/etc/machine-id", "/etc/pam.d/system-auth", "/etc/login.defs",
            "/root/.netrc", "/root/.a/config", "/etc/systemd/system/sshd.service", "/usr/sbin/sshd", "/root/x-ks.cfg",
        ]
        for _ in 0..<60 {
            var files: [String: MemoryFileSystem.Node] = [:]
            for path in paths {
                var bytes: [UInt8] = []
                for _ in 0..<(next() % 60) {
                    if next() % 5 == 0 {
                        bytes += (0..<8).map { _ in UInt8(truncatingIfNeeded: next() >> 9) }
                    } else {
                        bytes += Array(pieces[Int(next() % UInt64(pieces.count))].utf8)
                    }
                }
                files[path] = .bytes(bytes, mode: 0o600)
            }
            let facts = Self.facts(files)
            #expect(!facts.ssh.settings.isEmpty)
        }
    }

    @Test("devices and FIFOs where files belong", .timeLimit(.minutes(1)))
    func devices() {
        let facts = Self.facts([
            "/etc/passwd": .special(.fifo), "/etc/shadow": .special(.characterDevice),
            "/etc/ssh/sshd_config": .special(.fifo),
            "/etc/sudoers": .special(.socket), "/etc/machine-id": .special(.blockDevice),
            "/root/.ssh/id": .special(.fifo),
            "/etc/systemd/system/a.service": .special(.fifo), "/etc/link": .link("/dev/zero"),
        ])
        #expect(facts.accounts.users.value == nil && facts.secrets.machineID.value == nil)
        #expect(facts.ssh.setting("Port").value == nil)
    }

    @Test("folders that are deeper than anybody's", .timeLimit(.minutes(1)))
    func depth() {
        let path = "/home/bob" + String(repeating: "/d", count: 1000)
        let facts = Self.facts(["/etc/passwd": "bob:x:1000:1000::/home/bob:/bin/sh\n", path + "/x": "y"])
        #expect(facts.secrets.privateKeys.value == nil, "what was not looked at is not clean")
    }
}
