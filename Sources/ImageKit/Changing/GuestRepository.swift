public import Documents
import Files
import Glibc

/// Where a guest's package manager is to take packages from, for one build and no longer.
public struct GuestRepository: Sendable, Equatable, Codable {
    /// An http or https URL, an absolute folder of this machine's, which the guest sees read-only, or for apt a whole line
    /// of sources.list(5).
    public var location: String
    /// Whose signatures hold.
    public var trust: Trust

    public enum Trust: Sendable, Equatable, Codable {
        /// The keys that the guest has.
        case guest
        /// This public key in OpenPGP's armour.
        case key(String)
        /// Nobody's: unsigned packages are taken.
        case nobody
    }

    /// Bytes of a key.
    private static let keyLimit = 1 << 20

    public init(location: String, trust: Trust = .guest) { (self.location, self.trust) = (location, trust) }

    /// As people name them.
    /// - Parameters:
    ///   - text: a URL, a folder, or a line of sources.list.
    ///   - key: a file of this machine's, or `none` for packages that nobody signed; nil for the guest's own keys.
    /// - Throws: `Failure` (usage) if it is none of these, or the file is no public key.
    public init(_ text: String, key: String?) throws(Failure) {
        trust = try Self.trust(key)
        if text.hasPrefix("http://") || text.hasPrefix("https://") || text.hasPrefix("deb ") {
            guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
                throw Failure(
                    .usage, "a repository is one line",
                    place: Printable.line(GuestRepository(location: text).withoutSecrets))
            }
            location = text
            return
        }
        var status = stat()
        let path = text.hasPrefix("file://") ? String(text.dropFirst(7)) : text
        guard !path.contains("://"), stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
            let real = realpath(path, nil)
        else {
            throw Failure(
                .usage, "this is no repository",
                place: Printable.line(GuestRepository(location: text).withoutSecrets),
                hint: "an http or https URL, a folder, or for apt a line: deb URL SUITE COMPONENT")
        }
        defer { free(real) }
        location = String(cString: real)
    }

    private static func trust(_ key: String?) throws(Failure) -> Trust {
        guard let key else { return .guest }
        if key == "none" { return .nobody }
        guard let bytes = try? File.contents(key, limit: keyLimit) else {
            throw Failure(
                .usage, "the repository's key cannot be read", place: Printable.line(key),
                hint: "a file with an OpenPGP public key in armour, or: none")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains("-----BEGIN PGP PUBLIC KEY BLOCK-----") else {
            throw Failure(
                .usage, "this is no OpenPGP public key in armour", place: Printable.line(key),
                hint: "export it: gpg --armor --export KEY")
        }
        return .key(text)
    }

    public var isFolder: Bool { location.hasPrefix("/") }

    /// What its URL says about who asks: given apart, since managers write URLs into their logs.
    /// - Returns: with a host as apt_auth.conf(5) has it: scheme, name and port.
    var login: (host: String, user: String, password: String)? {
        for word in location.split(separator: " ") {
            let parts = word.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
            guard parts.count > 2, parts[0].hasSuffix(":"), let at = parts[2].lastIndex(of: "@") else { continue }
            let (name, host) = (parts[2][..<at], parts[2][parts[2].index(after: at)...])
            let colon = name.firstIndex(of: ":") ?? name.endIndex
            let password = colon == name.endIndex ? "" : name[name.index(after: colon)...]
            return ("\(parts[0])//\(host)", Self.decoded(name[..<colon]), Self.decoded(password))
        }
        return nil
    }

    /// Without RFC 3986's percent signs; what would begin another line stays as it is written.
    private static func decoded(_ text: Substring) -> String {
        var (bytes, rest): ([UInt8], ArraySlice<UInt8>) = ([], Array(text.utf8)[...])
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), rest.count > 1, let value = UInt8(digits, radix: 16), value > 0x20 {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// For documents that others read: a URL without the user and password in it.
    public var withoutSecrets: String {
        location.split(separator: " ", omittingEmptySubsequences: false).map { word in
            let parts = word.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
            guard parts.count > 2, parts[0].hasSuffix(":"), let at = parts[2].lastIndex(of: "@") else {
                return String(word)
            }
            let host = parts[2][parts[2].index(after: at)...]
            return (parts[0..<2] + [host] + parts[3...]).joined(separator: "/")
        }.joined(separator: " ")
    }
}
