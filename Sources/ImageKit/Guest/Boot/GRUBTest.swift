import Documents
import FileSystems

/// GRUB's `test` and `[`: GNU GRUB manual, "test".
struct GRUBTest {
    private var words: ArraySlice<String>
    private let files: GRUBFiles
    private let root: String
    private var depth = 0

    static func evaluate(_ words: [String], files: GRUBFiles, root: String) throws(Failure) -> Bool {
        var test = GRUBTest(words: words[...], files: files, root: root)
        return try test.either()
    }

    private mutating func either() throws(Failure) -> Bool {
        var result = try both()
        while words.first == "-o" {
            words.removeFirst()
            let other = try both()
            result = result || other
        }
        return result
    }

    private mutating func both() throws(Failure) -> Bool {
        var result = try one()
        while words.first == "-a" {
            words.removeFirst()
            let other = try one()
            result = result && other
        }
        return result
    }

    private mutating func one() throws(Failure) -> Bool {
        // A comparison comes first: `[ ! = x ]` compares.
        if words.count >= 3, let result = compared() { return result }
        depth += 1
        guard depth < 50 else { throw Failure(.refused, "a test of more than 50 levels") }
        defer { depth -= 1 }
        guard let word = words.popFirst() else { return false }
        switch word {
        case "!": return try !one()
        case "(":
            let result = try either()
            if words.first == ")" { words.removeFirst() }
            return result
        case "-n": return words.popFirst().map { !$0.isEmpty } ?? true
        case "-z": return words.popFirst().map(\.isEmpty) ?? true
        case "-d", "-e", "-f", "-s":
            guard let path = words.popFirst() else { return true }
            guard let (_, found) = try files.find(path, root: root) else { return false }
            return switch word {
            case "-d": found.status.kind == .directory
            case "-f": found.status.kind == .file
            case "-s": found.status.kind == .file && found.status.size > 0
            default: true
            }
        default: return !word.isEmpty
        }
    }

    private mutating func compared() -> Bool? {
        let first = words.startIndex
        let (left, sign, right) = (words[first], words[first + 1], words[first + 2])
        func numbers(_ compare: (Int, Int) -> Bool) -> Bool { compare(Self.number(left), Self.number(right)) }
        let result: Bool
        switch sign {
        case "=", "==": result = left == right
        case "!=": result = left != right
        case "-eq": result = numbers(==)
        case "-ne": result = numbers(!=)
        case "-ge": result = numbers(>=)
        case "-gt": result = numbers(>)
        case "-le": result = numbers(<=)
        case "-lt": result = numbers(<)
        default: return nil
        }
        words = words.dropFirst(3)
        return result
    }

    private static func number(_ text: String) -> Int { Int(text) ?? 0 }
}
