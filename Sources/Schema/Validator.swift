import Documents

/// One validation: walks document and schema together.
final class Validator {
    private let root: JSON
    private var patterns: [String: Pattern] = [:]
    /// Schemas applied so far: one that is made to take for ever is given up.
    private var steps = 0
    private static let stepLimit = 250_000

    init(root: JSON) { self.root = root }

    /// - Parameters:
    ///   - path: The value's own place in the document, `targets[2].tags`; empty for the whole.
    ///   - coercing: Whether a plain scalar may be read as text.
    ///   - depth: Of schemas within schemas, so that one that refers to itself ends.
    func validate(_ node: Node, _ schema: JSON, at path: String, coercing: Bool, depth: Int) throws -> JSON {
        steps += 1
        guard steps < Self.stepLimit else { throw defect("the schema needs too many steps for this document") }
        guard depth < 4 * Node.depthLimit else { throw defect("the schema refers to itself without end") }
        if case .bool(let accepts) = schema {
            guard accepts else { throw wrong(node, path, "is not allowed here") }
            return node.json
        }
        guard case .object(let keywords) = schema else { throw defect("a schema must be an object") }
        if let reference = keywords["$ref"]?.string {
            let value = try validate(node, try definition(reference), at: path, coercing: coercing, depth: depth + 1)
            guard keywords.keys.contains(where: { Keyword.assertions.contains($0) && $0 != "$ref" }) else {
                return value
            }
        }
        var result: JSON
        switch node.kind {
        case .array(let elements):
            result = try array(node, elements, schema, at: path, coercing: coercing, depth: depth)
        case .object(let members):
            result = try object(node, members, schema, at: path, coercing: coercing, depth: depth)
        default:
            result = try scalar(node, schema, at: path, coercing: coercing)
        }
        for keyword in ["anyOf", "oneOf"] {
            guard let branches = keywords[keyword]?.array else { continue }
            result = try choice(
                node, branches, exactlyOne: keyword == "oneOf", at: path, coercing: coercing, depth: depth)
        }
        return result
    }

    // MARK: Scalars

    private func scalar(_ node: Node, _ schema: JSON, at path: String, coercing: Bool) throws -> JSON {
        var candidates: [JSON] = [node.json]
        if coercing, let text = node.plainText, node.json.string == nil, wantsText(schema, insteadOf: node.json) {
            candidates.append(.string(text))
        }
        var failures: [Failure] = []
        for candidate in candidates {
            do { return try check(candidate, node, schema, at: path) } catch let failure as Failure
                where failure.code == .usage
            {
                failures.append(failure)
            }
        }
        // The text's own failure says more if it was of the right type.
        throw Types(schema).accept(candidates.last!) ? failures.last! : failures[0]
    }

    /// Whether the text of a plain scalar may be meant: not if the value is of a type that was asked for.
    private func wantsText(_ schema: JSON, insteadOf value: JSON) -> Bool {
        let types = Types(schema)
        guard types.names.isEmpty else { return types.names.contains("string") && !types.accept(value) }
        return ["enum", "const", "pattern", "minLength", "maxLength"].contains { schema[$0] != nil }
    }

    private func check(_ value: JSON, _ node: Node, _ schema: JSON, at path: String) throws -> JSON {
        let value = try typed(value, node, schema, at: path)
        switch value {
        case .string(let text):
            let length = text.unicodeScalars.count
            if let minimum = schema["minLength"]?.integer, length < minimum {
                throw wrong(
                    node, path, minimum == 1 ? "must not be empty" : "must have at least \(minimum) characters", schema)
            }
            if let maximum = schema["maxLength"]?.integer, length > maximum {
                throw wrong(node, path, "must have at most \(maximum) characters", schema)
            }
            if let pattern = schema["pattern"]?.string, !(try matches(text, pattern)) {
                throw wrong(node, path, "must match \(pattern)", schema)
            }
        case .integer, .number:
            if let minimum = schema["minimum"]?.double, let number = value.double, number < minimum {
                throw wrong(node, path, "must be at least \(written(minimum))", schema)
            }
            if let maximum = schema["maximum"]?.double, let number = value.double, number > maximum {
                throw wrong(node, path, "must be at most \(written(maximum))", schema)
            }
        default: break
        }
        return value
    }

    /// Type, enum and const: what every kind of value can be asked.
    private func typed(_ value: JSON, _ node: Node, _ schema: JSON, at path: String) throws -> JSON {
        let types = Types(schema)
        guard types.accept(value) else {
            let found = value == .null ? "but nothing stands here" : "not \(Types.word(of: value))"
            let asked = types.names.count == 1 && types.names[0] == "boolean" ? "write true or false" : nil
            throw wrong(node, path, "must be \(types.words), \(found)", schema, hint: asked)
        }
        var value = value
        if case .number(let number) = value, types.names.contains("integer"), !types.names.contains("number"),
            let integer = Int64(exactly: number)
        {
            value = .integer(integer)
        }
        if let allowed = schema["enum"]?.array, !allowed.contains(where: { $0.equals(value) }) {
            let words = allowed.map(written)
            let near = value.string.flatMap { Nearest.word(to: $0, among: allowed.compactMap(\.string)) }
            throw wrong(
                node, path, "must be " + (words.count == 1 ? words[0] : "one of " + words.joined(separator: ", ")),
                schema,
                hint: near.map { "did you mean \"\($0)\"?" })
        }
        if let constant = schema["const"], !constant.equals(value) {
            throw wrong(node, path, "must be \(written(constant))", schema)
        }
        return value
    }

    // MARK: Lists and mappings

    private func array(
        _ node: Node, _ elements: [Node], _ schema: JSON, at path: String, coercing: Bool, depth: Int
    ) throws -> JSON {
        _ = try typed(Types(schema).accept(.array([])) ? node.json : .array([]), node, schema, at: path)
        if let minimum = schema["minItems"]?.integer, elements.count < minimum {
            throw wrong(
                node, path, minimum == 1 ? "must not be empty" : "must have at least \(minimum) elements", schema)
        }
        if let maximum = schema["maxItems"]?.integer, elements.count > maximum {
            throw wrong(node, path, "must have at most \(maximum) elements", schema)
        }
        let items = schema["items"] ?? .bool(true)
        var values: [JSON] = []
        var seen: Set<String> = []
        for (index, element) in elements.enumerated() {
            let place = "\(path)[\(index)]"
            let value = try validate(element, items, at: place, coercing: coercing, depth: depth + 1)
            if schema["uniqueItems"]?.bool == true, !seen.insert(try canonical(value)).inserted {
                throw wrong(element, place, "stands in the list twice", schema)
            }
            values.append(value)
        }
        return .array(values)
    }

    private func object(
        _ node: Node, _ members: [Node.Member], _ schema: JSON, at path: String, coercing: Bool, depth: Int
    ) throws -> JSON {
        _ = try typed(Types(schema).accept(.object([:])) ? node.json : .object([:]), node, schema, at: path)
        let properties = schema["properties"]?.object ?? [:]
        let others = schema["additionalProperties"]
        var values: [String: JSON] = [:]
        for member in members {
            let place = path.isEmpty ? member.key : "\(path).\(member.key)"
            if let property = properties[member.key] {
                values[member.key] = try validate(
                    member.value, property, at: place, coercing: coercing, depth: depth + 1)
            } else if others == .bool(false) {
                throw unknown(member, properties.keys.sorted(), in: path)
            } else if let others {
                values[member.key] = try validate(member.value, others, at: place, coercing: coercing, depth: depth + 1)
            } else {
                values[member.key] = member.value.json
            }
        }
        for case .string(let name) in schema["required"]?.array ?? [] where values[name] == nil {
            let description = properties[name]?["description"]?.string
            throw Failure(
                .usage, "\(path.isEmpty ? "the document" : path) lacks the key \"\(name)\"", place: node.place,
                hint: description.map { "\(name): \($0)" })
        }
        if let minimum = schema["minProperties"]?.integer, members.count < minimum {
            throw wrong(node, path, minimum == 1 ? "must not be empty" : "must have at least \(minimum) keys", schema)
        }
        if let maximum = schema["maxProperties"]?.integer, members.count > maximum {
            throw wrong(node, path, "must have at most \(maximum) keys", schema)
        }
        return .object(values)
    }

    private func unknown(_ member: Node.Member, _ known: [String], in path: String) -> Failure {
        let near = Nearest.word(to: member.key, among: known)
        let hint = near.map { "did you mean \"\($0)\"?" }
        return Failure(
            .usage, "unknown key \"\(member.key)\"" + (path.isEmpty ? "" : " in \(path)"), place: member.place,
            hint: hint ?? (known.isEmpty ? nil : "known are " + known.joined(separator: ", ")))
    }

    // MARK: Choices

    /// The first branch that takes the value as it stands, else the first that takes it when plain scalars are texts.
    private func choice(
        _ node: Node, _ branches: [JSON], exactlyOne: Bool, at path: String, coercing: Bool, depth: Int
    ) throws -> JSON {
        var failures: [Failure] = []
        for coercing in coercing ? [false, true] : [false] {
            var values: [JSON] = []
            failures = []
            for branch in branches {
                do {
                    values.append(try validate(node, branch, at: path, coercing: coercing, depth: depth + 1))
                } catch let failure as Failure where failure.code == .usage { failures.append(failure) }
            }
            guard let value = values.first else { continue }
            guard !exactlyOne || values.count == 1 else { throw wrong(node, path, "can be read in two ways") }
            return value
        }
        // Of the branches that mean this value, the one that a kind or a type singles out says what is wrong.
        let ranks = branches.map { try? fitness(node, $0) }
        let best = ranks.compactMap { $0 }.max() ?? 0
        let likely = ranks.indices.filter { ranks[$0] == best }
        if likely.count == 1 { throw failures[likely[0]] }
        throw wrong(node, path, "has none of the forms that are allowed here")
    }

    /// 0: another type; 1: another kind by a `const` or `enum` member; 2: plausible; more for each such member that fits.
    private func fitness(_ node: Node, _ branch: JSON) throws -> Int {
        var branch = branch
        for _ in 0..<Node.depthLimit {
            guard let reference = branch["$ref"]?.string else { break }
            branch = try definition(reference)
        }
        let plain = node.plainText.map { JSON.string($0) }
        guard Types(branch).accept(node.json) || plain.map(Types(branch).accept) == true else { return 0 }
        var result = 2
        for (name, property) in branch["properties"]?.object ?? [:] {
            guard let allowed = property["enum"]?.array ?? property["const"].map({ [$0] }) else { continue }
            guard let value = node[name]?.json else { continue }
            guard allowed.contains(where: { $0.equals(value) }) else { return 1 }
            result += 1
        }
        return result
    }

    // MARK: Small parts

    private func definition(_ reference: String) throws -> JSON {
        guard reference.hasPrefix("#/$defs/"), let schema = root["$defs"]?[String(reference.dropFirst(8))] else {
            throw defect("the schema refers to \(reference), which it does not define")
        }
        return schema
    }

    private func matches(_ text: String, _ pattern: String) throws -> Bool {
        if patterns[pattern] == nil { patterns[pattern] = try Pattern(pattern) }
        return patterns[pattern]!.matches(text)
    }

    private func defect(_ message: String) -> Failure { Failure(.internal, message) }

    private func wrong(_ node: Node, _ path: String, _ message: String, _ schema: JSON? = nil, hint: String? = nil)
        -> Failure
    {
        let subject = path.isEmpty ? "the document" : path
        return Failure(
            .usage, "\(subject) \(message)", place: node.place, hint: hint ?? schema?["description"]?.string)
    }

    private func canonical(_ value: JSON) throws -> String {
        if case .string(let text) = value { return "\"\(text)" }
        return String(decoding: try DocumentCoding.encode(value), as: UTF8.self)
    }

    private func written(_ value: JSON) -> String {
        switch value {
        case .string(let text): text
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): written(value)
        case .array: "a list"
        case .object: "a mapping"
        }
    }

    private func written(_ number: Double) -> String { Int64(exactly: number).map { "\($0)" } ?? "\(number)" }
}
