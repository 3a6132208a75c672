import Documents
import FoundationEssentials
import ProviderKit

/// A file that `docker login`, `podman login` and their like write: docker's config.json, and auth.json of the containers
/// tools, which share a form (docs.docker.com/reference/cli/docker/login, containers-auth.json(5)). What is not about
/// credentials is not read.
struct AuthFile: Decodable {
    struct Entry: Decodable {
        /// base64 of `user:password`.
        var auth: Secret?
        /// The plain form that some programs write.
        var username: String?
        var password: Secret?
        var identityToken: Secret?
        var registryToken: Secret?

        enum CodingKeys: String, CodingKey {
            case auth, username, password
            case identityToken = "identitytoken"
            case registryToken = "registrytoken"
        }
    }

    var auths: [String: Entry]?
    /// Registry to the end of a helper's name.
    var helpers: [String: String]?
    /// The end of the name of a helper for all registries.
    var store: String?

    enum CodingKeys: String, CodingKey {
        case auths
        case helpers = "credHelpers"
        case store = "credsStore"
    }

    /// - Throws: `Failure` with the place in the file, and nothing of its content.
    static func read(_ bytes: [UInt8], name: String) throws -> AuthFile {
        // An empty file is what is left of one that was emptied by hand; docker and podman take it too.
        guard bytes.contains(where: { !$0.isWhitespace }) else { return AuthFile() }
        do { return try DocumentCoding.decode(AuthFile.self, from: Data(bytes)) } catch {
            throw malformed(name, (error as? DecodingError)?.member ?? "")
        }
    }

    static func malformed(_ name: String, _ member: String) -> Failure {
        Failure(
            .usage, "the file of credentials cannot be read" + (member.isEmpty ? ": it is not JSON" : " at \(member)"),
            place: name, hint: "mend the file, or move it away and log in again")
    }

    /// The value whose key stands for the registry. Of several spellings Docker Hub's own come first, then the key as it is
    /// compared, then the alphabet decides, so that one file always gives the same.
    static func find<Value>(_ key: String, in members: [String: Value]?) -> (key: String, value: Value)? {
        guard let members else { return nil }
        let spellings = members.keys.filter { RegistryName.normalized($0) == key }
        let name = (RegistryName.hub + [key]).first { spellings.contains($0) } ?? spellings.min()
        return name.flatMap { name in members[name].map { (name, $0) } }
    }
}

extension AuthFile.Entry {
    /// Docker leaves an empty entry for what its credential store holds.
    var isEmpty: Bool {
        [auth, password, identityToken, registryToken].allSatisfy { $0?.isEmpty ?? true }
    }
}

extension Secret {
    var isEmpty: Bool { withBytes { $0.isEmpty } }
}

extension UInt8 {
    fileprivate var isWhitespace: Bool { [0x20, 0x09, 0x0a, 0x0d].contains(self) }
}

extension DecodingError {
    /// The member that is wrong: keys alone, no values. Empty when the whole is not JSON.
    fileprivate var member: String {
        let path =
            switch self {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
                .dataCorrupted(let context):
                context.codingPath
            @unknown default: [any CodingKey]()
            }
        return path.map(\.stringValue).joined(separator: ".")
    }
}
