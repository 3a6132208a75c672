import Documents
import Yams

/// A value of a YAML file as the Python programs that read it see it (PyYAML's safe loader, YAML 1.1), and where it stands.
struct YAMLNode: Sendable {
    indirect enum Value: Sendable {
        case null
        case bool(Bool)
        /// As written: `0644`, `1e3`.
        case number(String)
        case string(String)
        case list([YAMLNode])
        /// Keys in file order, each once.
        case map([(key: String, value: YAMLNode)])
    }

    var value: Value
    var evidence: Evidence

    /// How large a file may be, how many values it may hold once aliases are followed, and how deep.
    static let sizeLimit = 1 << 18
    static let countLimit = 20_000
    static let depthLimit = 64

    /// What the files of one program may cost together, in bytes that are parsed, those behind an alias as often as it stands.
    struct Allowance {
        fileprivate var left = 1 << 21

        fileprivate mutating func spend(_ bytes: Int, _ path: String) throws(Failure) {
            guard bytes <= left else {
                left = 0
                throw Failure(.refused, "the YAML up to here takes too long to read", place: path)
            }
            left -= bytes
        }
    }

    /// - Returns: nil of an empty document.
    static func parse(_ text: String, path: String, _ allowance: inout Allowance) throws(Failure) -> YAMLNode? {
        guard text.utf8.count <= sizeLimit else {
            throw Failure(.refused, "more than \(sizeLimit) bytes of YAML", place: path)
        }
        let copies = try copies(text, path: path)
        var text = text
        // Python takes the last of two equal keys, this parser none: the first is given another name, and left out.
        for _ in 0..<64 {
            try allowance.spend(text.utf8.count * copies, path)
            do {
                let parser = try Parser(yaml: text, resolver: .basic)
                // Anchors are held by the parser, and weakly by the tree.
                defer { withExtendedLifetime(parser) {} }
                guard let root = try parser.singleRoot() else { return nil }
                var reader = YAMLWalk(path: path)
                return try reader.node(root, depth: 0)
            } catch let error as YamlError {
                guard case .duplicatedKeysInMapping(let keys, let context) = error, let first = keys.first,
                    let changed = renamed(text, key: first, line: context.mark.line, column: context.mark.column)
                else { throw refusal(error, path) }
                text = changed
            } catch let error as Failure {
                throw error
            } catch {
                throw Failure(.refused, "this is not YAML", place: path)
            }
        }
        throw Failure(.refused, "too many keys stand twice", place: path)
    }

    /// What the first of two equal keys is called.
    static let shadowed = "__shadowed__"

    private static func renamed(_ text: String, key: String, line: Int, column: Int) -> String? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard line >= 1, line <= lines.count, column >= 1 else { return nil }
        let old = lines[line - 1]
        guard column <= old.unicodeScalars.count else { return nil }
        let at = old.unicodeScalars.index(old.unicodeScalars.startIndex, offsetBy: column - 1)
        let rest = old[at...]
        let quote = rest.first == "\"" || rest.first == "'" ? String(rest.removingFirst.prefix) : ""
        guard rest.dropFirst(quote.count).hasPrefix(key) else { return nil }
        lines[line - 1] = old[..<at] + quote + shadowed + "\(line).\(column)." + rest.dropFirst(quote.count)
        return lines.joined(separator: "\n")
    }

    /// How often one value can stand in the tree at most: aliases of aliases grow without bounds, and the bound is taken
    /// before the tree is made.
    private static func copies(_ text: String, path: String) throws(Failure) -> Int {
        var (anchors, aliases) = (0, 0)
        var mark: UInt8 = 0
        var previous: UInt8 = 0x0a
        for byte in text.utf8 {
            // A name follows at once; what stands before is white space or a mark, never the end of a word.
            if mark != 0, byte == 0x2D || isName(byte) {
                if mark == 0x26 { anchors += 1 } else { aliases += 1 }
            }
            mark = (byte == 0x26 || byte == 0x2a) && !isName(previous) ? byte : 0
            previous = byte
        }
        guard anchors > 0, aliases > 0 else { return 1 }
        // With n aliases shared out over k anchors, a value stands at most (1 + n/k)^k times.
        var copies = 1
        for _ in 0..<anchors {
            copies *= 1 + (aliases + anchors - 1) / anchors
            guard copies <= 4096 else {
                throw Failure(.refused, "the aliases of this file lead to too many values", place: path)
            }
        }
        return copies
    }

    /// What the name of an anchor is made of (yaml.org/spec/1.1, ns-anchor-name as libyaml reads it).
    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        default: false
        }
    }

    private static func refusal(_ error: YamlError, _ path: String) -> Failure {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            Failure(.refused, "this is not YAML: \(problem)", place: "\(path):\(mark.line)")
        case .duplicatedKeysInMapping(_, let context):
            Failure(.refused, "a key stands twice", place: "\(path):\(context.mark.line)")
        default: Failure(.refused, "this is not YAML", place: path)
        }
    }
}

extension Substring {
    fileprivate var removingFirst: (prefix: Substring, rest: Substring) { (prefix(1), dropFirst()) }
}

/// Turns the library's tree into ours.
private struct YAMLWalk {
    let path: String
    var count = 0

    init(path: String) { self.path = path }

    mutating func node(_ yaml: Yams.Node, depth: Int) throws(Failure) -> YAMLNode {
        let evidence = Evidence(path, line: yaml.mark?.line)
        func refusal(_ what: String) -> Failure {
            Failure(.refused, what, place: yaml.mark.map { "\(path):\($0.line)" } ?? path)
        }
        count += 1
        guard count <= YAMLNode.countLimit else { throw refusal("more than \(YAMLNode.countLimit) values") }
        guard depth <= YAMLNode.depthLimit else { throw refusal("more than \(YAMLNode.depthLimit) levels") }
        switch yaml {
        case .scalar(let scalar):
            let tag = scalar.tag.rawValue
            guard tag.isEmpty || tag.hasPrefix("tag:yaml.org,2002:") || tag == "!" else {
                throw refusal("a tag that no safe reader knows")
            }
            let value: YAMLNode.Value =
                switch tag {
                case Tag.Name.int.rawValue, Tag.Name.float.rawValue: .number(scalar.string)
                case Tag.Name.null.rawValue: .null
                case Tag.Name.bool.rawValue: YAMLScalar.value(scalar.string)
                case "" where scalar.style == .plain: YAMLScalar.value(scalar.string)
                default: .string(scalar.string)
                }
            return YAMLNode(value: value, evidence: evidence)
        case .sequence(let sequence):
            var list: [YAMLNode] = []
            for element in sequence { list.append(try node(element, depth: depth + 1)) }
            return YAMLNode(value: .list(list), evidence: evidence)
        case .mapping(let mapping):
            var pairs: [(key: String, value: YAMLNode)] = []
            var merged: [(key: String, value: YAMLNode)] = []
            var places: [String: Int] = [:]
            for (key, value) in mapping {
                guard case .scalar(let name) = key else { throw refusal("a key that is no word") }
                guard !name.string.hasPrefix(YAMLNode.shadowed) else { continue }
                let value = try node(value, depth: depth + 1)
                if name.string == "<<", name.style == .plain {
                    merged = try Self.merged(value, refusal("<< without a map"))
                } else if let place = places[name.string] {
                    pairs[place].value = value
                } else {
                    places[name.string] = pairs.count
                    pairs.append((name.string, value))
                }
            }
            pairs = merged.filter { places[$0.key] == nil } + pairs
            return YAMLNode(value: .map(pairs), evidence: evidence)
        case .alias:
            throw refusal("an alias without its anchor")
        }
    }

    /// What `<<` brings: a map, or a list of maps of which the first counts.
    private static func merged(_ value: YAMLNode, _ refusal: Failure) throws(Failure) -> [(
        key: String, value: YAMLNode
    )] {
        switch value.value {
        case .map(let pairs): return pairs
        case .list(let maps):
            var result: [(key: String, value: YAMLNode)] = []
            for map in maps {
                guard case .map(let pairs) = map.value else { throw refusal }
                result += pairs.filter { pair in !result.contains { $0.key == pair.key } }
            }
            return result
        default: throw refusal
        }
    }
}

/// What a word without quotes is (yaml.org/type, YAML 1.1).
enum YAMLScalar {
    static func value(_ text: String) -> YAMLNode.Value {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return .bool(true)
        case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return .bool(false)
        default: return isInteger(text) || isNumber(text) ? .number(text) : .string(text)
        }
    }

    private static func isInteger(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        if rest.first == 0x2b || rest.first == 0x2d { rest = rest.dropFirst() }
        func all(_ bytes: ArraySlice<UInt8>, _ isGood: (UInt8) -> Bool) -> Bool {
            !bytes.isEmpty && bytes.allSatisfy { $0 == 0x5f || isGood($0) }
        }
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        guard let first = rest.first, isDigit(first) else { return false }
        let second = rest.dropFirst().first
        if first == 0x30 {
            if rest.count == 1 { return true }
            if second == 0x62 { return all(rest.dropFirst(2)) { $0 == 0x30 || $0 == 0x31 } }
            if second == 0x78 {
                return all(rest.dropFirst(2)) { isDigit($0) || (0x61...0x66).contains($0 | 0x20) }
            }
            return all(rest.dropFirst()) { (0x30...0x37).contains($0) }
        }
        let parts = rest.split(separator: 0x3a, omittingEmptySubsequences: false)
        guard all(parts[0], isDigit) else { return false }
        // Numbers to the base of sixty: `1:30`.
        return parts.dropFirst().allSatisfy {
            $0.count == 1 && isDigit($0[$0.startIndex])
                || $0.count == 2 && (0x30...0x35).contains($0[$0.startIndex]) && isDigit($0[$0.startIndex + 1])
        }
    }

    private static func isNumber(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        if [".inf", ".Inf", ".INF", "+.inf", "-.inf", "+.Inf", "-.Inf", "+.INF", "-.INF", ".nan", ".NaN", ".NAN"]
            .contains(text)
        {
            return true
        }
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        let hasSign = rest.first == 0x2b || rest.first == 0x2d
        if hasSign { rest = rest.dropFirst() }
        let whole = rest.prefix { isDigit($0) || $0 == 0x5f }
        if whole.isEmpty || !isDigit(whole[whole.startIndex]) {
            guard !hasSign, rest.first == 0x2e, let digit = rest.dropFirst().first, isDigit(digit) else { return false }
        }
        rest = rest.dropFirst(whole.count)
        // `1:30.5`, to the base of sixty.
        while rest.first == 0x3a, !whole.isEmpty {
            let part = rest.dropFirst().prefix(while: isDigit)
            guard part.count == 1 || part.count == 2 && (0x30...0x35).contains(part[part.startIndex]) else {
                return false
            }
            rest = rest.dropFirst(1 + part.count)
            guard rest.first == 0x2e || rest.first == 0x3a else { return false }
        }
        guard rest.first == 0x2e else { return false }
        rest = rest.dropFirst().drop { isDigit($0) || $0 == 0x5f }
        guard let mark = rest.first else { return true }
        guard mark | 0x20 == 0x65 else { return false }
        rest = rest.dropFirst()
        guard rest.first == 0x2b || rest.first == 0x2d else { return false }
        return rest.count > 1 && rest.dropFirst().allSatisfy(isDigit)
    }
}

extension YAMLNode {
    subscript(key: String) -> YAMLNode? {
        if case .map(let pairs) = value { pairs.first { $0.key == key }?.value } else { nil }
    }

    /// The value at a path of keys.
    func at(_ path: String...) -> YAMLNode? {
        var node: YAMLNode? = self
        for key in path { node = node?[key] }
        return node
    }

    /// A text, a number or a truth value as text.
    var text: String? {
        switch value {
        case .string(let text), .number(let text): text
        case .bool(let value): value ? "true" : "false"
        default: nil
        }
    }

    var list: [YAMLNode]? { if case .list(let list) = value { list } else { nil } }
    var map: [(key: String, value: YAMLNode)]? { if case .map(let pairs) = value { pairs } else { nil } }
    var isNull: Bool { if case .null = value { true } else { false } }

    /// A list of texts, or one text with commas.
    var texts: [String] {
        if let list { return list.compactMap(\.text) }
        return text?.split(separator: ",").map { $0.trimmingBlanks }.filter { !$0.isEmpty } ?? []
    }
}
