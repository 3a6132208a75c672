import Documents

/// A line of sshd_config, taken apart as sshd does: servconf.c calls strdelim() for the keyword and argv_split() for what follows.
struct SSHLine {
    /// As written.
    let keyword: String
    let words: [String]
    /// What stands after the keyword, as it stands.
    let rest: String
    /// Why sshd refuses the line whatever the keyword is; nil if it does not.
    let refusal: String?

    /// - Returns: nil of a line that says nothing: an empty one, a comment.
    init?(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while let last = bytes.last, [0x20, 0x09, 0x0d, 0x0a, 0x0c].contains(last) { bytes.removeLast() }
        guard var keyword = Self.delimited(&bytes) else { return nil }
        if keyword.isEmpty {
            guard !bytes.isEmpty, let second = Self.delimited(&bytes) else { return nil }
            keyword = second
        }
        guard let first = keyword.utf8.first, first != UInt8(ascii: "#") else { return nil }
        self.keyword = keyword
        rest = String(decoding: bytes, as: UTF8.self)
        if bytes.isEmpty {
            (words, refusal) = ([], "no value follows the keyword")
        } else if let split = Self.words(bytes) {
            (words, refusal) = (split, nil)
        } else {
            (words, refusal) = ([], "a quote is not closed")
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a }

    /// misc.c, strdelim(): the word up to white space, a quote or `=`, and what separates it from the next taken away.
    private static func delimited(_ rest: inout ArraySlice<UInt8>) -> String? {
        guard !rest.isEmpty else { return nil }
        guard let at = rest.firstIndex(where: { isBlank($0) || $0 == 0x22 || $0 == 0x3d }) else {
            defer { rest = [] }
            return String(decoding: rest, as: UTF8.self)
        }
        if rest[at] == 0x22 {
            // Whatever stood before the quote goes on in it.
            guard let end = rest[(at + 1)...].firstIndex(of: 0x22) else { return nil }
            let word = Array(rest[..<at]) + rest[(at + 1)..<end]
            rest = rest[(end + 1)...].drop(while: isBlank)
            return String(decoding: word, as: UTF8.self)
        }
        let word = String(decoding: rest[..<at], as: UTF8.self)
        let isEqual = rest[at] == 0x3d
        rest = rest[(at + 1)...].drop(while: isBlank)
        if !isEqual, rest.first == 0x3d { rest = rest.dropFirst().drop(while: isBlank) }
        return word
    }

    /// misc.c, argv_split() with terminate_on_comment; nil if a quote is not closed.
    static func words(_ text: some Sequence<UInt8>) -> [String]? {
        let bytes = Array(text)
        var words: [String] = []
        var at = 0
        while at < bytes.count {
            while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
            guard at < bytes.count, bytes[at] != UInt8(ascii: "#") else { break }
            var word: [UInt8] = []
            var quote: UInt8 = 0
            while at < bytes.count {
                let byte = bytes[at]
                let next = at + 1 < bytes.count ? bytes[at + 1] : 0
                if byte == 0x5c {
                    if next == 0x27 || next == 0x22 || next == 0x5c || quote == 0 && next == 0x20 {
                        at += 1
                        word.append(next)
                    } else {
                        word.append(byte)
                    }
                } else if quote == 0, byte == 0x20 || byte == 0x09 {
                    break
                } else if quote == 0, byte == 0x22 || byte == 0x27 {
                    quote = byte
                } else if quote != 0, byte == quote {
                    quote = 0
                } else {
                    word.append(byte)
                }
                at += 1
            }
            guard quote == 0 else { return nil }
            words.append(String(decoding: word, as: UTF8.self))
        }
        return words
    }
}
