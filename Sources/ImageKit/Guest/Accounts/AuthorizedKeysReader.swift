import Digest
import Documents
import FileSystems

/// The keys that sshd lets in: sshd(8) "AUTHORIZED_KEYS FILE FORMAT", in every file that AuthorizedKeysFile names for a user.
struct AuthorizedKeysReader {
    /// Bounds of ours on all files together.
    static let keyLimit = 500
    static let fileLimit = 20_000

    let tree: GuestTree
    let ssh: SSHFacts
    init(_ tree: GuestTree, ssh: SSHFacts) { (self.tree, self.ssh) = (tree, ssh) }

    func keys(of users: [User]) throws(Failure) -> Fact<[AuthorizedKey]> {
        // Files of Match blocks count for somebody, and the usual ones would as soon as a line of the configuration goes.
        var patterns = [".ssh/authorized_keys", ".ssh/authorized_keys2"]
        for setting in ssh.everywhere("AuthorizedKeysFile") {
            for value in setting.value?.values ?? [] where value != "none" && !patterns.contains(value) {
                patterns.append(value)
            }
        }
        var keys: [AuthorizedKey] = []
        var seen: Set<String> = []
        var files = 0
        for user in users {
            for pattern in patterns {
                guard let path = Self.path(pattern, user) else { continue }
                files += 1
                guard files <= Self.fileLimit else {
                    guard keys.isEmpty else { return .known(keys) }
                    throw Failure(.refused, "AuthorizedKeysFile names more than \(Self.fileLimit) files")
                }
                guard let found = try tree.find(path), found.status.kind == .file else { continue }
                // Accounts share homes, `/` above all; a file is told once, of the first whom it lets in.
                guard seen.insert(found.path).inserted else { continue }
                let file = GuestFile(path: found.path, text: String(decoding: try tree.read(found), as: UTF8.self))
                for line in file.lines {
                    guard let key = Self.key(line, user.name, found.path) else { continue }
                    keys.append(key)
                    guard keys.count < Self.keyLimit else { return .known(keys) }
                }
            }
        }
        return .known(keys)
    }

    /// sshd_config(5), "AuthorizedKeysFile": %h the home, %u the name, %U the number, %% itself; relative to the home.
    static func path(_ pattern: String, _ user: User) -> String? {
        var path = ""
        var rest = pattern[...]
        while let character = rest.popFirst() {
            guard character == "%" else {
                path.append(character)
                continue
            }
            switch rest.popFirst() {
            case "h": path += user.home
            case "u": path += user.name
            case "U": path += String(user.uid)
            case "%": path += "%"
            default: return nil
            }
        }
        guard !path.hasPrefix("/") else { return path }
        return user.home.hasPrefix("/") ? user.home + "/" + path : nil
    }

    static func key(_ line: GuestLine, _ user: String, _ path: String) -> AuthorizedKey? {
        let text = Array(line.trimmed.utf8)
        guard let first = text.first, first != UInt8(ascii: "#") else { return nil }
        if let key = key(text[...], options: "", line, user, path) { return key }
        // Options: up to white space outside of quotes.
        var at = text.startIndex
        var isQuoted = false
        while at < text.endIndex, isQuoted || text[at] != 0x20 && text[at] != 0x09 {
            if text[at] == 0x5c, at + 1 < text.endIndex, text[at + 1] == 0x22 {
                at += 1
            } else if text[at] == 0x22 {
                isQuoted.toggle()
            }
            at += 1
        }
        guard at < text.endIndex else { return nil }
        let options = String(String(decoding: text[..<at], as: UTF8.self).prefix(200))
        return key(text[at...].drop { $0 == 0x20 || $0 == 0x09 }, options: options, line, user, path)
    }

    /// `TYPE BASE64 COMMENT`; nil if it is no key.
    private static func key(
        _ text: ArraySlice<UInt8>, options: String, _ line: GuestLine, _ user: String, _ path: String
    ) -> AuthorizedKey? {
        let words = text.split(maxSplits: 2) { $0 == 0x20 || $0 == 0x09 }
        guard words.count >= 2, let blob = Base64.bytes(words[1]) else { return nil }
        let type = String(decoding: words[0], as: UTF8.self)
        // The key says its own type (RFC 4253, 6.6).
        guard blob.count >= 4 else { return nil }
        let length = blob[..<4].reduce(0) { $0 << 8 | Int($1) }
        guard length > 0, length <= 64, blob.count > 4 + length,
            String(decoding: blob[4..<(4 + length)], as: UTF8.self) == type
        else { return nil }
        let hash = Base64.text(hexBytes(sha256(blob).hex))
        let comment = words.count > 2 ? String(String(decoding: words[2], as: UTF8.self).prefix(200)) : ""
        return AuthorizedKey(
            user: user, type: type, fingerprint: "SHA256:" + hash.prefix { $0 != "=" }, comment: comment,
            options: options,
            evidence: Evidence(
                path, line: line.number,
                text: [options, type, "...", comment].filter { !$0.isEmpty }.joined(separator: " ")))
    }

    private static func hexBytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.map { UInt8($0 < 0x3a ? $0 - 0x30 : $0 - 0x57) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

/// RFC 4648, 4.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    /// nil if it is none.
    static func bytes(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var (bits, count, padding) = (UInt32(0), 0, 0)
        for letter in text {
            if letter == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            let value = values[Int(letter)]
            guard padding == 0, value != 0xff else { return nil }
            bits = (bits << 6 | UInt32(value)) & 0xffffff
            count += 1
            if count.isMultiple(of: 4) {
                bytes += [UInt8(bits >> 16 & 0xff), UInt8(bits >> 8 & 0xff), UInt8(bits & 0xff)]
            }
        }
        switch count % 4 {
        case 1: return nil
        case 2: bytes.append(UInt8(bits >> 4 & 0xff))
        case 3: bytes += [UInt8(bits >> 10 & 0xff), UInt8(bits >> 2 & 0xff)]
        default: break
        }
        return padding > 2 ? nil : bytes
    }

    static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for at in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[at..<min(at + 3, bytes.count)]
            let bits = part.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - part.count))
            for place in 0..<4 {
                text.append(place <= part.count ? alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)] : 0x3d)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
