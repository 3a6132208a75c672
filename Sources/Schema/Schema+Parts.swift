public import Documents

extension Node {
    /// A value that did not come from a document (a variable, a flag), to be read as an unquoted YAML scalar would be.
    public static func plain(_ text: String, source: String) -> Node {
        let kind = PlainScalar.kind(text)
        if case .null = kind { return Node(.string(text), source: source, line: 1, column: 1) }
        return Node(kind, plainText: text, source: source, line: 1, column: 1)
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
