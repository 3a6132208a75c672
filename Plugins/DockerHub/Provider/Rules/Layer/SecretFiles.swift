import Documents
import FoundationEssentials

/// Files that hold credentials by their place, and how it is seen that one does: an empty one or a template is no secret.
struct SecretFiles: Sendable {
    let what: String
    /// Part of the folder's end that the file must lie in; nil: anywhere.
    let folder: String?
    let holds: @Sendable (String) -> Bool

    private init(_ what: String, in folder: String? = nil, holds: @escaping @Sendable (String) -> Bool) {
        self.what = what
        self.folder = folder
        self.holds = holds
    }

    static func kind(of path: String, named name: String) -> SecretFiles? {
        guard let kinds = byName[name] else { return nil }
        let parent = LayerPath.parent(path)
        return kinds.first { kind in
            guard let folder = kind.folder else { return true }
            return parent == folder || parent.hasSuffix("/\(folder)")
        }
    }

    private static let byName: [String: [SecretFiles]] = {
        var kinds: [String: [SecretFiles]] = [:]
        let key = SecretFiles("a private SSH key") { $0.contains("PRIVATE KEY-----") }
        for type in ["rsa", "dsa", "ecdsa", "ed25519"] {
            kinds["id_\(type)"] = [key]
            kinds["ssh_host_\(type)_key"] = [key]
        }
        kinds["config.json"] = [
            SecretFiles("registry credentials", in: ".docker", holds: registryCredentials),
            SecretFiles("cloud credentials", in: ".aliyun") { assigns($0, ["access_key_secret", "sts_token"]) },
        ]
        kinds["auth.json"] = [
            SecretFiles("registry credentials", in: "containers", holds: registryCredentials),
            SecretFiles("registry credentials", in: "containers/0", holds: registryCredentials),
        ]
        kinds[".dockercfg"] = [SecretFiles("registry credentials", holds: registryCredentials)]
        kinds[".netrc"] = [SecretFiles("a login", holds: netrc)]
        kinds["_netrc"] = kinds[".netrc"]
        kinds[".git-credentials"] = [SecretFiles("a login") { $0.contains("://") && $0.contains("@") }]
        kinds[".pgpass"] = [SecretFiles("a database password") { $0.split(separator: ":").count >= 5 }]
        kinds[".npmrc"] = [SecretFiles("a registry token") { assigns($0, ["_authToken", "_auth", "_password"]) }]
        kinds[".pypirc"] = [SecretFiles("a registry password") { assigns($0, ["password"]) }]
        kinds["credentials"] = [
            SecretFiles("cloud credentials", in: ".aws") {
                assigns($0, ["aws_secret_access_key", "aws_session_token"])
            },
            SecretFiles("a registry token", in: ".cargo") { assigns($0, ["token"]) },
        ]
        kinds["credentials.toml"] = [SecretFiles("a registry token", in: ".cargo") { assigns($0, ["token"]) }]
        kinds["application_default_credentials.json"] = [
            SecretFiles("cloud credentials") { assigns($0, ["private_key", "refresh_token"]) }
        ]
        for name in ["accessTokens.json", "msal_token_cache.json"] {
            kinds[name] = [
                SecretFiles("cloud credentials", in: ".azure") {
                    assigns($0, ["accessToken", "refreshToken", "secret"])
                }
            ]
        }
        kinds["default.credential"] = [
            SecretFiles("cloud credentials", in: ".tccli") { assigns($0, ["secretKey", "token"]) }
        ]
        kinds[".cos.conf"] = [SecretFiles("cloud credentials") { assigns($0, ["secret_key"]) }]
        kinds[".obsutilconfig"] = [SecretFiles("cloud credentials") { assigns($0, ["sk", "token"]) }]
        kinds[".ossutilconfig"] = [SecretFiles("cloud credentials") { assigns($0, ["accessKeySecret", "stsToken"]) }]
        kinds[".s3cfg"] = [SecretFiles("cloud credentials") { assigns($0, ["secret_key"]) }]
        kinds["config"] = [
            SecretFiles("cluster credentials", in: ".kube") { assigns($0, ["token", "password", "client-key-data"]) }
        ]
        for name in ["admin.conf", "kubelet.conf"] {
            kinds[name] = [
                SecretFiles("cluster credentials", in: "etc/kubernetes") { assigns($0, ["token", "client-key-data"]) }
            ]
        }
        kinds[".vault-token"] = [SecretFiles("a token") { $0.contains { !$0.isWhitespace } }]
        return kinds
    }()

    /// Whether a line or a member gives one of the names a value: `name = value`, `name: value`, `"name": "value"`.
    @Sendable static func assigns(_ text: String, _ names: [String]) -> Bool {
        text.split { $0.isNewline || $0 == "," || $0 == "{" || $0 == "}" }.contains { piece in
            guard let mark = piece.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
                // A registry's address stands before the name: //host/:_authToken=value.
                return false
            }
            func plain(_ part: Substring) -> String {
                String(part.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" })
            }
            let (name, value) = (plain(piece[..<mark]), plain(piece[piece.index(after: mark)...]))
            if name.hasPrefix("//"), let equals = value.firstIndex(of: "=") {
                let inner = value[..<equals]
                return names.contains { inner.hasSuffix($0) }
                    && SecretText.isValue(value[value.index(after: equals)...])
            }
            if name.hasPrefix("#") || name.hasPrefix(";") { return false }
            return names.contains(name) && SecretText.isValue(value[...])
        }
    }

    /// config.json of docker and auth.json of containers: a server with auth, a password or a token.
    @Sendable static func registryCredentials(_ text: String) -> Bool {
        guard let document = try? DocumentCoding.decode(JSON.self, from: Data(text.utf8)) else {
            return assigns(text, ["auth", "identitytoken", "password", "registrytoken"])
        }
        let servers = document["auths"] ?? document
        return (servers.object ?? [:]).values.contains { server in
            ["auth", "identitytoken", "password", "registrytoken"].contains { server[$0]?.string?.isEmpty == false }
        }
    }

    @Sendable static func netrc(_ text: String) -> Bool {
        let words = text.split { $0.isWhitespace }
        return words.indices.dropLast().contains { words[$0] == "password" && SecretText.isValue(words[$0 + 1]) }
    }
}
