import Documents

/// A file of sections and keys: unit files, .repo files, NetworkManager's key files, glib key files.
struct KeyFile {
    struct Section {
        let name: String
        let line: GuestLine
        var entries: [Entry] = []

        /// The last value of the key: what most readers of such files take.
        func value(_ key: String) -> String? { entry(key)?.value }
        func entry(_ key: String) -> Entry? { entries.last { $0.key == key } }
        func values(_ key: String) -> [String] { entries.filter { $0.key == key }.map(\.value) }
    }

    struct Entry {
        let key: String
        let value: String
        let line: GuestLine
    }

    let file: GuestFile
    private(set) var sections: [Section] = []

    /// - Parameters:
    ///   - separators: what may stand between a key and its value.
    ///   - continued: a line that begins with white space goes on with the value before it.
    init(_ file: GuestFile, separators: [UInt8] = [UInt8(ascii: "=")], continued: Bool = false) {
        self.file = file
        for line in file.lines {
            let text = line.trimmed
            guard let first = text.utf8.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else { continue }
            if first == UInt8(ascii: "["), text.utf8.last == UInt8(ascii: "]") {
                sections.append(Section(name: String(text.dropFirst().dropLast()), line: line))
                continue
            }
            guard let last = sections.indices.last else { continue }
            let isIndented = line.text.utf8.first == 0x20 || line.text.utf8.first == 0x09
            if continued, isIndented, let previous = sections[last].entries.popLast() {
                sections[last].entries.append(
                    Entry(key: previous.key, value: previous.value + "\n" + text, line: previous.line))
                continue
            }
            guard let at = text.utf8.firstIndex(where: { separators.contains($0) }) else { continue }
            sections[last].entries.append(
                Entry(
                    key: String(text[..<at]).trimmingBlanks,
                    value: String(text[text.utf8.index(after: at)...]).trimmingBlanks, line: line))
        }
    }

    /// Every section of that name as one: a name that stands twice goes on.
    func section(_ name: String) -> Section? {
        let found = sections.filter { $0.name == name }
        guard var first = found.first else { return nil }
        first.entries = found.flatMap(\.entries)
        return first
    }

    func evidence(_ entry: Entry) -> Evidence { file.evidence(entry.line) }
}

/// Assignments of a file that a shell reads: `KEY=value`, `KEY="value"`, without running anything.
struct ShellAssignments {
    struct Entry {
        let key: String
        /// Quotes taken off, backslashes before what the shell escapes too; variables and commands as written.
        let value: String
        let line: GuestLine
    }

    let file: GuestFile
    let entries: [Entry]

    init(_ file: GuestFile) {
        self.file = file
        entries = file.lines.compactMap { line in
            var text = line.trimmed[...]
            if text.hasPrefix("export ") { text = text.dropFirst(7) }
            guard let equals = text.firstIndex(of: "=") else { return nil }
            let key = text[..<equals]
            guard let first = key.utf8.first, !(0x30...0x39).contains(first),
                key.utf8.allSatisfy({ $0 == 0x5f || (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) })
            else { return nil }
            return Entry(key: String(key), value: Self.value(text[text.index(after: equals)...]), line: line)
        }
    }

    /// The last assignment of the key.
    func entry(_ key: String) -> Entry? { entries.last { $0.key == key } }
    func value(_ key: String) -> String? { entry(key)?.value }
    func evidence(_ entry: Entry) -> Evidence { file.evidence(entry.line) }

    /// One word of the shell (POSIX 2.2 Quoting), up to white space or a comment.
    static func value(_ text: Substring) -> String {
        var value: [UInt8] = []
        var quote: UInt8 = 0
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.popFirst() {
            switch byte {
            case 0x27 where quote == 0, 0x22 where quote == 0, 0x60 where quote == 0:
                quote = byte
                if byte == 0x60 { value.append(byte) }
            case quote where quote != 0:
                if byte == 0x60 { value.append(byte) }
                quote = 0
            case 0x5c where quote == 0x22:
                if let next = bytes.first, [0x22, 0x5c, 0x24, 0x60].contains(next) {
                    value.append(next)
                    bytes.removeFirst()
                } else {
                    value.append(byte)
                }
            case 0x5c where quote == 0:
                if let next = bytes.popFirst() { value.append(next) }
            case 0x20 where quote == 0, 0x09 where quote == 0, 0x3b where quote == 0:
                return String(decoding: value, as: UTF8.self)
            default: value.append(byte)
            }
        }
        return String(decoding: value, as: UTF8.self)
    }
}
