import Documents

/// Secrets in the lines of a file: names of secrets with a value, and ids of access keys by their form. The value is never kept.
enum CredentialScan {
    /// Names that say that a value is secret, as parts of a key in lower case.
    private static let secret = [
        "secret", "password", "passwd", "token", "access_key", "accesskey", "access-key", "apikey", "api_key",
        "api-key", "private_key", "privatekey", "credential", "secretkey",
    ]

    /// Keys that go by such names and hold none.
    private static let harmless = [
        "tokenizer", "password_hash", "passwordauth", "credential_process", "credentialhelper", "credhelper",
        "credsstore", "token_type", "password-command", "passwordcommand", "secret_manager", "password_file",
        "passwordfile", "token_file", "tokenfile", "_path", "_url", "_uri", "endpoint", "expir", "timeout",
    ]

    /// In a file of a home's that programs keep for themselves.
    static func inHome(_ lines: some Sequence<(number: Int, text: String)>, path: String) -> CredentialFile? {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        for (number, text) in lines {
            let line = text.trimmingBlanks
            switch name {
            case ".git-credentials":
                guard line.contains("://"), line.contains("@") else { continue }
                return CredentialFile(kind: .login, evidence: Evidence(path, line: number, text: "https://...@..."))
            case ".pgpass":
                let fields = line.split(separator: ":", omittingEmptySubsequences: false)
                guard !line.hasPrefix("#"), fields.count >= 5, fields[4].isEmpty == false else { continue }
                return CredentialFile(kind: .login, evidence: Evidence(path, line: number, text: "...:..."))
            case ".netrc", "_netrc", ".authinfo":
                let words = line.blankSeparated
                guard let at = words.firstIndex(of: "password"), at + 1 < words.count else { continue }
                return CredentialFile(kind: .login, evidence: Evidence(path, line: number, text: "password ..."))
            default: break
            }
            if let key = assigned(line) {
                return CredentialFile(
                    kind: kind(key, name), evidence: Evidence(path, line: number, text: "\(key) = ..."))
            }
        }
        return nil
    }

    private static func kind(_ key: String, _ name: String) -> CredentialFile.Kind {
        if key == "auth" || key == "identitytoken" { return .registry }
        if key.contains("access") || key.contains("secret") { return .cloud }
        return key.contains("passw") ? .login : .token
    }

    /// The key of `KEY = VALUE`, `"KEY": "VALUE"`, `export KEY=VALUE`, where it names a secret and the value may be one.
    static func assigned(_ line: String) -> String? {
        guard line.utf8.count < 4096, let first = line.utf8.first, first != 0x23, first != 0x3b else { return nil }
        guard let at = line.utf8.firstIndex(where: { $0 == 0x3d || $0 == 0x3a }) else { return nil }
        var key = line[..<at].trimmingBlanks.asciiLowercased
        if key.hasPrefix("export ") { key = String(key.dropFirst(7)) }
        key = key.drop { $0 == "{" || $0 == " " || $0 == "-" }.trimmingBlanks.unquoted
        guard !key.isEmpty, key.utf8.count <= 64, !key.contains(" ") else { return nil }
        let isRegistry = key == "auth" || key == "identitytoken"
        guard isRegistry || secret.contains(where: { key.contains($0) }),
            !harmless.contains(where: { key.contains($0) })
        else { return nil }
        var value = line[line.utf8.index(after: at)...].trimmingBlanks
        while value.hasSuffix(",") || value.hasSuffix("}") || value.hasSuffix(" ") { value.removeLast() }
        value = value.unquoted
        guard value.utf8.count >= 6, !value.contains(" "), let start = value.first,
            !"<${[(%/~.".contains(start), Set(value).count > 2,
            !["false", "true", "none", "null", "prompt", "ask", "required", "changeme"].contains(value.asciiLowercased)
        else { return nil }
        return key
    }

    /// Ids of access keys: four letters that say whose, and a length that is fixed. Such an id seldom stands alone.
    static func accessKey(_ bytes: [UInt8]) -> Int? {
        var line = 1
        var at = 0
        func isWord(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || byte == 0x5f || byte == 0x2b || byte == 0x2f
        }
        while at < bytes.count {
            guard isWord(bytes[at]) else {
                if bytes[at] == 0x0a { line += 1 }
                at += 1
                continue
            }
            let begin = at
            while at < bytes.count, isWord(bytes[at]) { at += 1 }
            let count = at - begin
            guard count >= 16, count <= 36 else { continue }
            let word = bytes[begin..<at]
            let prefix = Array(word.prefix(4))
            let rest = word.dropFirst(4)
            let isPlain = !rest.contains { $0 == 0x5f || $0 == 0x2b || $0 == 0x2f }
            let isUpper = rest.allSatisfy { (0x41...0x5a).contains($0) || (0x32...0x37).contains($0) }
            if count == 20, isUpper, prefix == Array("AKIA".utf8) || prefix == Array("ASIA".utf8) { return line }
            if count == 36, isPlain, prefix == Array("AKID".utf8) { return line }
            if (16...24).contains(count), isPlain, prefix == Array("LTAI".utf8) { return line }
        }
        return nil
    }

    /// What an installer was answered: password hashes and clear passwords.
    static func installer(_ text: String) -> Bool {
        let line = text.trimmingBlanks
        guard !line.hasPrefix("#") else { return false }
        if line.hasPrefix("rootpw"), !line.contains("--lock") || line.contains("$") { return true }
        if line.hasPrefix("user "), line.contains("--password=") { return true }
        if line.contains("passwd/root-password") || line.contains("passwd/user-password") {
            // `d-i passwd/root-password password SECRET`; an empty value is none.
            return line.blankSeparated.count > 3
        }
        return false
    }
}
