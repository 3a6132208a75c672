public import Documents

extension LocatedPlan {
    /// A target's options as its provider gets them: what the schema says to be a path (`"format": "path"`) is absolute. With
    /// `"format": "path-or-uri"` what begins with a scheme and a colon stays as it is.
    /// - Parameter schema: the provider's `configuration`.
    public func absolute(_ options: [String: JSON], by schema: JSON?) -> [String: JSON] {
        var result = options
        for (name, value) in options {
            guard let path = value.string, let format = schema?["properties"]?[name]?["format"]?.string else {
                continue
            }
            if format == "path" || (format == "path-or-uri" && !Self.isURI(path)) {
                result[name] = .string(absolute(path))
            }
        }
        return result
    }

    /// RFC 3986, 3.1; a scheme of one letter is no scheme that anybody uses.
    private static func isURI(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let scheme = text.utf8[..<colon]
        return scheme.count > 1 && scheme.first.map { (0x61...0x7a).contains($0 | 0x20) } == true
            && scheme.allSatisfy {
                (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || [0x2b, 0x2d, 0x2e].contains($0)
            }
    }
}
