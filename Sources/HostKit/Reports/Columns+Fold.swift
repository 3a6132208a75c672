import Documents

extension Columns {
    /// The beginning of a line that is too long, with an ellipsis.
    static func short(_ line: String, to columns: Int) -> String {
        let line = Printable.line(line)
        return width(line) <= columns ? line : cut(line, to: columns - 1) + "…"
    }

    /// Lines that are too long go on below themselves: broken between words where there are some, and below the text that follows
    /// a word and a gap, as in a table.
    /// - Parameter columns: nil leaves them whole.
    public static func fold(_ text: String, to columns: Int?) -> String {
        guard let columns, columns > 0 else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { width(String($0)) <= columns ? String($0) : folded(String($0), columns) }.joined(separator: "\n")
    }

    private static func folded(_ line: String, _ columns: Int) -> String {
        let indent = String(repeating: " ", count: min(hang(line), columns / 2))
        var lines: [String] = []
        var rest = Substring(line)
        while true {
            let begin = lines.isEmpty ? "" : indent
            let room = columns - begin.count
            guard width(String(rest)) > room else { return (lines + [begin + rest]).joined(separator: "\n") }
            let part = cut(String(rest), to: room)
            // The blank that a word ends with may be the first that has no more room.
            let next = rest.dropFirst(part.count)
            var taken = part.count
            if next.first != " ", let blank = part.lastIndex(of: " "),
                part.distance(from: part.startIndex, to: blank) > (lines.isEmpty ? indent.count : 0)
            {
                taken = part.distance(from: part.startIndex, to: blank)
            }
            // Wide characters in a narrow place: there is an end to it.
            taken = max(taken, 1)
            var piece = rest.prefix(taken)
            rest = rest.dropFirst(taken)
            while rest.first == " " { rest = rest.dropFirst() }
            while piece.last == " " { piece = piece.dropLast() }
            lines.append(begin + piece)
            if rest.isEmpty { return lines.joined(separator: "\n") }
        }
    }

    /// Where the text of a line begins: behind its blanks, and behind a first word that a gap follows.
    private static func hang(_ line: String) -> Int {
        let blanks = line.prefix { $0 == " " }.count
        let word = line.dropFirst(blanks).prefix { $0 != " " }.count
        let gap = line.dropFirst(blanks + word).prefix { $0 == " " }.count
        return gap > 1 ? blanks + word + gap : blanks
    }
}
