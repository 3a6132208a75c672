import Documents
import Foundation
import Testing

@Suite("Texts of others")
struct PrintableTests {
    /// What a terminal obeys, and what turns a text around.
    static let steering: [Unicode.Scalar] =
        ([0x00, 0x07, 0x08, 0x0D, 0x1B, 0x1F, 0x7F, 0x80, 0x9B, 0x9F, 0x061C, 0x200E, 0x200F, 0x2028, 0x2029]
        + Array(0x202A...0x202E) + Array(0x2066...0x2069)).compactMap { Unicode.Scalar($0 as UInt32) }

    @Test("What steers a terminal or turns a text around is shown", arguments: steering)
    func shown(_ scalar: Unicode.Scalar) {
        let text = "a\(scalar)b"
        let shown = "a\\u{\(String(scalar.value, radix: 16))}b"
        #expect(Printable.text(text) == shown && Printable.line(text) == shown)
    }

    @Test("In a document in JSON as well, and it stays the same document", arguments: steering)
    func json(_ scalar: Unicode.Scalar) throws {
        let value = ["key\(scalar)": JSON.string("a\(scalar)\"\\b\n\t")]
        let text = String(decoding: try DocumentCoding.encode(value, pretty: true), as: UTF8.self)
        let shown = Printable.json(text)
        #expect(!shown.unicodeScalars.contains(scalar))
        #expect(try DocumentCoding.decode([String: JSON].self, from: Data(shown.utf8)) == value)
    }

    @Test("All else stays as it is: letters of any script, line breaks")
    func kept() {
        let text = "é 中文 العربية \u{1F600}\u{200D}\n\tx"
        #expect(Printable.text(text) == text && Printable.json(text) == text)
    }
}
