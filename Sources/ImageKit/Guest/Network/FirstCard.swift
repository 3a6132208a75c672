import Documents
import FileSystems
import Glibc

/// Who gives an address by DHCP to a card that nobody knew when the image was made.
struct FirstCard {
    let tree: GuestTree
    let managers: [NetworkManager]
    let profiles: [NetworkProfile]
    let isNamedEth0: Bool
    let cloudInit: CloudInitFacts?

    init(
        _ tree: GuestTree, _ managers: [NetworkManager], _ profiles: [NetworkProfile], _ commandLines: [String],
        _ cloudInit: CloudInitFacts?
    ) {
        (self.tree, self.managers, self.profiles, self.cloudInit) = (tree, managers, profiles, cloudInit)
        isNamedEth0 =
            !commandLines.isEmpty
            && commandLines.allSatisfy { KernelArguments.values(of: "net.ifnames", in: $0).last == "0" }
    }

    func who() throws(Failure) -> Fact<String> {
        // cloud-init writes the configuration before anything else reads it: DHCP on the first card, or what the cloud says.
        if let cloudInit, cloudInit.isEnabled == true, cloudInit.networkDisabled.value != true {
            // What the image says itself is asked before the data source (cloudinit/sources, network_config_sources).
            if cloudInit.hasNetworkConfiguration.value == true {
                guard let profile = fitting([.cloudInit]) else {
                    return .absent(cloudInit.hasNetworkConfiguration.evidence)
                }
                return .known("cloud-init", profile.evidence)
            }
            return .known("cloud-init", cloudInit.program.evidence)
        }
        for manager in managers where manager.isEnabled || manager.name == .networkd && startsByNetplan {
            switch manager.name {
            case .networkManager:
                if let profile = fitting([.keyfile, .ifcfg, .netplan]) {
                    return .known(manager.name.rawValue, profile.evidence)
                }
                // It makes a profile of its own for every card that has none.
                if try !hasNoDefault() { return .known(manager.name.rawValue, manager.evidence) }
            case .networkd:
                if let profile = fitting([.netplan]) ?? networkd() {
                    return .known(manager.name.rawValue, profile.evidence)
                }
            case .network, .wicked:
                if let profile = fitting([.ifcfg]) { return .known(manager.name.rawValue, profile.evidence) }
            case .networking:
                if let profile = fitting([.ifupdown]) { return .known(manager.name.rawValue, profile.evidence) }
            case .connman, .dhcpcd:
                return .known(manager.name.rawValue, manager.evidence)
            }
        }
        return .absent(managers.filter(\.isEnabled).flatMap(\.evidence) + profiles.flatMap(\.evidence).prefix(5))
    }

    /// netplan's generator starts networkd by itself where it has work for it.
    private var startsByNetplan: Bool { profiles.contains { $0.source == .netplan } }

    private func fitting(_ sources: Set<NetworkProfile.Source>) -> NetworkProfile? {
        profiles.first { profile in
            guard sources.contains(profile.source), profile.isAutomatic, !profile.isBound,
                profile.ipv4 == .dhcp || profile.ipv4 == .both, profile.type == "ethernet"
            else { return false }
            guard let interface = profile.interface else { return true }
            let names = interface.blankSeparated
            return names.contains { $0.contains("*") } || isNamedEth0 && names.contains("eth0")
        }
    }

    /// Of networkd's files the first by name that matches a card is the only one for it (systemd.network(5)).
    private func networkd() -> NetworkProfile? {
        let profiles = profiles.filter { $0.source == .networkd && !$0.isBound && $0.type == "ethernet" }
        func isMatched(_ card: String) -> Bool { profiles.contains { Self.matches($0, card) } }
        var cards = isNamedEth0 ? ["eth0"] : Self.cards.filter(isMatched)
        if cards.isEmpty { cards = ["eth0"] }
        for card in cards {
            guard let profile = profiles.first(where: { Self.matches($0, card) }) else { continue }
            if profile.isAutomatic, profile.ipv4 == .dhcp || profile.ipv4 == .both { return profile }
        }
        return nil
    }

    /// What udev calls the first card of virtual and real machines (systemd.net-naming-scheme(7)).
    private static let cards = ["ens3", "enp1s0", "eno1", "enX0"]

    /// Shell patterns; with `!` before the first, what none of them matches.
    static func matches(_ profile: NetworkProfile, _ card: String) -> Bool {
        guard let patterns = profile.interface?.blankSeparated, let first = patterns.first else { return true }
        let isInverted = first.hasPrefix("!")
        let isFound = patterns.enumerated().contains { number, pattern in
            fnmatch(number == 0 && isInverted ? String(pattern.dropFirst()) : pattern, card, 0) == 0
        }
        return isFound != isInverted
    }

    /// NetworkManager.conf(5), no-auto-default: later files win, by their names; /etc is read after /usr/lib.
    private func hasNoDefault() throws(Failure) -> Bool {
        var paths = try tree.paths(in: "/usr/lib/NetworkManager/conf.d", ending: ".conf")
        let names = Set(try tree.list("/etc/NetworkManager/conf.d"))
        // A file of the same name under /etc takes the other's place.
        paths.removeAll { names.contains(String($0.split(separator: "/").last ?? "")) }
        paths.append("/etc/NetworkManager/NetworkManager.conf")
        paths += try tree.paths(in: "/etc/NetworkManager/conf.d", ending: ".conf")
        var value = ""
        for path in paths {
            guard let file = try tree.lines(of: path), let main = KeyFile(file).section("main") else { continue }
            for entry in main.entries {
                switch entry.key {
                case "no-auto-default": value = entry.value
                case "no-auto-default+": value += "," + entry.value
                default: break
                }
            }
        }
        return value.split(separator: ",").contains { $0.trimmingBlanks == "*" }
    }
}
