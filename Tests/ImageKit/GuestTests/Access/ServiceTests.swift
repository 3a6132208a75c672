import Documents
import FileSystems
import Foundation
import Guest
import ImageTesting
import TestSupport
import Testing

@Suite("Services of a guest") struct ServiceTests {
    static var hasSystemctl: Bool {
        if FileManager.default.isExecutableFile(atPath: "/usr/bin/systemctl") { return true }
        print("not run: systemctl is not installed (apt: systemd)")
        return false
    }

    private static let install = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"

    /// Units of many kinds; what is enabled, masked or linked is made by systemctl itself.
    private static let units: [String: String] = [
        "plain.service": install, "other.service": install, "static.service": "[Service]\nExecStart=/bin/true\n",
        "needed.service": "[Service]\nExecStart=/bin/true\n[Install]\nRequiredBy=multi-user.target\n",
        "also.service": "[Service]\nExecStart=/bin/true\n[Install]\nAlso=plain.service\n",
        "alias.service": "[Service]\nExecStart=/bin/true\n[Install]\nAlias=named.service\n",
        "both.service": "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\nAlias=twice.service\n",
        "talk@.service":
            "[Service]\nExecStart=/bin/true %i\n[Install]\nWantedBy=multi-user.target\nDefaultInstance=x\n",
        "speak@.service": "[Service]\nExecStart=/bin/true %i\n[Install]\nWantedBy=multi-user.target\n",
        "web.socket": "[Socket]\nListenStream=80\nListenStream=/run/web.sock\n[Install]\nWantedBy=sockets.target\n",
        "web.service": "[Service]\nExecStart=/bin/true\n",
        "daily.timer": "[Timer]\nOnCalendar=daily\nUnit=work.service\n[Install]\nWantedBy=timers.target\n",
        "work.service": "[Service]\nExecStart=/bin/true\n", "off.service": install, "masked.service": install,
        "up.service":
            "[Unit]\nWants=pulled.service\n[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
        "pulled.service": "[Service]\nExecStart=/bin/true\n", "empty.service": "",
        "comment.service": "# [Install]\n[Service]\nExecStart=/bin/true\n",
        "multi-user.target": "[Unit]\nRequires=basic.target\n",
        "graphical.target": "[Unit]\nRequires=multi-user.target\n[Install]\nAlias=default.target\n",
        "basic.target": "[Unit]\nRequires=sysinit.target\nWants=sockets.target timers.target\n",
        "sysinit.target": "[Unit]\n", "sockets.target": "[Unit]\n", "timers.target": "[Unit]\n",
    ]

    private static func made() throws -> Scratch {
        let scratch = try Scratch()
        for (name, text) in units { try scratch.write("usr/lib/systemd/system/\(name)", text.utf8) }
        try scratch.write("etc/systemd/system/local.service", install.utf8)
        try scratch.write("opt/linked.service", install.utf8)
        try scratch.write("etc/systemd/system/off.service.d/10.conf", "[Install]\nWantedBy=x.target\n".utf8)
        func systemctl(_ words: String...) throws {
            let answer = try run(["systemctl", "--root=\(scratch.path)"] + words)
            #expect(answer.status == 0, "\(words): \(answer.output)")
        }
        try systemctl(
            "enable", "plain.service", "needed.service", "alias.service", "both.service", "talk@one.service",
            "speak@a.service")
        try systemctl("enable", "web.socket", "daily.timer", "up.service", "talk@.service")
        try systemctl("mask", "masked.service")
        try systemctl("set-default", "multi-user.target")
        let made = "\(scratch.path)/etc/systemd/system"
        try FileManager.default.createSymbolicLink(
            atPath: "\(made)/linked.service", withDestinationPath: "/opt/linked.service")
        try FileManager.default.createSymbolicLink(
            atPath: "\(made)/gone.service", withDestinationPath: "/usr/lib/systemd/system/gone.service")
        return scratch
    }

    @Test("states are those that systemctl --root is-enabled tells", .enabled(if: hasSystemctl))
    func states() throws {
        let scratch = try Self.made()
        let facts = ServiceReader(GuestTree(try MemoryFileSystem(folder: scratch.path))).facts()
        var compared = 0
        let names =
            Self.units.keys.sorted() + [
                "local.service", "linked.service", "talk@one.service", "talk@x.service", "speak@a.service",
            ]
        for name in names + ["named.service", "twice.service"] {
            let answer = try run(["systemctl", "--root=\(scratch.path)", "is-enabled", name])
            let said = answer.output.split(separator: "\n").last.map(String.init) ?? ""
            let unit = try #require(facts.unit(name).value, "\(name): systemctl says \(said)")
            compared += 1
            // Asked by another name systemctl says `alias`; the reader tells of the unit.
            if said == "alias" {
                #expect(unit.aliases.contains(name))
            } else {
                #expect(unit.state.rawValue == said, "\(name): \(unit)")
            }
        }
        #expect(compared > 25)
        #expect(facts.unit("nothing.service") == .absent())
        #expect(facts.defaultTarget.value == "multi-user.target")
    }

    @Test("every unit of this machine's distribution is told as list-unit-files tells it", .enabled(if: hasSystemctl))
    func distribution() throws {
        let scratch = try Scratch()
        try run(
            [
                "sh", "-c",
                "mkdir -p usr/lib/systemd etc && cp -a /usr/lib/systemd/system usr/lib/systemd/ && cp -a /etc/systemd etc/",
            ], in: scratch.path)
        let answer = try run([
            "systemctl", "--root=\(scratch.path)", "list-unit-files", "--no-legend", "--no-pager", "--full",
        ])
        let facts = ServiceReader(GuestTree(try MemoryFileSystem(folder: scratch.path))).facts()
        var states: [String: Int] = [:]
        for line in answer.output.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count >= 2 else { continue }
            let unit = try #require(facts.unit(words[0]).value, "\(line)")
            states[words[1], default: 0] += 1
            if words[1] == "alias" {
                #expect(unit.aliases.contains(words[0]) || unit.name != words[0], "\(line): \(unit)")
            } else {
                #expect(unit.state.rawValue == words[1] && unit.name == words[0], "\(line): \(unit)")
            }
        }
        print("list-unit-files: \(states.sorted { $0.key < $1.key })")
        #expect(states.values.reduce(0, +) > 100 && states.count >= 4)
    }

    @Test("presets that systemctl applies are links that the reader sees", .enabled(if: hasSystemctl))
    func presets() throws {
        let scratch = try Self.made()
        try scratch.write("usr/lib/systemd/system-preset/90-x.preset", "enable other.service\ndisable *\n".utf8)
        func state(_ name: String) throws -> ServiceUnit.State? {
            ServiceReader(GuestTree(try MemoryFileSystem(folder: scratch.path))).facts().unit(name).value?.state
        }
        #expect(try state("other.service") == .disabled, "a preset that was not applied says nothing")
        #expect(try state("plain.service") == .enabled)
        try run(["systemctl", "--root=\(scratch.path)", "preset", "other.service", "plain.service"])
        #expect(try state("other.service") == .enabled)
        #expect(try state("plain.service") == .disabled)
    }

    @Test("what starts is what the default target comes to", .enabled(if: hasSystemctl))
    func starts() throws {
        let scratch = try Self.made()
        let facts = ServiceReader(GuestTree(try MemoryFileSystem(folder: scratch.path))).facts()
        for name in ["plain", "needed", "up", "pulled", "web", "work", "both", "talk@one"] {
            #expect(facts.unit("\(name).service").value?.starts == true, "\(name)")
        }
        for name in ["other", "static", "off", "masked", "also", "empty", "linked"] {
            #expect(facts.unit("\(name).service").value?.starts == false, "\(name)")
        }
        #expect(facts.unit("web.socket").value?.listens == ["80", "/run/web.sock"])
        let plain = try #require(facts.unit("plain").value)
        #expect(plain.wantedBy == ["multi-user.target"])
        #expect(plain.evidence.map(\.path) == ["/etc/systemd/system/multi-user.target.wants/plain.service"])
    }

    @Test("managers, and scripts of SysV")
    func sysv() {
        let facts = ServiceReader(
            GuestTree(
                MemoryFileSystem([
                    "/sbin/init": .file("", mode: 0o755), "/etc/inittab": "", "/etc/init.d/net": .file("", mode: 0o755),
                    "/etc/init.d/sshd": .file("", mode: 0o755), "/etc/init.d/README": "",
                    "/etc/rc3.d/S10net": .link("../init.d/net"), "/etc/rc5.d/S10net": .link("../init.d/net"),
                    "/etc/rc3.d/K10sshd": .link("../init.d/sshd"),
                ]))
        ).facts()
        #expect(facts.manager.value == "sysvinit")
        #expect(facts.scripts.value?.map(\.name) == ["net", "sshd"])
        #expect(facts.scripts.value?.map(\.runlevels) == [["3", "5"], []])
        let linked = ServiceReader(
            GuestTree(
                MemoryFileSystem(["/sbin/init": .link("/usr/lib/systemd/systemd"), "/usr/lib/systemd/systemd": ""]))
        ).facts()
        #expect(
            linked.manager.value == "systemd"
                && linked.defaultTarget == .absent([Evidence("/etc/systemd/system/default.target")]))
    }

    @Test(
        "addresses in a service's command line",
        arguments: [
            ("/usr/bin/dockerd -H fd:// -H tcp://0.0.0.0:2375", ["tcp://0.0.0.0:2375"]),
            ("/usr/bin/x --bind=[::]:80 --port 8080", ["[::]:80", "8080"]), ("/usr/bin/x --port=8080", ["8080"]),
            ("/usr/bin/x -listen :8080 127.0.0.1:9", [":8080", "127.0.0.1:9"]),
            ("/usr/bin/x unix:/run/a:1 80:80 --time 12:30 /a:1 --portal 5", []),
        ])
    func addresses(_ line: String, _ expected: [String]) {
        let tree = GuestTree(
            MemoryFileSystem([
                "/usr/lib/systemd/system/x.service": .file("[Service]\nExecStart=\(line)\n")
            ]))
        #expect(ServiceReader(tree).facts().unit("x.service").value?.listens == expected)
    }
}
