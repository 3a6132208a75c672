import DockerHubProvider
import Documents
import Foundation
import ProviderAPI
import ProviderKit
import ProviderTesting

@testable import Execution

/// A host in memory with the files of a user's home, and helpers that are real programs.
struct CredentialLab {
    let fake = FakeHost()

    func write(_ file: String, _ text: String) { fake.set { $0.files[file] = Array(text.utf8) } }

    /// Helpers of that directory run as the host runs them.
    func helpers(in directory: String) {
        fake.set {
            $0.helper = { document in
                do {
                    return (
                        EP_OK,
                        try Helper.run(
                            document, declared: ["docker-credential-*": "docker-credential-*"],
                            environment: ["PATH": "\(directory):/usr/bin:/bin"]
                        ).output
                    )
                } catch {
                    return ((error as? Failure).map(Helper.status) ?? EP_INTERNAL, [])
                }
            }
        }
    }

    func find(_ registry: String, _ repository: String = "", options: [String: JSON] = [:]) throws
        -> RegistryCredential
    {
        try CredentialChain(host: Host(copying: fake.table), options: options)
            .credential(for: registry, repository: repository)
    }

    /// In one line: `basic user password`.
    func text(_ registry: String, _ repository: String = "", options: [String: JSON] = [:]) throws -> String {
        switch try find(registry, repository, options: options).kind {
        case .anonymous: "anonymous"
        case .basic(let username, let password): "basic \(username) \(password.reveal())"
        case .identityToken(let token): "identity \(token.reveal())"
        case .bearer(let token): "bearer \(token.reveal())"
        }
    }
}

func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
