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
        var name = path.split(separator: "/").last.map(String.init) ?? ""
        // APT's logins are written as netrc's (apt_auth.conf(5)).
        if path.hasPrefix("/etc/apt/auth.conf") { name = ".netrc" }
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
            if let key = assigned(line, name) ?? member(line) {
                return CredentialFile(
                    kind: kind(key, name), evidence: Evidence(path, line: number, text: "\(key) = ..."))
            }
        }
        return nil
    }

    private static func kind(_ key: String, _ name: String) -> CredentialFile.Kind {
        if key == "auth" || key == "identitytoken" { return .registry }
        if key == "ak" || key == "sk" { return .cloud }
        if key.contains("access") || key.contains("secret") { return .cloud }
        return key.contains("passw") ? .login : .token
    }

    /// The key of `KEY = VALUE`, `"KEY": "VALUE"`, `export KEY=VALUE`, where it names a secret and the value may be one.
    static func assigned(_ line: String, _ name: String = "") -> String? {
        guard line.utf8.count < 65_536, let first = line.utf8.first, first != 0x23, first != 0x3b else { return nil }
        var line = line[...]
        // `//registry.example/:_authToken=...` (npmrc(5)): what stands before the last colon is a host.
        if line.hasPrefix("//"), let equals = line.utf8.firstIndex(of: 0x3d),
            let colon = line[..<equals].utf8.lastIndex(of: 0x3a)
        {
            line = line[line.utf8.index(after: colon)...]
        }
        guard let at = line.utf8.firstIndex(where: { $0 == 0x3d || $0 == 0x3a }) else { return nil }
        var key = line[..<at].trimmingBlanks.asciiLowercased
        if key.hasPrefix("export ") { key = String(key.dropFirst(7)) }
        key = key.drop { $0 == "{" || $0 == " " || $0 == "-" }.trimmingBlanks.unquoted
        guard names(key) || isShort(key, name) else { return nil }
        var value = line[line.utf8.index(after: at)...].trimmingBlanks
        while value.hasSuffix(",") || value.hasSuffix("}") || value.hasSuffix(" ") { value.removeLast() }
        return isValue(value.unquoted, of: key) ? key : nil
    }

    /// The first such key among the `"KEY": "VALUE"` of a line of JSON, which may hold the whole document.
    static func member(_ line: String) -> String? {
        let bytes = Array(line.utf8.prefix(1 << 20))
        var texts: (key: [UInt8], isKey: Bool) = ([], false)
        var at = 0
        while at < bytes.count {
            guard bytes[at] == 0x22 else {
                // Blanks and a colon may stand between a key and its value, and nothing else.
                if bytes[at] == 0x3a { texts.isKey = true } else if bytes[at] > 0x20 { texts = ([], false) }
                at += 1
                continue
            }
            var text: [UInt8] = []
            at += 1
            while at < bytes.count, bytes[at] != 0x22 {
                if bytes[at] == 0x5c { at += 1 }
                if at < bytes.count, text.count < 8192 { text.append(bytes[at]) }
                at += 1
            }
            at += 1
            if texts.isKey, !texts.key.isEmpty {
                let key = String(decoding: texts.key.prefix(65), as: UTF8.self).asciiLowercased
                if names(key), isValue(String(decoding: text, as: UTF8.self), of: key) { return key }
                texts = ([], false)
            } else {
                texts = (text, false)
            }
        }
        return nil
    }

    /// Keys of one tool that are too short to be words of others.
    private static func isShort(_ key: String, _ name: String) -> Bool {
        name == ".obsutilconfig" && (key == "ak" || key == "sk") || name == ".npmrc" && key == "_auth"
    }

    private static func names(_ key: String) -> Bool {
        guard !key.isEmpty, key.utf8.count <= 64, !key.contains(" ") else { return false }
        let isRegistry = key == "auth" || key == "identitytoken" || key == "client-key-data"
        return (isRegistry || secret.contains { key.contains($0) }) && !harmless.contains { key.contains($0) }
    }

    private static func isValue(_ value: String, of key: String) -> Bool {
        guard value.utf8.count >= 6, !value.contains(" "), let start = value.first, Set(value).count > 2 else {
            return false
        }
        // Secrets of 40 letters in base64 may begin with a slash.
        let isKey =
            key.contains("secret") && value.utf8.count == 40
            && value.utf8.allSatisfy {
                (0x2f...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2b
            }
        guard isKey || !"<${[(%/~.".contains(start) else { return false }
        return !["false", "true", "none", "null", "prompt", "ask", "required", "changeme"]
            .contains(value.asciiLowercased)
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
