/// Names in a layer, as paths below the root without a slash at either end.
enum LayerPath {
    /// The path of a member; nil if it leads out of the root, or is the root.
    static func normal(_ name: String) -> (path: String?, escapes: Bool) {
        if isPlain(name) { return (name, false) }
        var parts: [Substring] = []
        var escapes = false
        for part in name.split(separator: "/") where part != "." {
            if part != ".." {
                parts.append(part)
            } else if parts.popLast() == nil {
                escapes = true
            }
        }
        return (escapes || parts.isEmpty ? nil : parts.joined(separator: "/"), escapes)
    }

    /// Whether the name is a path already: what most members are, and cheap to see.
    private static func isPlain(_ name: String) -> Bool {
        var previous = UInt8(ascii: "/")
        for byte in name.utf8 {
            // A part that begins with a dot may be . or .., and is looked at with care.
            if previous == UInt8(ascii: "/") && (byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".")) {
                return false
            }
            previous = byte
        }
        return previous != UInt8(ascii: "/")
    }

    static func parent(_ path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? ""
    }

    static func last(_ path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) } ?? path
    }

    /// The folders that a path lies in, nearest first.
    static func ancestors(_ path: String) -> [String] {
        var found: [String] = []
        var rest = parent(path)
        // A name has at most some thousand parts, but nobody needs so many.
        while !rest.isEmpty && found.count < 256 {
            found.append(rest)
            rest = parent(rest)
        }
        return found
    }
}
