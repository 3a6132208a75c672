/// A host that is contacted, as far as settings and policy compare it: lower case, without a final dot, with its port.
public struct Endpoint: Sendable, Equatable {
    public let host: String
    /// The port that the text names, if it names one.
    public let givenPort: Int?
    /// That, or the scheme's: 80 for http, else 443.
    public let port: Int

    /// Reads `HOST`, `HOST:PORT`, `[ADDRESS]:PORT` or a URL. Nil for anything that two programs might read in two ways.
    public init?(_ text: String) {
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x5C || $0 == 0x7F }) else { return nil }
        var rest = text[...]
        var standard = 443
        if let range = rest.firstRange(of: "://") {
            if rest[..<range.lowerBound].lowercased() == "http" { standard = 80 }
            rest = rest[range.upperBound...]
            rest = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        }
        var port: Int?
        var host: Substring
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
            guard host.utf8.allSatisfy({ Self.isHexadecimal($0) || $0 == 0x3A || $0 == 0x2E }) else { return nil }
        } else {
            host = rest.prefix { $0 != ":" }
            rest = rest.dropFirst(host.count)
            guard host.utf8.allSatisfy(Self.isName) else { return nil }
        }
        if rest.first == ":" {
            let digits = rest.dropFirst()
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
                (1...65535).contains(number)
            else { return nil }
            port = number
        } else if !rest.isEmpty {
            return nil
        }
        if host.hasSuffix(".") { host = host.dropLast() }
        guard !host.isEmpty, !host.hasPrefix("."), !host.hasSuffix("."), host.utf8.count <= 253 else { return nil }
        self.host = host.lowercased()
        givenPort = port
        self.port = port ?? standard
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    private static func isName(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x2D || byte == 0x2E
            || byte == 0x5F
    }
}

/// `HOST`, `*.DOMAIN` or `*`, each with a port or for all ports.
struct EndpointPattern: Sendable {
    private let host: String
    private let isBelow: Bool
    private let isAny: Bool
    private let port: Int?

    init?(_ text: String) {
        if text == "*" {
            (host, isBelow, isAny, port) = ("", false, true, nil)
            return
        }
        isBelow = text.hasPrefix("*.")
        isAny = false
        guard !text.contains("://"), let endpoint = Endpoint(isBelow ? String(text.dropFirst(2)) : text) else {
            return nil
        }
        host = endpoint.host
        port = endpoint.givenPort
    }

    func matches(_ endpoint: Endpoint) -> Bool {
        guard port == nil || port == endpoint.port else { return false }
        return isAny || (isBelow ? endpoint.host.hasSuffix(".\(host)") : endpoint.host == host)
    }
}
