import Documents

/// The `type` of a schema: none means any.
struct Types {
    let names: [String]

    init(_ schema: JSON) {
        names = schema["type"]?.string.map { [$0] } ?? schema["type"]?.array?.compactMap(\.string) ?? []
    }

    func accept(_ value: JSON) -> Bool { names.isEmpty || names.contains { Types.accepts($0, value) } }

    private static func accepts(_ name: String, _ value: JSON) -> Bool {
        switch (name, value) {
        case ("null", .null), ("boolean", .bool), ("integer", .integer), ("number", .integer), ("number", .number),
            ("string", .string), ("array", .array), ("object", .object):
            true
        case ("integer", .number(let number)): Int64(exactly: number) != nil
        default: false
        }
    }

    /// For a message: `a string or a list`.
    var words: String { names.map { Types.words[$0] ?? $0 }.joined(separator: " or ") }

    static let words = [
        "null": "null", "boolean": "true or false", "integer": "a whole number", "number": "a number",
        "string": "a string", "array": "a list", "object": "a mapping",
    ]

    static func word(of value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "a mapping"
        }
    }
}

/// The keywords that say something about a value.
enum Keyword {
    static let assertions: Set<String> = [
        "type", "properties", "required", "additionalProperties", "items", "enum", "const", "pattern", "minimum",
        "maximum",
        "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "anyOf",
        "oneOf",
        "$ref",
    ]
    static let annotations: Set<String> = [
        "$schema", "$id", "$comment", "$defs", "title", "description", "default", "examples", "deprecated", "format",
    ]
}

extension JSON {
    /// The number, whichever way it is held.
    var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// As JSON Schema compares: 1 and 1.0 are one value.
    func equals(_ other: JSON) -> Bool {
        if let first = double, let second = other.double { return first == second }
        return self == other
    }
}
