import Documents

/// Numbers as people read them.
enum Amounts {
    /// Decimal units, as vendors bill: 187 MB, 1.4 GB, 512 B.
    static func bytes(_ count: Int64) -> String {
        var value = Double(count)
        var unit = "B"
        for next in ["kB", "MB", "GB", "TB"] where value >= 999.5 {
            value /= 1000
            unit = next
        }
        if unit == "B" { return "\(count) B" }
        return value < 9.95 && unit != "kB" ? "\(tenths(value)) \(unit)" : "\(Int(value.rounded())) \(unit)"
    }

    /// Binary units, as disks are made: 40 GiB, 546 MiB, 1.5 KiB, 12 B.
    static func binary(_ count: UInt64) -> String {
        var value = Double(count)
        var unit = "B"
        for next in ["KiB", "MiB", "GiB", "TiB"] where value >= 1023.95 {
            value /= 1024
            unit = next
        }
        if unit == "B" { return "\(count) B" }
        let isWhole = (value * 10).rounded().truncatingRemainder(dividingBy: 10) == 0
        return value < 99.95 && !isWhole ? "\(tenths(value)) \(unit)" : "\(Int(value.rounded())) \(unit)"
    }

    /// 0.8 s, 44 s, 2 m 04 s, 1 h 03 m.
    static func seconds(_ value: Double) -> String {
        if value < 59.95 { return value < 9.95 ? "\(tenths(value)) s" : "\(Int(value.rounded())) s" }
        let whole = Int(value.rounded())
        if whole < 3600 { return "\(whole / 60) m \(two(whole % 60)) s" }
        return "\(whole / 3600) h \(two(whole / 60 % 60)) m"
    }

    /// sha256:8f12…c07e.
    static func digest(_ text: String) -> String {
        guard text.hasPrefix("sha256:"), text.utf8.count == 71 else { return text }
        return "\(text.prefix(11))…\(text.suffix(4))"
    }

    private static func tenths(_ value: Double) -> String {
        let number = Int((value * 10).rounded())
        return "\(number / 10).\(number % 10)"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// Aligned columns.
public enum Columns {
    /// As much of a line as a terminal shows in that many columns.
    static func cut(_ line: String, to columns: Int) -> String {
        var used = 0
        return String(
            line.prefix { character in
                used += isWide(character) ? 2 : 1
                return used <= columns
            })
    }

    /// Of a line on a terminal, in columns.
    static func width(_ line: String) -> Int { line.reduce(0) { $0 + (isWide($1) ? 2 : 1) } }

    /// What takes two columns: East Asian scripts and full-width forms, and pictures (Unicode, Standard Annex 11).
    private static func isWide(_ character: Character) -> Bool {
        let wide: [ClosedRange<UInt32>] = [
            0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
            0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd,
        ]
        return character.unicodeScalars.first.map { scalar in wide.contains { $0.contains(scalar.value) } } ?? false
    }

    /// Two blanks apart, no trailing blanks.
    /// - Parameter right: columns whose cells are aligned right.
    public static func text(_ rows: [[String]], indent: String = "", right: Set<Int> = []) -> String {
        let rows = rows.map { $0.map(Printable.line) }
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return right.contains(column) ? padding + cell : cell + padding
            }
            var line = indent + cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}
