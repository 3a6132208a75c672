import FoundationEssentials

extension JSON {
    /// - Throws: `DecodingError` when the text is none.
    public init(text: String) throws { self = try DocumentCoding.decode(JSON.self, from: Data(text.utf8)) }

    /// The document as text, keys sorted.
    /// - Throws: an encoder's error: a number that JSON cannot say.
    public func text() throws -> String { String(decoding: try DocumentCoding.encode(self), as: UTF8.self) }
}
