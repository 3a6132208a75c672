import Documents
public import Execution

/// A check as JUnit's XML, which build servers show as tests: a suite a provider, a case a rule.
public enum JUnit {
    public static func document(_ examination: Examination) -> String {
        let all = examination.providers.flatMap(\.findings)
        let suites = examination.providers.map { suite($0, examination.image) }.joined()
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="eulerpublisher check" \(numbers(all))>
            \(suites)</testsuites>

            """
    }

    private static func numbers(_ findings: [OperationResult.Finding]) -> String {
        let failed = findings.count { $0.outcome == "fail" && $0.severity == "error" }
        let skipped = findings.count { $0.outcome == "unknown" }
        let unanswered = findings.count { $0.outcome == "unknown" && $0.severity == "error" }
        return "tests=\"\(findings.count)\" failures=\"\(failed)\" errors=\"\(unanswered)\" "
            + "skipped=\"\(skipped - unanswered)\""
    }

    private static func suite(_ provider: Examination.Provider, _ image: String) -> String {
        let cases = provider.findings.map { testCase($0, image) }.joined()
        return """
              <testsuite name="\(escaped(provider.id))" \(numbers(provider.findings))>
            \(cases)  </testsuite>

            """
    }

    private static func testCase(_ finding: OperationResult.Finding, _ image: String) -> String {
        let head = "    <testcase classname=\"\(escaped(image))\" name=\"\(escaped(finding.rule))\""
        let message = escaped(finding.message.text())
        switch (finding.outcome, finding.severity) {
        case ("fail", "error"):
            return "\(head)><failure message=\"\(message)\">\(escaped(details(finding)))</failure></testcase>\n"
        case ("fail", _):
            return "\(head)><system-out>\(escaped(finding.severity)): \(message)\n"
                + "\(escaped(details(finding)))</system-out></testcase>\n"
        case ("pass", _): return "\(head)/>\n"
        // A server that counts what was skipped as well would call such an image good.
        case ("unknown", "error"): return "\(head)><error message=\"\(message)\"/></testcase>\n"
        default: return "\(head)><skipped message=\"\(message)\"/></testcase>\n"
        }
    }

    private static func details(_ finding: OperationResult.Finding) -> String {
        let lines =
            (finding.places ?? []).map(\.shown)
            + [
                finding.why.map { "why: \($0.text())" }, finding.fix.map { "fix: \($0.text())" },
                finding.source.map { "see: \($0)" },
            ].compactMap(\.self)
        return lines.joined(separator: "\n")
    }

    /// For XML and HTML. Control characters, which XML 1.0 has no way to write, are shown as what they are.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in Printable.text(text) {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n": result += "&#10;"
            default:
                // XML 1.0, production 2 (Char).
                let isWritable = character.unicodeScalars.allSatisfy {
                    ($0.value >= 0x20 || $0.value == 9 || $0.value == 10) && $0.value != 0xFFFE && $0.value != 0xFFFF
                }
                if isWritable { result.append(character) } else { result += "\u{FFFD}" }
            }
        }
        return result
    }
}
