import Documents
import Yams

/// Turns what libyaml read into nodes. Only what a person can read at a glance is taken: no anchors, aliases, merge keys
/// or tags, no key twice.
struct YAMLReader {
    let source: String

    func document(_ text: String) throws -> Node {
        // The parser owns the anchors that the tree refers to only weakly: it must outlive the walk.
        do {
            let parser = try Parser(yaml: text, resolver: .basic)
            defer { withExtendedLifetime(parser) {} }
            guard let root = try parser.singleRoot() else {
                return Node(.null, source: source, line: 1, column: 1)
            }
            return try node(root, depth: 1)
        } catch let error as YamlError {
            throw failure(error)
        }
    }

    private func node(_ yaml: Yams.Node, depth: Int) throws -> Node {
        let mark = Position(yaml.mark)
        func refusal(_ message: String, _ hint: String? = nil) -> Failure {
            Failure(.usage, message, place: place(mark), hint: hint)
        }
        guard depth <= Node.depthLimit else { throw tooDeep(mark) }
        guard yaml.anchor == nil else {
            throw refusal(
                "anchors (&name) and aliases (*name) are not supported", "write the value out where it is used")
        }
        let tag = declaredTag(yaml)
        guard tag.isEmpty || tag == Tag.Name.str.rawValue else {
            throw refusal("tags (!name) are not supported", "remove the tag")
        }
        func made(_ kind: Node.Kind, plain: String? = nil) -> Node {
            Node(kind, plainText: plain, source: source, line: mark.line, column: mark.column)
        }
        switch yaml {
        case .scalar(let scalar):
            guard scalar.style == .plain, tag.isEmpty else { return made(.string(scalar.string)) }
            let kind = PlainScalar.kind(scalar.string)
            if case .null = kind { return made(.null) }
            return made(kind, plain: scalar.string)
        case .sequence(let sequence):
            return made(.array(try sequence.map { try node($0, depth: depth + 1) }))
        case .mapping(let mapping):
            return made(.object(try members(mapping, depth: depth)))
        case .alias:
            throw refusal("aliases (*name) are not supported", "write the value out where it is used")
        }
    }

    private func members(_ mapping: Yams.Node.Mapping, depth: Int) throws -> [Node.Member] {
        var keys: Set<String> = []
        return try mapping.map { key, value in
            let mark = Position(key.mark)
            // Comparing keys has made the parser resolve their tags: to a string, if none was written.
            guard case .scalar(let name) = key, name.anchor == nil,
                ["", Tag.Name.str.rawValue].contains(declaredTag(key))
            else {
                throw Failure(.usage, "a key must be a plain word", place: place(mark))
            }
            guard name.string != "<<" || name.style != .plain else {
                throw Failure(
                    .usage, "merge keys (<<) are not supported", place: place(mark),
                    hint: "write the values out where they are used")
            }
            guard keys.insert(name.string).inserted else {
                throw Failure(.usage, "the key \"\(name.string)\" stands here twice", place: place(mark))
            }
            return Node.Member(
                key: name.string, line: mark.line, column: mark.column, value: try node(value, depth: depth + 1))
        }
    }

    /// The tag as written, without asking what it would resolve to.
    private func declaredTag(_ yaml: Yams.Node) -> String {
        switch yaml {
        case .scalar(let scalar): scalar.tag.rawValue
        case .sequence(let sequence): sequence.tag.rawValue
        case .mapping(let mapping): mapping.tag.rawValue
        case .alias: ""
        }
    }

    /// Both count from 1, as in Yams.
    private struct Position {
        var line = 1
        var column = 1
        init(_ mark: Mark?) {
            guard let mark else { return }
            (line, column) = (mark.line, mark.column)
        }
    }

    private func tooDeep(_ position: Position) -> Failure {
        Failure(.usage, "more than \(Node.depthLimit) levels", place: place(position))
    }

    private func place(_ position: Position) -> String { "\(source):\(position.line):\(position.column)" }

    /// Without the document's text, which an error of Yams carries along.
    private func failure(_ error: YamlError) -> Failure {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            // The library's own limit, far beyond ours, and its words for programmers.
            guard !problem.contains("nesting level") else { return tooDeep(Position(mark)) }
            let detail = context.map { " (\($0.text) at \($0.mark.line):\($0.mark.column))" } ?? ""
            return Failure(.usage, "this is not YAML: \(problem)\(detail)", place: place(Position(mark)))
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "\"\($0)\"" }.joined(separator: ", ")
            // Of the two places only the first is told.
            return Failure(
                .usage, "the key \(names), which stands here, stands in the same mapping once more",
                place: place(Position(context.mark)))
        case .reader(let problem, _, _, _):
            return Failure(.usage, "this is not YAML: \(problem)", place: source)
        default:
            return Failure(.usage, "this is not YAML", place: source)
        }
    }
}

/// YAML 1.2's core schema, without its octal and hexadecimal numbers: `0644` and `0x1f` stay texts.
enum PlainScalar {
    static func kind(_ text: String) -> Node.Kind {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        guard let first = text.utf8.first, isNumber(Array(text.utf8)) else { return .string(text) }
        let digits = first == UInt8(ascii: "+") ? String(text.dropFirst()) : text
        if let integer = Int64(digits) { return .integer(integer) }
        if let number = Double(digits), number.isFinite { return .number(number) }
        return .string(text)
    }

    /// `[-+]?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?`
    static func isNumber(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
        func dropDigits() -> Int {
            let count = rest.prefix { isDigit($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        func isSign(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") }
        if isSign(rest.first) { rest = rest.dropFirst() }
        let zero = rest.first == UInt8(ascii: "0")
        let whole = dropDigits()
        guard whole > 0, !zero || whole == 1 else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            _ = dropDigits()
        }
        if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if isSign(rest.first) { rest = rest.dropFirst() }
            guard dropDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
