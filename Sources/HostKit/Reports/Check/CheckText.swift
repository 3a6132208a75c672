import Documents
public import Execution

/// What a check says to people: a line a provider, then each finding with its evidence, reason, remedy and source.
public enum CheckText {
    /// - Parameters:
    ///   - verbose: whether what passed is listed as well.
    ///   - width: columns that no line is wider than; nil leaves lines whole.
    public static func text(_ examination: Examination, verbose: Bool = false, width: Int? = nil) -> String {
        let groups = FindingGroup.groups(of: examination)
        var parts = [ImageHeadline.text(examination.facts, name: examination.image), counts(examination)]
        let wanted = groups.filter { verbose || $0.finding.outcome != "pass" }
        parts += wanted.map { block($0, width) }
        parts.append(ending(groups, examination))
        return Columns.fold(parts.joined(separator: "\n\n"), to: width)
    }

    private static func counts(_ examination: Examination) -> String {
        let rows = examination.providers.map { provider in
            let count = FindingCount(provider.findings)
            return [
                provider.id, "\(count.passed) passed", count.failed > 0 ? "\(count.failed) failed" : "",
                count.warnings > 0 ? "\(count.warnings) \(count.warnings == 1 ? "warning" : "warnings")" : "",
                count.unknown > 0 ? "\(count.unknown) unknown" : "",
            ]
        }
        return Columns.text(rows, indent: "  ", right: [1, 2, 3, 4])
    }

    /// Rules that a group names beside its first; the other reports have them all.
    private static let othersShown = 8

    private static func block(_ group: FindingGroup, _ width: Int?) -> String {
        let finding = group.finding
        var lines = ["  \(mark(finding)) \(finding.rule)"]
        if let reference = finding.reference { lines[0] += " (\(reference))" }
        if !group.others.isEmpty {
            let more = group.others.count - othersShown
            lines[0] += "   also " + group.others.prefix(othersShown).map(\.rule).joined(separator: ", ")
            if more > 0 { lines[0] += " and \(more) more" }
        }
        let message = finding.message.text()
        let places = finding.places ?? []
        lines.append(
            "    "
                + (places.isEmpty ? [finding.evidence, message].compactMap(\.self).joined(separator: "  ") : message))
        let shown = places.prefix(5)
        lines += shown.map { place in
            let line = "      \(Printable.line(place.shown))"
            return width.map { Columns.short(line, to: $0) } ?? line
        }
        if places.count > shown.count { lines.append("      and \(places.count - shown.count) more") }
        guard finding.outcome != "pass" else { return lines[0] }
        if finding.outcome == "fail" {
            if let why = finding.why { lines.append("    why   \(why.text())") }
            if let fix = finding.fix { lines.append("    fix   \(fix.text())") }
        }
        // Of one reason for many rules, the source of the first is none.
        if let source = finding.source, finding.outcome == "fail" || group.others.isEmpty {
            lines.append("    see   \(source)")
        }
        return lines.map { Printable.short(Printable.line($0), limit: 1000) }.joined(separator: "\n")
    }

    private static func mark(_ finding: OperationResult.Finding) -> String {
        switch (finding.outcome, finding.severity) {
        case ("pass", _): "✓"
        case ("fail", "error"): "✗"
        case ("fail", "warning"): "!"
        case ("fail", _): "i"
        default: "?"
        }
    }

    private static func ending(_ groups: [FindingGroup], _ examination: Examination) -> String {
        let errors = groups.count { $0.finding.outcome == "fail" && $0.finding.severity == "error" }
        let unanswered = examination.unanswered
        var lines: [String] = []
        if errors > 0 { lines.append("\(errors) \(errors == 1 ? "finding" : "findings") must be mended.") }
        if let first = unanswered.first {
            let rules = unanswered.count == 1 ? "1 rule that stops" : "\(unanswered.count) rules that stop"
            lines.append(
                "\(rules) a publication can't be answered: \(Printable.short(first.message.text(), limit: 200))")
        }
        if !lines.isEmpty {
            return (lines + ["Exit 3."]).joined(separator: lines.count > 1 || errors == 0 ? "\n" : " ")
        }
        let rest = groups.count { $0.finding.outcome == "fail" }
        // Of an image that can't be read nothing fails: that is not to be taken for praise.
        let unknown = groups.filter { $0.finding.outcome == "unknown" }.reduce(0) { $0 + 1 + $1.others.count }
        let untold = unknown == 0 ? "" : " \(unknown) can't be told."
        return (rest == 0 ? "Nothing to mend." : "Nothing must be mended; \(rest) to look at.") + untold
    }
}

extension Evidence {
    /// `/etc/shadow:1  root:$6$...`
    var shown: String {
        let place = line.map { "\(path):\($0)" } ?? path
        return text.map { "\(place)  \($0)" } ?? place
    }
}

/// How a provider's rules came out.
struct FindingCount {
    var passed = 0
    /// Those that stop a publication.
    var failed = 0
    /// Failed, and no error.
    var warnings = 0
    var unknown = 0

    init(_ findings: [OperationResult.Finding]) {
        for finding in findings {
            switch (finding.outcome, finding.severity) {
            case ("pass", _): passed += 1
            case ("fail", "error"): failed += 1
            case ("fail", _): warnings += 1
            default: unknown += 1
            }
        }
    }
}

/// One defect, told once, though several vendors ask for its mending; or one reason why several rules can't be answered.
struct FindingGroup {
    var provider: String
    var finding: OperationResult.Finding
    /// Of other rules that failed by the same check at the same places, or are unknown for the same reason.
    var others: [OperationResult.Finding] = []

    /// Errors first, then warnings, what is only told, and what can't be told; within these, as the providers have them.
    static func groups(of examination: Examination) -> [FindingGroup] {
        var groups: [FindingGroup] = []
        var known: [Key: Int] = [:]
        for provider in examination.providers {
            for finding in provider.findings {
                let key = Key(finding)
                let isShared = finding.outcome == "unknown" || finding.outcome == "fail" && finding.check != nil
                if isShared, let number = known[key] {
                    var told = finding
                    if rank(finding) < rank(groups[number].finding) {
                        (told, groups[number].finding) = (groups[number].finding, finding)
                    }
                    groups[number].others.append(told)
                } else {
                    known[key] = groups.count
                    groups.append(FindingGroup(provider: provider.id, finding: finding))
                }
            }
        }
        return groups.enumerated().sorted {
            (rank($0.element.finding), $0.offset) < (rank($1.element.finding), $1.offset)
        }.map(\.element)
    }

    private struct Key: Hashable {
        var outcome: String
        /// Of what failed.
        var check: String?
        var places: [Evidence]
        var message: String
        init(_ finding: OperationResult.Finding) {
            outcome = finding.outcome
            check = outcome == "fail" ? finding.check : nil
            places = finding.places ?? []
            message = finding.message.text()
        }
    }

    private static func rank(_ finding: OperationResult.Finding) -> Int {
        switch (finding.outcome, finding.severity) {
        case ("fail", "error"): 0
        case ("fail", "warning"): 1
        case ("fail", _): 2
        case ("unknown", _): 3
        default: 4
        }
    }
}
