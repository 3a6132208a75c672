import Documents

/// A private key in the bytes of a file: its body must be one, not only the words around it.
///
/// RFC 7468 (PEM), OpenSSH's PROTOCOL.key, RFC 9580 (PGP's armour), PuTTY's .ppk format.
struct PrivateKey: Equatable {
    var kind: String
    var isEncrypted: Bool?
    /// Counted from 1.
    var line: Int

    private static let begin = Array("-----BEGIN ".utf8)

    /// The first in the bytes.
    static func first(in bytes: [UInt8]) -> PrivateKey? {
        if let key = putty(bytes) ?? age(bytes) ?? agent(bytes) { return key }
        for at in Occurrences(of: begin, in: bytes) {
            guard at == 0 || bytes[at - 1] != 0x2d else { continue }
            guard let key = armoured(bytes[(at + begin.count)...], 1) else { continue }
            let line = bytes[..<at].reduce(1) { $0 + ($1 == 0x0a ? 1 : 0) }
            return PrivateKey(kind: key.kind, isEncrypted: key.isEncrypted, line: line)
        }
        return nil
    }

    /// What follows `-----BEGIN `.
    private static func armoured(_ rest: ArraySlice<UInt8>, _ line: Int) -> PrivateKey? {
        let label = rest.prefix(64).prefix { $0 != 0x2d && $0 != 0x0a }
        let kind = String(decoding: label, as: UTF8.self)
        guard kind.hasSuffix("PRIVATE KEY") || kind == "PGP PRIVATE KEY BLOCK",
            rest.dropFirst(label.count).starts(with: Array("-----".utf8))
        else { return nil }
        var headers: [String] = []
        var body: [UInt8] = []
        // Keys in JSON and YAML write their line ends as \n.
        var text = rest.dropFirst(label.count + 5)
        while body.count < 16_384, !text.isEmpty {
            let end = text.firstIndex(of: 0x0a) ?? text.endIndex
            var part = Array(text[..<end])
            text = end < text.endIndex ? text[(end + 1)...] : []
            part.removeAll { $0 == 0x0d || $0 == 0x20 || $0 == 0x09 }
            if let escape = escaped(part) { part = escape }
            if part.contains(0x3a) {
                headers.append(String(decoding: part.prefix(80), as: UTF8.self))
                continue
            }
            let isEnd = part.contains(0x2d)
            body += part.prefix { $0 != 0x2d }
            if isEnd { break }
        }
        // PGP ends its body with a checksum, `=abcd`.
        if kind.hasPrefix("PGP"), body.count > 5, body[body.count - 5] == 0x3d { body.removeLast(5) }
        body = Array(body.prefix(body.count / 4 * 4))
        guard let key = Base64.bytes(body), key.count >= 32 else { return nil }
        let isEncrypted: Bool?
        if kind == "OPENSSH PRIVATE KEY" {
            let magic = Array("openssh-key-v1".utf8) + [0]
            guard key.starts(with: magic), key.count > magic.count + 8 else { return nil }
            isEncrypted = !key[magic.count...].starts(with: [0, 0, 0, 4] + Array("none".utf8))
        } else if kind.hasPrefix("PGP") {
            // Each packet begins with a set bit (RFC 9580, 4.2).
            guard key[0] & 0x80 != 0 else { return nil }
            isEncrypted = nil
        } else {
            let isSealed = headers.contains { $0.contains("ENCRYPTED") }
            // A sealed body of the old form is noise; others are a SEQUENCE of DER.
            guard isSealed || key[0] == 0x30 else { return nil }
            isEncrypted = isSealed || kind.hasPrefix("ENCRYPTED")
        }
        return PrivateKey(kind: kind, isEncrypted: isEncrypted, line: line)
    }

    /// `\n` written as two characters, up to the quote that ends the text.
    private static func escaped(_ part: [UInt8]) -> [UInt8]? {
        guard part.contains(0x5c) else { return nil }
        var result: [UInt8] = []
        var rest = part.prefix { $0 != 0x22 }
        while let byte = rest.popFirst() {
            if byte == 0x5c { rest = rest.dropFirst() } else { result.append(byte) }
        }
        return result
    }

    private static func putty(_ bytes: [UInt8]) -> PrivateKey? {
        guard bytes.starts(with: Array("PuTTY-User-Key-File-".utf8)) else { return nil }
        let text = String(decoding: bytes.prefix(16_384), as: UTF8.self)
        guard text.contains("\nPrivate-Lines:") || text.contains("\rPrivate-Lines:") else { return nil }
        return PrivateKey(kind: "PuTTY-User-Key-File", isEncrypted: !text.contains("Encryption: none"), line: 1)
    }

    /// A file of gpg-agent's: an S-expression, bare or behind `Key:` (GnuPG, agent/keyformat.txt).
    private static func agent(_ bytes: [UInt8]) -> PrivateKey? {
        let head = bytes.prefix(4096)
        for (mark, isEncrypted) in [("private-key", false), ("protected-private-key", true)] {
            if head.starts(with: Array("(\(mark.utf8.count):\(mark)(".utf8)) {
                return PrivateKey(kind: "GnuPG private key", isEncrypted: isEncrypted, line: 1)
            }
            var line = 1
            for part in head.split(separator: 0x0a, omittingEmptySubsequences: false) {
                if part.starts(with: Array("Key: (\(mark) ".utf8)) {
                    return PrivateKey(kind: "GnuPG private key", isEncrypted: isEncrypted, line: line)
                }
                line += 1
            }
        }
        return nil
    }

    private static func age(_ bytes: [UInt8]) -> PrivateKey? {
        let mark = Array("AGE-SECRET-KEY-1".utf8)
        guard Occurrences(of: mark, in: Array(bytes.prefix(16_384))).first(where: { _ in true }) != nil else {
            return nil
        }
        var line = 1
        for part in bytes.prefix(16_384).split(separator: 0x0a, omittingEmptySubsequences: false) {
            if part.starts(with: mark), part.count >= 70 {
                return PrivateKey(kind: "AGE-SECRET-KEY", isEncrypted: false, line: line)
            }
            line += 1
        }
        return nil
    }
}
