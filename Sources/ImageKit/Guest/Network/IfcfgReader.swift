import Documents
import FileSystems

/// ifcfg files: initscripts' sysconfig.txt, nm-settings-ifcfg-rh(5), ifcfg(5) of wicked.
struct IfcfgReader {
    let tree: GuestTree
    init(_ tree: GuestTree) { self.tree = tree }

    /// Ends of names that are copies (initscripts' functions and NetworkManager leave them out).
    static let copies = ["~", ".bak", ".orig", ".rpmnew", ".rpmorig", ".rpmsave", ".scpmbackup", ".rej"]

    func profiles() throws(Failure) -> [NetworkProfile] {
        var profiles: [NetworkProfile] = []
        for folder in ["/etc/sysconfig/network-scripts", "/etc/sysconfig/network"] {
            for name in try tree.list(folder) where name.hasPrefix("ifcfg-") && name != "ifcfg-lo" {
                guard !Self.copies.contains(where: { name.hasSuffix($0) }), profiles.count < 200,
                    try tree.find(folder + "/" + name)?.status.kind == .file,
                    let file = try tree.lines(of: folder + "/" + name)
                else { continue }
                profiles.append(Self.profile(ShellAssignments(file), name: String(name.dropFirst(6))))
            }
        }
        return profiles
    }

    static func profile(_ file: ShellAssignments, name: String) -> NetworkProfile {
        func isYes(_ key: String) -> Bool? {
            switch file.value(key)?.asciiLowercased {
            case "yes", "true", "t", "y", "1", "on": true
            case "no", "false", "f", "n", "0", "off": false
            default: nil
            }
        }
        let addresses = file.entries.filter { isNumbered($0.key, "IPADDR") && !$0.value.isEmpty }
        let addresses6 = ["IPV6ADDR", "IPV6ADDR_SECONDARIES"].flatMap { (file.value($0) ?? "").blankSeparated }
        let bound = file.entry("HWADDR").flatMap { $0.value.isEmpty ? nil : $0 }
        let shown = (bound.map { [$0] } ?? []) + addresses + (file.entry("BOOTPROTO").map { [$0] } ?? [])
        var profile = NetworkProfile(
            source: .ifcfg, interface: file.value("DEVICE") ?? (bound == nil ? name : nil),
            type: type(file), evidence: shown.isEmpty ? [Evidence(file.file.path)] : shown.map(file.evidence))
        profile.name = file.value("NAME")
        let start = file.value("STARTMODE")?.asciiLowercased
        profile.isAutomatic =
            isYes("ONBOOT") ?? (start.map { ["auto", "hotplug", "onboot", "nfsroot"].contains($0) } ?? true)
        let proto = file.value("BOOTPROTO")?.asciiLowercased ?? ""
        let isDHCP = ["dhcp", "bootp", "dhcp4", "dhcp+autoip"].contains(proto)
        profile.ipv4 =
            isDHCP
            ? (addresses.isEmpty ? .dhcp : .both) : proto == "autoip" ? .automatic : addresses.isEmpty ? .none : .static
        let isDHCP6 = isYes("DHCPV6C") == true || proto == "dhcp6"
        if isYes("IPV6INIT") != false {
            profile.ipv6 =
                isDHCP6
                ? (addresses6.isEmpty ? .dhcp : .both)
                : !addresses6.isEmpty
                    ? .static
                    : isYes("IPV6_AUTOCONF") == true || isYes("IPV6INIT") == true ? .automatic : .none
        }
        profile.addresses =
            addresses.map { entry in
                let number = entry.key.dropFirst(6)
                let prefix = file.value("PREFIX" + number) ?? file.value("PREFIX")
                return entry.value.contains("/") ? entry.value : prefix.map { entry.value + "/" + $0 } ?? entry.value
            } + addresses6
        profile.gateways = file.entries.filter { isNumbered($0.key, "GATEWAY") && !$0.value.isEmpty }.map(\.value)
        profile.nameServers = file.entries.filter { isNumbered($0.key, "DNS") && !$0.value.isEmpty }.map(\.value)
        profile.hardwareAddress = bound?.value
        profile.clonedAddress = file.value("MACADDR").flatMap { $0.isEmpty ? nil : $0 }
        profile.uuid = file.value("UUID")
        profile.persistentDHCP = isYes("PERSISTENT_DHCLIENT")
        return profile
    }

    /// `IPADDR`, `IPADDR0`, `IPADDR1`, ...
    private static func isNumbered(_ key: String, _ name: String) -> Bool {
        key.hasPrefix(name) && key.dropFirst(name.count).utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func type(_ file: ShellAssignments) -> String {
        if let type = file.value("TYPE")?.asciiLowercased, !type.isEmpty {
            return ["802-3-ethernet": "ethernet", "wireless": "wifi"][type] ?? type
        }
        if ["yes", "true", "1"].contains(file.value("VLAN")?.asciiLowercased ?? "") || file.value("ETHERDEVICE") != nil
        {
            return "vlan"
        }
        if file.value("BONDING_OPTS") != nil || file.value("BONDING_MASTER")?.asciiLowercased == "yes" { return "bond" }
        return "ethernet"
    }
}
