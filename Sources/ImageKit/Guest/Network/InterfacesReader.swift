import Documents
import FileSystems

/// /etc/network/interfaces and what it takes in: interfaces(5) of ifupdown.
struct InterfacesReader {
    let tree: GuestTree
    init(_ tree: GuestTree) { self.tree = tree }

    static let fileLimit = 100

    private struct State {
        var profiles: [(name: String, profile: NetworkProfile)] = []
        var automatic: Set<String> = []
        var files: Set<String> = []
    }

    func profiles() throws(Failure) -> [NetworkProfile] {
        var state = State()
        try read("/etc/network/interfaces", into: &state, depth: 0)
        // Both families of one interface are one profile.
        var result: [NetworkProfile] = []
        for (name, profile) in state.profiles {
            var profile = profile
            profile.isAutomatic = state.automatic.contains { Self.matches(name, $0) || Self.matches($0, name) }
            if let index = result.firstIndex(where: { $0.interface == name }) {
                if result[index].ipv4 == .none { result[index].ipv4 = profile.ipv4 }
                if result[index].ipv6 == .none { result[index].ipv6 = profile.ipv6 }
                result[index].addresses += profile.addresses
                result[index].gateways += profile.gateways
                result[index].nameServers += profile.nameServers
                result[index].clonedAddress = result[index].clonedAddress ?? profile.clonedAddress
                result[index].evidence += profile.evidence
            } else {
                result.append(profile)
            }
        }
        return result
    }

    private func read(_ path: String, into state: inout State, depth: Int) throws(Failure) {
        guard depth < 8, state.files.count < Self.fileLimit, try tree.find(path)?.status.kind == .file,
            let file = try tree.lines(of: path), state.files.insert(file.path).inserted
        else { return }
        var text = ""
        var first: GuestLine?
        var current: Int?
        for line in file.lines {
            let part = line.trimmed
            if first == nil { first = line }
            text += part.hasSuffix("\\") ? part.dropLast() + " " : part
            if part.hasSuffix("\\") { continue }
            let words = text.blankSeparated
            let start = first ?? line
            (text, first) = ("", nil)
            guard let keyword = words.first, !keyword.hasPrefix("#") else { continue }
            switch keyword {
            case "auto", "allow-auto", "allow-hotplug":
                state.automatic.formUnion(words.dropFirst())
                current = nil
            case "source", "source-directory", "source-dir":
                for pattern in words.dropFirst().prefix(10) {
                    for path in try paths(pattern, beside: file.path, isFolder: keyword != "source") {
                        try read(path, into: &state, depth: depth + 1)
                    }
                }
                current = nil
            case "iface":
                current = nil
                guard words.count >= 2, words[1] != "lo", state.profiles.count < 200 else { continue }
                var profile = NetworkProfile(
                    source: .ifupdown, interface: words[1], evidence: [file.evidence(start)])
                let isV6 = words.count > 2 && words[2] == "inet6"
                let method = words.count > 3 ? words[3] : ""
                let addressing: NetworkProfile.Addressing =
                    switch method {
                    case "dhcp", "bootp": .dhcp
                    case "static": .static
                    case "auto", "v4tunnel": .automatic
                    case "loopback": .none
                    default: .none
                    }
                if isV6 { profile.ipv6 = addressing } else { profile.ipv4 = addressing }
                guard method != "loopback" else { continue }
                state.profiles.append((words[1], profile))
                current = state.profiles.count - 1
            case "mapping", "rename", "no-auto-down", "no-scripts", "template": current = nil
            default:
                guard let current, words.count > 1 else { continue }
                switch keyword {
                case "address": state.profiles[current].profile.addresses.append(words[1])
                case "gateway": state.profiles[current].profile.gateways.append(words[1])
                case "dns-nameservers", "dns-nameserver":
                    state.profiles[current].profile.nameServers += words.dropFirst()
                case "hwaddress": state.profiles[current].profile.clonedAddress = words.last
                case "bond-slaves", "bond-mode": state.profiles[current].profile.type = "bond"
                case "bridge_ports", "bridge-ports": state.profiles[current].profile.type = "bridge"
                case "vlan-raw-device": state.profiles[current].profile.type = "vlan"
                default: continue
                }
                if keyword == "address" { state.profiles[current].profile.evidence.append(file.evidence(start)) }
            }
        }
    }

    /// A pattern's files. Of a folder all whose names are letters, digits, `_` and `-` (source-directory), of `source` what fits.
    private func paths(_ pattern: String, beside path: String, isFolder: Bool) throws(Failure) -> [String] {
        let base = path.split(separator: "/").dropLast().joined(separator: "/")
        let pattern = pattern.hasPrefix("/") ? pattern : "/" + base + "/" + pattern
        func listed(_ folder: String, _ isGood: (String) -> Bool) throws(Failure) -> [String] {
            try tree.list(folder).filter { isGood($0) && !$0.hasPrefix(".") }.map { folder + "/" + $0 }
        }
        if isFolder {
            return try listed(pattern) { name in
                name.utf8.allSatisfy {
                    $0 == 0x5f || $0 == 0x2d || (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20)
                }
            }
        }
        guard let slash = pattern.lastIndex(of: "/") else { return [] }
        let (folder, last) = (String(pattern[..<slash]), String(pattern[pattern.index(after: slash)...]))
        guard last.contains(where: { "*?[".contains($0) }) else { return [pattern] }
        return try listed(folder) { Self.matches($0, last) }
    }

    /// Whether a name fits a pattern of `*` and `?` (glob(7), without brackets).
    static func matches(_ name: String, _ pattern: String) -> Bool {
        let (name, pattern) = (Array(name.utf8), Array(pattern.utf8))
        var (at, mark, star, kept) = (0, 0, -1, 0)
        while at < name.count {
            if mark < pattern.count, pattern[mark] == 0x2a {
                (star, kept) = (mark, at)
                mark += 1
            } else if mark < pattern.count, pattern[mark] == 0x3f || pattern[mark] == name[at] {
                at += 1
                mark += 1
            } else if star >= 0 {
                kept += 1
                (at, mark) = (kept, star + 1)
            } else {
                return false
            }
        }
        return pattern[mark...].allSatisfy { $0 == 0x2a }
    }
}
