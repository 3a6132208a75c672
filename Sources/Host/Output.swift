import Documents
import Glibc

/// Standard output and standard error, written whole. Results go to the one, words about them to the other.
enum Output {
    static func error(_ text: String) { write(printable(text) + "\n", to: STDERR_FILENO) }
    static func result(_ text: String) { write(printable(text) + "\n", to: STDOUT_FILENO) }
    /// Without a newline: for lines that are drawn again.
    static func raw(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// A document for programs.
    static func document(_ document: JSON) throws {
        result(String(decoding: try DocumentCoding.encode(document, pretty: true), as: UTF8.self))
    }

    /// Names of files, manifests and answers of servers may hold what a terminal would obey: it is shown instead.
    static func printable(_ text: String) -> String {
        func isControl(_ scalar: Unicode.Scalar) -> Bool {
            (scalar.value < 0x20 && scalar != "\n" && scalar != "\t") || (0x7F..<0xA0).contains(scalar.value)
        }
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                shown.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                shown.append(scalar)
            }
        }
        return String(shown)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
