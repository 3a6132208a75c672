/// SPDX licence expressions (https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/), as far as the rules need them.
enum SPDXLicence {
    enum Approval: Equatable {
        case approved
        /// With the licence that is none of the approved ones known here.
        case notApproved(String)
        case unreadable
    }

    /// Of https://opensource.org/licenses, those that images of systems and programs come under.
    private static let approvedNames: Set<String> = [
        "0BSD", "AFL-3.0", "AGPL-3.0", "Apache-1.1", "Apache-2.0", "Artistic-2.0", "BSD-1-Clause", "BSD-2-Clause",
        "BSD-2-Clause-Patent", "BSD-3-Clause", "BSD-3-Clause-LBNL", "BSL-1.0", "CDDL-1.0", "CPL-1.0", "ECL-2.0",
        "EPL-1.0",
        "EPL-2.0", "EUPL-1.1", "EUPL-1.2", "GPL-2.0", "GPL-3.0", "ICU", "IPL-1.0", "ISC", "LGPL-2.0", "LGPL-2.1",
        "LGPL-3.0",
        "LPPL-1.3c", "MIT", "MIT-0", "MPL-1.0", "MPL-1.1", "MPL-2.0", "MS-PL", "MS-RL", "MulanPSL-2.0", "NCSA",
        "OFL-1.1",
        "OSL-3.0", "PHP-3.01", "PostgreSQL", "PSF-2.0", "Python-2.0", "QPL-1.0", "Unicode-3.0",
        "Unicode-DFS-2016", "Unlicense", "UPL-1.0", "W3C", "Zlib", "ZPL-2.1",
    ]

    /// Whether every licence of the expression that must be kept is approved: both sides of AND, one side of OR.
    static func approval(_ expression: String) -> Approval {
        guard let parsed = Parser.parse(expression) else { return .unreadable }
        return refused(parsed).map { .notApproved($0) } ?? .approved
    }

    static func isExpression(_ text: String) -> Bool { Parser.parse(text) != nil }

    /// The licences that an expression names, without what is behind WITH.
    static func names(_ text: String) -> [String]? { Parser.parse(text).map(names) }

    private static func names(_ node: Node) -> [String] {
        switch node {
        case .licence(let name): [name]
        case .all(let left, let right), .any(let left, let right): names(left) + names(right)
        }
    }

    private static func refused(_ node: Node) -> String? {
        switch node {
        case .licence(let name):
            let plain = name.hasSuffix("+") ? String(name.dropLast()) : name
            let base = ["-only", "-or-later"].reduce(plain) {
                $0.hasSuffix($1) ? String($0.dropLast($1.utf8.count)) : $0
            }
            return approvedNames.contains(base) ? nil : name
        case .all(let left, let right): return refused(left) ?? refused(right)
        case .any(let left, let right): return refused(left).flatMap { name in refused(right) == nil ? nil : name }
        }
    }

    private indirect enum Node {
        case licence(String)
        case all(Node, Node)
        case any(Node, Node)
    }

    private struct Parser {
        private var tokens: [String]
        private var depth = 0

        static func parse(_ text: String) -> Node? {
            guard text.utf8.count <= 4096 else { return nil }
            let spaced = text.replacing("(", with: " ( ").replacing(")", with: " ) ")
            var parser = Parser(tokens: spaced.split(separator: " ").map(String.init).reversed())
            guard let node = parser.any(), parser.tokens.isEmpty else { return nil }
            return node
        }

        private mutating func take(_ word: String) -> Bool {
            guard tokens.last == word else { return false }
            tokens.removeLast()
            return true
        }

        private mutating func any() -> Node? {
            guard var node = all() else { return nil }
            while take("OR") {
                guard let next = all() else { return nil }
                node = .any(node, next)
            }
            return node
        }

        private mutating func all() -> Node? {
            guard var node = one() else { return nil }
            while take("AND") {
                guard let next = one() else { return nil }
                node = .all(node, next)
            }
            return node
        }

        private mutating func one() -> Node? {
            if take("(") {
                depth += 1
                defer { depth -= 1 }
                guard depth <= 32, let node = any(), take(")") else { return nil }
                return node
            }
            guard let name = tokens.popLast(), Self.isName(name) else { return nil }
            if take("WITH") {
                guard let exception = tokens.popLast(), Self.isName(exception) else { return nil }
            }
            return .licence(name)
        }

        private static func isName(_ text: String) -> Bool {
            let plain = text.hasSuffix("+") ? text.dropLast() : text[...]
            return !plain.isEmpty && !["AND", "OR", "WITH", "(", ")"].contains(text)
                && plain.utf8.allSatisfy {
                    (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d
                        || $0 == 0x2e || $0 == 0x3a
                }
        }
    }
}
