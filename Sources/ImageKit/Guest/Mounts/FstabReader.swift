public import Documents
public import FileSystems

/// Reads fstab and crypttab as mount(8) and systemd-cryptsetup do: fstab(5), crypttab(5).
public struct FstabReader: Sendable {
    let tree: GuestTree

    public init(_ tree: GuestTree) { self.tree = tree }

    /// How many lines of one file are told; what stands behind them is not read.
    static let limit = 200

    public func facts() -> FstabFacts {
        var entries: Fact<[FstabEntry]>
        var damaged: Fact<[Evidence]>
        do throws(Failure) {
            if let file = try tree.lines(of: "/etc/fstab") {
                let read = Self.parse(file)
                entries = .known(read.entries, [Evidence(file.path)])
                damaged = .known(read.damaged, [Evidence(file.path)])
            } else {
                (entries, damaged) = (.absent([Evidence("/etc/fstab")]), .absent([Evidence("/etc/fstab")]))
            }
        } catch {
            (entries, damaged) = (.unknown(error.inWords), .unknown(error.inWords))
        }
        return FstabFacts(
            entries: entries, damaged: damaged, encrypted: .reading(encrypted), units: .reading(units))
    }

    static func parse(_ file: GuestFile) -> (entries: [FstabEntry], damaged: [Evidence]) {
        var entries: [FstabEntry] = []
        var damaged: [Evidence] = []
        for line in file.lines {
            let text = line.trimmed
            guard !text.isEmpty, !text.hasPrefix("#") else { continue }
            guard entries.count < limit, damaged.count < limit else { break }
            let evidence = file.evidence(line, Self.masked(text))
            let fields = text.blankSeparated
            let numbers = fields.dropFirst(4).prefix(2).prefix { !$0.hasPrefix("#") }.map { Int32($0) }
            guard fields.count >= 3, numbers.allSatisfy({ $0 != nil }) else {
                damaged.append(evidence)
                continue
            }
            var point = unescaped(fields[1])
            while point.count > 1, point.hasSuffix("/") { point.removeLast() }
            entries.append(
                FstabEntry(
                    device: DeviceName(unescaped(fields[0])), point: point, type: fields[2],
                    options: fields.count > 3
                        ? masked(unescaped(fields[3])).split(separator: ",").map(String.init) : ["defaults"],
                    dump: numbers.first.flatMap { $0 }.map(Int.init) ?? 0,
                    pass: numbers.count > 1 ? numbers[1].map(Int.init) ?? 0 : 0, evidence: evidence))
        }
        return (entries, damaged)
    }

    /// `\040` and its like: three octal digits are the byte (getmntent(3)).
    static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(0x5c) else { return text }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            guard byte == 0x5c, digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8), value != 0
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(value)
            rest = rest.dropFirst(3)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A password among the options of a share is not told.
    static func masked(_ text: String) -> String {
        ["password=", "pass=", "passwd="].reduce(text) { text, key in
            var result = ""
            var rest = text[...]
            while let found = rest.firstRange(of: key) {
                result += rest[..<found.upperBound] + "***"
                rest = rest[found.upperBound...].drop { $0 != "," && !$0.isWhitespace }
            }
            return result + rest
        }
    }

    private func encrypted() throws(Failure) -> Fact<[CryptEntry]> {
        guard let file = try tree.lines(of: "/etc/crypttab") else { return .known([], []) }
        var entries: [CryptEntry] = []
        for line in file.lines where !line.trimmed.isEmpty && !line.trimmed.hasPrefix("#") {
            let fields = line.trimmed.blankSeparated
            guard fields.count >= 2, entries.count < Self.limit else { continue }
            entries.append(
                CryptEntry(
                    name: fields[0], device: DeviceName(fields[1]),
                    options: fields.count > 3 ? fields[3].split(separator: ",").map(String.init) : [],
                    // The third field may name a key, or be one.
                    evidence: file.evidence(line, fields.prefix(2).joined(separator: " "))))
        }
        return .known(entries, [Evidence(file.path)])
    }

    private func units() throws(Failure) -> Fact<[String]> {
        var units: [String] = []
        for folder in ["/etc/systemd/system", "/usr/local/lib/systemd/system"] {
            for suffix in [".mount", ".automount", ".swap"] {
                for path in try tree.paths(in: folder, ending: suffix) { units.append(path) }
            }
        }
        return .known(units.sorted())
    }
}
