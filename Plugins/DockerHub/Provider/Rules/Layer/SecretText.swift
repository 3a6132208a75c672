/// Secrets in short texts: environment, labels, commands. What is found is named and never shown.
enum SecretText {
    private static let lastWords: Set<String> = [
        "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "CREDENTIAL", "CREDENTIALS",
    ]
    private static let lastPairs: Set<String> = [
        "SECRET_KEY", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY", "SECRET_ID", "AUTH_KEY", "SIGNING_KEY", "ENCRYPTION_KEY",
    ]

    /// Whether a variable of that name is meant to hold a secret: DB_PASSWORD, github-token. A file's or a rule's name is not:
    /// PASSWORD_FILE, TOKEN_LIFETIME.
    static func isSecretName(_ name: some StringProtocol) -> Bool {
        let words = name.uppercased().split { $0 == "_" || $0 == "-" || $0 == "." }.map(String.init)
        guard let last = words.last else { return false }
        if lastWords.contains(last) { return true }
        return words.count > 1 && lastPairs.contains("\(words[words.count - 2])_\(last)")
    }

    /// Whether the text is a value of its own: not empty, a word of consent, a reference, a path or a placeholder.
    static func isValue(_ text: some StringProtocol) -> Bool {
        let plain = text.trimmed { $0 == "\"" || $0 == "'" || $0.isWhitespace }
        guard plain.utf8.count > 1, let first = plain.first else { return false }
        if "$`/<%{*".contains(first) { return false }
        if ["true", "false", "yes", "no", "none", "null", "xxx", "changeme", "random"].contains(plain.lowercased()) {
            return false
        }
        return plain.contains { $0 != "*" && $0 != "x" && $0 != "X" }
    }

    /// What the text holds: `DB_PASSWORD=***`, or the kind of a token that is known by its shape.
    static func find(in text: String) -> [String] {
        // Beyond this no honest command goes, and the rest is looked at in no case.
        let words = text.prefix(64 << 10).split { $0.isWhitespace || $0 == "\"" || $0 == "'" || $0 == "," || $0 == ";" }
        var found: [String] = []
        for word in words {
            if let kind = shape(of: word) { found.append(kind) }
            let plain = word.drop { $0 == "-" }
            guard let equals = plain.firstIndex(of: "=") else { continue }
            let name = plain[..<equals]
            if isName(name), isSecretName(name), isValue(plain[plain.index(after: equals)...]) {
                found.append("\(name)=***")
            }
        }
        if text.contains("PRIVATE KEY-----") { found.append("a private key") }
        return found
    }

    /// One variable of the environment, whose value may have blanks.
    static func find(variable: String) -> [String] {
        guard let equals = variable.firstIndex(of: "=") else { return [] }
        let (name, value) = (variable[..<equals], variable[variable.index(after: equals)...])
        if isSecretName(name) && isValue(value) { return ["\(name)=***"] }
        return find(in: String(value)).map { "\(name) holds \($0)" }
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { isWord($0) || $0 == 0x2d || $0 == 0x2e }
    }

    private struct Shape {
        let prefix: String
        /// How many characters must follow.
        let length: Int
        let what: String
    }

    /// Beginnings that vendors chose so that such a scan finds them.
    private static let shapes = [
        Shape(prefix: "AKIA", length: 16, what: "an access key id"),
        Shape(prefix: "ASIA", length: 16, what: "an access key id"),
        Shape(prefix: "LTAI", length: 12, what: "an access key id"),
        Shape(prefix: "AKID", length: 32, what: "an access key id"),
        Shape(prefix: "ghp_", length: 36, what: "a token"), Shape(prefix: "gho_", length: 36, what: "a token"),
        Shape(prefix: "ghs_", length: 36, what: "a token"), Shape(prefix: "github_pat_", length: 22, what: "a token"),
        Shape(prefix: "glpat-", length: 20, what: "a token"), Shape(prefix: "dckr_pat_", length: 20, what: "a token"),
        Shape(prefix: "dckr_oat_", length: 20, what: "a token"), Shape(prefix: "npm_", length: 36, what: "a token"),
        Shape(prefix: "xoxb-", length: 20, what: "a token"), Shape(prefix: "xoxp-", length: 20, what: "a token"),
        Shape(prefix: "hf_", length: 34, what: "a token"), Shape(prefix: "AIza", length: 35, what: "an API key"),
    ]

    /// A token that stands alone in the word or behind one of the marks that values stand behind.
    private static func shape(of word: Substring) -> String? {
        if hasLogin(word) { return "an address with a password" }
        for part in word.split(whereSeparator: { "=:/@&?".contains($0) }) {
            for shape in shapes where part.hasPrefix(shape.prefix) {
                let rest = part.dropFirst(shape.prefix.count)
                if rest.utf8.count >= shape.length && rest.utf8.allSatisfy({ isWord($0) || $0 == 0x2d }) {
                    return "\(shape.what) (\(shape.prefix)***)"
                }
            }
            let pieces = part.split(separator: ".", omittingEmptySubsequences: false)
            if part.hasPrefix("eyJ"), pieces.count == 3, pieces.allSatisfy({ $0.utf8.count >= 16 }) {
                return "a token (eyJ***)"
            }
        }
        return nil
    }

    /// scheme://user:password@host
    private static func hasLogin(_ word: Substring) -> Bool {
        guard let scheme = word.firstRange(of: "://") else { return false }
        let authority = word[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
            return false
        }
        return isValue(authority[authority.index(after: colon)..<at])
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f
    }
}

extension StringProtocol {
    func trimmed(_ drops: (Character) -> Bool) -> String {
        let start = drop(while: drops)
        return String(start.reversed().drop(while: drops).reversed())
    }
}
