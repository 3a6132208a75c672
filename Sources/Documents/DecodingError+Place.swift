extension DecodingError {
    /// Where in the document, without anything that stands there: ` at findings.0.rule`; empty if it is the whole.
    public var place: String {
        let path: [any CodingKey] =
            switch self {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                context.codingPath
            case .keyNotFound(let key, let context): context.codingPath + [key]
            @unknown default: []
            }
        return path.isEmpty
            ? "" : " at " + path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }

    /// Place and reason, for the author of the document; the reason may repeat what stands there.
    public var reason: String {
        switch self {
        case .keyNotFound: "nothing stands\(place)"
        case .dataCorrupted(let context): "\(context.debugDescription)\(place)"
        case .typeMismatch, .valueNotFound: "another type\(place)"
        @unknown default: "\(place.dropFirst())"
        }
    }
}
