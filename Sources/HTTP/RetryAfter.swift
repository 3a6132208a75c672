import CCurl
import Glibc

/// Retry-After of RFC 9110, 10.2.3: seconds, or a date in any of HTTP's three forms.
enum RetryAfter {
    /// Nil when the answer does not say, or says it wrongly. A date in the past is no time at all.
    /// - Parameter now: seconds since 1970, for an answer without a Date: its own clock is the one that its date is of.
    static func duration(_ headers: HTTPHeaders, now: Int = time(nil)) -> Duration? {
        guard let text = headers["Retry-After"], !text.isEmpty else { return nil }
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return Int(text).map { .seconds(min($0, 10 * 365 * 86_400)) } ?? .seconds(10 * 365 * 86_400)
        }
        let date = curl_getdate(text, nil)
        guard date >= 0 else { return nil }
        let sent = headers["Date"].map { curl_getdate($0, nil) } ?? -1
        return .seconds(max(0, Int(date) - (sent >= 0 ? Int(sent) : now)))
    }
}
