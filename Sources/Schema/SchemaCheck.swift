import Documents

extension Schema {
    /// Whether every keyword of the schema is one that `validate` knows and has a value that it can use: what it would not
    /// check must not look as if it were.
    /// - Throws: `Failure` (usage) naming the first keyword that is not.
    public func check() throws {
        var checker = Checker(root: json)
        try checker.check(json, at: "#", depth: 0)
    }
}

private struct Checker {
    let root: JSON
    /// References that are known to end, so that each is followed once.
    private var ending: Set<String> = []

    init(root: JSON) { self.root = root }

    mutating func check(_ schema: JSON, at path: String, depth: Int) throws {
        guard depth < Node.depthLimit else { throw refusal(path, "has more than \(Node.depthLimit) levels") }
        if case .bool = schema { return }
        guard case .object(let keywords) = schema else { throw refusal(path, "must be an object, true or false") }
        try ends(schema, at: path, within: [])
        for (keyword, value) in keywords.sorted(by: { $0.key < $1.key }) {
            let place = "\(path)/\(keyword)"
            guard Keyword.assertions.contains(keyword) || Keyword.annotations.contains(keyword) else {
                throw refusal(place, "is not supported: the keyword \(keyword)")
            }
            guard try fits(keyword, value, place, depth) else {
                throw refusal(place, "has no value that \(keyword) may have")
            }
        }
    }

    /// Schemas within are checked on the way.
    private mutating func fits(_ keyword: String, _ value: JSON, _ place: String, _ depth: Int) throws -> Bool {
        switch keyword {
        case "type":
            let names = value.array ?? [value]
            return !names.isEmpty && names.allSatisfy { $0.string.map { Types.words[$0] != nil } ?? false }
        case "properties", "$defs":
            guard let members = value.object else { return false }
            for (name, schema) in members.sorted(by: { $0.key < $1.key }) {
                try check(schema, at: "\(place)/\(name)", depth: depth + 1)
            }
        case "items", "additionalProperties": try check(value, at: place, depth: depth + 1)
        case "anyOf", "oneOf":
            guard let branches = value.array, !branches.isEmpty else { return false }
            for (number, branch) in branches.enumerated() {
                try check(branch, at: "\(place)/\(number)", depth: depth + 1)
            }
        case "required": return value.array?.allSatisfy { $0.string != nil } ?? false
        case "enum": return value.array?.isEmpty == false
        case "pattern":
            guard let source = value.string else { return false }
            guard (try? Pattern(source)) != nil else {
                throw refusal(place, "is no regular expression: the pattern \(source)")
            }
        case "minimum", "maximum": return value.double != nil
        case "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties":
            return value.integer.map { $0 >= 0 } ?? false
        case "uniqueItems": return value.bool != nil
        case "format": return value == .string("path") || value == .string("path-or-uri")
        case "$ref":
            guard let reference = value.string, reference.hasPrefix("#/$defs/") else { return false }
            guard definition(reference) != nil else {
                throw refusal(place, "refers to \(reference), which is not defined")
            }
        default: break
        }
        return true
    }

    /// A schema must not need itself to judge one and the same value.
    private mutating func ends(_ schema: JSON, at path: String, within open: Set<String>) throws {
        for branch in (schema["anyOf"]?.array ?? []) + (schema["oneOf"]?.array ?? []) {
            try ends(branch, at: path, within: open)
        }
        guard let reference = schema["$ref"]?.string, let next = definition(reference) else { return }
        guard !ending.contains(reference) else { return }
        guard !open.contains(reference) else { throw refusal(path, "refers to itself without end") }
        try ends(next, at: path, within: open.union([reference]))
        ending.insert(reference)
    }

    private func definition(_ reference: String) -> JSON? {
        reference.hasPrefix("#/$defs/") ? root["$defs"]?[String(reference.dropFirst(8))] : nil
    }

    private func refusal(_ place: String, _ message: String) -> Failure {
        Failure(.usage, "the JSON Schema's \(place) \(message)")
    }
}
