public import Documents
public import FileSystems

/// Reads how a guest gets to its network: what sets up interfaces, what files tell it, what binds it to one machine.
public struct NetworkReader: Sendable {
    let tree: GuestTree
    /// What the kernel is told of every menu's default entry.
    let commandLines: [String]
    let cloudInit: CloudInitFacts?

    /// - Parameters:
    ///   - entries: the boot entries that start by themselves: `net.ifnames=0` makes the first card `eth0`.
    ///   - cloudInit: what was read of cloud-init, which sets up the network where nothing forbids it.
    public init(_ tree: GuestTree, entries: [BootEntry] = [], cloudInit: CloudInitFacts? = nil) {
        self.tree = tree
        commandLines = entries.map(\.commandLine)
        self.cloudInit = cloudInit
    }

    static let profileLimit = 200

    public func facts() -> NetworkFacts {
        var facts = NetworkFacts(unknown: "it was not read")
        facts.managers = .reading(managers)
        facts.profiles = .reading { () throws(Failure) -> Fact<[NetworkProfile]> in
            let profiles =
                try IfcfgReader(tree).profiles() + KeyfileReader(tree).profiles() + NetplanReader(tree).profiles()
                + NetworkdReader(tree).profiles() + InterfacesReader(tree).profiles()
                + (cloudInit?.isEnabled == true ? cloudInit?.networkProfiles ?? [] : [])
            return .known(Array(profiles.prefix(Self.profileLimit)))
        }
        facts.anyCard = .reading { () throws(Failure) -> Fact<String> in
            switch (facts.managers, facts.profiles) {
            case (.known(let managers, _), .known(let profiles, _)):
                try FirstCard(tree, managers, profiles, commandLines, cloudInit).who()
            case (.unknown(let why), _), (_, .unknown(let why)): .unknown(why)
            default: .absent()
            }
        }
        facts.persistentNames = .reading { () throws(Failure) -> Fact<[Evidence]> in
            .known(try CardBindings(tree).rules())
        }
        facts.boundLinks = .reading { () throws(Failure) -> Fact<[Evidence]> in
            .known(try CardBindings(tree).links())
        }
        facts.resolver = .reading(resolver)
        facts.hostname = .reading(hostname)
        facts.hosts = .reading(hosts)
        return facts
    }

    // MARK: Managers

    private func managers() throws(Failure) -> Fact<[NetworkManager]> {
        let units = try UnitLinks(tree)
        var managers: [NetworkManager] = []
        for name in NetworkManager.Name.allCases {
            if let state = try units.starts(name.rawValue + ".service") {
                managers.append(NetworkManager(name: name, isEnabled: state.isEnabled, evidence: state.evidence))
            } else if name == .network, let script = try script(name.rawValue) {
                managers.append(script)
            }
        }
        return .known(managers)
    }

    /// A script of SysV's init, which systemd makes a unit of.
    private func script(_ name: String) throws(Failure) -> NetworkManager? {
        guard let script = try tree.first(of: ["/etc/init.d/" + name, "/etc/rc.d/init.d/" + name]) else { return nil }
        var links: [Evidence] = []
        for folder in ["/etc/rc3.d", "/etc/rc.d/rc3.d", "/etc/rc5.d", "/etc/rc.d/rc5.d"] {
            for link in try tree.list(folder) where link.hasPrefix("S") && link.dropFirst(3) == name {
                links.append(Evidence(folder + "/" + link))
            }
        }
        return NetworkManager(
            name: .network, isEnabled: !links.isEmpty, evidence: links.isEmpty ? [Evidence(script.path)] : links)
    }

    // MARK: Names

    /// resolv.conf(5): of more than one `search` the last counts, and `domain` is one name of it.
    private func resolver() throws(Failure) -> Fact<Resolver> {
        let path = "/etc/resolv.conf"
        let link = try tree.linkTarget(path)
        guard try tree.find(path, following: false) != nil else { return .absent([Evidence(path)]) }
        var resolver = Resolver(link: link, nameServers: [], search: [])
        var evidence: [Evidence] = []
        for line in try tree.lines(of: path)?.lines ?? [] {
            let words = line.trimmed.blankSeparated
            guard words.count > 1, evidence.count < 50 else { continue }
            switch words[0] {
            case "nameserver": resolver.nameServers.append(words[1])
            case "search": resolver.search = Array(words.dropFirst())
            case "domain": resolver.search = [words[1]]
            default: continue
            }
            evidence.append(Evidence(path, line: line.number, text: line.trimmed))
        }
        return .known(resolver, evidence.isEmpty ? [Evidence(path)] : evidence)
    }

    /// hostname(5): the first line that is no comment.
    private func hostname() throws(Failure) -> Fact<String> {
        guard let file = try tree.lines(of: "/etc/hostname") else { return .absent([Evidence("/etc/hostname")]) }
        guard let line = file.lines.first(where: { !$0.trimmed.isEmpty && !$0.trimmed.hasPrefix("#") }) else {
            return .absent([Evidence(file.path)])
        }
        return .known(line.trimmed, [file.evidence(line)])
    }

    private func hosts() throws(Failure) -> Fact<[HostsLine]> {
        guard let file = try tree.lines(of: "/etc/hosts") else { return .absent([Evidence("/etc/hosts")]) }
        var hosts: [HostsLine] = []
        for line in file.lines where hosts.count < 200 {
            let text = line.text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
            let words = text.blankSeparated
            guard words.count > 1 else { continue }
            hosts.append(HostsLine(address: words[0], names: Array(words.dropFirst()), evidence: file.evidence(line)))
        }
        return .known(hosts, [Evidence(file.path)])
    }
}

/// What binds an interface's name to one card.
struct CardBindings {
    let tree: GuestTree
    static let limit = 50

    init(_ tree: GuestTree) { self.tree = tree }

    /// udev(7): rules of the subsystem net that give a NAME by a hardware address, a driver's place or an address on the bus.
    func rules() throws(Failure) -> [Evidence] {
        var found: [Evidence] = []
        for path in try tree.paths(in: "/etc/udev/rules.d", ending: ".rules") {
            guard let file = try tree.lines(of: path) else { continue }
            var rule = ""
            var first: GuestLine?
            for line in file.lines {
                let text = line.trimmed
                if first == nil { first = line }
                rule += text.hasSuffix("\\") ? String(text.dropLast()) : text
                if text.hasSuffix("\\") { continue }
                if let line = first, found.count < Self.limit, Self.binds(rule) {
                    found.append(file.evidence(line, rule))
                }
                (rule, first) = ("", nil)
            }
        }
        return found
    }

    static func binds(_ rule: String) -> Bool {
        guard !rule.hasPrefix("#") else { return false }
        let keys = rule.split(separator: ",").compactMap { part -> (key: String, sign: String, value: String)? in
            let part = part.trimmingBlanks
            guard let at = part.firstIndex(where: { "=!+:".contains($0) }) else { return nil }
            let sign = part[at...].prefix { "=!+:".contains($0) }
            return (
                part[..<at].trimmingBlanks, String(sign), part[at...].dropFirst(sign.count).trimmingBlanks.unquoted
            )
        }
        func has(_ key: String, _ isGood: (String) -> Bool = { _ in true }) -> Bool {
            keys.contains { $0.key == key && $0.sign == "==" && isGood($0.value) }
        }
        let isNet = has("SUBSYSTEM") { $0 == "net" } || has("ATTR{type}") || has("ATTR{address}")
        let names = keys.contains { $0.key == "NAME" && ($0.sign == "=" || $0.sign == ":=") && !$0.value.isEmpty }
        // A pattern that fits any address binds nothing.
        let isBound =
            has("ATTR{address}") { $0 != "?*" && $0 != "*" } || has("KERNELS") || has("ENV{ID_PATH}") || has("DEVPATH")
            || has("ENV{ID_NET_NAME_MAC}") || has("ATTRS{address}")
        return isNet && names && isBound
    }

    /// systemd.link(5).
    func links() throws(Failure) -> [Evidence] {
        var found: [Evidence] = []
        for path in try tree.paths(in: "/etc/systemd/network", ending: ".link") {
            guard let file = try tree.lines(of: path) else { continue }
            let keys = KeyFile(file)
            for key in ["MACAddress", "PermanentMACAddress", "Path"] {
                guard let entry = keys.section("Match")?.entry(key), !entry.value.isEmpty, entry.value != "*",
                    found.count < Self.limit
                else { continue }
                found.append(keys.evidence(entry))
            }
        }
        return found
    }
}
