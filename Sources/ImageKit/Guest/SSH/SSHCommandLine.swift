import Documents
import FileSystems

/// How the guest's service starts sshd: options of a command line count before any file (sshd(8), -o, -p, -f).
struct SSHCommandLine {
    /// The file of -f; nil for the built-in one.
    private(set) var file: String?
    /// Lines as -o writes them, and -p as `Port`.
    private(set) var lines: [(text: String, evidence: Evidence)] = []

    /// Files that keep the unit from starting sshd.
    private(set) var keptOff: [Evidence] = []

    /// Nothing said.
    init() {}

    init(_ tree: GuestTree) throws(Failure) {
        for folder in UnitFiles.folders {
            for name in ["sshd.service", "ssh.service"] {
                let path = "\(folder)/\(name)"
                guard try tree.lines(of: path) != nil else { continue }
                let units = try UnitFiles(tree).content(of: path, unit: name)
                try read(units, tree)
                // Debian's unit asks for it (systemd.unit(5), ConditionPathExists=).
                for condition in units.words("Unit", "ConditionPathExists") where condition.hasPrefix("!/") {
                    guard let found = try tree.find(String(condition.dropFirst())) else { continue }
                    keptOff.append(Evidence(found.path, text: "\(name) does not start while this file is there"))
                }
                return
            }
        }
    }

    /// The unit's file and its drop-ins: what each adds counts, and the last ExecStart.
    private mutating func read(_ units: [KeyFile], _ tree: GuestTree) throws(Failure) {
        var variables: [String: (value: String, evidence: Evidence)] = [:]
        let entries = units.flatMap { unit in
            (unit.section("Service")?.entries ?? []).map { (entry: $0, evidence: unit.evidence($0)) }
        }
        for (entry, _) in entries where entry.key == "EnvironmentFile" {
            let path = entry.value.hasPrefix("-") ? String(entry.value.dropFirst()) : entry.value
            guard path.hasPrefix("/"), let file = try tree.lines(of: path) else { continue }
            let assignments = ShellAssignments(file)
            for assignment in assignments.entries {
                variables[assignment.key] = (assignment.value, assignments.evidence(assignment))
            }
        }
        for (entry, place) in entries where entry.key == "Environment" {
            for word in entry.value.blankSeparated.map(\.unquoted) {
                guard let equals = word.firstIndex(of: "=") else { continue }
                variables[String(word[..<equals])] = (String(word[word.index(after: equals)...]), place)
            }
        }
        guard let (start, place) = entries.last(where: { $0.entry.key == "ExecStart" && !$0.entry.value.isEmpty })
        else { return }
        var words: [(text: String, evidence: Evidence)] = []
        for word in start.value.blankSeparated {
            guard word.hasPrefix("$") else {
                words.append((word.unquoted, place))
                continue
            }
            let name = word.dropFirst().drop { $0 == "{" }.prefix { $0 != "}" }
            guard let variable = variables[String(name)] else { continue }
            for part in variable.value.blankSeparated { words.append((part.unquoted, variable.evidence)) }
        }
        take(words)
    }

    private mutating func take(_ words: [(text: String, evidence: Evidence)]) {
        var rest = words.dropFirst()
        while let word = rest.popFirst() {
            guard word.text.hasPrefix("-"), let letter = word.text.dropFirst().first else { continue }
            guard "fopbCcEghku".contains(letter) else { continue }
            var value = String(word.text.dropFirst(2))
            if value.isEmpty {
                guard let next = rest.popFirst() else { return }
                value = next.text
            }
            switch letter {
            case "f": file = value
            case "p": lines.append(("Port \(value)", word.evidence))
            case "o": lines.append((value, word.evidence))
            case "h": lines.append(("HostKey \(value)", word.evidence))
            default: break
            }
        }
    }
}
