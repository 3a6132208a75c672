/// What a trace and a failure may show: names of secrets, never their values.
enum Redaction {
    static let mask = "***"

    /// The text up to its query, without user information: also of what is no proper address.
    static func address(_ text: String) -> String {
        var shown = text.prefix { $0 != "?" && $0 != "#" }
        if let scheme = shown.firstRange(of: "://"), let at = shown[scheme.upperBound...].lastIndex(of: "@") {
            shown = shown[..<scheme.upperBound] + shown[shown.index(after: at)...]
        }
        return String(shown.unicodeScalars.prefix(300).map { $0.value < 0x20 ? " " : Character($0) })
    }

    /// The address with the names of its query's fields.
    static func query(_ text: String) -> String {
        guard let mark = text.firstIndex(of: "?") else { return address(text) }
        let fields = text[text.index(after: mark)...].prefix { $0 != "#" }.split(separator: "&").map { field in
            let parts = field.split(separator: "=", maxSplits: 1)
            return parts.count == 2 ? "\(parts[0])=\(mask)" : String(field)
        }
        return address(text) + "?" + fields.joined(separator: "&")
    }

    /// Whether a header of that name is, or carries, a credential.
    static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return [
            "authorization", "cookie", "token", "signature", "secret", "password", "credential", "api-key", "apikey",
            "customer-key",
        ].contains { name.contains($0) }
    }

    static func header(_ field: HTTPHeaders.Field, secrets: [String] = []) -> String {
        if isSecret(field.name) || secrets.contains(where: { HTTPHeaders.isSame($0, field.name) }) {
            return "\(field.name): \(mask)"
        }
        let isAddress = ["location", "content-location", "refresh", "link"].contains(field.name.lowercased())
        return "\(field.name): \(String((isAddress ? query(field.value) : field.value).prefix(300)))"
    }
}
