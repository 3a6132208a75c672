import Documents
import FileSystems

/// Firewalls of a guest, and what comes in through them: firewalld.zone(5), ufw(8), iptables-restore(8).
struct FirewallReader {
    let tree: GuestTree
    static let openLimit = 100

    init(_ tree: GuestTree) { self.tree = tree }

    func firewalls() throws(Failure) -> [Firewall] {
        let units = try UnitLinks(tree)
        var firewalls: [Firewall] = []
        if let state = try units.starts("firewalld.service") {
            firewalls.append(try firewalld(state.isEnabled, state.evidence))
        }
        if let state = try units.starts("ufw.service") { firewalls.append(try ufw(state.isEnabled, state.evidence)) }
        if let state = try units.starts("nftables.service") {
            firewalls.append(try NFTablesReader(tree).firewall(state.isEnabled, state.evidence))
        }
        let persistent = try units.starts("netfilter-persistent.service")
        for (name, file, debian) in [
            (Firewall.Name.iptables, "/etc/sysconfig/iptables", "/etc/iptables/rules.v4"),
            (.ip6tables, "/etc/sysconfig/ip6tables", "/etc/iptables/rules.v6"),
        ] {
            if let state = try units.starts(name.rawValue + ".service") {
                firewalls.append(try tables(name, file, state.isEnabled, state.evidence))
            } else if let state = persistent, try tree.find(debian) != nil {
                firewalls.append(try tables(name, debian, state.isEnabled, state.evidence))
            }
        }
        return firewalls
    }

    // MARK: firewalld

    private func firewalld(_ isEnabled: Bool, _ evidence: [Evidence]) throws(Failure) -> Firewall {
        var zone = "public"
        var evidence = evidence
        if let file = try tree.lines(of: "/etc/firewalld/firewalld.conf") {
            let assignments = ShellAssignments(file)
            if let entry = assignments.entry("DefaultZone") {
                zone = entry.value
                evidence.append(assignments.evidence(entry))
            }
        }
        let paths = ["/etc/firewalld/zones/\(zone).xml", "/usr/lib/firewalld/zones/\(zone).xml"]
        guard !zone.contains("/"), let found = try tree.first(of: paths) else {
            return Firewall(
                name: .firewalld, isEnabled: isEnabled,
                filtersInput: .unknown("no zone \(zone.prefix(50)) is in the image"),
                opens: [], evidence: evidence)
        }
        let tags = XMLTags.read(String(decoding: try tree.read(found), as: UTF8.self))
        let target = tags.first { $0.name == "zone" }?.attributes["target"] ?? "default"
        var opens: [String] = []
        for tag in tags where opens.count < Self.openLimit {
            switch tag.name {
            case "service": if let name = tag.attributes["name"] { opens.append(name) }
            case "port":
                if let port = tag.attributes["port"] { opens.append("\(port)/\(tag.attributes["protocol"] ?? "tcp")") }
            case "rule": opens.append("rich rule")
            default: break
            }
        }
        return Firewall(
            name: .firewalld, isEnabled: isEnabled,
            filtersInput: .known(target.asciiLowercased != "accept", [Evidence(found.path)]), opens: opens,
            evidence: evidence + [Evidence(found.path)])
    }

    // MARK: ufw

    private func ufw(_ isEnabled: Bool, _ evidence: [Evidence]) throws(Failure) -> Firewall {
        var evidence = evidence
        var isOn = false
        if let file = try tree.lines(of: "/etc/ufw/ufw.conf") {
            let assignments = ShellAssignments(file)
            if let entry = assignments.entry("ENABLED") {
                isOn = entry.value.asciiLowercased == "yes"
                evidence.append(assignments.evidence(entry))
            }
        }
        var filters: Fact<Bool> = .unknown("/etc/default/ufw says no policy")
        if let file = try tree.lines(of: "/etc/default/ufw") {
            let assignments = ShellAssignments(file)
            if let entry = assignments.entry("DEFAULT_INPUT_POLICY") {
                filters = .known(entry.value.uppercased() != "ACCEPT", [assignments.evidence(entry)])
            }
        }
        var opens: [String] = []
        // `### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in`: what the program itself reads its rules from.
        for line in try tree.lines(of: "/etc/ufw/user.rules")?.lines ?? [] where opens.count < Self.openLimit {
            let words = line.trimmed.blankSeparated
            guard words.count >= 6, words[0] == "###", words[1] == "tuple", words[3].hasPrefix("allow"),
                !words.contains("out")
            else { continue }
            opens.append("\(words[5])/\(words[4])")
        }
        return Firewall(
            name: .ufw, isEnabled: isEnabled && isOn, filtersInput: filters, opens: opens, evidence: evidence)
    }

    // MARK: iptables

    private func tables(_ name: Firewall.Name, _ path: String, _ isEnabled: Bool, _ evidence: [Evidence])
        throws(Failure) -> Firewall
    {
        guard let file = try tree.lines(of: path) else {
            return Firewall(
                name: name, isEnabled: isEnabled, filtersInput: .known(false, [Evidence(path)]), opens: [],
                evidence: evidence)
        }
        var table = ""
        var filters = false
        var opens: [String] = []
        var decided: [Evidence] = []
        var isUnsure = false
        for line in file.lines {
            let text = line.trimmed
            if text.hasPrefix("*") { table = String(text.dropFirst()) }
            guard table == "filter" else { continue }
            let words = text.blankSeparated
            if text.hasPrefix(":INPUT "), words.count > 1, words[1] == "DROP" || words[1] == "REJECT" {
                filters = true
                decided.append(file.evidence(line))
            }
            guard words.count > 3, words[0] == "-A", words[1] == "INPUT" else { continue }
            func value(_ option: String) -> String? {
                words.firstIndex(of: option).flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
            }
            switch value("-j") {
            case "ACCEPT":
                if let port = value("--dport") ?? value("--dports"), opens.count < Self.openLimit {
                    opens.append("\(port)/\(value("-p") ?? "tcp")")
                } else if words.count == 4 {
                    // Everything is let in: what follows is never reached.
                    return Firewall(
                        name: name, isEnabled: isEnabled, filtersInput: .known(false, [file.evidence(line)]),
                        opens: opens,
                        evidence: evidence + [Evidence(file.path)])
                }
            case "DROP", "REJECT":
                // Without a condition it turns away all that comes to it.
                let conditions = ["-p", "-s", "-d", "-i", "-m", "!"].filter { words.contains($0) }
                if conditions.isEmpty {
                    filters = true
                    decided.append(file.evidence(line))
                }
            case "RETURN", "LOG", nil: break
            default: isUnsure = true
            }
        }
        return Firewall(
            name: name, isEnabled: isEnabled,
            filtersInput: isUnsure && !filters
                ? .unknown("\(file.path) has chains of its own")
                : .known(filters, decided.isEmpty ? [Evidence(file.path)] : decided),
            opens: opens, evidence: evidence + [Evidence(file.path)])
    }
}

/// The tags of a small XML file, without their nesting: enough for lists of settings.
enum XMLTags {
    static let limit = 2000

    static func read(_ text: String) -> [(name: String, attributes: [String: String])] {
        var tags: [(String, [String: String])] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "<"), tags.count < limit {
            rest = rest[open...].dropFirst()
            if rest.hasPrefix("!--") {
                guard let end = rest.firstRange(of: "-->") else { break }
                rest = rest[end.upperBound...]
                continue
            }
            guard let close = rest.firstIndex(of: ">") else { break }
            var body = rest[..<close]
            rest = rest[close...].dropFirst()
            guard let first = body.first, first.isLetter else { continue }
            let name = body.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
            body = body.dropFirst(name.count)
            var attributes: [String: String] = [:]
            while let equals = body.firstIndex(of: "="), attributes.count < 20 {
                let key = body[..<equals].trimmingBlanks
                body = body[equals...].dropFirst().drop { $0.isWhitespace }
                guard let quote = body.first, quote == "\"" || quote == "'" else { break }
                body = body.dropFirst()
                guard let end = body.firstIndex(of: quote) else { break }
                attributes[key] = String(body[..<end])
                body = body[end...].dropFirst()
            }
            tags.append((String(name), attributes))
        }
        return tags
    }
}
