import Documents
import FileSystems

/// Which units are in a guest and what links start them: systemd.unit(5). Only what readers of other topics ask for.
struct UnitLinks {
    /// Where unit files lie, the strongest first. `/run` is empty in an image.
    static let folders = [
        "/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
    ]
    static let linkLimit = 5000

    let tree: GuestTree
    /// By unit: the links in `.wants` and `.requires` folders.
    private var wanted: [String: [String]] = [:]

    init(_ tree: GuestTree) throws(Failure) {
        self.tree = tree
        var count = 0
        var seen: Set<String> = []
        for folder in Self.folders {
            // /lib is the same folder as /usr/lib on most systems.
            guard let found = try tree.find(folder), seen.insert(found.path).inserted else { continue }
            for name in try tree.list(folder) where name.hasSuffix(".wants") || name.hasSuffix(".requires") {
                for unit in try tree.list(folder + "/" + name) {
                    count += 1
                    guard count <= Self.linkLimit else { return }
                    wanted[unit, default: []].append("\(folder)/\(name)/\(unit)")
                }
            }
        }
    }

    /// The unit's file; nil if it is masked or not there.
    func file(_ unit: String) throws(Failure) -> String? {
        for folder in Self.folders {
            guard try tree.find(folder + "/" + unit, following: false) != nil else { continue }
            return try isMasked(folder + "/" + unit) ? nil : folder + "/" + unit
        }
        return nil
    }

    private func isMasked(_ path: String) throws(Failure) -> Bool {
        if let target = try tree.linkTarget(path) { return target == "/dev/null" }
        return try tree.find(path)?.status.size == 0
    }

    /// What starts the unit: its links, or those of one of its other names; nil if there is no such unit, empty if nothing does.
    func starts(_ unit: String) throws(Failure) -> (isEnabled: Bool, evidence: [Evidence])? {
        guard let file = try file(unit) else {
            // Links to a unit that is not there, or is masked, start nothing.
            return try tree.find("/etc/systemd/system/" + unit, following: false).map { (false, [Evidence($0.path)]) }
        }
        let links = wanted[unit] ?? []
        return links.isEmpty ? (false, [Evidence(file)]) : (true, links.map { Evidence($0) })
    }
}
