extension RegistryCredential {
    /// As whom, for messages: a name and where it came from, never a value.
    var words: String {
        switch kind {
        case .anonymous: "nobody (\(source))"
        case .basic(let username, _): "\(RegistryError.printable(username, 80)) (\(source))"
        case .identityToken, .bearer: "the bearer of a token (\(source))"
        }
    }
}
