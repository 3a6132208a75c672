public import Documents
import Glibc

/// One value of a document with the place that it was written at, so that an error can point there.
///
/// Members keep the order of the source. What a scalar means may depend on what is asked of it: a plain YAML `20.10` is a
/// number here and the text `20.10` where a schema wants a string, which `Schema.validate` settles.
public struct Node: Sendable {
    public enum Kind: Sendable {
        case null
        case bool(Bool)
        case integer(Int64)
        case number(Double)
        case string(String)
        case array([Node])
        case object([Member])
    }

    public struct Member: Sendable {
        public let key: String
        /// Where the key stands.
        public let line, column: Int
        public let value: Node
        /// `file:line:column` of the key.
        public var place: String { "\(value.source):\(line):\(column)" }
    }

    /// Bytes of the largest document that is read.
    public static let sizeLimit = 4 << 20
    /// Levels of the deepest.
    public static let depthLimit = 64

    public let kind: Kind
    /// What an unquoted YAML scalar looks like in the source; nil for all other values.
    public let plainText: String?
    /// The file's path, or the name that the text was given.
    public let source: String
    /// Both count from 1; a column is one Unicode scalar.
    public let line, column: Int

    init(_ kind: Kind, plainText: String? = nil, source: String, line: Int, column: Int) {
        self.kind = kind
        self.plainText = plainText
        self.source = source
        self.line = line
        self.column = column
    }

    /// `file:line:column`.
    public var place: String { "\(source):\(line):\(column)" }

    /// The member of that name, or nil: of anything but an object, always nil.
    public subscript(key: String) -> Node? {
        if case .object(let members) = kind { members.first { $0.key == key }?.value } else { nil }
    }

    /// The element at that index, or nil.
    public subscript(index: Int) -> Node? {
        if case .array(let elements) = kind, elements.indices.contains(index) { elements[index] } else { nil }
    }

    public var members: [Member]? { if case .object(let members) = kind { members } else { nil } }
    public var elements: [Node]? { if case .array(let elements) = kind { elements } else { nil } }

    /// The value without its places, scalars read as YAML's core schema reads them.
    public var json: JSON {
        switch kind {
        case .null: .null
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(value)
        case .number(let value): .number(value)
        case .string(let value): .string(value)
        case .array(let elements): .array(elements.map(\.json))
        case .object(let members):
            .object(Dictionary(members.map { ($0.key, $0.value.json) }, uniquingKeysWith: { first, _ in first }))
        }
    }
}

extension Node {
    /// Reads a file: JSON if its name ends in `.json`, else YAML. An empty YAML file is `null`.
    /// - Throws: `Failure` (usage) with `file:line:column` for what is wrong in it: besides bad syntax also duplicate keys,
    ///   aliases, anchors, merge keys, tags, and more than `sizeLimit` bytes or `depthLimit` levels.
    public static func read(path: String) throws -> Node {
        try parse(bytes: try contents(of: path), name: path)
    }

    /// Reads a text; `name` stands for the file in places and decides the language as a path does.
    /// - Throws: As `read(path:)`.
    public static func parse(text: String, name: String) throws -> Node {
        try parse(bytes: Array(text.utf8), name: name)
    }

    /// - Throws: As `read(path:)`.
    public static func parse(bytes: [UInt8], name: String) throws -> Node {
        guard bytes.count <= sizeLimit else { throw tooLarge(name) }
        if name.hasSuffix(".json") { return try parse(json: bytes, name: name) }
        // Editors that mark a file as UTF-8 put nothing else into it.
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let bytes = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.usage, "the file is not UTF-8", place: name, hint: "save it as UTF-8")
        }
        return try YAMLReader(source: name).document(text)
    }

    /// Reads JSON, whatever its name.
    /// - Throws: As `read(path:)`.
    public static func parse(json bytes: [UInt8], name: String) throws -> Node {
        guard bytes.count <= sizeLimit else { throw tooLarge(name) }
        var reader = JSONReader(bytes, source: name)
        return try reader.document()
    }

    private static func tooLarge(_ name: String) -> Failure {
        Failure(.usage, "the document is larger than \(sizeLimit) bytes", place: name)
    }

    /// The bytes of a file; no more than the limit are read, whatever the file pretends to be.
    public static func contents(of path: String) throws -> [UInt8] {
        func refusal() -> Failure {
            let reason = String(cString: strerror(errno))
            return Failure(
                .usage, "the file cannot be read: \(reason)", place: path,
                hint: "name a file that is there and readable")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw refusal() }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= sizeLimit {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw refusal() }
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
        throw tooLarge(path)
    }
}
