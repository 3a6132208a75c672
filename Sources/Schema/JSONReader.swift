import Documents

/// RFC 8259 with places: strict (no comments, no trailing commas, no key twice, no second value), bounded in depth.
struct JSONReader {
    private let bytes: [UInt8]
    private let source: String
    private var position = 0
    private var line = 1
    private var column = 1

    init(_ bytes: [UInt8], source: String) {
        self.bytes = bytes
        self.source = source
    }

    mutating func document() throws -> Node {
        skipBlanks()
        let root = try value(depth: 1)
        skipBlanks()
        guard position == bytes.count else { throw refusal("more text after the document's end") }
        return root
    }

    private func refusal(_ message: String) -> Failure {
        Failure(.usage, "this is not JSON: \(message)", place: "\(source):\(line):\(column)")
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func advance() {
        if bytes[position] == UInt8(ascii: "\n") {
            line += 1
            column = 1
        } else if bytes[position] & 0xC0 != 0x80 {
            column += 1
        }
        position += 1
    }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { advance() }
    }

    private mutating func take(_ character: Unicode.Scalar) throws {
        guard next == UInt8(ascii: character) else {
            throw refusal("expected \(character)" + (next == nil ? ", found the end" : ""))
        }
        advance()
    }

    private mutating func value(depth: Int) throws -> Node {
        guard depth <= Node.depthLimit else {
            throw Failure(.usage, "more than \(Node.depthLimit) levels", place: "\(source):\(line):\(column)")
        }
        let (startLine, startColumn) = (line, column)
        let kind: Node.Kind
        switch next {
        case UInt8(ascii: "{"): kind = .object(try members(depth: depth))
        case UInt8(ascii: "["): kind = .array(try elements(depth: depth))
        case UInt8(ascii: "\""): kind = .string(try string())
        case UInt8(ascii: "t"): kind = try word("true", .bool(true))
        case UInt8(ascii: "f"): kind = try word("false", .bool(false))
        case UInt8(ascii: "n"): kind = try word("null", .null)
        case .some(UInt8(ascii: "0")...UInt8(ascii: "9")), UInt8(ascii: "-"): kind = try number()
        case nil: throw refusal("expected a value, found the end")
        default: throw refusal("expected a value")
        }
        return Node(kind, source: source, line: startLine, column: startColumn)
    }

    private mutating func members(depth: Int) throws -> [Node.Member] {
        try take("{")
        skipBlanks()
        var members: [Node.Member] = []
        var keys: Set<String> = []
        if next == UInt8(ascii: "}") {
            advance()
            return []
        }
        while true {
            let (startLine, startColumn) = (line, column)
            guard next == UInt8(ascii: "\"") else { throw refusal("expected a key in quotes") }
            let key = try string()
            guard keys.insert(key).inserted else {
                throw Failure(
                    .usage, "the key \"\(key)\" stands here twice", place: "\(source):\(startLine):\(startColumn)")
            }
            skipBlanks()
            try take(":")
            skipBlanks()
            members.append(
                .init(key: key, line: startLine, column: startColumn, value: try value(depth: depth + 1)))
            skipBlanks()
            if next == UInt8(ascii: ",") {
                advance()
                skipBlanks()
            } else {
                try take("}")
                return members
            }
        }
    }

    private mutating func elements(depth: Int) throws -> [Node] {
        try take("[")
        skipBlanks()
        var elements: [Node] = []
        if next == UInt8(ascii: "]") {
            advance()
            return []
        }
        while true {
            elements.append(try value(depth: depth + 1))
            skipBlanks()
            if next == UInt8(ascii: ",") {
                advance()
                skipBlanks()
            } else {
                try take("]")
                return elements
            }
        }
    }

    private mutating func word(_ word: String, _ kind: Node.Kind) throws -> Node.Kind {
        guard bytes[position...].starts(with: word.utf8) else { throw refusal("expected a value") }
        for _ in word.utf8 { advance() }
        return kind
    }

    private mutating func number() throws -> Node.Kind {
        let start = position
        while let byte = next, "+-.eE0123456789".utf8.contains(byte) { advance() }
        let text = bytes[start..<position]
        let decoded = String(decoding: text, as: UTF8.self)
        guard PlainScalar.isNumber(Array(text)), text.last != UInt8(ascii: "."), !decoded.contains(".e"),
            !decoded.contains(".E")
        else { throw refusal("\(decoded.prefix(40)) is no number") }
        if let integer = Int64(decoded) { return .integer(integer) }
        guard let number = Double(decoded), number.isFinite else { throw refusal("the number is too large") }
        return .number(number)
    }

    private mutating func string() throws -> String {
        try take("\"")
        var text: [UInt8] = []
        let (startLine, startColumn) = (line, column)
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                advance()
                guard let valid = String(validating: text, as: UTF8.self) else {
                    (line, column) = (startLine, startColumn)
                    throw refusal("the string is not UTF-8")
                }
                return valid
            case UInt8(ascii: "\\"):
                advance()
                text.append(contentsOf: try escape().utf8)
            case 0..<0x20: throw refusal("a control character in a string")
            default:
                text.append(byte)
                advance()
            }
        }
        throw refusal("a string without its end")
    }

    private mutating func escape() throws -> String {
        guard let byte = next else { throw refusal("a string without its end") }
        let plain: [UInt8: String] = [
            UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "b"): "\u{8}",
            UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
        ]
        if let text = plain[byte] {
            advance()
            return text
        }
        guard byte == UInt8(ascii: "u") else { throw refusal("an unknown escape in a string") }
        advance()
        var code = try hexadecimal()
        if (0xD800..<0xDC00).contains(code) {
            guard next == UInt8(ascii: "\\") else { throw refusal("half of a surrogate pair") }
            advance()
            guard next == UInt8(ascii: "u") else { throw refusal("half of a surrogate pair") }
            advance()
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { throw refusal("half of a surrogate pair") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw refusal("half of a surrogate pair") }
        return String(Character(scalar))
    }

    private mutating func hexadecimal() throws -> UInt32 {
        guard position + 4 <= bytes.count else { throw refusal("a string without its end") }
        let digits = bytes[position..<position + 4]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw refusal("an escape without four hexadecimal digits") }
        for _ in digits { advance() }
        return code
    }
}
