import Documents
import FileSystems
import ImageTesting
import TestSupport
import Testing

@testable import Guest

private let hasNetplan = (try? run(["netplan", "--help"]))?.status == 0
private let hasIfquery = (try? run(["ifquery", "--version"]))?.status == 0

struct NetworkTests {
    static func facts(
        _ files: [String: MemoryFileSystem.Node], _ arguments: String? = nil, cloudInit: CloudInitFacts? = nil
    )
        -> NetworkFacts
    {
        NetworkReader(
            GuestTree(MemoryFileSystem(files)), entries: arguments.map { [CloudInitTests.entry($0)] } ?? [],
            cloudInit: cloudInit
        ).facts()
    }

    static func unit(_ name: String, enabled: Bool = true) -> [String: MemoryFileSystem.Node] {
        var files: [String: MemoryFileSystem.Node] = ["/usr/lib/systemd/system/\(name).service": "[Unit]\n"]
        if enabled {
            files["/etc/systemd/system/multi-user.target.wants/\(name).service"] = .link(
                "/usr/lib/systemd/system/\(name).service")
        }
        return files
    }

    /// The profile that one file makes, in one line: interface, addressing, addresses, gateways, servers, bound address, cloned address,
    /// whether it comes up by itself.
    static func told(_ facts: NetworkFacts) -> [String] {
        (facts.profiles.value ?? []).map { profile in
            [
                profile.source.rawValue, profile.interface ?? "any", profile.type, profile.ipv4.rawValue,
                profile.ipv6.rawValue,
                profile.addresses.joined(separator: ","), profile.gateways.joined(separator: ","),
                profile.nameServers.joined(separator: ","), profile.hardwareAddress ?? "", profile.clonedAddress ?? "",
                profile.isAutomatic ? "auto" : "manual",
            ].joined(separator: "|")
        }
    }

    @Test(
        "profiles of ifcfg files",
        arguments: [
            ("ifcfg-eth0", "DEVICE=eth0\nBOOTPROTO=dhcp\nONBOOT=yes\n", "ifcfg|eth0|ethernet|dhcp|none|||||" + "|auto"),
            (
                "ifcfg-ens3",
                "TYPE=\"Ethernet\"\nBOOTPROTO='dhcp'\nONBOOT=no\nHWADDR=52:54:00:12:34:56\nUUID=1-2\nIPV6INIT=yes\n",
                "ifcfg|any|ethernet|dhcp|automatic||||52:54:00:12:34:56||manual"
            ),
            (
                "ifcfg-eth1",
                "DEVICE=eth1\nBOOTPROTO=none\nIPADDR=10.0.0.5\nPREFIX=24\nGATEWAY=10.0.0.1\nDNS1=1.1.1.1\nDNS2=8.8.8.8\n",
                "ifcfg|eth1|ethernet|static|none|10.0.0.5/24|10.0.0.1|1.1.1.1,8.8.8.8|||auto"
            ),
            (
                "ifcfg-eth1",
                "DEVICE=eth1\nBOOTPROTO=dhcp\nIPADDR0=10.0.0.5\nPREFIX0=24\nIPADDR1=10.0.1.5\nPREFIX1=16\nMACADDR=02:00:00:00:00:01\n",
                "ifcfg|eth1|ethernet|both|none|10.0.0.5/24,10.0.1.5/16||||02:00:00:00:00:01|auto"
            ),
            (
                "ifcfg-eth0", "#HWADDR=1\nDEVICE=eth0\n#IPADDR=1\nBOOTPROTO=static\nIPV6ADDR=2001:db8::1/64\nHWADDR=\n",
                "ifcfg|eth0|ethernet|none|static|2001:db8::1/64|||||auto"
            ),
            ("ifcfg-bond0", "TYPE=Bond\nDEVICE=bond0\nBOOTPROTO=dhcp\n", "ifcfg|bond0|bond|dhcp|none||||||auto"),
            ("ifcfg-eth0", "BOOTPROTO=dhcp\nDHCPV6C=yes\n", "ifcfg|eth0|ethernet|dhcp|dhcp||||||auto"),
        ])
    func ifcfg(_ name: String, _ text: String, _ expected: String) {
        let facts = Self.facts([
            "/etc/sysconfig/network-scripts/" + name: .file(text),
            "/etc/sysconfig/network-scripts/ifcfg-lo": "DEVICE=lo\nIPADDR=127.0.0.1\n",
            "/etc/sysconfig/network-scripts/ifcfg-eth0.bak": "DEVICE=x\n",
            "/etc/sysconfig/network-scripts/ifcfg-eth0.rpmsave": "",
        ])
        #expect(Self.told(facts) == [expected])
    }

    @Test(
        "profiles of NetworkManager's key files",
        arguments: [
            (
                "[connection]\nid=a\nuuid=1\ntype=ethernet\n\n[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=ignore\n",
                "keyfile|any|ethernet|dhcp|none||||||auto"
            ),
            (
                "[connection]\nid=a\ntype=ethernet\ninterface-name=eth0\nautoconnect=false\n[ethernet]\nmac-address=52:54:00:12:34:56\ncloned-mac-address=random\n[ipv4]\naddress1=10.0.0.5/24,10.0.0.1\ndns=1.1.1.1;8.8.8.8;\nmethod=manual\n",
                "keyfile|eth0|ethernet|static|automatic|10.0.0.5/24|10.0.0.1|1.1.1.1,8.8.8.8|52:54:00:12:34:56||manual"
            ),
            (
                "[connection]\nid=a\ntype=802-3-ethernet\n[match]\ninterface-name=en*;eth*;\n[ipv4]\nmethod=auto\naddresses=10.0.0.6/24\ngateway=10.0.0.9\n[ipv6]\nmethod=disabled\n",
                "keyfile|en* eth*|ethernet|both|none|10.0.0.6/24|10.0.0.9||||auto"
            ),
            ("[connection]\nid=a\ntype=wifi\n[wifi]\nmac-address=aa\n", "keyfile|any|wifi|dhcp|automatic||||aa||auto"),
        ])
    func keyfile(_ text: String, _ expected: String) {
        let folder = "/etc/NetworkManager/system-connections/"
        let facts = Self.facts([
            folder + "a.nmconnection": .file(text, mode: 0o600), folder + "open": .file(text, mode: 0o644),
            folder + "others": .file(text, mode: 0o600, user: 1000), folder + "nothing": .file("text", mode: 0o600),
            folder + "lo": .file("[connection]\nid=lo\ntype=loopback\n", mode: 0o600),
        ])
        #expect(Self.told(facts) == [expected])
    }

    @Test(
        "profiles of systemd-networkd",
        arguments: [
            ("[Match]\nName=en* eth*\n[Network]\nDHCP=yes\n", "networkd|en* eth*|ethernet|dhcp|dhcp||||||auto"),
            (
                "[Match]\nType=ether\n[Network]\nDHCP=ipv4\nIPv6AcceptRA=no\n",
                "networkd|any|ethernet|dhcp|none||||||auto"
            ),
            (
                "[Match]\nName=eth0\nMACAddress=52:54:00:12:34:56\n[Link]\nMACAddress=02:00:00:00:00:01\n[Network]\nAddress=10.0.0.5/24\nGateway=10.0.0.1\nDNS=1.1.1.1 8.8.8.8\n",
                "networkd|eth0|ethernet|static|automatic|10.0.0.5/24|10.0.0.1|1.1.1.1,8.8.8.8|52:54:00:12:34:56|02:00:00:00:00:01|auto"
            ),
            (
                "[Match]\nName=eth0\n[Address]\nAddress=2001:db8::1/64\n[Network]\nDHCP=v4\n",
                "networkd|eth0|ethernet|dhcp|static|2001:db8::1/64|||||auto"
            ),
            // As systemd's own for containers: a range that is free, no address of one machine.
            (
                "[Match]\nName=ve-*\nDriver=veth\n[Network]\nAddress=0.0.0.0/28\nDHCPServer=yes\n",
                "networkd|ve-*|ethernet|none|automatic||||||auto"
            ),
            ("[Match]\nName=ve-*\n[Address]\nAddress=::/64\n", "networkd|ve-*|ethernet|none|automatic||||||auto"),
            ("[Match]\nVirtualization=yes\n[Network]\nDHCP=yes\n", "networkd|any|other|dhcp|dhcp||||||auto"),
        ])
    func networkd(_ text: String, _ expected: String) {
        let facts = Self.facts([
            "/etc/systemd/network/10.network": .file(text),
            "/usr/lib/systemd/network/10.network": "[Match]\nName=never\n",
            "/usr/lib/systemd/network/20.network": "[Match]\nName=masked\n",
            "/etc/systemd/network/20.network": .link("/dev/null"),
            "/usr/lib/systemd/network/lo.network": "[Match]\nName=lo\n",
            "/usr/lib/systemd/network/80.network.example": "[Match]\nName=x\n",
        ])
        #expect(Self.told(facts) == [expected])
    }

    @Test(
        "profiles of netplan, files joined by name",
        arguments: [
            (
                "network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n",
                "netplan|eth0|ethernet|dhcp|automatic||||||auto"
            ),
            (
                "network:\n  ethernets:\n    all:\n      match: {name: \"e*\"}\n      dhcp4: yes\n      dhcp6: true\n",
                "netplan|e*|ethernet|dhcp|dhcp||||||auto"
            ),
            (
                "network:\n  ethernets:\n    nic0:\n      match: {macaddress: \"52:54:00:12:34:56\"}\n      set-name: eth0\n      addresses: [10.0.0.5/24, \"2001:db8::1/64\"]\n      routes: [{to: default, via: 10.0.0.1}]\n      nameservers: {addresses: [1.1.1.1]}\n",
                "netplan|any|ethernet|static|static|10.0.0.5/24,2001:db8::1/64|10.0.0.1|1.1.1.1|52:54:00:12:34:56||auto"
            ),
        ])
    func netplan(_ text: String, _ expected: String) {
        #expect(Self.told(Self.facts(["/etc/netplan/50.yaml": .file(text)])) == [expected])
    }

    @Test("netplan's files become one as netplan makes them one", .enabled(if: hasNetplan, "netplan is not installed"))
    func netplanPeer() throws {
        let scratch = try Scratch()
        let files = [
            "10.yaml":
                "network:\n  version: 2\n  renderer: networkd\n  ethernets:\n    eth0:\n      dhcp4: true\n      addresses: [10.0.0.1/24]\n    eth1:\n      match: {macaddress: \"00:11:22:33:44:55\"}\n      dhcp6: true\n",
            "20.yaml":
                "network:\n  ethernets:\n    eth0:\n      dhcp4: false\n      addresses: [10.0.0.2/24]\n      nameservers: {addresses: [1.1.1.1]}\n",
            "30.yaml":
                "network:\n  ethernets:\n    eth0:\n      nameservers: {addresses: [8.8.8.8]}\n    eth2: {dhcp4: yes}\n",
        ]
        var nodes: [String: MemoryFileSystem.Node] = [:]
        for (name, text) in files {
            _ = try scratch.write("etc/netplan/" + name, text, mode: 0o600)
            nodes["/etc/netplan/" + name] = .file(text)
        }
        let answer = try run(["netplan", "get", "--root-dir", scratch.path, "all"])
        try #require(answer.status == 0, "\(answer.output)")
        let peer = Self.facts(["/etc/netplan/all.yaml": .file(answer.output)])
        #expect(Self.told(Self.facts(nodes)).sorted() == Self.told(peer).sorted())
    }

    static let interfaces = [
        "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\niface eth0 inet6 auto\n",
        "auto lo eth0\nallow-hotplug eth1\niface eth1 inet static\n  address 10.0.0.5/24\n  gateway 10.0.0.1\n  dns-nameservers 1.1.1.1 8.8.8.8\niface eth0 inet manual\n",
        "# auto eth0\nauto eth1\niface eth1 inet \\\n  dhcp\n",
        "iface eth0 inet dhcp\n",
    ]

    @Test(
        "interfaces that come up by themselves are those that ifquery lists",
        .enabled(if: hasIfquery, "ifquery is not installed"), arguments: interfaces)
    func interfacesPeer(_ text: String) throws {
        let scratch = try Scratch()
        let path = try scratch.write("interfaces", text)
        var listed: Set<String> = []
        for arguments in [["--list"], ["--list", "--allow=hotplug"]] {
            let answer = try run(["ifquery", "-i", path] + arguments)
            listed.formUnion(
                answer.output.split(separator: "\n").map(String.init).filter { $0 != "lo" && !$0.contains(" ") })
        }
        let profiles = try #require(Self.facts(["/etc/network/interfaces": .file(text)]).profiles.value)
        #expect(Set(profiles.filter(\.isAutomatic).compactMap(\.interface)) == listed)
    }

    @Test("interfaces(5): addresses, other files, patterns, circles")
    func ifupdown() {
        let facts = Self.facts([
            "/etc/network/interfaces": .file(
                Self.interfaces[1]
                    + "source /etc/network/interfaces.d/*.cfg\nsource-directory interfaces.more\nsource interfaces\n"),
            "/etc/network/interfaces.d/50.cfg":
                "auto ens3\niface ens3 inet dhcp\n  hwaddress ether 02:00:00:00:00:01\n",
            "/etc/network/interfaces.d/50.txt": "iface no inet dhcp\n",
            "/etc/network/interfaces.more/ok": "iface /x inet6 dhcp\n",
            "/etc/network/interfaces.more/no.t": "iface no inet dhcp\n",
        ])
        let told = Self.told(facts)
        #expect(told.contains("ifupdown|eth1|ethernet|static|none|10.0.0.5/24|10.0.0.1|1.1.1.1,8.8.8.8|||auto"))
        #expect(told.contains("ifupdown|ens3|ethernet|dhcp|none||||" + "|02:00:00:00:00:01|auto"))
        #expect(told.contains("ifupdown|/x|ethernet|none|dhcp||||||manual"))
        #expect(!told.contains { $0.contains("|no|") })
    }

    @Test("who gives an address to a card that nobody knew")
    func anyCard() {
        let (nm, networkd, network, networking) = (
            Self.unit("NetworkManager"), Self.unit("systemd-networkd"), Self.unit("network"), Self.unit("networking")
        )
        func who(
            _ parts: [String: MemoryFileSystem.Node]..., arguments: String? = nil, cloudInit: CloudInitFacts? = nil
        ) -> String? {
            Self.facts(parts.reduce([:]) { $0.merging($1) { $1 } }, arguments, cloudInit: cloudInit).anyCard.value
        }
        #expect(who(nm) == "NetworkManager")
        #expect(who(Self.unit("NetworkManager", enabled: false)) == nil)
        #expect(who(nm, ["/usr/lib/NetworkManager/conf.d/00-server.conf": "[main]\nno-auto-default=*\n"]) == nil)
        #expect(
            who(
                nm,
                [
                    "/usr/lib/NetworkManager/conf.d/00-server.conf": "[main]\nno-auto-default=*\n",
                    "/etc/NetworkManager/conf.d/00-server.conf": "",
                ]) == "NetworkManager")
        #expect(
            who(
                nm,
                [
                    "/etc/NetworkManager/conf.d/x.conf": "[main]\nno-auto-default=*\n",
                    "/etc/NetworkManager/system-connections/a": .file(
                        "[connection]\nid=a\ntype=ethernet\n[ipv4]\nmethod=auto\n", mode: 0o600),
                ]) == "NetworkManager")
        #expect(who(networkd) == nil)
        #expect(
            who(networkd, ["/etc/systemd/network/a.network": "[Match]\nName=en*\n[Network]\nDHCP=yes\n"])
                == "systemd-networkd")
        #expect(who(networkd, ["/etc/systemd/network/a.network": "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"]) == nil)
        #expect(
            who(networkd, ["/etc/systemd/network/a.network": "[Match]\nName=e*\nMACAddress=1\n[Network]\nDHCP=yes\n"])
                == nil)
        #expect(
            who(
                Self.unit("systemd-networkd", enabled: false),
                ["/etc/netplan/a.yaml": "network: {ethernets: {a: {match: {name: 'e*'}, dhcp4: true}}}\n"])
                == "systemd-networkd")
        let eth0: [String: MemoryFileSystem.Node] = [
            "/etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nBOOTPROTO=dhcp\nONBOOT=yes\n"
        ]
        #expect(who(network, eth0) == nil)
        #expect(who(network, eth0, arguments: "ro net.ifnames=0") == "network")
        #expect(
            who(
                eth0, ["/etc/init.d/network": "x", "/etc/rc3.d/S10network": .link("../init.d/network")],
                arguments: "net.ifnames=0") == "network")
        #expect(who(networking, ["/etc/network/interfaces": "auto e*\niface e* inet dhcp\n"]) == "networking")
        let cloud = CloudInitTests.facts()
        #expect(who(networkd, cloudInit: cloud) == "cloud-init")
        #expect(
            who(
                networkd,
                cloudInit: CloudInitTests.facts(["/etc/cloud/cloud.cfg.d/9.cfg": "network: {config: disabled}\n"]))
                == nil)
        #expect(who(networkd, cloudInit: CloudInitTests.facts(["/etc/cloud/cloud-init.disabled": ""])) == nil)
    }

    @Test(
        "what binds a name to one card",
        arguments: [
            (
                "SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\", ATTR{address}==\"52:54:00:12:34:56\", NAME=\"eth0\"",
                true
            ),
            ("SUBSYSTEM==\"net\", \\\n  ATTR{address}==\"52:54:00:12:34:56\", \\\n  NAME:=\"eth0\"", true),
            ("# SUBSYSTEM==\"net\", ATTR{address}==\"x\", NAME=\"eth0\"", false),
            ("SUBSYSTEM==\"net\", KERNELS==\"0000:00:03.0\", NAME=\"lan\"", true),
            ("SUBSYSTEM==\"block\", ATTR{address}!=\"x\", KERNELS==\"1\", NAME=\"sda\"", false),
            ("SUBSYSTEM==\"net\", ATTR{address}==\"?*\", NAME=\"$env{ID_NET_NAME}\"", false),
            ("SUBSYSTEM==\"net\", ATTR{address}==\"x\", ENV{NM_UNMANAGED}=\"1\"", false),
            ("SUBSYSTEM==\"net\", NAME==\"\", ATTR{address}==\"x\"", false), ("", false),
        ])
    func rules(_ rule: String, _ isBound: Bool) {
        let facts = Self.facts(["/etc/udev/rules.d/70-persistent-net.rules": .file("# head\n" + rule + "\n")])
        #expect(facts.persistentNames.value?.map(\.line) == (isBound ? [2] : []))
    }

    @Test("link files, resolver, names")
    func names() {
        let facts = Self.facts([
            "/etc/systemd/network/10-a.link": "[Match]\nMACAddress=52:54:00:12:34:56\n[Link]\nName=lan0\n",
            "/etc/systemd/network/20.link": "[Match]\nOriginalName=*\n[Link]\nNamePolicy=path\n",
            "/etc/resolv.conf": "# c\nsearch a b\nnameserver 1.1.1.1\nnameserver 8.8.8.8\noptions x\n",
            "/etc/hostname": "# c\n\nhost1\n", "/etc/hosts": "127.0.0.1 localhost # x\n# no\n::1\n10.0.0.1 a b\n",
        ])
        #expect(
            facts.boundLinks.value == [
                Evidence("/etc/systemd/network/10-a.link", line: 2, text: "MACAddress=52:54:00:12:34:56")
            ])
        #expect(facts.resolver.value == Resolver(link: nil, nameServers: ["1.1.1.1", "8.8.8.8"], search: ["a", "b"]))
        #expect(facts.hostname == .known("host1", [Evidence("/etc/hostname", line: 3, text: "host1")]))
        #expect(facts.hosts.value?.map(\.names) == [["localhost"], ["a", "b"]])
        let other = Self.facts([
            "/etc/resolv.conf": .link("../run/systemd/resolve/stub-resolv.conf"), "/etc/hostname": "\n",
        ])
        #expect(other.resolver.value?.link == "../run/systemd/resolve/stub-resolv.conf")
        #expect(
            other.hostname == .absent([Evidence("/etc/hostname")])
                && Self.facts([:]).resolver == .absent([Evidence("/etc/resolv.conf")]))
    }
}
