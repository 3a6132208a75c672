import Documents
import FileSystems

/// NetworkManager's key files: nm-settings-keyfile(5).
struct KeyfileReader {
    let tree: GuestTree
    init(_ tree: GuestTree) { self.tree = tree }

    func profiles() throws(Failure) -> [NetworkProfile] {
        var profiles: [NetworkProfile] = []
        let own = "/etc/NetworkManager/system-connections"
        for folder in [own, "/usr/lib/NetworkManager/system-connections"] {
            for name in try tree.list(folder) where !name.hasPrefix(".") && !name.hasSuffix("~") {
                let path = folder + "/" + name
                guard profiles.count < 200, let found = try tree.find(path), found.status.kind == .file else {
                    continue
                }
                // What others may read or do not own is passed over: it could hold secrets.
                if folder == own {
                    guard found.status.permissions & 0o077 == 0, found.status.user == 0 else { continue }
                } else if !name.hasSuffix(".nmconnection") {
                    continue
                }
                guard let file = try tree.lines(of: path), let profile = Self.profile(KeyFile(file)) else { continue }
                profiles.append(profile)
            }
        }
        return profiles
    }

    static func profile(_ keys: KeyFile) -> NetworkProfile? {
        guard let connection = keys.section("connection"),
            connection.value("id") != nil || connection.value("uuid") != nil
        else { return nil }
        let type = connection.value("type") ?? "ethernet"
        guard type != "loopback" else { return nil }
        let card = keys.section("ethernet") ?? keys.section("802-3-ethernet") ?? keys.section("wifi")
        let bound = card?.entry("mac-address").flatMap { $0.value.isEmpty ? nil : $0 }
        let (ipv4, ipv6) = (keys.section("ipv4"), keys.section("ipv6"))
        let (addresses4, addresses6) = (values(ipv4, "address"), values(ipv6, "address"))
        let shown =
            [bound, ipv4?.entry("method")].compactMap { $0 } + addresses4.map(\.entry) + addresses6.map(\.entry)
        var profile = NetworkProfile(
            source: .keyfile, interface: connection.value("interface-name"),
            type: type == "802-3-ethernet" ? "ethernet" : type,
            evidence: shown.isEmpty ? [Evidence(keys.file.path)] : shown.map(keys.evidence))
        // [match] names more than one interface, by pattern.
        if profile.interface == nil, let names = keys.section("match")?.value("interface-name") {
            profile.interface = names.split(separator: ";").map(\.trimmingBlanks).filter { !$0.isEmpty }.joined(
                separator: " ")
        }
        profile.name = connection.value("id")
        profile.uuid = connection.value("uuid")
        profile.isAutomatic = !["false", "no", "0"].contains(connection.value("autoconnect")?.asciiLowercased ?? "")
        profile.ipv4 = addressing(ipv4?.value("method"), addresses4.isEmpty, isV6: false)
        profile.ipv6 = addressing(ipv6?.value("method"), addresses6.isEmpty, isV6: true)
        // `address1=10.0.0.5/24,10.0.0.1`: the second is the gateway.
        for (_, value) in addresses4 + addresses6 {
            let parts = value.split(separator: ",").map(\.trimmingBlanks)
            if let address = parts.first { profile.addresses.append(address) }
            if parts.count > 1 { profile.gateways.append(parts[1]) }
        }
        profile.gateways += [ipv4?.value("gateway"), ipv6?.value("gateway")].compactMap { $0 }
        profile.nameServers = [ipv4?.value("dns"), ipv6?.value("dns")].compactMap { $0 }.flatMap {
            $0.split { $0 == ";" || $0 == "," }.map(\.trimmingBlanks).filter { !$0.isEmpty }
        }
        profile.hardwareAddress = bound?.value
        profile.clonedAddress = card?.value("cloned-mac-address").flatMap {
            ["preserve", "permanent", "random", "stable", "stable-ssid", ""].contains($0) ? nil : $0
        }
        return profile
    }

    /// `address`, `address1`, `addresses1`, ...
    private static func values(_ section: KeyFile.Section?, _ name: String) -> [(entry: KeyFile.Entry, value: String)] {
        (section?.entries ?? []).filter { entry in
            guard entry.key.hasPrefix(name), !entry.value.isEmpty else { return false }
            let rest = entry.key.dropFirst(name.count)
            return (rest.hasPrefix("es") ? rest.dropFirst(2) : rest).utf8.allSatisfy { (0x30...0x39).contains($0) }
        }.map { ($0, $0.value) }
    }

    private static func addressing(_ method: String?, _ isEmpty: Bool, isV6: Bool) -> NetworkProfile.Addressing {
        switch method {
        case "auto": isEmpty ? (isV6 ? .automatic : .dhcp) : .both
        case "dhcp": isEmpty ? .dhcp : .both
        case "manual", "shared": .static
        case "link-local": .automatic
        // Left out, it is `auto` since version 1.8 for IPv6, and for IPv4 where an ethernet profile says nothing.
        case nil: isEmpty ? (isV6 ? .automatic : .dhcp) : .static
        default: .none
        }
    }
}
