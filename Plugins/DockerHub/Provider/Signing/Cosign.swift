import Documents
import FoundationEssentials
import HTTP
import ProviderKit

/// The program that signs images in registries, run by the host (github.com/sigstore/cosign, doc/cosign_sign.md). It pushes
/// the signature itself, as the user who publishes; nothing secret is ever an argument of it.
struct Cosign: Sendable {
    static let program = "cosign"

    let place: Place
    let key: String

    /// Nil: the target says nothing of signatures.
    init?(_ place: Place) {
        guard let key = place.options.signingKey else { return nil }
        self.place = place
        self.key = key
    }

    /// Options that hold secrets, which other users could read.
    private static let secretOptions = ["--registry-password", "--registry-token", "--identity-token"]

    /// Whether it is here and starts, and whether it can be let in.
    /// - Throws: `Failure(.usage)` saying what to install or to change.
    func check() throws {
        for option in place.options.signingOptions {
            let name = String(option.prefix { $0 != "=" })
            guard option.hasPrefix("--"), !Self.secretOptions.contains(name), name != "--key" else {
                throw Failure(
                    .usage, "\(name.prefix(80)) is no option of cosign sign that can be passed on",
                    place: "sign_options", hint: "log in as for a push; secrets are never arguments")
            }
        }
        _ = try login()
        do {
            _ = try place.host.run(HelperCommand(name: Self.program, arguments: ["version"]))
        } catch let failure as Failure where failure.code == .usage {
            throw Failure(
                .usage, "the image is to be signed, and there is no program cosign on this machine",
                place: place.request.target.name,
                hint: "install cosign 2 or later (github.com/sigstore/cosign) on the PATH, or leave the option sign out"
            )
        }
    }

    /// Signs the image's digest, which no tag names yet.
    func sign() throws {
        var environment = try login()
        environment["COSIGN_PASSWORD"] = try password()
        let command = HelperCommand(
            name: Self.program,
            arguments: ["sign", "--yes", "--key", key] + transport() + place.options.signingOptions
                + ["\(place.repository)@\(place.artifact.digest)"], environment: environment)
        do { _ = try place.host.run(command) } catch let failure as Failure where failure.code == .authentication {
            throw Failure(
                .refused, "cosign did not sign the image; its last words are in the warning before this",
                place: "\(place.repository)@\(place.artifact.digest)",
                hint: "the run's log has the rest; no tag has moved. Then publish again", retryable: true)
        }
    }

    /// Empty for a key without: else it would be asked for.
    private func password() throws -> String {
        do { return try place.host.secret("cosign_password").reveal() } catch let failure as Failure
            where failure.code == .authentication
        {
            return ""
        }
    }

    /// How the registry is reached: what cosign cannot know from docker's own places.
    private func transport() -> [String] {
        var options: [String] = []
        if place.options.insecure { options.append("--allow-http-registry") }
        if place.options.insecure || !place.options.verifiesTLS { options.append("--allow-insecure-registry") }
        if let file = place.access.authority { options += ["--registry-cacert", file] }
        if let certificate = place.access.clientCertificate {
            options += ["--registry-client-cert", certificate.certificateFile]
            options += ["--registry-client-key", certificate.keyFile]
        }
        return options
    }

    /// What a docker credential helper answers, for the one beside our manifest.
    private func login() throws -> [String: String] {
        let (name, secret): (String, Secret)
        switch place.access.credential.kind {
        case .anonymous: return [:]
        case .basic(let user, let password): (name, secret) = (user, password)
        case .identityToken(let token):
            let known = IdentityToken(host: place.host, registry: place.repository.host, first: token)
            (name, secret) = ("<token>", known.newest)
        case .bearer:
            throw Failure(
                .usage, "cosign cannot log in with \(place.access.credential.words)", place: place.request.target.name,
                hint: "log in with a user's name and a password or access token")
        }
        let servers = RegistryName.serverNames(place.repository.host)
        let answer: JSON = [
            "ServerURL": .string(servers[0]), "Username": .string(name), "Secret": .string(secret.reveal()),
        ]
        let text = String(decoding: try DocumentCoding.encode(answer), as: UTF8.self)
        _ = try place.host.redact(text)
        // The names that a client has for Docker Hub are several; with and without a scheme for all others.
        let names = servers + servers.filter { !$0.contains("://") }.map { "https://\($0)" }
        return ["EP_REGISTRY_LOGIN": text, "EP_REGISTRY_SERVERS": names.joined(separator: " ")]
    }
}
