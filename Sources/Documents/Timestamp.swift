import FoundationEssentials

/// Times as documents write them: RFC 3339 in UTC, without the time zone or locale of the host.
public enum Timestamp {
    /// 2025-06-27T08:11:00Z.
    /// - Parameter seconds: since 1970.
    public static func text(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(Date.ISO8601FormatStyle())
    }

    /// 2025-06-27T08:11:00.123Z: the time that it is.
    public static func now() -> String {
        Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// Seconds since 1970; nil when the text is not RFC 3339. Fractions of a second are dropped: Go writes nine digits, which
    /// the library does not read.
    public static func seconds(_ text: String) -> Int64? {
        var text = text[...]
        if let dot = text.firstIndex(of: ".") {
            let rest = text[text.index(after: dot)...].drop { $0.isASCII && $0.isNumber }
            text = Substring(text[..<dot] + rest)
        }
        guard let date = try? Date(String(text).uppercased(), strategy: Date.ISO8601FormatStyle()) else { return nil }
        return Int64(date.timeIntervalSince1970.rounded(.down))
    }
}
