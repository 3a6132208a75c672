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

    private static func shown(_ text: String, but allowed: String) -> String {
        func isControl(_ scalar: Unicode.Scalar) -> Bool {
            (scalar.value < 0x20 && !allowed.unicodeScalars.contains(scalar)) || (0x7F..<0xA0).contains(scalar.value)
        }
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
