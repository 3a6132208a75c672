import Documents
import FileSystems

/// The rules that nftables.service loads: nft(8). Chains with a hook on input are understood, the rest is told as unknown.
struct NFTablesReader {
    let tree: GuestTree
    init(_ tree: GuestTree) { self.tree = tree }

    static let fileLimit = 30

    func firewall(_ isEnabled: Bool, _ evidence: [Evidence]) throws(Failure) -> Firewall {
        let paths = ["/etc/nftables.conf", "/etc/sysconfig/nftables.conf"]
        guard let found = try tree.first(of: paths) else {
            return Firewall(
                name: .nftables, isEnabled: isEnabled, filtersInput: .known(false, paths.map { Evidence($0) }),
                opens: [],
                evidence: evidence)
        }
        var words: [String] = []
        var files: [String] = []
        try read(found.path, &words, &files)
        let result = Self.inputs(words)
        return Firewall(
            name: .nftables, isEnabled: isEnabled,
            filtersInput: result.filters.map { .known($0, files.map { Evidence($0) }) }
                ?? .unknown("the rules of \(found.path) were not understood"),
            opens: Array(result.opens.prefix(FirewallReader.openLimit)), evidence: evidence + files.map { Evidence($0) }
        )
    }

    /// Words of a file and of those that it includes; the ends of lines are words `;`.
    private func read(_ path: String, _ words: inout [String], _ files: inout [String]) throws(Failure) {
        guard files.count < Self.fileLimit, !files.contains(path), let file = try tree.lines(of: path) else { return }
        files.append(file.path)
        for line in file.lines {
            let text = line.text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
            let parts = String(text).trimmingBlanks
            if parts.hasPrefix("include ") {
                let named = parts.dropFirst(8).trimmingBlanks.unquoted
                if named.hasSuffix("/*.nft") {
                    for path in try tree.paths(in: String(named.dropLast(6)), ending: ".nft", limit: Self.fileLimit) {
                        try read(path, &words, &files)
                    }
                } else {
                    try read(named, &words, &files)
                }
                continue
            }
            var spaced = ""
            for character in parts {
                spaced += "{};,".contains(character) ? " \(character) " : String(character)
            }
            words += spaced.blankSeparated + [";"]
            guard words.count < 100_000 else { return }
        }
    }

    /// Whether a chain on input ends in a refusal, and what its rules let in before that.
    static func inputs(_ words: [String]) -> (filters: Bool?, opens: [String]) {
        var opens: [String] = []
        var (hasInput, isInput, filters, isUnsure) = (false, false, false, false)
        var rule: [String] = []
        // Braces within a rule are sets; those after `table`, `chain` and the like hold what follows.
        var sets = 0
        func close() {
            if isInput { judge(rule, &opens, &filters, &isUnsure) }
            rule = []
        }
        for word in words {
            switch word {
            case "{" where ["table", "chain", "set", "map", "flowtable", "counter"].contains(rule.first ?? "table"):
                rule = []
            case "{":
                sets += 1
                rule.append(word)
            case "}" where sets > 0:
                sets -= 1
                rule.append(word)
            case "}":
                close()
                isInput = false
            case ";" where sets > 0: break
            case ";": close()
            default:
                if word == "input", rule.last == "hook" { (isInput, hasInput) = (true, true) }
                rule.append(word)
            }
        }
        if !hasInput { return (false, []) }
        return (filters ? true : isUnsure ? nil : false, opens)
    }

    private static func judge(_ rule: [String], _ opens: inout [String], _ filters: inout Bool, _ isUnsure: inout Bool)
    {
        guard let last = rule.last else { return }
        if rule.first == "policy" || rule.contains("policy") {
            if last == "drop" { filters = true }
            return
        }
        if rule == ["drop"] || rule.first == "reject" || rule == ["counter", "drop"]
            || rule.starts(with: ["counter", "reject"])
        {
            filters = true
        }
        if rule.contains("jump") || rule.contains("goto") { isUnsure = true }
        guard last == "accept", let port = rule.firstIndex(of: "dport"), port > 0 else { return }
        let ports = rule[(port + 1)...].dropLast().filter {
            !["{", "}", ",", "counter", "ct", "state", "new"].contains($0)
        }
        opens += ports.map { "\($0)/\(rule[port - 1])" }
    }
}
