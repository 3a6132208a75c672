import Documents
import FileSystems
import ImageTesting
import TestSupport
import Testing

@testable import Guest

private let hasNFT = (try? run(["nft", "--version"]))?.status == 0

struct FirewallTests {
    static func firewall(_ unit: String, _ files: [String: MemoryFileSystem.Node], enabled: Bool = true) -> Firewall? {
        let files = NetworkTests.unit(unit, enabled: enabled).merging(files) { $1 }
        return SystemReader(GuestTree(MemoryFileSystem(files))).facts().firewalls.value?.first
    }

    @Test("firewalld's default zone")
    func firewalld() throws {
        let zone =
            "<?xml version=\"1.0\"?>\n<!-- <service name=\"no\"/> -->\n<zone>\n  <short>Public</short>\n  <service name=\"ssh\"/>\n  <port protocol='udp' port='5353'/>\n <rule family=\"ipv4\"><service name=\"x\"/><accept/></rule>\n</zone>\n"
        let files: [String: MemoryFileSystem.Node] = [
            "/etc/firewalld/firewalld.conf": "# c\nDefaultZone=public\n",
            "/usr/lib/firewalld/zones/public.xml": .file(zone),
            "/usr/lib/firewalld/zones/trusted.xml": "<zone target=\"ACCEPT\">\n</zone>\n",
        ]
        let found = try #require(Self.firewall("firewalld", files))
        #expect(
            found.isEnabled && found.filtersInput.value == true && found.opens == ["ssh", "5353/udp", "rich rule", "x"])
        let trusted = Self.firewall(
            "firewalld", files.merging(["/etc/firewalld/firewalld.conf": "DefaultZone=trusted\n"]) { $1 })
        #expect(trusted?.filtersInput.value == false)
        let own = Self.firewall(
            "firewalld", files.merging(["/etc/firewalld/zones/public.xml": "<zone target=\"DROP\"/>"]) { $1 },
            enabled: false)
        #expect(own?.opens == [] && own?.filtersInput.value == true && own?.isEnabled == false)
        let none = Self.firewall("firewalld", ["/etc/firewalld/firewalld.conf": "DefaultZone=../../etc\n"])
        guard case .unknown? = none?.filtersInput else {
            Issue.record("known")
            return
        }
    }

    @Test("ufw runs if its unit is linked and its own switch is on")
    func ufw() throws {
        let files: [String: MemoryFileSystem.Node] = [
            "/etc/ufw/ufw.conf": "ENABLED=yes\n", "/etc/default/ufw": "DEFAULT_INPUT_POLICY=\"DROP\"\n",
            "/etc/ufw/user.rules":
                "*filter\n### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n-A x\n### tuple ### deny tcp 23 0.0.0.0/0 any 0.0.0.0/0 in\n### tuple ### allow udp 53 0.0.0.0/0 any 0.0.0.0/0 out\n",
        ]
        let found = try #require(Self.firewall("ufw", files))
        #expect(found.isEnabled && found.filtersInput.value == true && found.opens == ["22/tcp"])
        #expect(Self.firewall("ufw", files.merging(["/etc/ufw/ufw.conf": "ENABLED=no\n"]) { $1 })?.isEnabled == false)
        #expect(
            Self.firewall("ufw", files.merging(["/etc/default/ufw": "DEFAULT_INPUT_POLICY=\"ACCEPT\"\n"]) { $1 })?
                .filtersInput.value == false)
    }

    @Test(
        "iptables: a policy, a last rule, what comes before it",
        arguments: [
            (
                "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p icmp -j ACCEPT\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\nCOMMIT\n",
                true, ["22/tcp"]
            ),
            ("*filter\n:INPUT DROP [0:0]\nCOMMIT\n", true, []), ("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n", false, []),
            (
                "*nat\n:INPUT DROP [0:0]\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 23 -j DROP\nCOMMIT\n",
                false, []
            ),
            ("*filter\n:INPUT DROP [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n", false, []),
            ("*filter\n:INPUT ACCEPT\n-A INPUT -j MINE\n", nil, []),
        ] as [(String, Bool?, [String])])
    func iptables(_ text: String, _ filters: Bool?, _ opens: [String]) {
        let found = Self.firewall("iptables", ["/etc/sysconfig/iptables": .file(text)])
        #expect(found?.filtersInput.value == filters && found?.opens == opens)
        let debian = Self.firewall("netfilter-persistent", ["/etc/iptables/rules.v4": .file(text)])
        #expect(debian?.name == .iptables && debian?.filtersInput.value == filters)
    }

    static let tables: [(String, Bool?, [String])] = [
        (
            "#!/usr/sbin/nft -f\nflush ruleset\n\ntable inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n\t\tct state established accept\n\t\ttcp dport { 22, 80 } accept\n\t\tudp dport 53 accept\n\t}\n\tchain output {\n\t\ttype filter hook output priority 0; policy accept;\n\t}\n}\n",
            true, ["22/tcp", "80/tcp", "53/udp"]
        ),
        (
            "table inet filter {\n chain input {\n  type filter hook input priority filter;\n }\n chain forward {\n  type filter hook forward priority filter; policy drop;\n }\n}\n",
            false, []
        ),
        (
            "table ip t {\n chain in {\n  type filter hook input priority 0;\n  tcp dport 22 accept\n  reject with icmp type port-unreachable\n }\n}\n",
            true, ["22/tcp"]
        ),
        (
            "table ip t {\n set s { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 } }\n chain in {\n  type filter hook input priority 0; policy accept;\n  ip saddr @s drop\n }\n}\n",
            false, []
        ),
        (
            "table ip t {\n chain more { drop; }\n chain in {\n  type filter hook input priority 0; policy accept;\n  jump more\n }\n}\n",
            nil, []
        ), ("flush ruleset\n", false, []), ("", false, []),
    ]

    @Test("nftables: chains with a hook on input", arguments: tables)
    func nftables(_ text: String, _ filters: Bool?, _ opens: [String]) throws {
        let found = Self.firewall("nftables", ["/etc/nftables.conf": .file(text)])
        #expect(found?.filtersInput.value == filters && found?.opens == opens)
        let included = Self.firewall(
            "nftables",
            ["/etc/sysconfig/nftables.conf": "include \"/etc/nftables/*.nft\"\n", "/etc/nftables/a.nft": .file(text)])
        #expect(included?.filtersInput.value == filters && included?.opens == opens)
    }

    @Test(
        "the samples are rules that nft takes",
        .enabled(if: hasNFT && isRoot, "nft is not installed, or this is not root"), arguments: tables)
    func samples(_ text: String, _ filters: Bool?, _ opens: [String]) throws {
        let scratch = try Scratch()
        let path = try scratch.write("x.nft", text)
        let answer = try run(["nft", "--check", "-f", path])
        #expect(
            answer.status == 0 || answer.output.contains("Operation not") || answer.output.contains("cache"),
            "\(answer.output)")
    }
}
