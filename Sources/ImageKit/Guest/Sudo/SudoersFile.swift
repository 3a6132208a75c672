import Documents
import FileSystems

/// Reads sudoers and what it includes, in sudo's order: sudoers(5).
struct SudoersFile {
    static let fileLimit = 200
    /// The compiled-in limit of sudo's own parser is 128.
    static let depthLimit = 128
    static let lineLimit = 20_000

    enum Alias: String {
        case user = "User_Alias"
        case runAs = "Runas_Alias"
        case host = "Host_Alias"
        case command = "Cmnd_Alias"
    }

    let tree: GuestTree
    /// Specifications as written, their lines put together.
    private(set) var rules: [(text: String, evidence: Evidence)] = []
    private(set) var defaults: [Evidence] = []
    private(set) var damaged: [Evidence] = []
    private(set) var aliases: [String: [String]] = [:]
    private var files = 0
    private var lines = 0

    init(_ tree: GuestTree) { self.tree = tree }

    mutating func read(_ path: String) throws(Failure) { try read(path, depth: 0) }

    private mutating func read(_ path: String, depth: Int) throws(Failure) {
        guard let found = try tree.find(path) else { return }
        files += 1
        guard files <= Self.fileLimit, depth <= Self.depthLimit else {
            throw Failure(.refused, "sudoers includes too many files", place: path)
        }
        guard found.status.kind == .file else { return }
        // sudo passes over a file that somebody else could have written.
        guard found.status.user == 0, found.status.permissions & 0o002 == 0 else {
            damaged.append(Evidence(found.path, text: "others than root may write to it: sudo does not read it"))
            return
        }
        let file = GuestFile(path: found.path, text: String(decoding: try tree.read(found), as: UTF8.self))
        var waiting: (text: String, line: GuestLine)?
        for line in file.lines {
            lines += 1
            guard lines <= Self.lineLimit else {
                throw Failure(.refused, "more than \(Self.lineLimit) lines", place: path)
            }
            var text = line.text
            var first = line
            if let before = waiting { (text, first) = (before.text + text, before.line) }
            waiting = nil
            if text.hasSuffix("\\") {
                waiting = (String(text.dropLast()), first)
                continue
            }
            try take(text, first, file, depth: depth)
        }
        if let rest = waiting { try take(rest.text, rest.line, file, depth: depth) }
    }

    private mutating func take(_ line: String, _ first: GuestLine, _ file: GuestFile, depth: Int) throws(Failure) {
        let text = line.trimmingBlanks
        let evidence = file.evidence(first, text)
        let words = text.blankSeparated
        guard let word = words.first else { return }
        switch word {
        case "#include", "@include", "#includedir", "@includedir":
            guard words.count >= 2 else {
                damaged.append(evidence)
                return
            }
            let name = text.dropFirst(word.utf8.count).trimmingBlanks.unquoted
            let path = name.hasPrefix("/") ? name : Self.folder(of: file.path) + "/" + name
            guard word.hasSuffix("dir") else { return try read(path, depth: depth + 1) }
            // Names that end in ~ or hold a dot are passed over; the order is that of bytes.
            for name in try tree.list(path).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
            where !name.hasSuffix("~") && !name.contains(".") {
                try read(path + "/" + name, depth: depth + 1)
            }
        case _ where word.hasPrefix("#") && !Self.isNumber(word): return
        case _ where word.hasPrefix("Defaults"):
            if defaults.count < 200 { defaults.append(evidence) }
        case "User_Alias", "Runas_Alias", "Host_Alias", "Cmnd_Alias", "Cmd_Alias":
            define(Self.uncommented(text).dropFirst(word.utf8.count).trimmingBlanks, evidence)
        default:
            rules.append((Self.uncommented(text), evidence))
        }
    }

    /// `#1000` is a user's number, other words that begin so are comments.
    private static func isNumber(_ word: String) -> Bool {
        let rest = word.dropFirst().prefix { $0 != "," }
        return !rest.isEmpty && rest.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func folder(of path: String) -> String {
        path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    }

    /// Without a comment behind it: a `#` that begins a word and no number, outside of quotes.
    private static func uncommented(_ text: String) -> String {
        var kept: [UInt8] = []
        let bytes = Array(text.utf8)
        var isQuoted = false
        for (at, byte) in bytes.enumerated() {
            if byte == 0x22 { isQuoted.toggle() }
            let next = at + 1 < bytes.count ? bytes[at + 1] : 0
            if byte == 0x23, !isQuoted, at > 0, bytes[at - 1] != 0x5c, !(0x30...0x39).contains(next) { break }
            kept.append(byte)
        }
        return String(decoding: kept, as: UTF8.self).trimmingBlanks
    }

    /// `NAME = a, b : OTHER = c`.
    private mutating func define(_ text: String, _ evidence: Evidence) {
        for part in SudoText.split(text, at: UInt8(ascii: ":")) {
            let sides = SudoText.split(part, at: UInt8(ascii: "="), limit: 1)
            guard sides.count == 2, !sides[0].isEmpty else {
                damaged.append(evidence)
                return
            }
            let name = sides[0].trimmingBlanks
            let members = SudoText.split(sides[1], at: UInt8(ascii: ",")).map { $0.trimmingBlanks }
            aliases[name, default: []] += members.filter { !$0.isEmpty }
        }
    }

    /// Names spelt out; an alias of an alias too, each once.
    func spelledOut(_ names: [String]) -> [String] {
        var result: [String] = []
        var seen: Set<String> = []
        var waiting = Array(names.reversed())
        while let name = waiting.popLast(), result.count < 2000 {
            let isNot = name.hasPrefix("!")
            let bare = isNot ? String(name.drop { $0 == "!" }).trimmingBlanks : name
            if let members = aliases[bare] {
                guard seen.insert(name).inserted else { continue }
                waiting += members.reversed().map {
                    isNot ? ($0.hasPrefix("!") ? String($0.dropFirst()) : "!" + $0) : $0
                }
            } else {
                result.append(name)
            }
        }
        return result
    }
}

/// Text of sudoers: `\` and quotes keep a byte from being a mark.
enum SudoText {
    static func split(_ text: String, at mark: UInt8, limit: Int = .max) -> [String] {
        var parts: [[UInt8]] = [[]]
        var isEscaped = false
        var isQuoted = false
        for byte in text.utf8 {
            if isEscaped {
                isEscaped = false
            } else if byte == 0x5c {
                isEscaped = true
            } else if byte == 0x22 {
                isQuoted.toggle()
            } else if byte == mark, !isQuoted, parts.count <= limit {
                parts.append([])
                continue
            }
            parts[parts.count - 1].append(byte)
        }
        return parts.map { String(decoding: $0, as: UTF8.self) }
    }
}
