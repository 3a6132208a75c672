import Digest
import Documents

/// The one line of a `.sha256sum`: the hash, two blanks (or a blank and a star), the bare file name.
struct Checksum: Sendable {
    var digest: Digest

    init(_ text: String, of name: String, place: String) throws {
        let lines = text.split(whereSeparator: \.isNewline)
        let fields = lines.first?.split(whereSeparator: { $0 == " " || $0 == "\t" }) ?? []
        guard lines.count == 1, fields.count == 2, let digest = try? Digest(sha256Hex: fields[0].lowercased()) else {
            throw Failure(
                .refused, "this is not a checksum file", place: place, hint: "it holds one line: a SHA-256 and \(name)")
        }
        let stated = fields[1].hasPrefix("*") ? fields[1].dropFirst() : fields[1]
        guard stated == name || stated == "./\(name)" else {
            throw Failure(.refused, "the checksum file is of \(stated.prefix(200)), not of \(name)", place: place)
        }
        self.digest = digest
    }
}
