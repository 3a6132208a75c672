import Documents
import FileSystems

/// Programs that keep the clock right, and who tells them the time: chrony.conf(5), ntp.conf(5), timesyncd.conf(5), ntpd.conf(5).
struct ClockReader {
    let tree: GuestTree
    init(_ tree: GuestTree) { self.tree = tree }

    func programs() throws(Failure) -> [ClockProgram] {
        let units = try UnitLinks(tree)
        var programs: [ClockProgram] = []
        let known: [(name: String, units: [String], files: [String])] = [
            ("chronyd", ["chronyd", "chrony"], ["/etc/chrony.conf", "/etc/chrony/chrony.conf"]),
            ("ntpsec", ["ntpsec"], ["/etc/ntpsec/ntp.conf"]),
            ("ntpd", ["ntpd", "ntp"], ["/etc/ntp.conf"]),
            ("openntpd", ["openntpd"], ["/etc/openntpd/ntpd.conf", "/etc/ntpd.conf"]),
            ("systemd-timesyncd", ["systemd-timesyncd"], []),
        ]
        for (name, names, files) in known {
            for unit in names {
                // Debian's chrony.service is chronyd's; its other name is a link to it.
                guard let state = try units.starts(unit + ".service") else { continue }
                var servers: [String] = []
                var evidence = state.evidence
                if name == "systemd-timesyncd" {
                    try timesyncd(&servers, &evidence)
                } else if let file = try tree.first(of: files) {
                    var seen: Set<String> = []
                    try daemon(file.path, &servers, &evidence, &seen)
                }
                programs.append(
                    ClockProgram(name: name, isEnabled: state.isEnabled, servers: servers, evidence: evidence))
                break
            }
        }
        return programs
    }

    private func daemon(
        _ path: String, _ servers: inout [String], _ evidence: inout [Evidence], _ seen: inout Set<String>
    ) throws(Failure) {
        guard seen.count < 50, seen.insert(path).inserted, let file = try tree.lines(of: path) else { return }
        for line in file.lines {
            let words = line.trimmed.blankSeparated
            guard words.count > 1, let first = words.first, !"#!%;".contains(first.prefix(1)) else { continue }
            switch first.asciiLowercased {
            case "server", "servers", "pool", "peer", "refclock":
                guard servers.count < 50 else { return }
                servers.append(
                    first.asciiLowercased == "refclock" ? words[1...].prefix(2).joined(separator: " ") : words[1])
                evidence.append(file.evidence(line))
            case "include": try daemon(words[1], &servers, &evidence, &seen)
            case "confdir", "sourcedir":
                for folder in words.dropFirst() {
                    let suffix = first == "confdir" ? ".conf" : ".sources"
                    for path in try tree.paths(in: folder, ending: suffix, limit: 50) {
                        try daemon(path, &servers, &evidence, &seen)
                    }
                }
            default: break
            }
        }
    }

    private func timesyncd(_ servers: inout [String], _ evidence: inout [Evidence]) throws(Failure) {
        var paths = ["/etc/systemd/timesyncd.conf"]
        for folder in ["/usr/lib/systemd/timesyncd.conf.d", "/etc/systemd/timesyncd.conf.d"] {
            paths += try tree.paths(in: folder, ending: ".conf")
        }
        var fallback: [String] = []
        for path in paths {
            guard let file = try tree.lines(of: path) else { continue }
            let keys = KeyFile(file)
            for entry in keys.section("Time")?.entries ?? [] where entry.key == "NTP" || entry.key == "FallbackNTP" {
                let names = entry.value.blankSeparated
                // An empty value takes back what was said before.
                if entry.key == "NTP" {
                    servers = names.isEmpty ? [] : servers + names
                } else {
                    fallback = names.isEmpty ? [] : fallback + names
                }
                evidence.append(keys.evidence(entry))
            }
        }
        if servers.isEmpty { servers = fallback }
    }
}
