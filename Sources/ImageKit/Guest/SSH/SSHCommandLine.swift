import Documents
import FileSystems

/// How the guest's service starts sshd: options of a command line count before any file (sshd(8), -o, -p, -f).
struct SSHCommandLine {
    /// The file of -f; nil for the built-in one.
    private(set) var file: String?
    /// Lines as -o writes them, and -p as `Port`.
    private(set) var lines: [(text: String, evidence: Evidence)] = []

    /// Nothing said.
    init() {}

    init(_ tree: GuestTree) throws(Failure) {
        for folder in ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"] {
            for name in ["sshd.service", "ssh.service"] {
                guard let unit = try tree.lines(of: "\(folder)/\(name)") else { continue }
                try read(KeyFile(unit), tree)
                return
            }
        }
    }

    private mutating func read(_ unit: KeyFile, _ tree: GuestTree) throws(Failure) {
        guard let service = unit.section("Service") else { return }
        var variables: [String: (value: String, evidence: Evidence)] = [:]
        for entry in service.entries where entry.key == "EnvironmentFile" {
            let path = entry.value.hasPrefix("-") ? String(entry.value.dropFirst()) : entry.value
            guard path.hasPrefix("/"), let file = try tree.lines(of: path) else { continue }
            let assignments = ShellAssignments(file)
            for assignment in assignments.entries {
                variables[assignment.key] = (assignment.value, assignments.evidence(assignment))
            }
        }
        guard let start = service.entry("ExecStart") else { return }
        var words: [(text: String, evidence: Evidence)] = []
        for word in start.value.blankSeparated {
            guard word.hasPrefix("$") else {
                words.append((word.unquoted, unit.evidence(start)))
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
