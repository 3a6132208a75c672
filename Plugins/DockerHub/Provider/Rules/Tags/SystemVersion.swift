/// A release of openEuler: `24.03-LTS-SP2`, `25.09`. Ordered as they came out: 22.03-lts < 22.03-lts-sp1 < 22.09 < 24.03-lts.
///
/// Source: oEEP-0005 (https://gitee.com/openeuler/TC/tree/master/oEEP) for the names, and
/// https://www.openeuler.org/en/other/lifecycle/ for the rhythm: a long-term release in March of every second year.
public struct SystemVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let year: Int
    public let month: Int
    public let isLongTerm: Bool
    /// 0 of the release itself.
    public let servicePack: Int

    /// Nil if the text is no release's name. Upper or lower case.
    public init?(_ text: String) {
        guard text.utf8.count <= 20 else { return nil }
        let parts = text.lowercased().split(separator: "-", omittingEmptySubsequences: false)
        let date = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard date.count == 2, date.allSatisfy({ $0.utf8.count == 2 }), let year = number(date[0]),
            let month = number(date[1]), (1...12).contains(month), parts.count <= 3
        else { return nil }
        guard parts.count == 1 || parts[1] == "lts" else { return nil }
        var servicePack = 0
        if parts.count == 3 {
            guard parts[2].hasPrefix("sp"), let pack = number(parts[2].dropFirst(2)), (1...99).contains(pack) else {
                return nil
            }
            servicePack = pack
        }
        self.year = year
        self.month = month
        isLongTerm = parts.count > 1
        self.servicePack = servicePack
    }

    /// As the tags of application images spell it: oe2203sp3, oe2403lts, oe2509.
    public init?(compact text: String) {
        let text = text.lowercased()
        guard text.hasPrefix("oe"), text.utf8.count >= 6, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let date = text.dropFirst(2).prefix(4)
        let rest = text.dropFirst(6)
        let tail = rest.isEmpty ? "" : rest == "lts" ? "-lts" : rest.hasPrefix("sp") ? "-lts-\(rest)" : "-?"
        self.init("\(date.prefix(2)).\(date.dropFirst(2))\(tail)")
    }

    /// `24.03`: of a long-term release, the alias of its recommended service pack.
    public var line: String { "\(two(year)).\(two(month))" }

    /// Lower case: the tag that the version is published under.
    public var description: String {
        line + (isLongTerm ? "-lts" : "") + (servicePack > 0 ? "-sp\(servicePack)" : "")
    }

    /// Whether a long-term release came out in that month, so that YY.MM alone is no release's name.
    var isLongTermDate: Bool { year >= 20 && year % 2 == 0 && month == 3 }

    public static func < (left: SystemVersion, right: SystemVersion) -> Bool {
        (left.year, left.month, left.servicePack) < (right.year, right.month, right.servicePack)
    }
}

private func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

/// Digits alone: Int takes signs too.
func number(_ text: some StringProtocol) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
}
