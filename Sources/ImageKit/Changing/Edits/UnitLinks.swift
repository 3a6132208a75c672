import Documents
import Glibc

/// Units switched on and off by their links alone, as systemctl(1) does it: for guests whose programs are not run.
extension GuestChange {
    private static let own = "/etc/systemd/system"
    private static let folders = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"]

    func setLinks(_ verb: String, _ units: [String]) throws(Failure) {
        for unit in units {
            // A name without an ending is a service's (systemctl(1)).
            let name = unit.contains(".") ? unit : unit + ".service"
            switch verb {
            case "enable": try link(name, depth: 0)
            case "disable": try unlink(name)
            default: try root.link("\(Self.own)/\(name)", to: "/dev/null")
            }
        }
    }

    /// - Returns: its file, and what it says of its installation (systemd.unit(5)).
    private func unit(_ name: String) throws(Failure) -> (path: String, install: [(key: String, values: [String])])? {
        guard let path = Self.folders.map({ "\($0)/\(name)" }).first(where: { root.exists($0) }) else { return nil }
        var section = ""
        var found: [(key: String, values: [String])] = []
        for line in try root.lines(path) ?? [] {
            if line.hasPrefix("[") { section = line }
            let parts = line.split(separator: "=", maxSplits: 1)
            guard section.hasPrefix("[Install]"), parts.count == 2, !line.hasPrefix("#") else { continue }
            found.append((parts[0].filter { $0 != " " }, parts[1].split(separator: " ").map(String.init)))
        }
        return (path, found)
    }

    private func link(_ name: String, depth: Int) throws(Failure) {
        guard !name.contains("@"), let unit = try unit(name) else {
            throw Failure(
                .refused, "the unit \(Printable.line(name)) cannot be enabled by its files alone",
                hint: "leave --way files out: the guest's systemctl does it")
        }
        for (key, values) in unit.install {
            for value in values where !value.contains("/") && !value.contains("%") {
                switch key {
                case "WantedBy": try root.link("\(Self.own)/\(value).wants/\(name)", to: unit.path)
                case "RequiredBy": try root.link("\(Self.own)/\(value).requires/\(name)", to: unit.path)
                case "Alias": try root.link("\(Self.own)/\(value)", to: unit.path)
                case "Also": if depth < 8 { try link(value, depth: depth + 1) }
                default: break
                }
            }
        }
    }

    private func unlink(_ name: String) throws(Failure) {
        for folder in try root.names(Self.own) where folder.hasSuffix(".wants") || folder.hasSuffix(".requires") {
            if try root.names("\(Self.own)/\(folder)").contains(name) {
                try root.remove("\(Self.own)/\(folder)/\(name)")
            }
        }
        for (key, values) in try unit(name)?.install ?? [] where key == "Alias" {
            for value in values where !value.contains("/") { try root.remove("\(Self.own)/\(value)") }
        }
    }
}
