import Documents
public import Execution

/// A check for programs: the facts, and each provider's findings.
public struct CheckJSON: Encodable {
    private struct Provider: Encodable {
        var id: String
        var passed, failed, warnings, unknown: Int
        var findings: [OperationResult.Finding]

        init(_ provider: Examination.Provider) {
            let count = FindingCount(provider.findings)
            (id, findings) = (provider.id, provider.findings)
            (passed, failed, warnings, unknown) = (count.passed, count.failed, count.warnings, count.unknown)
        }
    }

    private let format = 1
    private let image: String
    private let facts: ImageFacts
    private let providers: [Provider]
    private let errors: Int
    /// Rules of severity error that could not be answered: the exit status is 3 for them too.
    private let unanswered: Int

    public init(_ examination: Examination) {
        (image, facts, errors) = (examination.image, examination.facts, examination.errors)
        unanswered = examination.unanswered.count
        providers = examination.providers.map(Provider.init)
    }
}
