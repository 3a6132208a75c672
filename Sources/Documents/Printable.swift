/// Text that did not come from us, on its way to a terminal.
public enum Printable {
    /// Names of files, manifests and answers of servers may hold what a terminal would obey: it is shown instead.
    public static func text(_ text: String) -> String { shown(text, but: "\n\t") }

    /// The same for what is one line whatever it holds: a line break in it would forge another.
    public static func line(_ text: String) -> String { shown(text, but: "\t") }

    /// Its beginning, for what may be as long as somebody else likes.
    /// - Parameter limit: in characters.
    public static func short(_ text: String, limit: Int = 400) -> String {
        text.utf8.count <= limit || text.count <= limit ? text : text.prefix(limit) + "…"
    }

    /// The same for a document in JSON, which stays that document: the escapes are JSON's own (RFC 8259, section 7).
    public static func json(_ text: String) -> String {
        // An encoder writes line breaks and tabs between values only.
        func isSteering(_ scalar: Unicode.Scalar) -> Bool { isControl(scalar, "\n\t") }
        guard text.unicodeScalars.contains(where: isSteering) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isSteering(scalar) {
                let digits = String(scalar.value, radix: 16)
                shown.append(
                    contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars)
            } else {
                shown.append(scalar)
            }
        }
        return String(shown)
    }

    /// What a terminal obeys: C0 and C1 (ECMA-48), and what turns the direction of text or breaks lines (Unicode Standard
    /// Annex 9; U+2028 and U+2029), with which a text seems to be another.
    private static func isControl(_ scalar: Unicode.Scalar, _ allowed: String) -> Bool {
        switch scalar.value {
        case 0..<0x20: !allowed.unicodeScalars.contains(scalar)
        case 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func shown(_ text: String, but allowed: String) -> String {
        func isControl(_ scalar: Unicode.Scalar) -> Bool { Self.isControl(scalar, allowed) }
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                shown.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                shown.append(scalar)
            }
        }
        return String(shown)
    }
}
