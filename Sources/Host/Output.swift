import Documents
import Glibc
import Reports

/// Standard output and standard error, written whole. Results go to the one, words about them to the other.
enum Output {
    static func error(_ text: String) { write(Printable.text(text) + "\n", to: STDERR_FILENO) }
    static func result(_ text: String) { write(Printable.text(text) + "\n", to: STDOUT_FILENO) }
    /// As it is: for lines that are drawn again, which hold control sequences of ours.
    static func raw(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// A document for programs.
    static func document(_ document: JSON) throws {
        result(String(decoding: try DocumentCoding.encode(document, pretty: true), as: UTF8.self))
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
