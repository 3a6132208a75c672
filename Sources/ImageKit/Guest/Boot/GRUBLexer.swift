import Documents

/// A word of a GRUB script: pieces that are joined once variables are known.
struct GRUBWord: Sendable {
    enum Piece: Sendable {
        case text(String)
        /// Its value stays one word inside of quotes, and falls into words outside.
        case variable(String, isQuoted: Bool)
    }

    var pieces: [Piece] = []
    /// A part of it stands in quotes: it is a word even if it is empty, and never a keyword.
    var isQuoted = false

    /// What it says without any variable; nil if there is one, or a quote.
    var plain: String? {
        guard !isQuoted else { return nil }
        var text = ""
        for piece in pieces {
            guard case .text(let part) = piece else { return nil }
            text += part
        }
        return text
    }
}

enum GRUBToken: Sendable {
    case word(GRUBWord)
    case newline
    case semicolon
    case open
    case close
}

/// Splits a script into words and marks: GNU GRUB manual, "Shell-like scripting: Words, Quoting".
struct GRUBLexer {
    /// How long one script and one word of it may be, in bytes.
    static let scriptLimit = 1 << 20
    static let wordLimit = 1 << 16

    private var bytes: ArraySlice<UInt8>
    private var line = 1
    private let path: String

    init(_ text: String, path: String) { (bytes, self.path) = (Array(text.utf8)[...], path) }

    static func tokens(_ text: String, path: String) throws(Failure) -> [(token: GRUBToken, line: Int)] {
        var lexer = GRUBLexer(text, path: path)
        var tokens: [(GRUBToken, Int)] = []
        while let next = try lexer.next() { tokens.append(next) }
        return tokens
    }

    private func refusal(_ what: String) -> Failure { Failure(.refused, what, place: "\(path):\(line)") }

    private mutating func next() throws(Failure) -> (GRUBToken, Int)? {
        while let byte = bytes.first {
            switch byte {
            case 0x20, 0x09, 0x0d:
                bytes.removeFirst()
            case 0x5c where bytes.dropFirst().first == 0x0a:
                bytes.removeFirst(2)
                line += 1
            case 0x23:
                bytes = bytes.drop { $0 != 0x0a }
            case 0x0a:
                bytes.removeFirst()
                line += 1
                return (.newline, line - 1)
            case 0x3b:
                bytes.removeFirst()
                return (.semicolon, line)
            case 0x7b:
                bytes.removeFirst()
                return (.open, line)
            case 0x7d:
                bytes.removeFirst()
                return (.close, line)
            case 0x26, 0x7c, 0x3c, 0x3e:
                throw refusal("GRUB's scripts have no \(Character(Unicode.Scalar(byte)))")
            default:
                let begin = line
                return (.word(try word()), begin)
            }
        }
        return nil
    }

    private mutating func word() throws(Failure) -> GRUBWord {
        var word = GRUBWord()
        var text: [UInt8] = []
        var length = 0
        func flush(_ text: inout [UInt8]) {
            if !text.isEmpty { word.pieces.append(.text(String(decoding: text, as: UTF8.self))) }
            text = []
        }
        scan: while let byte = bytes.first {
            length += 1
            guard length <= Self.wordLimit else { throw refusal("a word of more than \(Self.wordLimit) bytes") }
            switch byte {
            case 0x20, 0x09, 0x0a, 0x0d, 0x3b, 0x7b, 0x7d, 0x26, 0x7c, 0x3c, 0x3e:
                break scan
            case 0x5c:
                bytes.removeFirst()
                guard let next = bytes.popFirst() else { throw refusal("a backslash at the end") }
                if next == 0x0a { line += 1 } else { text.append(next) }
            case 0x27:
                word.isQuoted = true
                bytes.removeFirst()
                guard let end = bytes.firstIndex(of: 0x27) else { throw refusal("a quote without its end") }
                line += bytes[..<end].count { $0 == 0x0a }
                text += bytes[..<end]
                length += bytes[..<end].count
                bytes = bytes[(end + 1)...]
            case 0x22:
                word.isQuoted = true
                bytes.removeFirst()
                try quoted(&word, &text)
            case 0x24:
                bytes.removeFirst()
                let name = try variable()
                flush(&text)
                word.pieces.append(.variable(name, isQuoted: false))
            default:
                text.append(byte)
                bytes.removeFirst()
            }
        }
        flush(&text)
        return word
    }

    /// What stands between double quotes, up to the second of them.
    private mutating func quoted(_ word: inout GRUBWord, _ text: inout [UInt8]) throws(Failure) {
        while let byte = bytes.popFirst() {
            switch byte {
            case 0x22: return
            case 0x5c:
                guard let next = bytes.popFirst() else { break }
                switch next {
                case 0x0a: line += 1
                case 0x22, 0x24, 0x5c: text.append(next)
                default: text += [0x5c, next]
                }
            case 0x24:
                let name = try variable()
                if !text.isEmpty { word.pieces.append(.text(String(decoding: text, as: UTF8.self))) }
                text = []
                word.pieces.append(.variable(name, isQuoted: true))
            default:
                if byte == 0x0a { line += 1 }
                text.append(byte)
            }
            guard text.count <= Self.wordLimit else { throw refusal("a word of more than \(Self.wordLimit) bytes") }
        }
        throw refusal("a quote without its end")
    }

    /// The name after a dollar sign.
    private mutating func variable() throws(Failure) -> String {
        func isName(_ byte: UInt8) -> Bool {
            byte == 0x5f || (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
        }
        guard let first = bytes.first else { throw refusal("$ without a name") }
        if first == 0x7b {
            guard let end = bytes.firstIndex(of: 0x7d) else { throw refusal("${ without its }") }
            let name = bytes[(bytes.startIndex + 1)..<end]
            guard !name.isEmpty, name.allSatisfy({ isName($0) || [0x3f, 0x2a, 0x40, 0x23].contains($0) }) else {
                throw refusal("${ } holds no name")
            }
            bytes = bytes[(end + 1)...]
            return String(decoding: name, as: UTF8.self)
        }
        if [0x3f, 0x2a, 0x40, 0x23].contains(first) || (0x30...0x39).contains(first) {
            bytes.removeFirst()
            return String(decoding: [first], as: UTF8.self)
        }
        let name = bytes.prefix(while: isName)
        guard !name.isEmpty else { throw refusal("$ without a name") }
        bytes = bytes.dropFirst(name.count)
        return String(decoding: name, as: UTF8.self)
    }
}
