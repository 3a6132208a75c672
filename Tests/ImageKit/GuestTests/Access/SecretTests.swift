import Documents
import FileSystems
import Guest
import ImageTesting
import TestSupport
import Testing

@Suite("Secrets in a guest") struct SecretTests {
    static func facts(_ files: [String: MemoryFileSystem.Node]) -> SecretFacts {
        let passwd = "root:x:0:0::/root:/bin/sh\nbob:x:1000:1000::/home/bob:/bin/sh\ndaemon:x:2:2::/:/sbin/nologin\n"
        let base: [String: MemoryFileSystem.Node] = [
            "/etc/passwd": .file(passwd), "/bin/sh": .file("", mode: 0o755), "/tmp": .folder(0o1777),
            "/root": .folder(0o700),
        ]
        let tree = GuestTree(MemoryFileSystem(base.merging(files) { $1 }))
        let ssh = SSHReader(tree).facts()
        return SecretReader(tree, accounts: AccountReader(tree, ssh: ssh).facts(), ssh: ssh).facts()
    }

    @Test("a clean guest has none, and it is known")
    func clean() {
        let facts = Self.facts([
            "/etc/machine-id": "", "/var/log/wtmp": "", "/root/.bash_history": "",
            "/etc/ssl/x.pem": .file(Self.certificate),
        ])
        #expect(facts.machineID.value == .empty && facts.dbusMachineID.value == nil)
        #expect(facts.privateKeys.value == [] && facts.credentials.value == [])
        for fact in [
            facts.hostKeys, facts.histories, facts.instanceData, facts.leases, facts.randomSeeds, facts.logs,
            facts.journals, facts.coreDumps, facts.temporaryFiles, facts.packageCaches, facts.mail, facts.writableByAll,
            facts.setID,
        ] {
            guard case .absent = fact else {
                Issue.record("\(fact)")
                continue
            }
        }
    }

    @Test(
        "machine-id",
        arguments: [
            ("", .empty), ("\n", .empty), ("uninitialized\n", .uninitialized),
            ("0123456789abcdef0123456789abcdef\n", .set), ("0123456789ABCDEF0123456789ABCDEF", .set),
            ("hello", .invalid),
            ("00000000000000000000000000000000\n", .invalid),
        ] as [(String, SecretFacts.MachineID)])
    func machineID(_ text: String, is expected: SecretFacts.MachineID) {
        #expect(Self.facts(["/etc/machine-id": .file(text)]).machineID.value == expected)
        #expect(
            Self.facts(["/etc/machine-id": .file(text), "/var/lib/dbus/machine-id": .link("/etc/machine-id")])
                .dbusMachineID.value == nil)
        #expect(Self.facts(["/var/lib/dbus/machine-id": .file(text)]).dbusMachineID.value == expected)
    }

    private static let certificate =
        "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ2f0\n-----END CERTIFICATE-----\n"

    @Test("private keys that ssh-keygen, openssl and gpg's armour make, wherever they lie")
    func keys() throws {
        let scratch = try Scratch()
        func make(_ name: String, _ command: String) throws -> MemoryFileSystem.Node {
            let answer = try run(["sh", "-c", "\(command) 2>&1"], in: scratch.path)
            #expect(answer.status == 0, "\(command): \(answer.output)")
            return .bytes(try #require(try MemoryFile.bytes("\(scratch.path)/\(name)")), mode: 0o600)
        }
        let plain = try make("a", "ssh-keygen -q -t ed25519 -N '' -f a")
        let sealed = try make("b", "ssh-keygen -q -t ed25519 -N secret -f b")
        let legacy = try make("c", "ssh-keygen -q -m PEM -t rsa -b 2048 -N '' -f c")
        let legacySealed = try make("d", "ssh-keygen -q -m PEM -t rsa -b 2048 -N secret -f d")
        let pkcs8 = try make("e", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out e")
        let pkcs8Sealed = try make("f", "openssl pkcs8 -topk8 -in e -passout pass:secret -out f")
        let both = try make("g", "(cat a.pub; echo; cat e) > g")
        let json = try make("h", #"printf '{\n "private_key": "%s"\n}\n' "$(sed ':a;N;$!ba;s/\n/\\n/g' e)" > h"#)
        let facts = Self.facts([
            "/root/.ssh/id_ed25519": plain, "/home/bob/.ssh/work": sealed, "/opt/app/key.txt": legacy,
            "/srv/www/x": legacySealed, "/etc/pki/tls/private/host.key": pkcs8, "/var/lib/app/f": pkcs8Sealed,
            "/etc/both.pem": both, "/etc/account.json": json,
            // None of these is a key.
            "/etc/ssh/ssh_host_ed25519_key": plain,
            "/etc/words": "-----BEGIN PRIVATE KEY-----\nyour key here\n-----END PRIVATE KEY-----\n",
            "/etc/docs":
                "between -----BEGIN RSA PRIVATE KEY----- and -----END RSA PRIVATE KEY-----, in base64, it lies\n",
            "/etc/public.pem":
                "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n",
            "/etc/crt.pem": .file(Self.certificate), "/root/.ssh/id_ed25519.pub": "ssh-ed25519 AAAA x\n",
            "/etc/link.key": .link("/opt/app/key.txt"), "/etc/outside": .link("/../../../../etc/shadow"),
            "/usr/share/doc/key": plain,
        ])
        let keys = try #require(facts.privateKeys.value)
        #expect(
            keys.map(\.path) == [
                "/etc/account.json", "/etc/both.pem", "/etc/pki/tls/private/host.key", "/home/bob/.ssh/work",
                "/opt/app/key.txt",
                "/root/.ssh/id_ed25519", "/srv/www/x", "/var/lib/app/f",
            ])
        #expect(keys.map(\.isEncrypted) == [false, false, false, true, false, false, true, true])
        #expect(
            keys.map(\.kind) == [
                "PRIVATE KEY", "PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "RSA PRIVATE KEY",
                "OPENSSH PRIVATE KEY",
                "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY",
            ])
        #expect(keys[1].evidence.line == 3)
        #expect(facts.hostKeys.value?.files.map(\.path) == ["/etc/ssh/ssh_host_ed25519_key"])
    }

    /// What ssh-keygen makes.
    private static func key() throws -> String {
        let scratch = try Scratch()
        try run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "\(scratch.path)/a"])
        return String(decoding: try #require(try MemoryFile.bytes("\(scratch.path)/a")), as: UTF8.self)
    }

    @Test("private keys in places where no program keeps them, and deep in long files")
    func oddPlaces() throws {
        let key = try Self.key()
        let long = String(repeating: "# one more line of a script that somebody wrote\n", count: 4000)
        let facts = Self.facts([
            "/id_rsa": .file(key), "/tmp/k": .file(key), "/var/tmp/k": .file(key), "/mnt/k": .file(key),
            "/boot/k": .file(key), "/boot/efi/k": .file(key), "/usr/local/share/k": .file(key),
            "/usr/share/app/secret": .file(key, mode: 0o600), "/usr/share/app/server.key": .file(key),
            "/opt/app/deploy.sh": .file(long + key), "/data/k": .file(key),
            // What packages bring along is public.
            "/usr/share/doc/x/test.key": .file(key, mode: 0o600), "/usr/lib/modules/6/x.key": .file(key),
            "/usr/share/app/public": .file(key),
            // Hidden by what is mounted there.
            "/run/k": .file(key), "/dev/k": .file(key),
        ])
        #expect(
            facts.privateKeys.value?.map(\.path) == [
                "/boot/efi/k", "/boot/k", "/data/k", "/id_rsa", "/mnt/k", "/opt/app/deploy.sh", "/tmp/k",
                "/usr/local/share/k", "/usr/share/app/secret", "/usr/share/app/server.key", "/var/tmp/k",
            ])
        #expect(facts.privateKeys.value?.first { $0.path.hasSuffix("deploy.sh") }?.evidence.line == 4001)
    }

    @Test("a file system that the guest does not mount is looked through as well")
    func unmounted() throws {
        let tree = GuestTree(MemoryFileSystem(["/etc/passwd": "root:x:0:0::/root:/bin/sh\n"]))
        let other = MemoryFileSystem(["/EFI/k": .file(try Self.key()), "/open": .file("x", mode: 0o777)])
        let ssh = SSHReader(tree).facts()
        let facts = SecretReader(
            tree, accounts: AccountReader(tree, ssh: ssh).facts(), ssh: ssh,
            others: [BootReader.Unmounted(partition: 1, fileSystem: other)]
        ).facts()
        #expect(facts.privateKeys.value?.map(\.path) == ["partition 1:/EFI/k"])
        #expect(facts.writableByAll.value == nil)
    }

    @Test("more than is read leaves it unknown", .timeLimit(.minutes(1)))
    func tooMuch() {
        var files: [String: MemoryFileSystem.Node] = [:]
        let node = MemoryFileSystem.Node.bytes([UInt8](repeating: 0, count: 1 << 20))
        for number in 0..<300 { files["/data/\(number)"] = node }
        guard case .unknown(let why) = Self.facts(files).privateKeys else {
            Issue.record("known")
            return
        }
        #expect(why.contains("256 MiB"))
    }

    @Test(
        "credentials, by what stands in the file",
        arguments: [
            (
                "/root/.cloud/credentials",
                "[default]\nx_access_key_id = abc\nx_secret_access_key = wJalrXUtnFEMIbPxRfiCY\n", .cloud, 3
            ),
            (
                "/home/bob/.tool/config.json", "{\n  \"profiles\": [{\n  \"access_key_secret\": \"abcdefgh12345\",\n",
                .cloud, 3
            ),
            ("/etc/app.conf", "key = AKIAIOSFODNN7EXAMPLE\n", .cloud, 1),
            ("/opt/x.env", "\nID=LTAI5tABCDEFGHJKLMNPQRST\n", .cloud, 2),
            ("/root/.docker/config.json", "{\"auths\": {\"x\": {\n\"auth\": \"dXNlcjpwYXNz\"\n}}}", .registry, 2),
            ("/root/.docker/config.json", "{\"auths\":{\"r.io\":{\"auth\":\"dXNlcjpwYXNz\"}}}", .registry, 1),
            (
                "/root/.config/containers/auth.json", "{ \"auths\": { \"r.io\" : { \"auth\" : \"dXNlcjpwYXNz\" } } }",
                .registry, 1
            ),
            ("/root/.kube/config", "users:\n- name: a\n  user:\n    client-key-data: geheimgeheim\n", .token, 4),
            ("/root/.kube/config", "users:\n- user:\n    token: geheim.abcdef\n", .token, 3),
            ("/etc/kubernetes/admin.conf", "    client-key-data: geheimgeheim\n", .token, 1),
            ("/root/.npmrc", "//registry.example.org/:_authToken=geheim-1234-abcd\n", .token, 1),
            ("/etc/apt/auth.conf", "machine example.com login me password geheim\n", .login, 1),
            ("/etc/apt/auth.conf.d/90.conf", "machine example.com\nlogin me\npassword geheim\n", .login, 3),
            ("/root/.obsutilconfig", "endpoint=x\nak=ABCDEFGH12345\nsk=geheim\n", .cloud, 2),
            ("/root/.cos.conf", "[common]\nsecret_id = geheim1234\n", .cloud, 2),
            ("/root/.ossutilconfig", "[Credentials]\naccessKeySecret=geheim1234\n", .cloud, 2),
            (
                "/etc/skel/.aws/credentials",
                "[default]\naws_secret_access_key = /geheimgeheimgeheimgeheimgeheimgeheimabc\n", .cloud, 2
            ),
            (
                "/root/deploy.sh",
                "#!/bin/sh\ncurl -H 'Authorization: token ghp_geheimabcdefghijklmnopqrstuvwxyz0123'\n",
                .token, 2
            ),
            (
                "/home/bob/push",
                "git push https://x:github_pat_geheim11ABCDEFGHIJKLMN_abcdefghijklmnopqrstuvwxyz0123456789ABCD@x\n",
                .token, 1
            ),
            ("/opt/ci.sh", "TOKEN=glpat-geheimABCDEFG-12345_\n", .token, 1),
            ("/root/.netrc", "machine example.com\nlogin me\npassword geheim\n", .login, 3),
            ("/root/.git-credentials", "https://me:token@example.com\n", .login, 1),
            ("/root/.pgpass", "# x\n*:*:*:postgres:geheim\n", .login, 2),
            ("/root/.my.cnf", "[client]\npassword=geheim1\n", .login, 2),
            ("/root/.config/gh/hosts.yml", "example.com:\n    oauth_token: gho_abcdefghijkl\n", .token, 2),
            ("/root/.bashrc", "export API_TOKEN=abcdef123456\n", .token, 1),
            ("/root/anaconda-ks.cfg", "# x\nrootpw --iscrypted $6$abc$def\n", .installer, 2),
            ("/etc/NetworkManager/system-connections/w.nmconnection", "[wifi-security]\npsk=geheim12\n", .network, 2),
        ] as [(String, String, CredentialFile.Kind, Int)])
    func credentials(_ path: String, _ text: String, kind: CredentialFile.Kind, line: Int) throws {
        let found = try #require(Self.facts([path: .file(text, mode: 0o600)]).credentials.value)
        #expect(found.map(\.kind) == [kind], "\(found)")
        #expect(found.first?.evidence.path == path && found.first?.evidence.line == line)
        for secret in ["wJalr", "abcdefgh1", "AKIA", "LTAI", "dXNl", "geheim", "gho_", "abcdef1", "$6$abc", ":token@"] {
            #expect(!"\(found)".contains(secret))
        }
    }

    @Test(
        "what only looks like credentials",
        arguments: [
            ("/root/.bashrc", "# export TOKEN=abcdefghi\nalias x='y'\nPASSWORD_STORE_DIR=~/.store\n"),
            ("/root/.config/app.yml", "password: <your password>\ntoken: ${TOKEN}\nsecret: \"\"\n"),
            ("/root/.docker/config.json", "{\"credsStore\": \"secretservice\", \"auths\": {}}\n"),
            ("/etc/words", "AKIA is a prefix, LTAI too; AKIAIOSFODNN7EXAMPLEXX\n"),
            ("/root/anaconda-ks.cfg", "rootpw --lock\n# rootpw x\n"), ("/etc/pam.conf", "password = required\n"),
            ("/root/.docker/config.json", "{\"auths\":{\"r.io\":{}},\"auth\":\"\",\"x\":[\"token\",\"abcdefgh\"]}"),
            ("/root/x.sh", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; ghp_short\n"),
            ("/root/y.sh", "aghp_abcdefghijklmnopqrstuvwxyz0123456789\n"),
            ("/root/.netrc", "machine a login b\n"), ("/root/notes", "password: geheim123\n"),
        ])
    func harmless(_ path: String, _ text: String) {
        #expect(Self.facts([path: .file(text)]).credentials.value == [])
    }

    @Test("whole files that are a token or a key of a tool's")
    func wholeFiles() {
        let facts = Self.facts([
            "/root/.vault-token": "geheim", "/root/.gnupg/private-keys-v1.d/A.key": "(11:private-key(3:rsa(1:n1:x)))",
            "/root/.gnupg/private-keys-v1.d/B.key":
                "Created: 20250101T000000\nKey: (protected-private-key (rsa (n #00#)))\n",
            "/root/.gnupg/private-keys-v1.d/C.key": "(20:shadowed-private-key(3:rsa(1:n1:x)))",
        ])
        #expect(facts.credentials.value?.map(\.evidence.path) == ["/root/.vault-token"])
        #expect(facts.privateKeys.value?.map(\.path.last) == ["y", "y"])
        #expect(facts.privateKeys.value?.map(\.isEncrypted) == [false, true])
    }

    @Test("traces of a life")
    func traces() throws {
        let facts = Self.facts([
            "/root/.bash_history": "rm -rf /\n", "/home/bob/.python_history": "1\n", "/home/gone/.zsh_history": "x",
            "/var/lib/cloud/instances/i-1/user-data.txt": "#cloud-config\n",
            "/var/lib/cloud/instance": .link("instances/i-1"),
            "/var/lib/cloud/scripts/per-boot/x": "#!", "/var/lib/dhclient/dhclient.leases": "lease {}\n",
            "/var/lib/NetworkManager/internal-1-eth0.lease": "x", "/var/lib/NetworkManager/deep/a/b/lease": "x",
            "/var/lib/systemd/random-seed": "0123", "/var/log/messages": .file(String(repeating: "a", count: 5000)),
            "/var/log/audit/audit.log": "b", "/var/log/journal/abc/system.journal": "LPKSHHRH",
            "/var/crash/core.1": "ELF",
            "/tmp/x": "", "/var/tmp/y/z": "1", "/var/cache/dnf/a.rpm": "rpm", "/var/mail/root": "From x\n",
            "/etc/open": .file("x", mode: 0o666), "/etc/dir": .folder(0o777), "/home/bob": .folder(0o700),
            "/usr/bin/su": .file("", mode: 0o4755), "/usr/bin/ls": .file("", mode: 0o755),
            "/tmp/open": .file("", mode: 0o777), "/var/tmp/open": .folder(0o777), "/run/open": .file("", mode: 0o666),
            "/usr/share/app/open": .file("x", mode: 0o646), "/var/lib/app": .folder(0o777), "/sticky": .folder(0o1777),
            "/sticky/socket": .special(.socket, mode: 0o777), "/usr/link": .link("share"),
        ])
        #expect(facts.histories.value?.count == 3 && facts.instanceData.value?.count == 2)
        #expect(
            facts.leases.value?.files.map(\.path).sorted() == [
                "/var/lib/NetworkManager/internal-1-eth0.lease", "/var/lib/dhclient/dhclient.leases",
            ])
        #expect(facts.randomSeeds.value?.bytes == 4 && facts.logs.value?.bytes == 5001)
        #expect(
            facts.logs.value?.files.first
                == LeftFile(path: "/var/log/messages", size: 5000, user: 0, permissions: 0o644))
        #expect(facts.journals.value?.count == 1 && facts.coreDumps.value?.count == 1 && facts.mail.value?.count == 1)
        #expect(facts.temporaryFiles.value?.count == 3 && facts.packageCaches.value?.count == 1)
        #expect(
            facts.writableByAll.value?.files.map(\.path).sorted() == [
                "/etc/dir", "/etc/open", "/usr/share/app/open", "/var/lib/app",
            ])
        #expect(facts.setID.value?.files.map(\.path) == ["/usr/bin/su"])
    }

    @Test("what can't be read is not clean, and what was found is told all the same")
    func broken() {
        let facts = Self.facts(["/etc/damaged": .broken()])
        #expect(facts.privateKeys.value == nil && facts.credentials.value == nil)
        let some = Self.facts(["/etc/damaged": .broken(), "/root/.pgpass": "a:1:b:c:geheim\n"])
        #expect(some.credentials.value?.count == 1)
    }

    @Test("many files cost a list of the largest, not of all")
    func many() throws {
        var files: [String: MemoryFileSystem.Node] = [:]
        for number in 0..<3000 {
            files["/var/log/d\(number % 50)/\(number)"] = .file(String(repeating: "x", count: 1 + number))
        }
        let logs = try #require(Self.facts(files).logs.value)
        #expect(logs.count == 3000 && logs.files.count == Leftovers.limit && !logs.isCut)
        #expect(logs.files.map(\.size) == (0..<50).map { UInt64(3000 - $0) })
    }
}
