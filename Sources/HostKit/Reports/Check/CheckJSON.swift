public import Documents
public import Execution

/// A check for programs: the facts, and each provider's findings.
public enum CheckJSON {
    /// - Throws: what encoding throws.
    public static func document(_ examination: Examination) throws -> JSON {
        let providers = try examination.providers.map { provider in
            let count = FindingCount(provider.findings)
            return JSON.object([
                "id": .string(provider.id),
                "passed": .integer(Int64(count.passed)), "failed": .integer(Int64(count.failed)),
                "warnings": .integer(Int64(count.warnings)), "unknown": .integer(Int64(count.unknown)),
                "findings": .array(try provider.findings.map { try json($0) }),
            ])
        }
        return .object([
            "format": 1, "image": .string(examination.image), "facts": try json(examination.facts),
            "providers": .array(providers), "errors": .integer(Int64(examination.errors)),
        ])
    }

    private static func json(_ value: some Encodable) throws -> JSON {
        try DocumentCoding.decode(JSON.self, from: DocumentCoding.encode(value))
    }
}
