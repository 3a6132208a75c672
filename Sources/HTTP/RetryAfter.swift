import CCurl
import Glibc

/// Retry-After of RFC 9110, 10.2.3: seconds, or a date in any of HTTP's three forms; or X-Retry-After, which some write as
/// seconds since 1970 (docs.docker.com/reference/api/hub/latest, "Rate limiting").
enum RetryAfter {
    /// Nil when the answer does not say, or says it wrongly. A date in the past is no time at all.
    /// - Parameter now: seconds since 1970, for an answer without a Date: its own clock is the one that its date is of.
    static func duration(_ headers: HTTPHeaders, now: Int = time(nil)) -> Duration? {
        guard let text = headers["Retry-After"] ?? headers["X-Retry-After"], !text.isEmpty else { return nil }
        let sent = headers["Date"].map { curl_getdate($0, nil) } ?? -1
        let longest = 10 * 365 * 86_400
        func until(_ date: Int) -> Duration { .seconds(min(longest, max(0, date - (sent >= 0 ? Int(sent) : now)))) }
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            let number = Int(text) ?? longest
            // More seconds than 30 years are no pause but a time.
            if number > 1_000_000_000, headers["Retry-After"] == nil { return until(number) }
            return .seconds(min(number, longest))
        }
        let date = curl_getdate(text, nil)
        return date >= 0 ? until(Int(date)) : nil
    }
}
