import Documents

/// `network` of cloud-init's configuration: docs.cloud-init.io, "Network configuration", versions 1 and 2.
enum CloudNetwork {
    private static let limit = 100

    static func profiles(_ network: YAMLNode) -> [NetworkProfile] {
        guard network["version"]?.text != "2", let list = network["config"]?.list else {
            return NetplanReader.profiles(network).prefix(limit).map { profile in
                var profile = profile
                profile.source = .cloudInit
                return profile
            }
        }
        return list.prefix(limit).compactMap(profile)
    }

    /// An item of version 1: an interface with its subnets. Routes and name servers of their own are none.
    private static func profile(_ item: YAMLNode) -> NetworkProfile? {
        let types = [
            "physical": "ethernet", "bond": "bond", "bridge": "bridge", "vlan": "vlan", "infiniband": "infiniband",
        ]
        guard let type = item["type"]?.text.flatMap({ types[$0] }) else { return nil }
        let subnets = (item["subnets"]?.list ?? []).prefix(limit)
        let bound = type == "ethernet" ? item["mac_address"] : nil
        let addresses = subnets.compactMap { $0["address"] }
        let shown = [bound].compactMap { $0?.evidence } + addresses.map(\.evidence)
        var profile = NetworkProfile(
            source: .cloudInit, interface: item["name"]?.text, type: type,
            evidence: shown.isEmpty ? [item["name"]?.evidence ?? item.evidence] : shown)
        profile.name = item["name"]?.text
        profile.hardwareAddress = bound?.text
        profile.addresses = addresses.compactMap(\.text)
        profile.gateways = subnets.compactMap { $0["gateway"]?.text }
        profile.nameServers = subnets.flatMap { $0["dns_nameservers"]?.texts ?? [] }
        let asked = subnets.compactMap { $0["type"]?.text?.asciiLowercased }
        let has4 = profile.addresses.contains { !$0.contains(":") }
        let has6 = profile.addresses.contains { $0.contains(":") }
        let asks4 = asked.contains { $0 == "dhcp" || $0 == "dhcp4" }
        let asks6 = asked.contains { $0.hasPrefix("dhcp6") || $0.hasPrefix("ipv6_dhcpv6") }
        profile.ipv4 = asks4 ? (has4 ? .both : .dhcp) : has4 ? .static : .none
        profile.ipv6 =
            asks6 ? (has6 ? .both : .dhcp) : has6 ? .static : asked.contains("ipv6_slaac") ? .automatic : .none
        profile.isAutomatic = item["config"]?.text != "disabled"
        return profile
    }
}
