import Glibc

enum Timestamp {
    /// Nanoseconds since 1970 as RFC 3339 in UTC, to the second.
    static func utc(_ nanoseconds: Int64) -> String {
        var seconds = time_t(nanoseconds / 1_000_000_000)
        var fields = tm()
        guard gmtime_r(&seconds, &fields) != nil else { return "1970-01-01T00:00:00Z" }
        func padded(_ number: Int32, _ width: Int = 2) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let day = [padded(fields.tm_year + 1900, 4), padded(fields.tm_mon + 1), padded(fields.tm_mday)]
        let time = [padded(fields.tm_hour), padded(fields.tm_min), padded(fields.tm_sec)]
        return "\(day.joined(separator: "-"))T\(time.joined(separator: ":"))Z"
    }
}
