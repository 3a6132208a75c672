import Documents
import FileSystems

/// The state of every unit, as `systemctl is-enabled` tells it (systemd's install.c, unit_file_lookup_state).
struct UnitStates {
    let files: UnitFiles
    private var wantsByUnit: [String: [UnitFiles.Want]] = [:]

    init(_ files: UnitFiles) {
        self.files = files
        for want in files.wants { wantsByUnit[want.unit, default: []].append(want) }
    }

    func units() throws(Failure) -> [ServiceUnit] {
        var units: [ServiceUnit] = []
        // Names that lead to another unit's are that one's.
        var aliases: [String: [String]] = [:]
        var links: [String: [UnitFiles.Entry]] = [:]
        for name in files.entries.keys.sorted() {
            guard let entry = files.entries[name]?.first, let other = alias(entry) else { continue }
            aliases[other, default: []].append(name)
            // An alias in /etc was made by enabling; one beside the unit came with it.
            if entry.isConfiguration { links[other, default: []].append(entry) }
        }
        var names = Set(files.entries.keys)
        // Instances stand in folders of wants, without a file of their own.
        for want in files.wants where UnitFiles.template(of: want.unit).map({ files.entries[$0] != nil }) == true {
            names.insert(want.unit)
        }
        for name in names.sorted() {
            if let entry = files.entries[name]?.first, alias(entry) != nil { continue }
            units.append(try unit(name, aliases[name] ?? [], links[name] ?? []))
        }
        return units
    }

    /// The unit that a link to another name of the same kind leads to; nil of what is none.
    private func alias(_ entry: UnitFiles.Entry) -> String? {
        guard let target = entry.target, !entry.isMask,
            let name = target.split(separator: "/").last.map(String.init), name != entry.name,
            UnitFiles.isUnit(name), name.split(separator: ".").last == entry.name.split(separator: ".").last
        else { return nil }
        // One step: what it leads to may be an alias again, and is told by its own link.
        return files.entries[name] == nil ? nil : name
    }

    private func unit(_ name: String, _ aliases: [String], _ links: [UnitFiles.Entry]) throws(Failure) -> ServiceUnit {
        let own = files.entries[name]?.first
        let template = UnitFiles.template(of: name)
        let entry = own ?? template.flatMap { files.entries[$0]?.first }
        var wants = ([name] + aliases).flatMap { wantsByUnit[$0] ?? [] }
        if name.contains("@."), let at = name.firstIndex(of: "@") {
            // A template is enabled by its instances.
            let prefix = name[...at]
            wants += files.wants.filter { $0.unit.hasPrefix(prefix) && $0.target == name }
        }
        let wantedBy = wants.map(\.of).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.sorted()
        guard let entry else {
            return ServiceUnit(name: name, state: .bad, path: "", aliases: aliases, wantedBy: wantedBy)
        }
        if entry.isMask {
            return ServiceUnit(
                name: name, state: entry.isRuntime ? .maskedRuntime : .masked, path: "/dev/null", aliases: aliases,
                wantedBy: wantedBy, evidence: [Evidence(entry.path, text: entry.target)])
        }
        guard let file = try files.tree.find(entry.path), file.status.kind == .file else {
            return ServiceUnit(
                name: name, state: .bad, path: entry.target ?? entry.path, aliases: aliases, wantedBy: wantedBy,
                evidence: [Evidence(entry.path, text: entry.target)])
        }
        if file.path == "/dev/null" || file.status.size == 0 {
            return ServiceUnit(
                name: name, state: .masked, path: "/dev/null", aliases: aliases, wantedBy: wantedBy,
                evidence: [Evidence(entry.path, text: entry.target)])
        }
        var content: [KeyFile]
        do throws(Failure) {
            content = try files.content(of: entry.path, unit: name)
        } catch {
            return ServiceUnit(
                name: name, state: .bad, path: file.path, aliases: aliases, wantedBy: wantedBy,
                evidence: [Evidence(entry.path)])
        }
        let made = wants.filter { $0.isConfiguration }
        let evidence = made.map { Evidence($0.path) } + links.map { Evidence($0.path, text: $0.target) }
        // Names that the unit itself asks for; links of other names make it `indirect`.
        let asked = Set([name] + content.prefix(1).words("Install", "Alias") + Self.standardInstance(name, content))
        let state = state(
            entry,
            byName: made.filter { asked.contains($0.unit) }.map(\.isRuntime)
                + links.filter { asked.contains($0.name) }.map(\.isRuntime),
            hasOthers: made.contains { !asked.contains($0.unit) } || links.contains { !asked.contains($0.name) },
            content)
        let listens =
            name.hasSuffix(".socket")
            ? ["ListenStream", "ListenDatagram", "ListenSequentialPacket"].flatMap { content.words("Socket", $0) }
            : Self.addresses(content.words("Service", "ExecStart"))
        return ServiceUnit(
            name: name, state: state, path: file.path, aliases: aliases, wantedBy: wantedBy,
            listens: Array(listens.prefix(50)),
            evidence: state == .enabled || state == .enabledRuntime ? evidence : [Evidence(file.path)])
    }

    /// Addresses in a command line: `tcp://0.0.0.0:2375`, `--bind=[::]:80`, `-listen :8080`, and what stands behind an option `--port`.
    static func addresses(_ words: [String]) -> [String] {
        var found: [String] = []
        var isPort = false
        for word in words.prefix(500) {
            var value = word.unquoted[...]
            if value.hasPrefix("-"), let equals = value.firstIndex(of: "=") {
                isPort = value[..<equals] == "--port"
                value = value[value.index(after: equals)...]
            }
            if isPort, UInt16(value) != nil { found.append(String(value)) }
            isPort = value == "--port"
            guard !value.hasPrefix("unix:"), !value.hasPrefix("/"), let colon = value.lastIndex(of: ":"),
                UInt16(value[value.index(after: colon)...]) != nil
            else { continue }
            let host = value[..<colon]
            let bare =
                host.hasPrefix("tcp://") || host.hasPrefix("http://") ? host.drop { $0 != "/" }.dropFirst(2) : host
            // What has a name or is an address; a mapping of ports `80:80` is none.
            if bare.isEmpty || bare.contains(".") || bare.hasSuffix("]") || bare == "localhost" || bare == "*" {
                found.append(String(value))
            }
        }
        return found
    }

    /// The instance that enabling a template enables.
    private static func standardInstance(_ name: String, _ content: [KeyFile]) -> [String] {
        guard name.contains("@."), let at = name.firstIndex(of: "@") else { return [] }
        let instances = content.prefix(1).words("Install", "DefaultInstance")
        return instances.suffix(1).map { name[...at] + $0 + name[name.index(after: at)...] }
    }

    /// - Parameter byName: of each link under a name that the unit asks for, whether a reboot takes it away.
    private func state(
        _ entry: UnitFiles.Entry, byName: [Bool], hasOthers: Bool, _ content: [KeyFile]
    ) -> ServiceUnit.State {
        if byName.contains(false) { return .enabled }
        if !byName.isEmpty { return .enabledRuntime }
        if hasOthers { return .indirect }
        // A link to a file outside of the unit path.
        if let target = entry.target, target.hasPrefix("/"), entry.isConfiguration,
            !UnitFiles.folders.contains(where: { target.hasPrefix($0 + "/") })
        {
            return entry.isRuntime ? .linkedRuntime : .linked
        }
        let install = ["WantedBy", "RequiredBy", "UpheldBy", "Alias"].contains {
            !content.prefix(1).words("Install", $0).isEmpty
        }
        if install { return .disabled }
        return content.prefix(1).words("Install", "Also").isEmpty ? .static : .indirect
    }
}

extension ArraySlice<KeyFile> {
    func words(_ section: String, _ key: String) -> [String] { Array(self).words(section, key) }
}
