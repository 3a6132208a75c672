extension HTTPResponse {
    /// The address that the answer's Location names, resolved against the one that answered. Nil without one. It may hold
    /// signatures: not for logs.
    /// - Throws: `Failure` with code `refused` for a place that no answer may send us to, as for redirects.
    public func location() throws -> String? {
        guard let text = headers["Location"], !text.isEmpty else { return nil }
        return try resolving(text)
    }

    /// An address that the answer names, made absolute.
    /// - Throws: as `location`.
    public func resolving(_ text: String) throws -> String {
        let origin = try Address(url)
        var target = try origin.resolving(text)
        target.userInformation = nil
        try Redirect.check(target, from: origin, "the answer")
        return target.text
    }

    /// Whether an address is at the same scheme, host and port as another: where credentials of the one may go.
    public static func isSameOrigin(_ one: String, _ other: String) -> Bool {
        guard let one = try? Address(one), let other = try? Address(other) else { return false }
        return one.origin == other.origin
    }
}
