import Documents
import FileSystems

/// glob(3) in a guest: paths in the order of their bytes.
struct GuestGlob {
    static let limit = 2000
    let tree: GuestTree
    init(_ tree: GuestTree) { self.tree = tree }

    /// Paths that fit the pattern; the pattern itself where it has no wildcard and leads to something.
    func paths(_ pattern: String) throws(Failure) -> [String] {
        var paths = [""]
        for part in pattern.utf8.split(separator: UInt8(ascii: "/")) {
            let part = Array(part)
            var next: [String] = []
            for path in paths {
                if !part.contains(where: { $0 == 0x2a || $0 == 0x3f || $0 == 0x5b || $0 == 0x5c }) {
                    next.append(path + "/" + String(decoding: part, as: UTF8.self))
                    continue
                }
                for name in try tree.list(path.isEmpty ? "/" : path) {
                    let bytes = Array(name.utf8)
                    guard bytes.first != 0x2e || part.first == 0x2e, Self.fits(bytes, part) else { continue }
                    next.append(path + "/" + name)
                    guard next.count <= Self.limit else {
                        throw Failure(.refused, "more than \(Self.limit) files fit", place: pattern)
                    }
                }
            }
            paths = next
        }
        var found: [String] = []
        for path in paths where try tree.find(path, following: false) != nil { found.append(path) }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// fnmatch(3) of one name. Time is bounded by the product of both lengths.
    static func fits(_ name: [UInt8], _ pattern: [UInt8]) -> Bool {
        var (at, in_) = (0, 0)
        var (starAt, starIn) = (-1, 0)
        while in_ < name.count {
            if at < pattern.count, pattern[at] == 0x2a {
                (starAt, starIn) = (at, in_)
                at += 1
            } else if at < pattern.count, let length = one(name[in_], pattern[at...]) {
                at += length
                in_ += 1
            } else if starAt >= 0 {
                starIn += 1
                (at, in_) = (starAt + 1, starIn)
            } else {
                return false
            }
        }
        while at < pattern.count, pattern[at] == 0x2a { at += 1 }
        return at == pattern.count
    }

    /// How much of the pattern stands for that byte; nil if it does not fit.
    private static func one(_ byte: UInt8, _ pattern: ArraySlice<UInt8>) -> Int? {
        guard let first = pattern.first else { return nil }
        switch first {
        case 0x3f: return 1
        case 0x5c: return pattern.dropFirst().first == byte ? 2 : nil
        case 0x5b:
            var at = pattern.startIndex + 1
            let isNot = at < pattern.endIndex && (pattern[at] == 0x21 || pattern[at] == 0x5e)
            if isNot { at += 1 }
            let begin = at
            var isIn = false
            while at < pattern.endIndex, pattern[at] != 0x5d || at == begin {
                if at + 2 < pattern.endIndex, pattern[at + 1] == 0x2d, pattern[at + 2] != 0x5d {
                    if pattern[at] <= byte, byte <= pattern[at + 2] { isIn = true }
                    at += 3
                } else {
                    if pattern[at] == byte { isIn = true }
                    at += 1
                }
            }
            guard at < pattern.endIndex else { return byte == 0x5b ? 1 : nil }
            return isIn != isNot ? at + 1 - pattern.startIndex : nil
        default: return first == byte ? 1 : nil
        }
    }
}
