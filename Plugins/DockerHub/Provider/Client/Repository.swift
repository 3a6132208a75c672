import Documents
import OCI

/// A repository of a registry: what a target's address names.
///
/// `docker.io`, `index.docker.io` and `registry-1.docker.io` are one registry, whose API answers at the last of these names; a
/// repository there that has one part only lies in `library/` (docs.docker.com, "docker image tag": the default namespace).
struct Repository: Sendable, Hashable, CustomStringConvertible {
    /// As people write it: `docker.io`, `localhost:5000`.
    let host: String
    let path: String

    /// - Throws: `Failure(.usage)` naming what is wrong.
    init(_ address: String, place: String? = nil) throws {
        do {
            let reference = try Reference(address)
            guard reference.tag == nil, reference.digest == nil else {
                throw Failure(
                    .usage, "\(address.prefix(300)) names a tag or a digest where a repository is wanted",
                    hint: "tags stand in the target's tags")
            }
            self.init(host: reference.host, path: reference.path)
        } catch var failure as Failure {
            failure.place = place
            throw failure
        }
    }

    init(host: String, path: String) {
        let isHub = Self.hubNames.contains(host.lowercased())
        self.host = isHub ? "docker.io" : host.lowercased()
        self.path = isHub && !path.contains("/") ? "library/\(path)" : path
    }

    private static let hubNames = ["docker.io", "index.docker.io", "registry-1.docker.io"]

    var isDockerHub: Bool { host == "docker.io" }
    /// Where the API answers.
    var apiHost: String { isDockerHub ? "registry-1.docker.io" : host }
    var description: String { "\(host)/\(path)" }

    /// Whether the registry is this machine, where plain HTTP needs no word.
    var isLoopback: Bool { Self.isLoopback(Self.name(of: host)) }

    /// Whether a password may go to that http address, for a registry that is spoken to in the clear: to this machine, or to
    /// the registry's own host, which somebody named for that. A registry cannot name another.
    func mayLogInClear(at realm: String) -> Bool {
        guard realm.hasPrefix("http://") else { return false }
        let authority = realm.dropFirst(7).prefix { !"/?#".contains($0) }.lowercased()
        // Nothing that two parsers may read in two ways.
        let isPlain = authority.utf8.allSatisfy {
            (0x30...0x3a).contains($0) || (0x61...0x7a).contains($0) || [0x2d, 0x2e, 0x5b, 0x5d].contains($0)
        }
        guard isPlain, !authority.isEmpty else { return false }
        let name = Self.name(of: authority)
        return Self.isLoopback(name) || name == Self.name(of: host)
    }

    /// Without its port, and without an IPv6 address's brackets.
    private static func name(of authority: String) -> Substring {
        if authority.hasPrefix("[") { return authority.prefix { $0 != "]" }.dropFirst() }
        return authority.lastIndex(of: ":").map { authority[..<$0] } ?? authority[...]
    }

    private static func isLoopback(_ name: Substring) -> Bool {
        name == "localhost" || name == "::1"
            || (name.hasPrefix("127.") && name.utf8.allSatisfy { $0 == 0x2e || (0x30...0x39).contains($0) })
    }
}
