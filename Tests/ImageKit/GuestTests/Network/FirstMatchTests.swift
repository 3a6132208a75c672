import Documents
import ImageTesting
import Testing

@testable import Guest

/// Which file or section decides about the first card, where several could.
@Suite struct FirstMatchTests {
    private static let folder = "/etc/systemd/network/"
    private static let dhcp: MemoryFileSystem.Node = "[Match]\nName=en* eth*\n[Network]\nDHCP=yes\n"

    private func isAbsent(_ fact: Fact<String>) -> Bool {
        if case .absent = fact { true } else { false }
    }

    private func facts(_ files: [String: MemoryFileSystem.Node]) -> NetworkFacts {
        var all = NetworkTests.unit("systemd-networkd")
        for (name, text) in files { all[Self.folder + name] = text }
        return NetworkTests.facts(all)
    }

    @Test(
        "Of networkd's files the first that matches is the only one",
        arguments: [
            "[Match]\nName=e*\n[Link]\nUnmanaged=yes\n", "[Match]\nName=e*\n[Network]\nDHCP=no\n",
            "[Match]\nName=e*\n[Network]\nDHCP=ipv6\n", "[Match]\nType=ether\n[Network]\nDHCP=no\n",
            "[Match]\nName=!lo\n[Network]\nDHCP=no\n",
        ])
    func first(_ text: String) {
        #expect(facts(["20-dhcp.network": Self.dhcp]).anyCard.value == "systemd-networkd")
        let blocked = facts(["10-x.network": .file(text), "20-dhcp.network": Self.dhcp])
        #expect(isAbsent(blocked.anyCard))
        let later = facts(["30-x.network": .file(text), "20-dhcp.network": Self.dhcp])
        #expect(later.anyCard.value == "systemd-networkd")
    }

    @Test(
        "A file before it that is for other devices takes nothing away",
        arguments: [
            "[Match]\nName=wg0\n[Network]\nAddress=10.9.0.1/24\n",
            "[Match]\nName=ve-*\nDriver=veth\n[Network]\nDHCP=no\n",
            "[Match]\nName=e*\nMACAddress=52:54:00:12:34:56\n[Network]\nDHCP=no\n",
            "[Match]\nName=!e*\n[Network]\nDHCP=no\n",
        ])
    func others(_ text: String) {
        let facts = facts(["10-x.network": .file(text), "20-dhcp.network": Self.dhcp])
        #expect(facts.anyCard.value == "systemd-networkd")
    }

    @Test("What is for devices that networkd makes is for no card")
    func made() {
        let facts = facts([
            "10-wg.netdev": "[NetDev]\nName=wg0\nKind=wireguard\n", "10-d.netdev": "[NetDev]\nName=d0\nKind=dummy\n",
            "10-br.netdev": "[NetDev]\nName=br0\nKind=bridge\n",
            "10-wg.network": "[Match]\nName=wg0 d0\n[Network]\nAddress=10.9.0.1/24\n",
            "11-br.network": "[Match]\nName=br0\n[Network]\nAddress=10.8.0.1/24\n",
            "12-both.network": "[Match]\nName=wg0 ens3\n[Network]\nAddress=10.7.0.1/24\n",
        ])
        #expect(facts.profiles.value?.map(\.type) == ["wireguard", "bridge", "ethernet"])
        #expect(facts.profiles.value?.map(\.isVirtual) == [true, false, false])
    }

    /// What cloud-init's own configuration says of interfaces.
    private func cloud(_ text: String) -> NetworkFacts {
        let cloudInit = CloudInitTests.facts(["/etc/cloud/cloud.cfg.d/99-x.cfg": .file(text)])
        return NetworkTests.facts(NetworkTests.unit("systemd-networkd"), cloudInit: cloudInit)
    }

    @Test("cloud-init gives addresses by DHCP, unless its configuration says otherwise")
    func cloudInit() {
        #expect(cloud("x: 1\n").anyCard.value == "cloud-init")
        #expect(cloud("x: 1\n").profiles.value == [])
        let any = cloud("network:\n  version: 2\n  ethernets:\n    all: {match: {name: 'e*'}, dhcp4: true}\n")
        #expect(any.anyCard.value == "cloud-init")
    }

    @Test(
        "Fixed addresses and cards of one machine in cloud-init's configuration",
        arguments: [
            (
                """
                network:
                  version: 1
                  config:
                    - type: physical
                      name: eth0
                      subnets: [{type: static, address: 10.0.0.5/24, gateway: 10.0.0.1, dns_nameservers: [1.1.1.1]}]
                    - {type: nameserver, address: 9.9.9.9}
                """, "cloud-init|eth0|ethernet|static|none|10.0.0.5/24|10.0.0.1|1.1.1.1|||auto"
            ),
            (
                """
                network:
                  version: 1
                  config:
                    - {type: physical, name: eth0, mac_address: '52:54:00:12:34:56', subnets: [{type: dhcp}]}
                """, "cloud-init|eth0|ethernet|dhcp|none||||52:54:00:12:34:56||auto"
            ),
            (
                "network:\n  version: 2\n  ethernets:\n    a: {match: {macaddress: '52:54:00:12:34:56'}, dhcp4: true}\n",
                "cloud-init|any|ethernet|dhcp|automatic||||52:54:00:12:34:56||auto"
            ),
            (
                "network:\n  version: 2\n  ethernets:\n    eth0: {addresses: [10.0.0.5/24], gateway4: 10.0.0.1}\n",
                "cloud-init|eth0|ethernet|static|automatic|10.0.0.5/24|10.0.0.1||||auto"
            ),
        ])
    func fixed(_ text: String, _ expected: String) {
        let facts = cloud(text)
        #expect(NetworkTests.told(facts) == [expected])
        #expect(isAbsent(facts.anyCard))
        #expect(facts.profiles.value?.first?.evidence.first?.path == "/etc/cloud/cloud.cfg.d/99-x.cfg")
    }
}
