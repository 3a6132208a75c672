public import Digest
import Documents

/// The name of an image in a registry: `host[:port]/path[:tag][@digest]`, after the grammar of the distribution
/// specification 1.1 and distribution/reference. The host is never guessed: a name without one is refused.
public struct Reference: Sendable, Hashable, CustomStringConvertible {
    public var host: String
    public var path: String
    public var tag: String?
    public var digest: Digest?

    public var description: String {
        host + "/" + path + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    /// - Throws: `Failure` with the part that is wrong.
    public init(_ text: String) throws {
        func refuse(_ why: String) -> Failure {
            Failure(
                .usage, "\(Self.shown(text).prefix(300)) is not an image name: \(why)",
                hint: "write host[:port]/path[:tag][@digest]")
        }
        var rest = Substring(text)
        if let at = rest.lastIndex(of: "@") {
            do { digest = try Digest(parsing: String(rest[rest.index(after: at)...])) } catch {
                throw refuse("the part behind @ is not sha256: and 64 hexadecimal digits")
            }
            rest = rest[..<at]
        }
        guard let slash = rest.firstIndex(of: "/") else { throw refuse("it has no host") }
        host = String(rest[..<slash])
        rest = rest[rest.index(after: slash)...]
        guard Reference.isHost(host) else {
            throw refuse("the first part is not a host: it needs a dot or a port, or is localhost")
        }
        if let colon = rest.lastIndex(of: ":") {
            let name = String(rest[rest.index(after: colon)...])
            guard Reference.isTag(name) else {
                throw refuse("a tag is at most 128 of A-Z a-z 0-9 _ . - and begins with none of . -")
            }
            tag = name
            rest = rest[..<colon]
        }
        path = String(rest)
        guard Reference.isPath(path) else {
            throw refuse("a path is lower-case letters and digits, joined by . _ __ or -, in parts divided by /")
        }
        guard host.utf8.count + 1 + path.utf8.count <= 255 else {
            throw refuse("host and path are over 255 characters")
        }
    }

    /// The text as messages repeat it: what stands before a host as user and password is masked.
    public static func shown(_ text: String) -> String {
        let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
        var name = text[start...]
        // A digest, right or wrong, is no host.
        if let at = name.lastIndex(of: "@"), name[at...].hasPrefix("@sha") { name = name[..<at] }
        guard let at = name.lastIndex(of: "@") else { return text }
        return text[..<start] + "***" + text[at...]
    }

    public static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128, isWord(first) else { return false }
        return text.utf8.allSatisfy { isWord($0) || $0 == 0x2e || $0 == 0x2d }
    }

    /// Whether an image layout may call an image so: a tag, or what the image specification 1.1 takes for
    /// `org.opencontainers.image.ref.name` (annotations.md), components of letters and digits joined by one of `-._:@+` or by
    /// `--`, and by slashes. Of at most 256 bytes.
    public static func isLayoutName(_ text: String) -> Bool {
        if isTag(text) { return true }
        guard text.utf8.count <= 256 else { return false }
        return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { component in
            var separator: [UInt8] = []
            var seen = false
            for byte in component.utf8 {
                if isWord(byte), byte != 0x5f {
                    guard seen || separator.isEmpty, separator.count < 2 || separator == [0x2d, 0x2d] else {
                        return false
                    }
                    separator = []
                    seen = true
                } else {
                    guard "-._:@+".utf8.contains(byte) else { return false }
                    separator.append(byte)
                }
            }
            return seen && separator.isEmpty
        }
    }

    public static func isPath(_ text: String) -> Bool {
        text.utf8.count <= 255 && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isPathPart)
    }

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
    private static func isPathPart(_ part: Substring) -> Bool {
        var separator: [UInt8] = []
        var seen = false
        for byte in part.utf8 {
            if isLower(byte) {
                let allowed =
                    separator.isEmpty || separator == [0x2e] || separator == [0x5f] || separator == [0x5f, 0x5f]
                    || separator.allSatisfy { $0 == 0x2d }
                guard allowed, seen || separator.isEmpty else { return false }
                separator = []
                seen = true
            } else {
                guard byte == 0x2e || byte == 0x5f || byte == 0x2d else { return false }
                separator.append(byte)
            }
        }
        return seen && separator.isEmpty
    }

    private static func isHost(_ text: String) -> Bool {
        var name = Substring(text)
        var hasPort = false
        if name.hasPrefix("[") {
            guard let end = name.firstIndex(of: "]") else { return false }
            let address = name[name.index(after: name.startIndex)..<end]
            guard !address.isEmpty, address.utf8.allSatisfy({ isHexadecimal($0) || $0 == 0x3a || $0 == 0x2e }) else {
                return false
            }
            let port = name[name.index(after: end)...]
            return port.isEmpty || (port.hasPrefix(":") && isPort(port.dropFirst()))
        }
        if let colon = name.firstIndex(of: ":") {
            guard isPort(name[name.index(after: colon)...]) else { return false }
            hasPort = true
            name = name[..<colon]
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ isHostPart($0) }) else { return false }
        return hasPort || parts.count > 1 || name == "localhost"
    }

    private static func isHostPart(_ part: Substring) -> Bool {
        !part.isEmpty && part.utf8.count <= 63 && part.utf8.first != 0x2d && part.utf8.last != 0x2d
            && part.utf8.allSatisfy { isLower($0) || (0x41...0x5a).contains($0) || $0 == 0x2d }
    }

    private static func isPort(_ text: Substring) -> Bool {
        (1...5).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && UInt16(text).map { $0 > 0 } == true
    }

    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) }
    private static func isWord(_ byte: UInt8) -> Bool { isLower(byte) || (0x41...0x5a).contains(byte) || byte == 0x5f }
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }
}
