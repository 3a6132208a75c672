import Documents
import FileSystems
import ImageTesting
import TestSupport
import Testing

@testable import Guest

private let hasApt = (try? run(["apt-get", "--version"]))?.status == 0
private let hasDNF = (try? run(["/usr/bin/python3", "-c", "import dnf"]))?.status == 0

struct SystemTests {
    static func facts(_ files: [String: MemoryFileSystem.Node]) -> SystemFacts {
        SystemReader(GuestTree(MemoryFileSystem(files))).facts()
    }

    static let assignments = [
        "NAME=\"openEuler\"\nVERSION=\"24.03 (LTS-SP2)\"\nID=\"openEuler\"\nVERSION_ID=\"24.03\"\nPRETTY_NAME=\"openEuler 24.03 (LTS-SP2)\"\nANSI_COLOR=\"0;31\"\n",
        "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=Debian\nID=debian\nHOME_URL=\"https://www.debian.org/\"\n",
        "ID=a'b'\"c\"\\d\nNAME='it is'\nVERSION=\"a\\\"b\\$c\\\\d\\x\"\nVERSION_ID=1 # comment\nPRETTY_NAME=\n",
        "# ID=no\nID=x\nID=y\nexport NAME=z\n  VERSION=w\n",
        "ID=a#b\nNAME=\"a # b\"\nVERSION='x\\y'\n", "ID=x;NAME=y\n",
    ]

    @Test("assignments are read as the shell reads them", arguments: assignments)
    func shell(_ text: String) throws {
        let scratch = try Scratch()
        _ = try scratch.write("os-release", text)
        let names = ["ID", "NAME", "VERSION", "VERSION_ID", "PRETTY_NAME"]
        let script = ". ./os-release; " + names.map { "printf '%s\\n' \"$\($0)\"" }.joined(separator: "; ")
        let answer = try run(["env", "-i", "sh", "-c", script], in: scratch.path)
        let facts = Self.facts(["/usr/lib/os-release": .file(text), "/etc/os-release": .link("../usr/lib/os-release")])
        // A second command in one line is beyond os-release(5).
        let ours = names.map { $0 == "NAME" && text.contains(";NAME") ? "y" : facts.field($0).value ?? "" }
        #expect(ours.joined(separator: "\n") + "\n" == answer.output)
    }

    @Test("the machine by an ELF header, init, merged folders")
    func programs() {
        func elf(_ kind: UInt8, _ machine: UInt16, big: Bool = false) -> MemoryFileSystem.Node {
            var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, kind, big ? 2 : 1] + [UInt8](repeating: 0, count: 58)
            (bytes[18], bytes[19]) =
                big ? (UInt8(machine >> 8), UInt8(machine & 255)) : (UInt8(machine & 255), UInt8(machine >> 8))
            return .bytes(bytes)
        }
        let facts = Self.facts([
            "/usr/bin/bash": elf(2, 62), "/bin": .link("usr/bin"), "/lib": .link("/usr/lib"),
            "/sbin/init": .link("../usr/lib/systemd/systemd"), "/usr/lib/systemd/systemd": elf(2, 62),
        ])
        #expect(facts.architecture == .known("x86_64", [Evidence("/usr/bin/bash")]) && facts.wordSize.value == 64)
        #expect(facts.initProgram.value == "/usr/lib/systemd/systemd")
        #expect(
            facts.mergedFolders == [
                "/bin": .known("usr/bin", [Evidence("/bin")]), "/lib": .known("/usr/lib", [Evidence("/lib")]),
            ])
        for (node, name) in [
            (elf(2, 183), "aarch64"), (elf(1, 3), "i386"), (elf(2, 243), "riscv64"), (elf(2, 258), "loongarch64"),
            (elf(2, 22, big: true), "s390x"),
        ] {
            #expect(Self.facts(["/bin/bash": node]).architecture.value == name)
        }
        #expect(Self.facts(["/bin/bash": "#!/bin/sh"]).architecture.value == nil)
        #expect(Self.facts([:]).initProgram.value == nil)
    }

    @Test("clock, zone, locale, SELinux, issue")
    func settings() {
        let facts = Self.facts([
            "/etc/adjtime": "0.0 0 0.0\n0\nLOCAL\n", "/etc/localtime": .link("../usr/share/zoneinfo/Asia/Shanghai"),
            "/etc/locale.conf": "LANG=\"en_US.UTF-8\"\n",
            "/etc/selinux/config": "# SELINUX= can be\nSELINUX=enforcing\nSELINUXTYPE=targeted\n",
            "/etc/selinux/targeted/policy/policy.33": "p", "/etc/issue": "\n\\S\nx\n",
        ])
        #expect(facts.hardwareClock == .known("LOCAL", [Evidence("/etc/adjtime", line: 3, text: "LOCAL")]))
        #expect(
            facts.timezone.value == "Asia/Shanghai" && facts.locale.value == "en_US.UTF-8" && facts.issue.value == "\\S"
        )
        #expect(
            facts.selinux.mode
                == .known("enforcing", [Evidence("/etc/selinux/config", line: 2, text: "SELINUX=enforcing")]))
        #expect(facts.selinux.policy.value == "targeted" && facts.selinux.hasPolicy.value == true)
        let other = Self.facts(["/etc/localtime": "TZif", "/etc/default/locale": "LANG=C.UTF-8\n"])
        #expect(
            other.locale.value == "C.UTF-8" && other.selinux.mode.value == nil && other.selinux.hasPolicy.value == false
        )
        guard case .unknown = other.timezone else {
            Issue.record("known")
            return
        }
        #expect(Self.facts(["/etc/localtime": "TZif", "/etc/timezone": "Etc/UTC\n"]).timezone.value == "Etc/UTC")
        #expect(Self.facts([:]).timezone.value == nil && Self.facts([:]).hardwareClock.value == nil)
    }

    @Test("who keeps the clock, and by which servers")
    func clocks() {
        let chrony = Self.facts(
            NetworkTests.unit("chronyd").merging([
                "/etc/chrony.conf":
                    "# c\npool pool.ntp.org iburst\n!server no\nserver 10.0.0.1 prefer\nrefclock PHC /dev/ptp0 poll 3\nsourcedir /run/x /etc/chrony/sources.d\nconfdir /etc/chrony/conf.d\n",
                "/etc/chrony/sources.d/a.sources": "server 169.254.169.123 prefer\n",
                "/etc/chrony/conf.d/b.conf": "peer b\ninclude /etc/chrony.conf\n",
                "/etc/chrony/conf.d/c.txt": "server no\n",
            ]) { $1 })
        #expect(
            chrony.clocks.value?.map(\.servers) == [
                ["pool.ntp.org", "10.0.0.1", "PHC /dev/ptp0", "169.254.169.123", "b"]
            ])
        #expect(chrony.clocks.value?.map(\.isEnabled) == [true])
        let timesyncd = Self.facts(
            NetworkTests.unit("systemd-timesyncd", enabled: false).merging([
                "/etc/systemd/timesyncd.conf": "[Time]\n#NTP=\nFallbackNTP=f.example\n",
                "/etc/systemd/timesyncd.conf.d/a.conf": "[Time]\nNTP=a b\n",
            ]) { $1 })
        #expect(
            timesyncd.clocks.value?.first?.servers == ["a", "b"] && timesyncd.clocks.value?.first?.isEnabled == false)
        #expect(Self.facts([:]).clocks.value == [])
    }

    static let sources = [
        "deb http://deb.debian.org/debian bookworm main contrib\n# deb http://x y z\ndeb-src http://deb.debian.org/debian bookworm main\n",
        "deb [arch=amd64 trusted=yes] http://a.example/x ./\ndeb [ trusted=no ] http://b.example/y/ stable main # words\n",
        "deb [arch=amd64] https://c.example/z sub/folder/\n\n   deb http://d.example stable/updates main\n",
    ]

    @Test("apt's sources are those that apt asks", .enabled(if: hasApt, "apt is not installed"), arguments: sources)
    func apt(_ text: String) throws {
        let scratch = try Scratch()
        let list = try scratch.write("sources.list", text)
        let answer = try run([
            "apt-get", "update", "--print-uris", "-o", "Dir::Etc::sourcelist=\(list)", "-o",
            "Dir::Etc::sourceparts=/dev/null",
        ])
        let asked = Set(
            answer.output.split(separator: "\n").compactMap { line -> String? in
                let uri = line.split(separator: "'").first.map(String.init) ?? ""
                return uri.hasSuffix("/InRelease") ? uri : nil
            })
        let repositories = try #require(Self.facts(["/etc/apt/sources.list": .file(text)]).repositories.value)
        let ours = Set(
            repositories.map { one in
                let suite = String(one.id.split(separator: " ").last ?? "")
                let base = one.urls[0].hasSuffix("/") ? one.urls[0] : one.urls[0] + "/"
                return base + (suite.hasSuffix("/") ? suite : "dists/" + suite + "/") + "InRelease"
            })
        #expect(ours == asked)
        #expect(repositories.filter { !$0.checksSignatures }.count == (text.contains("trusted=yes") ? 1 : 0))
    }

    @Test("paragraphs of .sources files, secrets of URLs")
    func paragraphs() throws {
        let text =
            "# c\nTypes: deb\nURIs: https://user:pass@a.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By:\n -----BEGIN\n .\n x\n\nTypes: deb\nURIs: http://b.example\nSuites: stable\nEnabled: no\nTrusted: yes\n"
        let repositories = try #require(
            Self.facts(["/etc/apt/sources.list.d/a.sources": .file(text)]).repositories.value)
        #expect(
            repositories.map(\.id) == [
                "https://***@a.example/debian bookworm", "https://***@a.example/debian bookworm-updates",
                "http://b.example stable",
            ])
        #expect(
            repositories.map(\.isEnabled) == [true, true, false]
                && repositories.map(\.checksSignatures) == [true, true, false])
        #expect(repositories[2].evidence.map(\.line) == [11])
    }

    static let repos: [[String: String]] = [
        [
            "etc/yum.repos.d/a.repo":
                "[OS]\nname=OS\nbaseurl=http://repo.openeuler.org/openEuler-24.03-LTS/OS/$basearch/\nmetalink=https://mirrors.example/metalink\nenabled=1\ngpgcheck=1\ngpgkey=http://k\n\n[debug]\nname=d\nbaseurl=http://d/1\n  http://d/2\nenabled=0\ngpgcheck=no\nsslverify=0\n"
        ],
        [
            "etc/dnf/dnf.conf": "[main]\ngpgcheck=1\nsslverify=False\n",
            "etc/yum.repos.d/a.repo":
                "[x]\nname = X\nbaseurl = http://x/, http://y/\n# enabled=0\n[y]\nname=Y\nbaseurl=http://y\ngpgcheck=false\nsslverify=true\nenabled=true\n",
        ],
    ]

    @Test(
        "dnf's repositories are those of dnf itself", .enabled(if: hasDNF, "dnf's Python package is not installed"),
        arguments: repos)
    func dnf(_ files: [String: String]) throws {
        let scratch = try Scratch()
        var nodes: [String: MemoryFileSystem.Node] = [:]
        _ = try scratch.write("etc/dnf/dnf.conf", files["etc/dnf/dnf.conf"] ?? "[main]\n")
        for (name, text) in files {
            _ = try scratch.write(name, text)
            nodes["/" + name] = .file(text)
        }
        let program = """
            import dnf, sys
            root = sys.argv[1]
            conf = dnf.conf.Conf()
            conf.substitutions['releasever'] = '1'
            conf.read(root + '/etc/dnf/dnf.conf')
            base = dnf.Base(conf)
            base.conf.reposdir = [root + '/etc/yum.repos.d']
            base.conf.cachedir = root + '/cache'
            base.conf.substitutions['basearch'] = '$basearch'
            base.read_all_repos()
            for repo in sorted(base.repos.values(), key=lambda r: r.id):
                urls = list(repo.baseurl) + ([repo.metalink] if repo.metalink else [])
                print(repo.id, repo.name, ' '.join(urls), repo.enabled, repo.gpgcheck, not repo.sslverify, sep='|')
            """
        let answer = try run(["/usr/bin/python3", "-c", program, scratch.path], environment: ["HOME": scratch.path])
        try #require(answer.status == 0, "\(answer.output)")
        let repositories = try #require(Self.facts(nodes).repositories.value)
        func word(_ value: Bool) -> String { value ? "True" : "False" }
        let ours = repositories.sorted { $0.id < $1.id }.map { one in
            [
                one.id, one.name ?? "", one.urls.joined(separator: " "), word(one.isEnabled),
                word(one.checksSignatures), word(one.ignoresTLS),
            ].joined(separator: "|")
        }
        #expect(ours == answer.output.split(separator: "\n").map(String.init))
    }
}
