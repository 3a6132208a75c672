public import Documents

/// One demand on an image, its names or its texts, as data: what is asked, by whom, and what mends it.
public struct Rule: Sendable, Equatable {
    /// How much a failure matters: `error` stops the publication.
    public enum Severity: String, Sendable { case error, warning, info }

    /// What decides it.
    public enum Stage: String, Sendable {
        /// The artifact's own files.
        case layout
        /// What the registry or the hub answers.
        case registry
        /// The texts that are shown beside the image.
        case text
        /// What only the publisher can say: how it was built, what was examined elsewhere.
        case config
    }

    /// Stable: `registry.name.grammar`.
    public let id: String
    /// The place in the table of rules: R01 to R36.
    public let number: String
    public let severity: Severity
    public let stage: Stage
    public let demand: String
    /// Why it is asked.
    public let reason: String
    /// What mends a failure.
    public let fix: String
    /// The page that asks for it.
    public let source: String

    init(
        _ number: String, _ id: String, _ severity: Severity, _ stage: Stage, _ demand: String, why reason: String,
        fix: String, source: String
    ) {
        self.number = number
        self.id = id
        self.severity = severity
        self.stage = stage
        self.demand = demand
        self.reason = reason
        self.fix = fix
        self.source = source
    }

    /// Raised with every change of what a rule says about the same layers: what an older one said is not taken over.
    public static let revision = 1

    /// The rule as an item of `ep.requirements/1`.
    public var item: JSON {
        [
            "id": .string(id), "number": .string(number), "severity": .string(severity.rawValue),
            "stage": .string(stage.rawValue), "demand": .string(demand), "reason": .string(reason), "fix": .string(fix),
            "source": .string(source),
        ]
    }

    /// The answer to `ep.requirements/1`: every rule, in the order of the table.
    public static var requirements: OperationResult {
        var result = OperationResult()
        result.items = all.map(\.item)
        return result
    }
}

typealias Finding = OperationResult.Finding

extension Rule {
    func pass(_ message: String) -> Finding { finding("pass", message, [], severity) }

    /// - Parameter severity: another one than the rule's, where it matters less for this image.
    func fail(_ message: String, _ evidence: [String] = [], severity: Severity? = nil) -> Finding {
        finding("fail", message, evidence, severity ?? self.severity)
    }

    func unknown(_ why: String) -> Finding { finding("unknown", why, [], severity) }

    /// Fails if there is evidence, else is unknown if something could not be seen, else passes.
    func decide(_ evidence: [String], failing: String, blind: String? = nil, passing: String) -> Finding {
        if !evidence.isEmpty { return fail(failing, evidence) }
        if let blind { return unknown(blind) }
        return pass(passing)
    }

    private func finding(_ outcome: String, _ message: String, _ evidence: [String], _ severity: Severity) -> Finding {
        let shown = evidence.prefix(8).map(Rule.printable)
        let more = evidence.count - shown.count
        return Finding(
            rule: id, severity: severity.rawValue, outcome: outcome,
            message: LocalizedText("\(number): \(Rule.printable(message, limit: 600))"),
            evidence: shown.isEmpty ? nil : shown.joined(separator: "; ") + (more > 0 ? "; and \(more) more" : ""),
            fix: outcome == "fail" ? LocalizedText(fix) : nil, source: source)
    }

    /// A text of a stranger's, short and without what steers a terminal.
    static func printable(_ text: String) -> String { printable(text, limit: 240) }

    static func printable(_ text: String, limit: Int) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(limit) {
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .lineSeparator, .paragraphSeparator: shown.append("?")
            default: shown.append(scalar)
            }
        }
        return String(shown) + (text.unicodeScalars.count > limit ? "..." : "")
    }
}
