import Documents

/// What becomes part of a path in the catalogue. Nothing here may leave the catalogue's directory, hide, or take the place
/// of a file that the catalogue itself writes.
enum Names {
    /// In the catalogue's directory: its own files, and those of an image layout that shares it.
    private static let reserved: Set<String> = ["catalogue.json", "index.html", "index.json", "oci-layout", "blobs"]
    static let checksums = "SHA256SUMS"

    /// A directory: letters, digits, `.`, `_`, `+`, `~` and `-`, beginning with a letter or digit.
    static func directory(_ text: String, _ what: String) throws -> String {
        let letters = text.utf8.allSatisfy { isAlphanumeric($0) || [0x2e, 0x5f, 0x2b, 0x7e, 0x2d].contains($0) }
        guard let first = text.utf8.first, letters, isAlphanumeric(first), text.utf8.count <= 128,
            !reserved.contains(text)
        else {
            throw Failure(
                .usage, "\"\(printable(text))\" cannot be the \(what) of an image in a catalogue",
                hint: "letters, digits, dots, dashes and underscores, beginning with a letter or digit")
        }
        return text
    }

    /// A file: one path component that does not hide, and whose name a checksum file can hold.
    static func file(_ text: String) throws -> String {
        let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f && $0 != "/" && $0 != "\\" }
        guard let first = text.first, isPlain, first != ".", first != "-", text.utf8.count <= 200, text != checksums
        else {
            throw Failure(
                .usage, "\"\(printable(text))\" cannot be the name of a file in a catalogue",
                hint: "rename the image's file")
        }
        return text
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }

    private static func printable(_ text: String) -> String {
        String(
            text.prefix(100).map { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f } ? $0 : "?" })
    }
}
