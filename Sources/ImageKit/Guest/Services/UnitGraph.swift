import Documents
import FileSystems

/// What starting one unit starts: Wants=, Requires=, BindsTo=, Upholds= and their folders; a socket's, timer's or path's service.
struct UnitGraph {
    let files: UnitFiles
    private var places: [String: Int] = [:]
    private var wanted: [String: [String]] = [:]

    init(_ files: UnitFiles, _ units: [ServiceUnit]) {
        self.files = files
        for (place, unit) in units.enumerated() {
            for name in [unit.name] + unit.aliases { places[name] = place }
        }
        for want in files.wants { wanted[want.of, default: []].append(want.unit) }
    }

    func mark(_ units: inout [ServiceUnit], from target: String) throws(Failure) {
        // What systemd starts on its way to every target (bootup(7)).
        var waiting = [target, "default.target", "sysinit.target", "basic.target"]
        var seen = Set(waiting)
        while let name = waiting.popLast() {
            guard let place = places[name], !units[place].isMasked, units[place].state != .bad else { continue }
            units[place].starts = true
            let unit = units[place]
            var next: [String] = []
            for name in [unit.name] + unit.aliases { next += wanted[name] ?? [] }
            if let template = UnitFiles.template(of: unit.name) { next += wanted[template] ?? [] }
            let content = try files.content(of: unit.path, unit: unit.name)
            for key in ["Wants", "Requires", "BindsTo", "Upholds"] {
                next += content.words("Unit", key)
            }
            next += triggered(unit, content)
            for name in next where seen.count < 20_000 && seen.insert(name).inserted { waiting.append(name) }
        }
    }

    private func triggered(_ unit: ServiceUnit, _ content: [KeyFile]) -> [String] {
        guard let dot = unit.name.lastIndex(of: ".") else { return [] }
        let (stem, kind) = (unit.name[..<dot], unit.name[unit.name.index(after: dot)...])
        switch kind {
        case "socket":
            let named = content.words("Socket", "Service")
            // With Accept=yes an instance of the template answers each connection.
            return named.isEmpty ? ["\(stem).service", "\(stem)@.service"] : named
        case "timer", "path":
            let named = content.words(kind == "timer" ? "Timer" : "Path", "Unit")
            return named.isEmpty ? ["\(stem).service"] : named
        default: return []
        }
    }
}
