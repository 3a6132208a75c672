public import Documents

extension LocatedPlan {
    /// A target's options as its provider gets them: what the schema says to be a path (`"format": "path"`) is absolute.
    /// - Parameter schema: the provider's `configuration`.
    public func absolute(_ options: [String: JSON], by schema: JSON?) -> [String: JSON] {
        var result = options
        for (name, value) in options where schema?["properties"]?[name]?["format"]?.string == "path" {
            if let path = value.string { result[name] = .string(absolute(path)) }
        }
        return result
    }
}
