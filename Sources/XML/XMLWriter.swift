import Documents

extension XMLElement {
    /// The element as a document of its own: UTF-8, with an XML declaration, without added white space.
    /// - Parameter namespace: what the root and all below it are in.
    /// - Throws: `Failure` with code `usage` for a name that is not one, and for characters that XML cannot hold.
    public func document(namespace: String? = nil) throws -> [UInt8] {
        var output = Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8)
        var root = self
        if let namespace { root.attributes.insert(Attribute("xmlns", namespace), at: 0) }
        try root.write(to: &output)
        return output
    }

    private func write(to output: inout [UInt8]) throws {
        try Self.check(name: name)
        output.append(UInt8(ascii: "<"))
        output.append(contentsOf: name.utf8)
        for attribute in attributes {
            try Self.check(name: attribute.name)
            output.append(UInt8(ascii: " "))
            output.append(contentsOf: attribute.name.utf8)
            output.append(contentsOf: "=\"".utf8)
            try Self.escape(attribute.value, inAttribute: true, to: &output)
            output.append(UInt8(ascii: "\""))
        }
        output.append(UInt8(ascii: ">"))
        try Self.escape(text, inAttribute: false, to: &output)
        for child in children { try child.write(to: &output) }
        output.append(contentsOf: "</\(name)>".utf8)
    }

    /// The part of XML's names that request bodies need: ASCII letters, digits, `_`, `-`, `.`, and one colon for a prefix.
    private static func check(name: String) throws {
        let bytes = Array(name.utf8)
        func isLetter(_ byte: UInt8) -> Bool {
            (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == UInt8(ascii: "_")
        }
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        let allowed =
            parts.count <= 2
            && parts.allSatisfy { part in
                part.first.map(isLetter) == true
                    && part.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x2e }
            }
        guard allowed else { throw Failure(.usage, "\(name.debugDescription) is not a name in XML") }
    }

    private static func escape(_ text: String, inAttribute: Bool, to output: inout [UInt8]) throws {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output.append(contentsOf: "&amp;".utf8)
            case "<": output.append(contentsOf: "&lt;".utf8)
            // Else `]]>` could end a section that nobody began.
            case ">": output.append(contentsOf: "&gt;".utf8)
            case "\"" where inAttribute: output.append(contentsOf: "&quot;".utf8)
            // Readers turn these into a space or a line feed unless they are written as references.
            case "\r": output.append(contentsOf: "&#13;".utf8)
            case "\n" where inAttribute: output.append(contentsOf: "&#10;".utf8)
            case "\t" where inAttribute: output.append(contentsOf: "&#9;".utf8)
            case "\n", "\t", "\u{20}"..."\u{d7ff}", "\u{e000}"..."\u{fffd}", "\u{10000}"..."\u{10ffff}":
                output.append(contentsOf: String(scalar).utf8)
            default:
                throw Failure(
                    .usage, "XML cannot hold the character U+\(String(scalar.value, radix: 16, uppercase: true))")
            }
        }
    }
}
