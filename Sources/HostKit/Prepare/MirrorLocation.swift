/// Where a mirror is, apart from the user and password that its URL may hold: those are sent, and never kept or shown.
public struct MirrorLocation: Sendable, Equatable {
    /// A URL without user and password, or a directory; without final slashes.
    public let place: String
    /// As the URL had it: `USER:PASSWORD`.
    let userInformation: String?

    public init(_ text: String) {
        func trimmed(_ text: Substring) -> Substring {
            var text = text
            while text.count > 1 && text.hasSuffix("/") { text.removeLast() }
            return text
        }
        guard let scheme = text.firstRange(of: "://") else {
            (place, userInformation) = (String(trimmed(text[...])), nil)
            return
        }
        let rest = text[scheme.upperBound...]
        let at = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }.lastIndex(of: "@")
        userInformation = at.map { String(rest[..<$0]) }
        let bare = at.map { rest[rest.index(after: $0)...] } ?? rest
        place = String(text[..<scheme.upperBound]) + (bare.allSatisfy { $0 == "/" } ? "" : trimmed(bare))
    }

    /// For people: that there is a password, and not which.
    public var shown: String { userInformation == nil ? place : Self.insert("***", into: place) }

    /// A URL below `place` as it is to be fetched.
    func authorized(_ url: String) -> String { userInformation.map { Self.insert($0, into: url) } ?? url }

    private static func insert(_ user: String, into url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        return url[..<scheme.upperBound] + user + "@" + url[scheme.upperBound...]
    }
}

/// Fetches from a mirror as the user whom its URL names, so that nobody else needs to know.
struct AuthorizedDownloader: Downloader {
    let base: any Downloader
    let mirror: MirrorLocation

    func download(
        url: String, toDescriptor descriptor: Int32, resumingAt: Int64, limit: Int64,
        attempt: @escaping @Sendable (Int) -> Void
    ) async throws -> DownloadResult {
        try await base.download(
            url: mirror.authorized(url), toDescriptor: descriptor, resumingAt: resumingAt, limit: limit,
            attempt: attempt)
    }
}
