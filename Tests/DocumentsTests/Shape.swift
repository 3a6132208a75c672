import Documents

/// What a type's document looks like, asked of the type itself: its keys, which of them may be left out, what each holds.
///
/// The type is decoded from nothing, and what it asks for on the way is written down. So no sample has to be kept full.
indirect enum Shape: Equatable {
    struct Member: Equatable {
        var shape: Shape
        var isRequired: Bool
    }

    case text, flag, integer, natural
    case words([String])
    case list(Shape)
    case map(Shape)
    case fact(Shape)
    case object([String: Member])

    init<Value: Decodable>(of type: Value.Type) throws { self = try Explorer.explore(type).shape }
}

/// Types that hold others, or words: what the explorer can't ask a decoder for.
private protocol Composed {
    static func explored() throws -> (value: Any, shape: Shape)
}

extension Fact: Composed {
    fileprivate static func explored() throws -> (value: Any, shape: Shape) {
        (Fact.unknown(""), .fact(try Shape(of: Value.self)))
    }
}

extension Array: Composed where Element: Decodable {
    fileprivate static func explored() throws -> (value: Any, shape: Shape) {
        ([Element](), .list(try Shape(of: Element.self)))
    }
}

extension Dictionary: Composed where Key == String, Value: Decodable {
    fileprivate static func explored() throws -> (value: Any, shape: Shape) {
        ([String: Value](), .map(try Shape(of: Value.self)))
    }
}

private func words<Word: CaseIterable & RawRepresentable>(_ type: Word.Type) -> (value: Any, shape: Shape)? {
    let words = type.allCases.compactMap { $0.rawValue as? String }
    return type.allCases.first.map { ($0, .words(words)) }
}

private final class Explorer: Decoder {
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    var members: [String: Shape.Member] = [:]
    /// Keys that the type asked for before it took them.
    var optional: Set<String> = []

    static func explore<Value: Decodable>(_ type: Value.Type) throws -> (value: Value, shape: Shape) {
        let simple: (Any, Shape)? =
            switch type {
            case is String.Type: ("", .text)
            case is Bool.Type: (false, .flag)
            case is Int.Type: (0, .integer)
            case is Int64.Type: (Int64(0), .integer)
            case is UInt16.Type: (UInt16(0), .natural)
            case is UInt32.Type: (UInt32(0), .natural)
            case is UInt64.Type: (UInt64(0), .natural)
            case let type as any Composed.Type: try type.explored()
            case let type as any (CaseIterable & RawRepresentable).Type: words(type)
            default: nil
            }
        if let (value, shape) = simple, let value = value as? Value { return (value, shape) }
        let explorer = Explorer()
        let value = try Value(from: explorer)
        return (value, .object(explorer.members))
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Keys(explorer: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw UnknownShape() }
    /// A type of words that does not list them (CaseIterable) ends here.
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw UnknownShape() }
}

private struct UnknownShape: Error {}

private struct Keys<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let explorer: Explorer
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool {
        explorer.optional.insert(key.stringValue)
        return true
    }

    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let (value, shape) = try Explorer.explore(type)
        explorer.members[key.stringValue] = .init(
            shape: shape, isRequired: !explorer.optional.contains(key.stringValue))
        return value
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw UnknownShape() }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw UnknownShape() }
    func superDecoder() throws -> any Decoder { throw UnknownShape() }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw UnknownShape() }
}
