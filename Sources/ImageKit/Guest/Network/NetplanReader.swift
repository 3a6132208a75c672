import Documents
import FileSystems

/// netplan's files: netplan.readthedocs.io, "YAML configuration".
struct NetplanReader {
    let tree: GuestTree
    init(_ tree: GuestTree) { self.tree = tree }

    func profiles() throws(Failure) -> [NetworkProfile] {
        // By name, whatever the folder; the strongest folder's file of a name counts.
        var paths: [String: String] = [:]
        for folder in ["/usr/lib/netplan", "/etc/netplan"] {
            for path in try tree.paths(in: folder, ending: ".yaml", limit: 100) {
                paths[String(path.split(separator: "/").last ?? "")] = path
            }
        }
        var merged: YAMLNode?
        var allowance = YAMLNode.Allowance()
        for (_, path) in paths.sorted(by: { $0.key < $1.key }) {
            guard let file = try tree.lines(of: path),
                let node = try YAMLNode.parse(file.text, path: file.path, &allowance)?["network"]
            else {
                continue
            }
            merged = merged.map { Self.merge($0, node, depth: 0) } ?? node
        }
        guard let merged else { return [] }
        return Self.profiles(merged)
    }

    /// What a `network` of version 2 says.
    static func profiles(_ network: YAMLNode) -> [NetworkProfile] {
        var profiles: [NetworkProfile] = []
        for (key, type) in [
            ("ethernets", "ethernet"), ("wifis", "wifi"), ("bonds", "bond"), ("bridges", "bridge"), ("vlans", "vlan"),
        ] {
            for (name, node) in (network[key]?.map ?? []).prefix(100) {
                profiles.append(profile(name, node, type: type))
            }
        }
        return profiles
    }

    /// Maps grow together, lists are joined, of anything else the later counts.
    static func merge(_ old: YAMLNode, _ new: YAMLNode, depth: Int) -> YAMLNode {
        guard depth < YAMLNode.depthLimit else { return new }
        if let list = old.list, let more = new.list {
            return YAMLNode(value: .list(list + more), evidence: new.evidence)
        }
        guard var pairs = old.map, let added = new.map else { return new }
        for (key, value) in added {
            if let place = pairs.firstIndex(where: { $0.key == key }) {
                pairs[place].value = merge(pairs[place].value, value, depth: depth + 1)
            } else {
                pairs.append((key, value))
            }
        }
        return YAMLNode(value: .map(pairs), evidence: old.evidence)
    }

    static func profile(_ name: String, _ node: YAMLNode, type: String) -> NetworkProfile {
        func isYes(_ key: String) -> Bool {
            if case .bool(let value)? = node[key]?.value { return value }
            return ["true", "yes", "on", "y"].contains(node[key]?.text?.asciiLowercased ?? "")
        }
        let match = node["match"]
        let bound = match?["macaddress"]
        let addresses = (node["addresses"]?.list ?? []).compactMap { $0.text ?? $0.map?.first?.key }
        let shown = [bound, node["dhcp4"], node["addresses"]].compactMap { $0?.evidence }
        // With `match` the name is one of its own, and no interface's.
        var profile = NetworkProfile(
            source: .netplan, interface: match == nil ? name : match?["name"]?.texts.joined(separator: " "), type: type,
            evidence: shown.isEmpty ? [node.evidence] : shown)
        if profile.interface?.isEmpty == true { profile.interface = nil }
        profile.name = name
        profile.hardwareAddress = bound?.text
        profile.clonedAddress = node["macaddress"]?.text
        profile.addresses = addresses
        profile.gateways =
            [node["gateway4"]?.text, node["gateway6"]?.text].compactMap { $0 }
            + (node["routes"]?.list ?? []).compactMap { $0["via"]?.text }
        profile.nameServers = node.at("nameservers", "addresses")?.texts ?? []
        let (has4, has6) = (addresses.contains { !$0.contains(":") }, addresses.contains { $0.contains(":") })
        profile.ipv4 = isYes("dhcp4") ? (has4 ? .both : .dhcp) : has4 ? .static : .none
        profile.ipv6 =
            isYes("dhcp6")
            ? (has6 ? .both : .dhcp)
            : has6
                ? .static
                : node["accept-ra"] == nil || isYes("accept-ra") ? .automatic : .none
        profile.isAutomatic = node["activation-mode"]?.text == nil
        return profile
    }
}
