import FoundationEssentials

extension JSON {
    /// A value as the document that it encodes to.
    public init(encoding value: some Encodable) throws {
        self = try DocumentCoding.decode(JSON.self, from: DocumentCoding.encode(value))
    }

    /// The document as a value.
    /// - Throws: `DecodingError` when it is none.
    public func decoded<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try DocumentCoding.decode(type, from: DocumentCoding.encode(self))
    }
}
