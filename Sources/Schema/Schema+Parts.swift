public import Documents

extension Node {
    /// A value that did not come from a document (a variable, a flag), to be read as an unquoted YAML scalar would be.
    public static func plain(_ text: String, source: String) -> Node {
        let kind = PlainScalar.kind(text)
        if case .null = kind { return Node(.string(text), source: source, line: 1, column: 1) }
        return Node(kind, plainText: text, source: source, line: 1, column: 1)
    }

    /// A document that was not read from a text: everything in it has that one place.
    public init(_ json: JSON, source: String) {
        let kind: Kind =
            switch json {
            case .null: .null
            case .bool(let value): .bool(value)
            case .integer(let value): .integer(value)
            case .number(let value): .number(value)
            case .string(let value): .string(value)
            case .array(let elements): .array(elements.map { Node($0, source: source) })
            case .object(let members):
                .object(
                    members.sorted { $0.key < $1.key }.map {
                        Member(key: $0.key, line: 1, column: 1, value: Node($0.value, source: source))
                    })
            }
        self.init(kind, source: source, line: 1, column: 1)
    }

    /// A list of such values.
    public static func list(_ texts: [String], source: String) -> Node {
        Node(.array(texts.map { plain($0, source: source) }), source: source, line: 1, column: 1)
    }
}

extension Schema {
    /// The schema of the value under that path of keys, or nil if the schema has no such key.
    public func part(_ path: [String]) -> Schema? {
        var schema = json
        for key in path {
            guard let next = schema["properties"]?[key] ?? schema["additionalProperties"], next != .bool(false) else {
                return nil
            }
            schema = next
        }
        guard case .object(var keywords) = schema else { return Schema(schema) }
        keywords["$defs"] = keywords["$defs"] ?? json["$defs"]
        return Schema(.object(keywords))
    }

    /// Validates a value that stands alone, `name` being what messages call it.
    /// - Throws: As `validate`, with the value's source as the place.
    @discardableResult
    public func validate(_ node: Node, named name: String) throws -> JSON {
        do {
            return try Validator(root: json).validate(node, json, at: name, coercing: true, depth: 0)
        } catch var failure as Failure {
            failure.place = node.source
            throw failure
        }
    }
}
