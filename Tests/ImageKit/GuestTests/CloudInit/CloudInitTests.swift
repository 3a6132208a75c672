import Documents
import FileSystems
import ImageTesting
import Testing

@testable import Guest

struct CloudInitTests {
    static let units = ["cloud-init-local", "cloud-init", "cloud-config", "cloud-final"]

    /// A guest with cloud-init of a distribution's package, all stages linked.
    static func guest(_ changes: [String: MemoryFileSystem.Node] = [:], without: [String] = []) -> GuestTree {
        var files: [String: MemoryFileSystem.Node] = [
            "/usr/bin/cloud-init": "x", "/etc/cloud/cloud.cfg": .file(CloudMergeTests.standard),
            "/usr/lib/python3/dist-packages/cloudinit/version.py":
                "__VERSION__ = \"22.4.2\"\n_PACKAGED_VERSION = \"22.4.2-1+deb12u1\"\n",
            "/var/lib/cloud/seed": .folder(), "/var/lib/cloud/instances": .folder(),
            "/var/lib/cloud/scripts/per-boot/x.sh": "x",
        ]
        for unit in units {
            files["/usr/lib/systemd/system/\(unit).service"] = "[Unit]\n"
            files["/etc/systemd/system/cloud-init.target.wants/\(unit).service"] = .link(
                "/usr/lib/systemd/system/\(unit).service")
        }
        for path in without { files[path] = nil }
        return GuestTree(MemoryFileSystem(files.merging(changes) { $1 }))
    }

    static func facts(_ changes: [String: MemoryFileSystem.Node] = [:], without: [String] = []) -> CloudInitFacts {
        CloudInitReader(guest(changes, without: without)).facts()
    }

    static func entry(_ arguments: String) -> BootEntry {
        BootEntry(
            title: "x", id: nil, kernel: "/boot/vmlinuz", hasKernel: true, initramfs: [], missingInitramfs: [],
            commandLine: arguments, root: .absent(), evidence: Evidence("/boot/grub/grub.cfg", line: 3))
    }

    @Test("a package as installed: it runs, and its settings have their lines")
    func installed() throws {
        let facts = Self.facts()
        #expect(facts.program.value == "/usr/bin/cloud-init")
        #expect(
            facts.version
                == .known(
                    "22.4.2-1+deb12u1",
                    [
                        Evidence(
                            "/usr/lib/python3/dist-packages/cloudinit/version.py", line: 2,
                            text: "_PACKAGED_VERSION = \"22.4.2-1+deb12u1\"")
                    ]))
        #expect(facts.stages.value?.count == 4 && facts.isEnabled == true)
        #expect(facts.datasources == .absent() && facts.asks("Ec2") == true)
        #expect(facts.disableRoot == .known(true, [Evidence("/etc/cloud/cloud.cfg", line: 3)]))
        #expect(facts.preserveHostname.value == false && facts.sshPasswords == .absent())
        #expect(
            facts.users.value == [
                CloudInitUser(
                    name: "debian", isDefault: true, locksPassword: true, hasPassword: false,
                    sudo: ["ALL=(ALL) NOPASSWD:ALL"], groups: ["adm", "sudo"], shell: "/bin/bash", authorizedKeys: 0)
            ])
        #expect(facts.passwords.value == [] && facts.seeds.value == [] && facts.leftovers.value == [])
        #expect(facts.runs("growpart") == true && facts.runs("resizefs") == false)
        #expect(facts.distribution.value == "debian")
        #expect(facts.places["system_info.default_user.name"] == Evidence("/etc/cloud/cloud.cfg", line: 8))
        #expect(facts.disabled == .absent([Evidence("/etc/cloud/cloud-init.disabled")]))
    }

    @Test("not installed, a stage without its link, masked, switched off by a file or the kernel's command line")
    func enabled() {
        #expect(Self.facts(without: ["/usr/bin/cloud-init"]).isEnabled == false)
        let link = "/etc/systemd/system/cloud-init.target.wants/cloud-config.service"
        let facts = Self.facts(without: [link])
        #expect(facts.isEnabled == false)
        #expect(facts.stages.value?.first { !$0.isEnabled }?.unit == "cloud-config.service")
        #expect(Self.facts(["/etc/systemd/system/cloud-final.service": .link("/dev/null")]).isEnabled == false)
        #expect(Self.facts(["/etc/cloud/cloud-init.disabled": ""]).disabled.value == "/etc/cloud/cloud-init.disabled")
        func booted(_ arguments: String, _ changes: [String: MemoryFileSystem.Node] = [:]) -> CloudInitFacts {
            CloudInitReader(Self.guest(changes), entries: [Self.entry(arguments)]).facts()
        }
        #expect(booted("ro cloud-init=disabled").isEnabled == false)
        #expect(booted("ro cloud-init=enabled", ["/etc/cloud/cloud-init.disabled": ""]).isEnabled == true)
        #expect(booted("ro quiet -- cloud-init=disabled").isEnabled == false)
        #expect(booted("ro ds=nocloud;s=http://x/").seeds.value == ["ds=nocloud;s=http://x/"])
        #expect(booted("ro ci.di.policy=disabled").detectionPolicy.value == "disabled")
        #expect(booted("ro ci.datasource=NoCloud").detectionDatasource.value == "NoCloud")
        let both = booted("ro ci.ds=Ec2", ["/etc/cloud/ds-identify.cfg": "datasource: NoCloud\n"])
        #expect(both.detectionDatasource == .known("Ec2", [Evidence("/boot/grub/grub.cfg", line: 3)]))
        let newer = Self.facts([
            "/usr/lib/systemd/system/cloud-init-network.service": "[Unit]\n",
            "/etc/systemd/system/cloud-init.target.wants/cloud-init-network.service": .link("x"),
        ])
        #expect(newer.stages.value?.map(\.unit).contains("cloud-init.service") == false)
    }

    @Test(
        "what a file of cloud.cfg.d changes, each in its own words",
        arguments: [
            ("datasource_list: [ Ec2, None ]", "datasources", "Ec2,None"),
            ("datasource_list: 'Ec2, NoCloud'", "datasources", "Ec2,NoCloud"),
            ("ssh_pwauth: yes", "ssh", "true"), ("ssh_pwauth: 0", "ssh", "false"), ("ssh_pwauth: 'no'", "ssh", "false"),
            ("ssh_pwauth: unchanged", "ssh", "unchanged"),
            ("ssh_pwauth:", "ssh", "unchanged"), ("disable_root: 0", "root", "false"),
            ("disable_root: 'Yes'", "root", "true"), ("disable_root: maybe", "root", "false"),
            ("growpart: {mode: off}", "grow", "off"), ("growpart: {mode: 'off', devices: [/]}", "grow", "off"),
            ("growpart: {devices: ['/', '/data']}", "devices", "/,/data"),
            ("resize_rootfs: noblock", "resize", "noblock"), ("resize_rootfs: False", "resize", "false"),
            ("manage_etc_hosts: localhost", "hosts", "localhost"),
            ("network: {config: disabled}", "network", "true"), ("network: {version: 2}", "hasNetwork", "true"),
            ("network: {config: disabled}", "hasNetwork", "false"),
            ("ssh_deletekeys: false", "delete", "false"), ("ssh_genkeytypes: [rsa, ed25519]", "types", "rsa,ed25519"),
        ])
    func settings(_ text: String, _ fact: String, _ value: String) {
        let facts = Self.facts(["/etc/cloud/cloud.cfg.d/99.cfg": .file("# head\n" + text + "\n")])
        let found: (String?, [Evidence]) =
            switch fact {
            case "datasources": (facts.datasources.value?.joined(separator: ","), facts.datasources.evidence)
            case "ssh": (facts.sshPasswords.value, facts.sshPasswords.evidence)
            case "root": (facts.disableRoot.value.map { "\($0)" }, facts.disableRoot.evidence)
            case "grow": (facts.growMode.value, facts.growMode.evidence)
            case "devices": (facts.growDevices.value?.joined(separator: ","), facts.growDevices.evidence)
            case "resize": (facts.resizeRoot.value, facts.resizeRoot.evidence)
            case "hosts": (facts.manageHosts.value, facts.manageHosts.evidence)
            case "network": (facts.networkDisabled.value.map { "\($0)" }, facts.networkDisabled.evidence)
            case "hasNetwork":
                (facts.hasNetworkConfiguration.value.map { "\($0)" }, facts.hasNetworkConfiguration.evidence)
            case "delete": (facts.deletesHostKeys.value.map { "\($0)" }, facts.deletesHostKeys.evidence)
            default: (facts.hostKeyTypes.value?.joined(separator: ","), facts.hostKeyTypes.evidence)
            }
        #expect(found.0 == value)
        #expect(found.1 == [Evidence("/etc/cloud/cloud.cfg.d/99.cfg", line: 2)])
    }

    @Test(
        "passwords that the configuration brings, never their values",
        arguments: [
            ("password: secret", 1), ("chpasswd: {list: 'root:secret'}", 1),
            ("chpasswd: {list: ['root:RANDOM', 'x:R']}", 0),
            ("chpasswd: {users: [{name: root, password: secret}]}", 1),
            ("chpasswd: {users: [{name: root, type: RANDOM}]}", 0),
            ("users: [{name: x, passwd: $6$secret}]", 1), ("users: [{name: x, plain_text_passwd: secret}]", 1),
            ("users: [{name: x, passwd: '!'}]", 0), ("users: {x: {hashed_passwd: $6$secret}}", 1),
            ("users: [{name: x, plain-text-passwd: secret}]", 1),
            ("system_info: {default_user: {name: x, passwd: $6$secret}}", 1), ("chpasswd: {expire: false}", 0),
        ])
    func passwords(_ text: String, _ count: Int) throws {
        let facts = Self.facts(["/etc/cloud/cloud.cfg.d/99.cfg": .file(text + "\n")])
        let passwords = try #require(facts.passwords.value)
        #expect(passwords.count == count)
        #expect(passwords.allSatisfy { $0.line == 1 && $0.text?.contains("secret") == false })
    }

    @Test(
        "keys that the configuration gives to accounts, and whom it fetches them from",
        arguments: [
            ("ssh_authorized_keys: [ssh-ed25519 AAAA me]", 1), ("ssh_authorized_keys: 'ssh-rsa AAAA me'", 1),
            ("users: [default, {name: x, ssh_authorized_keys: [ssh-rsa AAAA]}]", 1),
            ("users: [{name: x, ssh-authorized-keys: [ssh-rsa AAAA]}]", 1),
            ("users: {x: {ssh_import_id: [gh:someone]}}", 1), ("ssh_import_id: [gh:someone]", 1),
            ("system_info: {default_user: {name: x, ssh_authorized_keys: [ssh-rsa AAAA]}}", 1),
            ("ssh_authorized_keys: []", 0), ("ssh_authorized_keys:", 0), ("users: [{name: x}]", 0),
        ])
    func keys(_ text: String, _ count: Int) throws {
        let keys = try #require(Self.facts(["/etc/cloud/cloud.cfg.d/99.cfg": .file(text + "\n")]).authorizedKeys.value)
        #expect(keys.count == count)
        #expect(keys.allSatisfy { $0.line == 1 && $0.text?.contains("AAAA") == false })
    }

    @Test("data of an instance that the configuration itself has")
    func seeds() {
        let facts = Self.facts([
            "/etc/cloud/cloud.cfg.d/99.cfg":
                "datasource:\n  NoCloud:\n    user-data: |\n      #cloud-config\n    fs_label: x\n",
            "/var/lib/cloud/seed/ovf/ovf-env.xml": "x",
        ])
        #expect(facts.seeds.value == ["/var/lib/cloud/seed/ovf", "datasource.NoCloud.user-data"])
        #expect(facts.seeds.evidence.last == Evidence("/etc/cloud/cloud.cfg.d/99.cfg", line: 3, text: "user-data: ..."))
    }

    @Test("seeds, ds-identify's settings, and what a boot left behind")
    func remains() {
        let facts = Self.facts([
            "/var/lib/cloud/seed/nocloud/user-data": "x", "/var/lib/cloud/seed/empty": .folder(),
            "/etc/cloud/ds-identify.cfg": "# c\npolicy: enabled,notfound=disabled # why\ndatasource: Ec2\n",
            "/var/lib/cloud/instance": .link("instances/i-1"), "/var/lib/cloud/instances/i-1/user-data.txt": "secret",
            "/var/lib/cloud/data/status.json": "{}",
        ])
        #expect(facts.seeds.value == ["/var/lib/cloud/seed/nocloud"])
        #expect(facts.detectionPolicy.value == "enabled,notfound=disabled" && facts.detectionDatasource.value == "Ec2")
        #expect(facts.detectionDatasource.evidence.map(\.line) == [3])
        #expect(
            facts.leftovers.value == [
                "/var/lib/cloud/data/status.json", "/var/lib/cloud/instance",
                "/var/lib/cloud/instances/i-1/user-data.txt",
            ])
    }

    @Test("files that can't be read are told, and only they are left out")
    func damaged() {
        let facts = Self.facts([
            "/etc/cloud/cloud.cfg.d/50.cfg": "disable_root: [1\n",
            "/etc/cloud/cloud.cfg.d/60.cfg": "ssh_pwauth: true\n",
        ])
        #expect(facts.damaged.map(\.path) == ["/etc/cloud/cloud.cfg.d/50.cfg"])
        #expect(facts.damaged.first?.line == 2)
        #expect(facts.sshPasswords.value == "true" && facts.disableRoot.value == true)
        let broken = Self.facts(["/etc/cloud/cloud.cfg": .broken()])
        guard case .unknown = broken.disableRoot, broken.program.value != nil else {
            Issue.record("known")
            return
        }
    }

    @Test("a bomb of aliases, levels without end, and too many values are refused in no time", .timeLimit(.minutes(1)))
    func bombs() {
        var bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        for level in 1...12 {
            bomb +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ",") + "]\n"
        }
        let texts = [
            bomb, bomb + "? *a12\n: x\n", String(repeating: "[", count: 5000),
            "a: " + String(repeating: "{a: ", count: 300) + String(repeating: "}", count: 300),
            "a: [" + String(repeating: "x,", count: 30_000) + "]", String(repeating: "a: 1\n", count: 100),
            String(repeating: "#", count: 300_000),
            // White space of another kind before anchors, no white space before aliases.
            bomb.replacing(": &", with: ":\t&"), bomb.replacing("[*", with: "[\"k\":*"),
            // One alias as a key again and again: each time the whole of it is hashed.
            "- &a [" + String(repeating: "b,", count: 100_000) + "]\n"
                + (0..<2000).map { "- {? *a : \($0)}\n" }.joined(),
            String(repeating: "a: 1\n", count: 50_000),
        ]
        for text in texts {
            var allowance = YAMLNode.Allowance()
            #expect(throws: Failure.self) { try YAMLNode.parse(text, path: "x", &allowance) }
        }
    }
}
