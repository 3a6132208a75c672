import Documents
import FileSystems

/// Files of systemd-networkd: systemd.network(5).
struct NetworkdReader {
    let tree: GuestTree
    init(_ tree: GuestTree) { self.tree = tree }

    func profiles() throws(Failure) -> [NetworkProfile] {
        // One name counts once, the strongest folder's.
        var paths: [String: String] = [:]
        for folder in ["/usr/lib/systemd/network", "/usr/local/lib/systemd/network", "/etc/systemd/network"] {
            for name in try tree.list(folder) where name.hasSuffix(".network") { paths[name] = folder + "/" + name }
        }
        let kinds = try devices()
        var profiles: [NetworkProfile] = []
        for (name, path) in paths.sorted(by: { $0.key < $1.key }).prefix(200) {
            guard try tree.linkTarget(path) != "/dev/null", try tree.find(path)?.status.kind == .file,
                let file = try tree.lines(of: path)
            else { continue }
            var entries = KeyFile(file).sections
            for folder in ["/usr/lib/systemd/network", "/etc/systemd/network"] {
                for drop in try tree.paths(in: "\(folder)/\(name).d", ending: ".conf") {
                    if let file = try tree.lines(of: drop) { entries += KeyFile(file).sections }
                }
            }
            guard var profile = Self.profile(entries, path: file.path) else { continue }
            // What is for devices that networkd makes itself is for no card.
            let made = profile.interface?.blankSeparated.map { kinds[$0] } ?? []
            if let kind = made.first ?? nil, !made.contains(nil) { profile.type = kind }
            profiles.append(profile)
        }
        return profiles
    }

    /// Devices that .netdev files make, by name, with their kind (systemd.netdev(5)).
    private func devices() throws(Failure) -> [String: String] {
        var kinds: [String: String] = [:]
        for folder in ["/usr/lib/systemd/network", "/usr/local/lib/systemd/network", "/etc/systemd/network"] {
            for path in try tree.paths(in: folder, ending: ".netdev", limit: 200) {
                guard let file = try tree.lines(of: path), let section = KeyFile(file).section("NetDev"),
                    let name = section.entry("Name")?.value, let kind = section.entry("Kind")?.value
                else { continue }
                kinds[name] = kind.asciiLowercased
            }
        }
        return kinds
    }

    static func profile(_ sections: [KeyFile.Section], path: String) -> NetworkProfile? {
        func entries(_ section: String, _ key: String) -> [KeyFile.Entry] {
            var found: [KeyFile.Entry] = []
            for entry in sections.filter({ $0.name == section }).flatMap(\.entries) where entry.key == key {
                // Empty, it takes back what stands before it.
                if entry.value.isEmpty { found = [] } else { found.append(entry) }
            }
            return found
        }
        let match = sections.filter { $0.name == "Match" }.flatMap(\.entries)
        guard !match.isEmpty else { return nil }
        let types = entries("Match", "Type").flatMap { $0.value.blankSeparated }
        let names = entries("Match", "Name").flatMap { $0.value.blankSeparated }
        guard names != ["lo"], types != ["loopback"] else { return nil }
        let bound = entries("Match", "MACAddress").last ?? entries("Match", "PermanentMACAddress").last
        // Of a null address only the length counts: networkd takes a free range of that size (systemd.network(5), Address=).
        let static4 = (entries("Network", "Address") + entries("Address", "Address")).filter {
            !["0.0.0.0", "::"].contains($0.value.prefix { $0 != "/" })
        }
        let dhcp = entries("Network", "DHCP").last
        let shown = [bound, dhcp].compactMap { $0 } + static4
        // Places, drivers and virtual machines narrow it down to other cards than the first.
        var profile = NetworkProfile(
            source: .networkd, interface: names.isEmpty ? nil : names.joined(separator: " "),
            type: types.isEmpty || types.contains("ether") ? "ethernet" : types.joined(separator: " "),
            evidence: shown.isEmpty
                ? [Evidence(path)] : shown.map { Evidence(path, line: $0.line.number, text: $0.line.trimmed) })
        if names.isEmpty, types.isEmpty, bound == nil { profile.type = "other" }
        profile.hardwareAddress = bound?.value
        profile.clonedAddress = entries("Link", "MACAddress").last?.value
        profile.addresses = static4.map(\.value)
        profile.gateways = (entries("Network", "Gateway") + entries("Route", "Gateway")).map(\.value)
        profile.nameServers = entries("Network", "DNS").flatMap { $0.value.blankSeparated }
        let asks = dhcp?.value.asciiLowercased ?? "no"
        let isYes = ["yes", "true", "1", "on", "both"].contains(asks)
        let has4 = static4.contains { !$0.value.contains(":") }
        let has6 = static4.contains { $0.value.contains(":") }
        profile.ipv4 = isYes || asks == "ipv4" || asks == "v4" ? (has4 ? .both : .dhcp) : has4 ? .static : .none
        let advertised = entries("Network", "IPv6AcceptRA").last.map {
            ["yes", "true", "1", "on"].contains($0.value.asciiLowercased)
        }
        profile.ipv6 =
            isYes || asks == "ipv6" || asks == "v6"
            ? (has6 ? .both : .dhcp)
            : has6 ? .static : advertised ?? true ? .automatic : .none
        profile.isAutomatic = !["yes", "true", "1", "on"].contains(
            entries("Link", "Unmanaged").last?.value.asciiLowercased ?? "")
        return profile
    }
}
