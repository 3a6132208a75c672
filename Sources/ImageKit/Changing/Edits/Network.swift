import Documents
import Glibc

/// Addresses by DHCP in the files of the managers that are there, in the way that each of them has: ifcfg files, NetworkManager's key
/// files, systemd-networkd, netplan and ifupdown.
extension GuestChange {
    private static let ifcfg = ["/etc/sysconfig/network-scripts", "/etc/sysconfig/network"]
    private static let keyfiles = "/etc/NetworkManager/system-connections"
    private static let networkd = "/etc/systemd/network"
    private static let netplan = "/etc/netplan"
    private static let interfaces = "/etc/network/interfaces"

    /// Profiles with an address of one machine, or for one card, are told to ask; where nothing asks for any card, one does.
    func askByDHCP() throws(Failure) {
        for folder in Self.ifcfg {
            for name in try root.names(folder) where name.hasPrefix("ifcfg-") && name != "ifcfg-lo" {
                try editIfcfg("\(folder)/\(name)")
            }
        }
        for name in try root.names(Self.keyfiles) where !name.hasPrefix(".") {
            try editKeyfile("\(Self.keyfiles)/\(name)")
        }
        for name in try root.names(Self.networkd) where name.hasSuffix(".network") {
            try editNetworkd("\(Self.networkd)/\(name)")
        }
        try editInterfaces()
        try setNetplan()
        try writeAnyCard()
    }

    private func regular(_ path: String) -> Bool { root.status(path).map { $0.st_mode & S_IFMT == S_IFREG } ?? false }

    /// initscripts' sysconfig.txt: what says an address goes, and BOOTPROTO asks. The lines of other kinds of devices stay.
    private func editIfcfg(_ path: String) throws(Failure) {
        guard regular(path), let lines = try root.lines(path) else { return }
        func key(_ line: String) -> String { String(line.drop { $0 == " " || $0 == "\t" }.prefix { $0 != "=" }) }
        let hasAddress = lines.contains { key($0).hasPrefix("IPADDR") || key($0) == "HWADDR" || key($0) == "MACADDR" }
        guard hasAddress else { return }
        let gone = [
            "IPADDR", "PREFIX", "NETMASK", "GATEWAY", "DNS", "NETWORK", "BROADCAST", "IPV6ADDR", "IPV6_DEFAULTGW",
        ]
        var kept = lines.filter { line in
            let key = key(line)
            return key != "BOOTPROTO" && key != "HWADDR" && key != "MACADDR"
                && !gone.contains { key.hasPrefix($0) && key.dropFirst($0.count).allSatisfy(\.isNumber) }
                && key != "IPV6ADDR_SECONDARIES"
        }
        kept.append("BOOTPROTO=dhcp")
        try root.write(path, lines: kept)
    }

    /// nm-settings-keyfile(5): `method=auto` asks.
    private func editKeyfile(_ path: String) throws(Failure) {
        guard regular(path), let lines = try root.lines(path) else { return }
        var section = ""
        var edited: [String] = []
        for line in lines {
            let text = line.drop { $0 == " " || $0 == "\t" }
            if text.hasPrefix("[") { section = String(text.prefix { $0 != "]" }.dropFirst()) }
            let key = text.prefix { $0 != "=" && $0 != " " }
            switch section {
            case "ipv4", "ipv6":
                if key == "method", text.hasSuffix("manual") || text.hasSuffix("shared") {
                    edited.append("method=auto")
                } else if !["address", "gateway", "dns", "route"].contains(where: { key.hasPrefix($0) })
                    || key == "dns-search"
                {
                    edited.append(line)
                }
            case "ethernet", "802-3-ethernet":
                if key != "mac-address" && key != "cloned-mac-address" { edited.append(line) }
            default: edited.append(line)
            }
        }
        if edited != lines { try root.write(path, lines: edited) }
    }

    /// systemd.network(5).
    private func editNetworkd(_ path: String) throws(Failure) {
        guard regular(path), let lines = try root.lines(path) else { return }
        var section = ""
        var isChanged = false
        var edited: [String] = []
        for line in lines {
            let text = line.drop { $0 == " " || $0 == "\t" }
            if text.hasPrefix("[") { section = String(text.prefix { $0 != "]" }.dropFirst()) }
            let key = text.prefix { $0 != "=" && $0 != " " }
            let isGone =
                switch section {
                case "Network": ["Address", "Gateway", "DNS", "DHCP"].contains(String(key))
                case "Address", "Route": true
                case "Match", "Link": ["MACAddress", "PermanentMACAddress"].contains(String(key))
                default: false
                }
            if isGone {
                isChanged = isChanged || key != "DHCP"
            } else {
                edited.append(line)
                if text.hasPrefix("[Network]") { edited.append("DHCP=yes") }
            }
        }
        guard isChanged else { return }
        // A match of nothing would be no match, and the file none (systemd.network(5), [Match]).
        if let index = edited.firstIndex(where: { $0.hasPrefix("[Match]") }),
            !edited.dropFirst(index + 1).prefix(while: { !$0.hasPrefix("[") }).contains(where: { $0.contains("=") })
        {
            edited.insert("Type=ether", at: index + 1)
        }
        try root.write(path, lines: edited)
    }

    /// interfaces(5): `static` becomes `dhcp`, and the lines of the stanza that say an address go.
    private func editInterfaces() throws(Failure) {
        var paths = [Self.interfaces]
        for name in try root.names(Self.interfaces + ".d") { paths.append("\(Self.interfaces).d/\(name)") }
        for path in paths where regular(path) {
            guard let lines = try root.lines(path) else { continue }
            let gone = ["address", "netmask", "gateway", "broadcast", "network", "dns-nameservers", "hwaddress"]
            var isIts = false
            var edited: [String] = []
            for line in lines {
                let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
                if words.first == "iface" {
                    isIts = words.count > 3 && words[1] != "lo" && words[3] == "static"
                    edited.append(
                        isIts ? "iface \(words[1]) \(words[2]) \(words[2] == "inet6" ? "auto" : "dhcp")" : line)
                } else if !(isIts && words.first.map { gone.contains($0) } ?? false) {
                    if !line.hasPrefix(" ") && !line.hasPrefix("\t") && !words.isEmpty { isIts = false }
                    edited.append(line)
                }
            }
            if edited != lines { try root.write(path, lines: edited) }
        }
    }

    /// netplan's files are joined, and a list once said stays: one file takes the place of those with an address of their own
    /// (netplan.readthedocs.io, "YAML configuration").
    private func setNetplan() throws(Failure) {
        let names = try root.names(Self.netplan).filter { $0.hasSuffix(".yaml") }
        guard !names.isEmpty else { return }
        for name in names {
            let lines = try root.lines("\(Self.netplan)/\(name)") ?? []
            let isFixed = lines.contains { line in
                ["addresses:", "macaddress:"].contains { line.drop { $0 == " " || $0 == "-" }.hasPrefix($0) }
            }
            if isFixed { try root.remove("\(Self.netplan)/\(name)") }
        }
        try root.write(
            "\(Self.netplan)/99-eulerpublisher.yaml",
            lines: [
                "network:", "  version: 2", "  ethernets:", "    all:", "      match:", "        name: \"e*\"",
                "      dhcp4: true",
            ], mode: 0o600)
    }

    /// One profile that is for any card, for the manager that starts; it sorts behind what the guest has of its own.
    private func writeAnyCard() throws(Failure) {
        func starts(_ unit: String) throws(Failure) -> Bool {
            for target in ["multi-user.target.wants", "network-online.target.wants", "sysinit.target.wants"] {
                for folder in ["/etc/systemd/system", "/usr/lib/systemd/system"] {
                    if try root.names("\(folder)/\(target)").contains(unit) { return true }
                }
            }
            return false
        }
        if try starts("NetworkManager.service") {
            try root.write(
                "\(Self.keyfiles)/eulerpublisher-dhcp.nmconnection",
                lines: [
                    "[connection]", "id=dhcp", "type=ethernet", "autoconnect-priority=-100", "", "[ipv4]",
                    "method=auto", "", "[ipv6]", "method=auto",
                ], mode: 0o600)
        } else if try starts("systemd-networkd.service") {
            try root.write(
                "\(Self.networkd)/99-eulerpublisher-dhcp.network",
                lines: ["[Match]", "Name=en* eth*", "", "[Network]", "DHCP=yes"])
        } else if root.exists(Self.interfaces), try starts("networking.service") {
            try askOfFirstCard()
        }
    }

    /// ifupdown knows names alone: of the first card by the kernel's own name, by a pattern where its udev helper is newer.
    private func askOfFirstCard() throws(Failure) {
        let lines = try root.lines(Self.interfaces) ?? []
        let asks = lines.contains { line in
            let words = line.split { $0 == " " || $0 == "\t" }
            return words.count > 3 && words[0] == "iface" && words[3] == "dhcp"
        }
        if !asks {
            try root.write(
                Self.interfaces, lines: lines + ["allow-hotplug eth0", "iface eth0 inet dhcp"])
        }
    }
}
