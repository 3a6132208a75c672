import Documents
import FileSystems
import Guest
import ImageTesting
import Testing

@Suite("sudoers") struct SudoTests {
    static func facts(_ sudoers: String, _ more: [String: MemoryFileSystem.Node] = [:]) -> SudoFacts {
        let files: [String: MemoryFileSystem.Node] = [
            "/etc/passwd": """
            root:x:0:0::/root:/bin/sh
            alice:x:1000:1000::/home/alice:/bin/sh
            bob:x:1001:1001::/home/bob:/bin/sh
            """,
            "/etc/group": "root:x:0:\nwheel:x:10:alice\nalice:x:1000:\nbob:x:1001:\n",
            "/usr/bin/sudo": .file("", mode: 0o4111), "/etc/sudoers": .file(sudoers, mode: 0o440),
        ]
        let tree = GuestTree(MemoryFileSystem(files.merging(more) { $1 }))
        return SudoReader(tree, accounts: AccountReader(tree, ssh: SSHReader(tree).facts()).facts()).facts()
    }

    @Test(
        "who may do everything, and whether a password is asked for",
        arguments: [
            ("root ALL=(ALL) ALL", ["root"], []), ("%wheel ALL=(ALL) ALL", ["alice"], []),
            ("%wheel ALL=(ALL) NOPASSWD: ALL", ["alice"], ["alice"]),
            ("%wheel\tALL=(ALL:ALL)NOPASSWD:ALL", ["alice"], ["alice"]),
            ("# %wheel ALL=(ALL) ALL", [], []), ("bob ALL=(ALL) /bin/ls", [], []),
            ("bob ALL = /bin/ls, ALL", ["bob"], []),
            ("#1001 ALL=(ALL) ALL", ["bob"], []), ("%#10 ALL=(ALL) ALL", ["alice"], []),
            ("ALL ALL=ALL", ["root", "alice", "bob"], []),
            ("ALL, !bob ALL=(ALL) ALL", ["root", "alice"], []), ("bob ALL=(postgres) NOPASSWD: ALL", [], []),
            ("bob ALL=(ALL) ALL, NOPASSWD: /bin/ls", ["bob"], []),
            ("bob ALL=(ALL) NOPASSWD: /bin/ls, PASSWD: ALL", ["bob"], []),
            ("User_Alias ADMINS = alice, bob\nADMINS ALL=(ALL) ALL", ["alice", "bob"], []),
            ("Cmnd_Alias E = ALL : F = /bin/ls\nbob ALL=(root) NOPASSWD: E", ["bob"], ["bob"]),
            ("bob ALL=(ALL) \\\n  NOPASSWD: ALL", ["bob"], ["bob"]), ("bob ALL=(ALL) ALL # a remark", ["bob"], []),
            ("Defaults !authenticate\nbob ALL=(ALL) ALL", ["bob"], ["bob"]), ("bob web1=(ALL) ALL", [], []),
            ("bob web1=/bin/ls : ALL=(ALL) NOPASSWD: ALL", ["bob"], ["bob"]),
            ("alice, bob ALL=(ALL) SETENV: NOPASSWD: ALL", ["alice", "bob"], ["alice", "bob"]),
            ("bob ALL=(ALL) NOPASSWD: ALL\nbob ALL=(ALL) ALL", ["bob"], []),
            ("bob ALL=(ALL) ALL\nbob ALL=(ALL) !ALL", [], []),
            ("User_Alias A = B\nUser_Alias B = A, bob\nA ALL=(ALL) ALL", ["bob"], []),
        ] as [(String, [String], [String])])
    func administrators(_ text: String, all: [String], free: [String]) throws {
        let facts = Self.facts(text + "\n")
        let found = try #require(facts.administrators.value)
        #expect(found.map(\.user) == all, "\(facts.rules)")
        #expect(found.filter(\.withoutPassword).map(\.user) == free)
        #expect(facts.damaged.value == [])
    }

    @Test("includes, in sudo's order, and files that it passes over")
    func includes() throws {
        let facts = Self.facts(
            "#includedir /etc/sudoers.d\n@include local\n",
            [
                "/etc/sudoers.d/90-cloud": .file("bob ALL=(ALL) NOPASSWD:ALL\n", mode: 0o440),
                "/etc/sudoers.d/10-x": .file("bob ALL=(ALL) ALL\n", mode: 0o440),
                "/etc/sudoers.d/a.conf": "alice ALL=(ALL) ALL\n", "/etc/sudoers.d/b~": "alice ALL=(ALL) ALL\n",
                "/etc/sudoers.d/open": .file("alice ALL=(ALL) ALL\n", mode: 0o666),
                "/etc/local": .file("nonsense here\n@include local\n", mode: 0o440),
            ])
        #expect(facts.administrators.value?.map(\.user) == nil)
        let good = Self.facts(
            "#includedir /etc/sudoers.d\n",
            [
                "/etc/sudoers.d/90-cloud": .file("bob ALL=(ALL) NOPASSWD:ALL\n", mode: 0o440),
                "/etc/sudoers.d/10-x": .file("bob ALL=(ALL) ALL\nwhat is this\n", mode: 0o440),
                "/etc/sudoers.d/a.conf": "alice ALL=(ALL) ALL\n", "/etc/sudoers.d/b~": "alice ALL=(ALL) ALL\n",
                "/etc/sudoers.d/open": .file("alice ALL=(ALL) ALL\n", mode: 0o666),
            ])
        let bob = try #require(good.administrators.value?.first)
        #expect(good.administrators.value?.count == 1 && bob.user == "bob" && bob.withoutPassword)
        #expect(bob.evidence.path == "/etc/sudoers.d/90-cloud")
        #expect(good.damaged.value?.map(\.path).sorted() == ["/etc/sudoers.d/10-x", "/etc/sudoers.d/open"])
    }

    @Test("no sudo")
    func none() {
        let tree = GuestTree(MemoryFileSystem(["/etc/passwd": ""]))
        let facts = SudoReader(tree, accounts: AccountReader(tree, ssh: SSHReader(tree).facts()).facts()).facts()
        #expect(facts.program.value == nil && facts.rules.value == [] && facts.administrators.value == [])
    }
}
