import Documents
import FileSystems
import Guest
import ImageTesting
import TestSupport
import Testing

@Suite("Accounts of a guest") struct AccountTests {
    static func facts(_ files: [String: MemoryFileSystem.Node]) -> AccountFacts {
        let tree = GuestTree(MemoryFileSystem(files))
        return AccountReader(tree, ssh: SSHReader(tree).facts()).facts()
    }

    /// Of published images, https://gitee.com/openeuler/CreateImage, bin/create-image.
    static let stock =
        "$6$o4rTi3d/.hh6JUYC$ClnCxd2mAQHlt0UloC4ystQg0CiuSVyhXz0sP1mDCNCgWV0rBwegwJ/bCWfjN4WxbahDa7F9U3c6/vFaNgsvX/"

    @Test(
        "the second field of shadow",
        arguments: [
            ("*", Password.State.locked, nil, false), ("!", .locked, nil, false), ("!!", .locked, nil, false),
            ("!*", .locked, nil, false), ("", .empty, nil, false), ("x", .locked, nil, false),
            ("$6$salt$hash", .hash, "$6$", false), ("!$6$salt$hash", .lockedHash, "$6$", false),
            ("!!$y$j9T$salt$hash", .lockedHash, "$y$", false), ("$1$s$h", .hash, "$1$", false),
            ("$5$rounds=9999$s$h", .hash, "$5$", false), ("$2b$05$abcdefghijklmnopqrstuv", .hash, "$2b$", false),
            ("abJnggxhB/yWI", .hash, "des", false), ("NP", .locked, nil, false), ("LOCKED", .locked, nil, false),
            ("*LK*", .locked, nil, false), ("$6$", .locked, nil, false), ("$$", .locked, nil, false),
            (stock, .hash, "$6$", true), ("!" + stock, .lockedHash, "$6$", true), (stock + "x", .hash, "$6$", false),
        ] as [(String, Password.State, String?, Bool)])
    func field(_ field: String, state: Password.State, kind: String?, isStock: Bool) throws {
        let facts = Self.facts([
            "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
            "/etc/shadow": .file("root:\(field):19000:0:99999:7:::\n"),
        ])
        let password = try #require(facts.user("root")?.password.value)
        #expect(password.state == state && password.kind == kind && password.isStock == isStock)
        // No part of a hash is in the document, only its kind.
        let text = "\(facts)"
        for secret in field.split(separator: "$").dropFirst(2) where secret.count > 2 {
            #expect(!text.contains("$" + secret), "\(secret) is told")
        }
    }

    @Test("the stock hash is that of the password that is printed everywhere")
    func stockHash() throws {
        let answer = try run(["openssl", "passwd", "-6", "-salt", "o4rTi3d/.hh6JUYC", "openEuler12#$"])
        #expect(answer.output == Self.stock + "\n")
    }

    @Test("users, groups, shells, what the C library passes over")
    func users() throws {
        let facts = Self.facts([
            "/etc/passwd": """
            root:x:0:0:root:/root:/bin/bash
            # a remark
            toor::0:0::/root:
            bin:*:1:1::/bin:/sbin/nologin
            broken:x:1
            alice:x:1000:1000:A:/home/alice:/bin/bash
            bob:$6$abc$def:1001:100::/home/bob:/usr/bin/missing
            link:x:1002:100::/:/usr/local/bin/sh
            nobody:x:notanumber:1::/:/bin/sh
            +@nis
            """,
            "/etc/shadow": .file(
                "root:*:19000::::::\nalice:!:0:0:99999:7::20000:\nalice:$6$a$b:1::::::\n:::\n", mode: 0),
            "/etc/group": "root:x:0:\nwheel:x:10:alice,root\nalice:x:1000:\nusers:x:100:alice\nbad:x\n",
            "/bin/bash": .file("", mode: 0o755), "/bin/sh": .link("bash"), "/usr/bin/passwd": .file("", mode: 0o4755),
            "/usr/local/bin/sh": .link("/usr/sbin/nologin"), "/usr/sbin/nologin": .file("", mode: 0o755),
        ])
        let users = try #require(facts.users.value)
        #expect(users.map(\.name) == ["root", "toor", "bin", "alice", "bob", "link"])
        #expect(users.map(\.hasLoginShell) == [true, true, false, true, false, false])
        #expect(facts.rootTwins.map(\.name) == ["toor"])
        #expect(facts.user("toor")?.password.value?.state == .empty)
        #expect(facts.user("bob")?.password.value?.state == .hash)
        #expect(facts.user("bob")?.evidence.text?.contains("def") == false)
        #expect(facts.user("alice")?.groups == ["alice", "wheel", "users"])
        let alice = try #require(facts.user("alice")?.password)
        #expect(alice.value == Password(state: .locked, expires: 20000, mustChange: true))
        #expect(alice.evidence.first?.line == 2)
        #expect(facts.user("link")?.password.value?.state == .missing)
        #expect(facts.damaged.value?.compactMap(\.line).sorted() == [4, 5, 5, 9])
        #expect(facts.shadowFile.value?.permissions == 0 && facts.passwdProgram.value == "/usr/bin/passwd")
    }

    @Test("a shadow that can't be read is unknown, and no account is")
    func brokenShadow() {
        let facts = Self.facts(["/etc/passwd": "root:x:0:0::/root:/bin/sh\n", "/etc/shadow": .broken()])
        guard case .unknown = facts.user("root")?.password else {
            Issue.record("\(facts)")
            return
        }
        #expect(facts.users.value?.count == 1)
    }

    @Test("keys where sshd looks, told as ssh-keygen tells them")
    func keys() throws {
        let scratch = try Scratch()
        try run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "me@here", "-f", "\(scratch.path)/a"])
        try run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-C", "two words", "-f", "\(scratch.path)/b"])
        func text(_ path: String) throws -> String {
            String(decoding: try #require(try MemoryFile.bytes("\(scratch.path)/\(path)")), as: UTF8.self)
        }
        let (first, second) = (try text("a.pub"), try text("b.pub"))
        let facts = Self.facts([
            "/etc/passwd":
                "root:x:0:0::/root:/bin/sh\nbob:x:1000:1000::/home/bob:/bin/sh\ndaemon:x:2:2::/:/sbin/nologin\n",
            "/etc/ssh/sshd_config": "AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u %h/.more\n",
            "/root/.ssh": .link("/elsewhere"),
            "/elsewhere/authorized_keys": .file(
                "# remark\n\nno-pty,command=\"echo a b\" \(first)\nssh-rsa AAAA broken\n\(second)"),
            "/home/bob/.ssh/authorized_keys2": .file(second), "/etc/ssh/keys/bob": .file(first),
            "/home/bob/.more": .file("ssh-ed25519 \(second.split(separator: " ")[1]) wrong type\n"),
            "/home/bob/.ssh/id.pub": .file(first),
        ])
        let keys = try #require(facts.authorizedKeys.value)
        #expect(keys.map(\.user) == ["root", "root", "bob", "bob"])
        #expect(keys.map(\.type) == ["ssh-ed25519", "ssh-rsa", "ssh-rsa", "ssh-ed25519"])
        #expect(keys.map(\.evidence.path).sorted().last == "/home/bob/.ssh/authorized_keys2")
        #expect(keys[0].options == "no-pty,command=\"echo a b\"" && keys[0].evidence.line == 3)
        #expect(keys[1].comment == "two words" && keys[0].comment == "me@here")
        for (name, key) in [("a", keys[0]), ("b", keys[1])] {
            let answer = try run(["ssh-keygen", "-l", "-f", "\(scratch.path)/\(name).pub"])
            #expect(answer.output.split(separator: " ")[1] == key.fingerprint)
        }
        #expect(!"\(facts)".contains(first.split(separator: " ")[1]))
    }

    @Test("what new passwords must be")
    func policy() {
        let policy = Self.facts([
            "/etc/passwd": "",
            "/etc/login.defs": "PASS_MAX_DAYS 99999\nPASS_MAX_DAYS\t90\nENCRYPT_METHOD sha512\n# x\n",
            "/etc/pam.d/system-auth": """
            auth required pam_faillock.so preauth deny=5
            password requisite pam_pwquality.so try_first_pass minclass=2
            password [success=1 default=ignore] pam_unix.so yescrypt shadow
            """,
            "/etc/security/pwquality.conf": "minlen = 9 # least\nminclass = 4\n# minlen = 1\n",
            "/etc/security/faillock.conf": "unlock_time = 300\ndeny = 9\n",
        ]).policy
        #expect(policy.minimumLength.value == 9 && policy.minimumClasses.value == 2)
        #expect(policy.qualityModule.value == "pam_pwquality" && policy.hashMethod.value == "YESCRYPT")
        #expect(policy.maximumDays.value == 90 && policy.failuresAllowed.value == 5 && policy.lockSeconds.value == 300)
        let bare = Self.facts(["/etc/passwd": "", "/etc/security/pwquality.conf": "minlen = 9\n"]).policy
        #expect(bare.minimumLength == .absent() && bare.qualityModule == .absent())
    }
}
