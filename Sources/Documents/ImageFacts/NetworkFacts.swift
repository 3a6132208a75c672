/// How a guest gets to its network.
public struct NetworkFacts: Sendable, Equatable, Codable {
    /// Programs that set up interfaces and are in the image; an empty list if there is none.
    public var managers: Fact<[NetworkManager]>
    /// What the image's files say about interfaces, the loopback left out; an empty list if nothing is said.
    public var profiles: Fact<[NetworkProfile]>
    /// Who gives an address by DHCP to the first card, whatever its name and hardware address: `NetworkManager`, `systemd-networkd`,
    /// `network`, `networking`, `cloud-init`. Absent if nobody does; the evidence says by what.
    public var anyCard: Fact<String>
    /// Lines of udev rules that bind an interface's name to one machine's hardware.
    public var persistentNames: Fact<[Evidence]>
    /// systemd.link(5) files under /etc that match one hardware address or path.
    public var boundLinks: Fact<[Evidence]>
    /// /etc/resolv.conf; absent if there is none.
    public var resolver: Fact<Resolver>
    /// /etc/hostname; absent if there is none or it is empty.
    public var hostname: Fact<String>
    /// /etc/hosts in file order.
    public var hosts: Fact<[HostsLine]>

    enum CodingKeys: String, CodingKey {
        case managers, profiles, resolver, hostname, hosts
        case anyCard = "any_card"
        case persistentNames = "persistent_names"
        case boundLinks = "bound_links"
    }

    /// What is known before it was read.
    /// - Parameter why: what every member says until it is set.
    public init(unknown why: String) {
        (managers, profiles, anyCard) = (.unknown(why), .unknown(why), .unknown(why))
        (persistentNames, boundLinks, resolver) = (.unknown(why), .unknown(why), .unknown(why))
        (hostname, hosts) = (.unknown(why), .unknown(why))
    }
}

/// A program that sets up interfaces.
public struct NetworkManager: Sendable, Equatable, Codable {
    public enum Name: String, Sendable, Codable, CaseIterable {
        case networkManager = "NetworkManager"
        case networkd = "systemd-networkd"
        /// The network service of initscripts and network-scripts, which reads ifcfg files.
        case network
        /// The networking service of ifupdown, which reads /etc/network/interfaces.
        case networking
        case wicked
        case connman
        case dhcpcd
    }

    public var name: Name
    /// Links or rc folders start it, and it is not masked.
    public var isEnabled: Bool
    /// What starts it, or its unit's file.
    public var evidence: [Evidence]

    enum CodingKeys: String, CodingKey {
        case name, evidence
        case isEnabled = "is_enabled"
    }

    public init(name: Name, isEnabled: Bool, evidence: [Evidence]) {
        (self.name, self.isEnabled, self.evidence) = (name, isEnabled, evidence)
    }
}

/// What one file (or one section of it) says about an interface.
public struct NetworkProfile: Sendable, Equatable, Codable {
    public enum Source: String, Sendable, Codable, CaseIterable {
        /// ifcfg files of /etc/sysconfig/network-scripts (or /etc/sysconfig/network).
        case ifcfg
        /// Key files of NetworkManager.
        case keyfile
        case netplan
        case networkd
        /// /etc/network/interfaces.
        case ifupdown
        /// `network` in the configuration of cloud-init, which renders it for whatever manager is there.
        case cloudInit = "cloud-init"
    }

    public enum Addressing: String, Sendable, Codable, CaseIterable {
        case dhcp
        /// Router advertisements (IPv6), link-local addresses.
        case automatic
        case `static`
        /// Addresses of its own and DHCP as well.
        case both
        case none
    }

    public var source: Source
    /// The interface: `eth0`, a pattern (`en*`), or nil if it is for any.
    public var interface: String?
    /// The profile's own name, where it has one.
    public var name: String?
    /// `ethernet`, `wifi`, `bond`, `bridge`, `vlan`, ...
    public var type: String
    /// It is brought up at boot.
    public var isAutomatic: Bool
    public var ipv4: Addressing
    public var ipv6: Addressing
    /// Written down, with their prefix where that is: `10.0.0.5/24`.
    public var addresses: [String]
    public var gateways: [String]
    public var nameServers: [String]
    /// The hardware address that the profile is bound to.
    public var hardwareAddress: String?
    /// A hardware address that the interface is given instead of its own.
    public var clonedAddress: String?
    /// The profile's own UUID, as NetworkManager keeps it.
    public var uuid: String?
    /// PERSISTENT_DHCLIENT of ifcfg files: the DHCP client does not give up.
    public var persistentDHCP: Bool?
    /// Its file; of a setting that binds it, the line.
    public var evidence: [Evidence]

    enum CodingKeys: String, CodingKey {
        case source, interface, name, type, ipv4, ipv6, addresses, gateways, uuid, evidence
        case isAutomatic = "is_automatic"
        case nameServers = "name_servers"
        case hardwareAddress = "hardware_address"
        case clonedAddress = "cloned_address"
        case persistentDHCP = "persistent_dhcp"
    }

    public init(source: Source, interface: String?, type: String = "ethernet", evidence: [Evidence]) {
        (self.source, self.interface, self.type, self.evidence) = (source, interface, type, evidence)
        (isAutomatic, ipv4, ipv6) = (true, .none, .none)
        (addresses, gateways, nameServers) = ([], [], [])
    }

    /// It says an address of its own.
    public var isStatic: Bool { [ipv4, ipv6].contains { $0 == .static || $0 == .both } }
    /// It is for a device that the kernel makes up and no card is behind: its address is its own in any machine.
    public var isVirtual: Bool {
        [
            "wireguard", "dummy", "tun", "tap", "veth", "vxlan", "geneve", "gre", "gretap", "ip6gre", "ip6gretap",
            "ipip", "sit",
            "vti", "vti6", "ip6tnl", "ifb", "nlmon", "vcan", "vxcan", "xfrm", "wwan", "ip-tunnel",
        ].contains(type)
    }
    /// It holds for one machine's card only.
    public var isBound: Bool { hardwareAddress != nil }
}

/// /etc/resolv.conf: resolv.conf(5).
public struct Resolver: Sendable, Equatable, Codable {
    /// What the symbolic link says, as `../run/systemd/resolve/stub-resolv.conf`; nil of a file of its own.
    public var link: String?
    public var nameServers: [String]
    public var search: [String]

    enum CodingKeys: String, CodingKey {
        case link, search
        case nameServers = "name_servers"
    }

    public init(link: String?, nameServers: [String], search: [String]) {
        (self.link, self.nameServers, self.search) = (link, nameServers, search)
    }
}

/// A line of /etc/hosts: hosts(5).
public struct HostsLine: Sendable, Equatable, Codable {
    public var address: String
    public var names: [String]
    public var evidence: Evidence

    public init(address: String, names: [String], evidence: Evidence) {
        (self.address, self.names, self.evidence) = (address, names, evidence)
    }
}
