import Digest
import ProviderKit

/// An identity token that the token service may replace whenever it is shown (distribution, "OAuth2 Token Authentication":
/// `refresh_token` of the answer). The successor serves for the rest of the run, in all of its operations, and is written
/// nowhere: the login file keeps what it has.
struct IdentityToken: Sendable {
    let host: Host
    /// As people write its name.
    let registry: String
    /// Of the login file or the helper.
    let first: Secret

    /// Shorter ones the host does not know from other words, so that it might write them down.
    private static let shortest = 8

    private var key: String { "identity/\(registry)/\(first.withBytes { sha256(Array($0)) }.hex.prefix(32))" }

    /// The successor, if there was one in this run.
    var newest: Secret {
        guard let known = try? host.cached(key), !known.isEmpty else { return first }
        return Secret(known)
    }

    func replace(_ shown: Secret, by next: Secret) throws {
        guard !next.isEmpty, next.reveal() != shown.reveal() else { return }
        // Only what the host knows to be a secret stays in its memory.
        try host.redact(next)
        guard next.withBytes({ $0.count }) >= Self.shortest else { return }
        try next.withBytes { try host.cache(key, Array($0)) }
        host.log(
            .info,
            "\(registry) replaced the identity token; its successor serves for the rest of this run, and no login file is changed"
        )
    }
}
