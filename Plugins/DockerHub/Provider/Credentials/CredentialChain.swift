public import Documents
import FoundationEssentials
public import ProviderKit

/// Finds the credential for a registry in the places where people keep them:
///
/// 1. the variables that the target's options name (`username_variable`, `password_variable`);
/// 2. `$REGISTRY_AUTH_FILE`, 3. `$DOCKER_CONFIG/config.json`, 4. `$XDG_RUNTIME_DIR/containers/auth.json`,
///    5. `$XDG_CONFIG_HOME/containers/auth.json`, `~/.config/containers/auth.json`, 6. `~/.docker/config.json`;
/// 7. nobody.
///
/// The first that has one wins. In a file, `credHelpers` wins for its registry, then comes `credsStore`, then `auths`, whose
/// keys may be of a registry, a namespace or a repository: the most specific counts. A file that is not there is passed over,
/// unless REGISTRY_AUTH_FILE names it;
/// one that cannot be understood, and a helper that fails, are errors, since a push as somebody else would be a surprise.
///
/// Sources: containers-auth.json(5), docs.docker.com/reference/cli/docker/login. Any thread; a call reads files and may run
/// a helper, up to a minute: ask once for a registry, and keep the answer.
public struct CredentialChain: Sendable {
    private struct Place {
        /// Of the manifest's `needs.files`.
        var file: String
        /// As a person knows it.
        var name: String
    }

    private static let places = [
        Place(file: "auth_file", name: "$REGISTRY_AUTH_FILE"),
        Place(file: "docker_config", name: "$DOCKER_CONFIG/config.json"),
        Place(file: "runtime_auth", name: "$XDG_RUNTIME_DIR/containers/auth.json"),
        Place(file: "user_auth", name: "$XDG_CONFIG_HOME/containers/auth.json"),
        Place(file: "home_auth", name: "~/.config/containers/auth.json"),
        Place(file: "home_docker_config", name: "~/.docker/config.json"),
    ]

    private let host: Host
    private let options: [String: JSON]
    /// What REGISTRY_AUTH_FILE says.
    private let namedFile: String?

    /// - Parameters:
    ///   - options: the target's.
    ///   - environment: the job's, of which REGISTRY_AUTH_FILE counts.
    public init(host: Host, options: [String: JSON], environment: [String: String] = [:]) {
        self.host = host
        self.options = options
        namedFile = environment["REGISTRY_AUTH_FILE"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// - Parameters:
    ///   - registry: its host, with a port if the address has one; any of Docker Hub's names for Docker Hub.
    ///   - repository: its path, such as `openeuler/openeuler`. Empty: keys of repositories do not count.
    /// - Throws: `Failure(.usage)` for a file or a helper's answer that is not one, `Failure(.authentication)` for variables
    ///   without a value and helpers that fail. Neither holds anything of a credential.
    public func credential(for registry: String, repository: String) throws -> RegistryCredential {
        if let found = try ofVariables() { return found }
        for place in Self.places {
            guard let bytes = try content(place.file) else {
                // What somebody named is meant, and not another login.
                guard let path = namedFile, place.file == "auth_file" else { continue }
                throw Failure(
                    .usage, "REGISTRY_AUTH_FILE names what is no file that can be read", place: path,
                    hint: "unset the variable, or log in with it: podman login --authfile \(path)")
            }
            let file = try AuthFile.read(bytes, name: place.name)
            guard let found = try credential(in: file, place.name, registry, repository) else { continue }
            host.log(.debug, "the credential for \(registry) came from \(found.source)")
            return found
        }
        return .anonymous
    }

    // MARK: Variables

    private func ofVariables() throws -> RegistryCredential? {
        let names = ["username", "password"].map { options["\($0)_variable"]?.string }
        guard names.contains(where: { $0 != nil }) else { return nil }
        guard let user = names[0], let password = names[1] else {
            let (there, other) =
                names[0] == nil
                ? ("password_variable", "username_variable") : ("username_variable", "password_variable")
            throw Failure(
                .usage, "the target has the option \(there) and not \(other)", place: there,
                hint: "give both, or neither for the credentials of this machine's login files")
        }
        return try basic(
            username: try value("username", variable: user).reveal(),
            password: try value("password", variable: password),
            source: "the variables \(user) and \(password)")
    }

    private func value(_ name: String, variable: String) throws -> Secret {
        do { return try host.secret(name) } catch let failure as Failure where failure.code == .authentication {
            throw Failure(
                .authentication, "the variable \(variable) has no value", place: variable,
                hint: "set it, or set \(variable)_FILE to the path of a file with the value")
        }
    }

    // MARK: Files

    private func content(_ file: String) throws -> [UInt8]? {
        do { return try host.file(file) } catch let failure as Failure where failure.code == .notFound { return nil }
    }

    private func credential(
        in file: AuthFile, _ name: String, _ registry: String, _ repository: String
    ) throws -> RegistryCredential? {
        if let (_, suffix) = AuthFile.find(RegistryName.normalized(registry), in: file.helpers), !suffix.isEmpty {
            return try ofHelper(suffix, registry, file: name)
        }
        if let store = file.store, !store.isEmpty, let found = try ofHelper(store, registry, file: name) {
            return found
        }
        let entries = file.auths?.filter { !$0.value.isEmpty }
        for key in RegistryName.keys(registry: registry, repository: repository) {
            guard let (spelled, entry) = AuthFile.find(key, in: entries) else { continue }
            return try credential(entry, source: "\(name) (\(spelled))", file: name, member: "auths.\(spelled)")
        }
        return nil
    }

    private func credential(
        _ entry: AuthFile.Entry, source: String, file: String, member: String
    ) throws -> RegistryCredential {
        if let token = entry.registryToken, !token.isEmpty { return try bearer(token, source: source) }
        if let token = entry.identityToken, !token.isEmpty { return try identity(token, source: source) }
        guard let auth = entry.auth, !auth.isEmpty else {
            guard let username = entry.username, let password = entry.password else {
                throw AuthFile.malformed(file, "\(member): a password without a username")
            }
            return try named(username, password, source: source)
        }
        try host.redact(auth)
        let decoded = auth.withBytes { Data(base64Encoded: Data($0)) }.map { [UInt8]($0) }
        guard let decoded, let colon = decoded.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            let username = String(validating: decoded[..<colon], as: UTF8.self)
        else { throw AuthFile.malformed(file, "\(member).auth: it is not the base64 of user:password") }
        var password = decoded[(colon + 1)...]
        // Docker has written passwords padded with zeros, and takes them off.
        while password.last == 0 { password.removeLast() }
        return try named(username, Secret(Array(password)), source: source)
    }

    // MARK: Helpers

    /// Speaks the protocol of docker's credential helpers (docs.docker.com/reference/cli/docker/login, "Credential helper
    /// protocol"). Nil: the helper has no credential for it.
    private func ofHelper(_ suffix: String, _ registry: String, file: String) throws -> RegistryCredential? {
        struct Answer: Decodable {
            var username: String?
            var secret: Secret?
            enum CodingKeys: String, CodingKey {
                case username = "Username"
                case secret = "Secret"
            }
        }
        let name = "docker-credential-\(suffix)"
        for server in RegistryName.serverNames(registry) {
            let output: Secret
            do {
                output = try host.run(HelperCommand(name: name, arguments: ["get"], input: server))
            } catch let failure as Failure where failure.code == .notFound {
                continue
            } catch var failure as Failure where [.authentication, .usage, .policy].contains(failure.code) {
                failure.place = name
                failure.hint = "\(file) names it for \(registry): " + (failure.hint ?? "mend that, or log in again")
                throw failure
            }
            guard let answer = try? output.decode(Answer.self), let username = answer.username,
                let secret = answer.secret
            else {
                throw Failure(
                    .usage, "the helper \(name) did not answer with the JSON of a credential", place: name,
                    hint: "\(file) names it for \(registry): run it by hand")
            }
            // Some helpers say so what others say by a failure.
            if username.isEmpty && secret.isEmpty { continue }
            return try named(username, secret, source: "\(name) (\(file))")
        }
        return nil
    }

    // MARK: Kinds

    /// The user's name may say that the password is none.
    private func named(_ username: String, _ password: Secret, source: String) throws -> RegistryCredential {
        if username == "<token>" { return try identity(password, source: source) }
        return try basic(username: username, password: password, source: source)
    }

    private func basic(username: String, password: Secret, source: String) throws -> RegistryCredential {
        try redact(password)
        // What HTTP's Basic scheme sends: the host masks the pair's base64 with the pair.
        try redact(password.withBytes { Secret(Array("\(username):".utf8) + Array($0)) })
        return RegistryCredential(.basic(username: username, password: password), source: source)
    }

    private func identity(_ token: Secret, source: String) throws -> RegistryCredential {
        try redact(token)
        return RegistryCredential(.identityToken(token), source: source)
    }

    private func bearer(_ token: Secret, source: String) throws -> RegistryCredential {
        try redact(token)
        return RegistryCredential(.bearer(token), source: source)
    }

    private func redact(_ secret: Secret) throws { if !secret.isEmpty { try host.redact(secret) } }
}
