/// What of a Markdown text the rules look at. Code is no text: what is in it is neither heading nor link.
struct ReadmeText {
    /// In lower case.
    private(set) var headings: [String] = []
    /// Where links and pictures lead, with the text that was written.
    private(set) var targets: [String] = []
    /// Everything but code, in lower case.
    private(set) var plain = ""
    /// Code alone, in lower case.
    private(set) var code = ""

    init(_ text: String) {
        var fence: Substring?
        var previous: Substring = ""
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let trimmed = line.drop { $0 == " " }
            if let mark = fence {
                if trimmed.hasPrefix(mark) { fence = nil } else { code += line.lowercased() + "\n" }
                continue
            }
            if trimmed.hasPrefix("```") || trimmed.hasPrefix("~~~") {
                fence = trimmed.prefix(3)
                continue
            }
            if line.hasPrefix("    ") || line.hasPrefix("\t") { code += line.lowercased() + "\n" }
            if trimmed.hasPrefix("#") {
                headings.append(trimmed.drop { $0 == "#" || $0 == " " }.lowercased())
            } else if !trimmed.isEmpty, !previous.isEmpty, trimmed.allSatisfy({ $0 == "=" || $0 == "-" }) {
                headings.append(previous.lowercased())
            }
            previous = trimmed
            let (spoken, spans) = Self.withoutCode(line)
            code += spans.map { $0.lowercased() + "\n" }.joined()
            plain += spoken.lowercased() + "\n"
            targets += Self.links(spoken) + Self.attributes(spoken)
        }
    }

    /// The line without its `spans`.
    private static func withoutCode(_ line: Substring) -> (String, [String]) {
        let parts = line.split(separator: "`", omittingEmptySubsequences: false)
        // A lone mark is a mark.
        guard parts.count % 2 == 1 else { return (String(line), []) }
        let spoken = parts.enumerated().filter { $0.offset % 2 == 0 }.map { String($0.element) }.joined(separator: " ")
        return (spoken, parts.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) })
    }

    /// [text](target), ![text](target), [name]: target, <target> of pictures and anchors.
    private static func links(_ line: String) -> [String] {
        var found: [String] = []
        var rest = line[...]
        while let mark = rest.firstRange(of: "](") {
            rest = rest[mark.upperBound...]
            let target = rest.prefix { $0 != ")" && $0 != " " }
            found.append(String(target.drop { $0 == "<" }.prefix { $0 != ">" }))
            rest = rest[target.endIndex...]
        }
        let trimmed = line.drop { $0 == " " }
        if trimmed.hasPrefix("["), let mark = trimmed.firstRange(of: "]: "), !trimmed.hasPrefix("[^") {
            found.append(String(trimmed[mark.upperBound...].drop { $0 == " " }.prefix { $0 != " " }))
        }
        return found
    }

    private static func attributes(_ line: String) -> [String] {
        var found: [String] = []
        for name in ["src=", "href="] {
            var rest = line[...]
            while let mark = rest.firstRange(of: name) {
                rest = rest[mark.upperBound...]
                guard let quote = rest.first, quote == "\"" || quote == "'" else { continue }
                let value = rest.dropFirst().prefix { $0 != quote }
                found.append(String(value))
                rest = rest[value.endIndex...]
            }
        }
        return found
    }

    /// Whether a link leads anywhere on a page that lies elsewhere.
    static func isAbsolute(_ target: String) -> Bool {
        let lower = target.lowercased()
        // A place in the same text is where it was.
        return target.isEmpty || target.hasPrefix("#") || lower.hasPrefix("https://") || lower.hasPrefix("http://")
            || lower.hasPrefix("mailto:") || lower.hasPrefix("data:")
    }
}

/// The tags that a text lists: in the part whose heading speaks of tags, what stands in code or is a link's text.
struct ReadmeTags {
    private(set) var names: Set<String> = []

    init(_ text: String) {
        var isList = false
        var isCode = false
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let trimmed = line.drop { $0 == " " }
            if trimmed.hasPrefix("```") || trimmed.hasPrefix("~~~") { isCode.toggle() }
            if isCode { continue }
            if trimmed.hasPrefix("#") {
                let words = trimmed.lowercased().split { !$0.isLetter }
                isList = words.contains("tags") || words.contains("tag") || trimmed.contains("标签")
            } else if isList && (trimmed.hasPrefix("-") || trimmed.hasPrefix("*") || trimmed.hasPrefix("|")) {
                names.formUnion(Self.tags(trimmed))
            }
        }
    }

    private static func tags(_ line: Substring) -> [String] {
        let parts = line.split(separator: "`", omittingEmptySubsequences: false)
        if parts.count >= 3 {
            return parts.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }.filter(isTag)
        }
        // | [2.4.51-oe2203sp2](https://...) | ... |, as the openEuler images' texts have it.
        guard let open = line.firstIndex(of: "["), let close = line[open...].firstRange(of: "](") else { return [] }
        let name = String(line[line.index(after: open)..<close.lowerBound])
        return isTag(name) ? [name] : []
    }

    private static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128, first != 0x2e, first != 0x2d else { return false }
        return text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d
                || $0 == 0x2e || $0 == 0x5f
        }
    }
}
