import Documents
import Glibc

/// Tokens that say by their form what they are: a beginning, and a length that is fixed or nearly so. Such words are no accident.
///
/// GitHub's, GitLab's, npm's, Docker Hub's, HashiCorp's and PyPI's own pages tell how theirs begin.
enum TokenForm {
    private static let forms: [(begin: [UInt8], least: Int)] = [
        ("ghp_", 36), ("gho_", 36), ("ghu_", 36), ("ghs_", 36), ("ghr_", 36), ("github_pat_", 59), ("glpat-", 20),
        ("npm_", 36), ("dckr_pat_", 20), ("hvs.", 90), ("pypi-AgEI", 50),
    ].map { (Array($0.0.utf8), $0.1) }

    /// The line of the first, counted from 1.
    static func first(in bytes: [UInt8]) -> Int? {
        for form in forms {
            for at in Occurrences(of: form.begin, in: bytes) {
                if at > 0, isWord(bytes[at - 1]) { continue }
                let word = bytes[(at + form.begin.count)...].prefix(256).prefix { isWord($0) }
                // A row of one letter stands for a token in examples.
                if word.count >= form.least, Set(word).count > 8 {
                    return bytes[..<at].reduce(1) { $0 + ($1 == 0x0a ? 1 : 0) }
                }
            }
        }
        return nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f
            || byte == 0x2d
    }
}

/// Where some bytes stand in others, first to last; a few hundred megabytes are searched in a second.
struct Occurrences: Sequence, IteratorProtocol {
    private let word: [UInt8]
    private let bytes: [UInt8]
    private var at = 0

    init(of word: [UInt8], in bytes: [UInt8]) { (self.word, self.bytes) = (word, bytes) }

    mutating func next() -> Int? {
        let start = at
        guard start < bytes.count, !word.isEmpty else { return nil }
        let found = bytes.withUnsafeBytes { bytes in
            word.withUnsafeBytes { word -> Int? in
                guard let base = bytes.baseAddress, let begin = word.baseAddress else { return nil }
                var from = start
                while from + word.count <= bytes.count,
                    let place = memchr(base + from, Int32(word[0]), bytes.count - from - word.count + 1)
                {
                    let offset = UnsafeRawPointer(place) - base
                    if memcmp(base + offset, begin, word.count) == 0 { return offset }
                    from = offset + 1
                }
                return nil
            }
        }
        at = found.map { $0 + 1 } ?? bytes.count
        return found
    }
}
