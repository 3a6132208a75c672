import Documents
import Foundation
import TestSupport
import Testing

@testable import Execution

/// The names that the code asks the host for are those of the manifest.
@Suite struct CredentialsManifestTests {
    private func needs(_ environment: [String: String], options: [String: JSON] = [:]) throws -> Needs {
        let file = try Data(contentsOf: URL(fileURLWithPath: "\(root)/Plugins/DockerHub/Manifest/provider.json"))
        return Needs(
            try DocumentCoding.decode(ProviderManifest.self, from: file),
            target: .init(name: "t", scheme: "registry", address: "r.example/a/b", tags: [], options: options),
            environment: environment)
    }

    @Test func everyPlaceIsDeclared() throws {
        let all = [
            "HOME": "/home/me", "REGISTRY_AUTH_FILE": "/a/auth.json", "DOCKER_CONFIG": "/d",
            "XDG_RUNTIME_DIR": "/run/me",
            "XDG_CONFIG_HOME": "/c",
        ]
        let files = try needs(all).files
        let expected = [
            "auth_file": "/a/auth.json", "docker_config": "/d/config.json",
            "runtime_auth": "/run/me/containers/auth.json", "user_auth": "/c/containers/auth.json",
            "home_auth": "/home/me/.config/containers/auth.json", "home_docker_config": "/home/me/.docker/config.json",
        ]
        for (name, path) in expected { #expect(files[name] == path) }
        for directory in [
            "/home/me/.config/containers/certs.d", "/home/me/.docker/certs.d", "/etc/containers/certs.d",
            "/etc/docker/certs.d",
        ] {
            #expect(files.values.contains(directory))
        }
        #expect(try needs(all).environment["HOME"] == "/home/me")
        let few = try needs(["HOME": "/home/me"])
        #expect(few.files["auth_file"] == nil && few.declaredFiles.isSuperset(of: expected.keys))
        #expect(few.helpers["docker-credential-*"] == "docker-credential-*")
    }

    @Test func theOptionsNameTheVariables() throws {
        let needs = try needs(
            ["HUB_USER": "me", "HUB_TOKEN": "pw"],
            options: ["username_variable": "HUB_USER", "password_variable": "HUB_TOKEN"])
        #expect(try needs.secret("username").map { String(decoding: $0.value, as: UTF8.self) } == "me")
        #expect(try needs.secret("password").map { String(decoding: $0.value, as: UTF8.self) } == "pw")
        #expect(try self.needs(["HUB_USER": "me"]).secret("username") == nil)
    }

    @Test func theReadmeAndItsTokensAreDeclared() throws {
        let needs = try needs(
            ["MY_QUAY": "mine", "APIKEY__QUAY_IO": "theirs"],
            options: [
                "readme": "/plan/README.md", "apikey_variable": "MY_QUAY", "management_url": "http://127.0.0.1:81",
            ])
        #expect(needs.files["readme"] == "/plan/README.md")
        #expect(try needs.secret("apikey").map { String(decoding: $0.value, as: UTF8.self) } == "mine")
        #expect(try needs.secret("quay_apikey").map { String(decoding: $0.value, as: UTF8.self) } == "theirs")
        #expect(needs.hosts.contains("http://127.0.0.1:81") && needs.ports.contains(81))
        let none = try self.needs(["APIKEY__QUAY_IO": "theirs"])
        #expect(try none.files["readme"] == nil && none.secret("apikey") == nil && none.hosts.count == 1)
    }
}
