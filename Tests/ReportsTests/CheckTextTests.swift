import Documents
import Execution
import Testing

@testable import Reports

/// What a check's last lines say.
@Suite struct CheckTextTests {
    private func finding(_ rule: String, _ severity: String, _ outcome: String, _ text: String)
        -> OperationResult.Finding
    {
        OperationResult.Finding(
            rule: rule, severity: severity, outcome: outcome, message: LocalizedText(text),
            source: "https://example.com")
    }

    private func examination(_ findings: OperationResult.Finding...) -> Examination {
        Examination(image: "disk.raw", facts: ImageFacts(), providers: [.init(id: "acme", findings: findings)])
    }

    private func ending(_ examination: Examination) -> String {
        CheckText.text(examination).split(separator: "\n").suffix(2).joined(separator: "\n")
    }

    @Test("Rules that stop a publication and can't be answered are counted, with the reason, and are no success")
    func unanswered() {
        let examination = examination(
            finding("acme.a", "error", "unknown", "xfs is not read"),
            finding("acme.b", "error", "unknown", "xfs is not read"),
            finding("acme.c", "warning", "unknown", "xfs is not read"))
        #expect(examination.unanswered.count == 2)
        #expect(
            ending(examination)
                == "2 rules that stop a publication can't be answered: xfs is not read\nExit 3.")
        #expect(JUnit.document(examination).contains("tests=\"3\" failures=\"0\" errors=\"2\" skipped=\"1\""))
    }

    @Test("What can't be told is counted by rules, not by reasons")
    func rules() {
        let examination = examination(
            finding("acme.a", "warning", "unknown", "why"), finding("acme.b", "info", "unknown", "why"))
        #expect(ending(examination).hasSuffix("Nothing to mend. 2 can't be told."))
    }
}
