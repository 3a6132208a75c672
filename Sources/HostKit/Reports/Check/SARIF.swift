public import Documents
public import Execution

/// A check as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), which code hosts show beside a change.
public enum SARIF {
    public static func document(_ examination: Examination, version: String) -> JSON {
        .object([
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
            "runs": .array(examination.providers.map { run($0, examination, version) }),
        ])
    }

    /// One a provider: its rules are its own.
    private static func run(
        _ provider: Examination.Provider, _ examination: Examination, _ version: String
    ) -> JSON {
        .object([
            "tool": .object([
                "driver": .object([
                    "name": "eulerpublisher", "version": .string(version),
                    "rules": .array(provider.findings.map(rule)),
                ])
            ]),
            "automationDetails": .object(["id": .string("\(provider.id)/")]),
            "artifacts": .array([.object(["location": .object(["uri": .string(uri(examination.image))])])]),
            "results": .array(
                provider.findings.enumerated().map { result($1, number: $0, image: examination.image) }),
        ])
    }

    private static func rule(_ finding: OperationResult.Finding) -> JSON {
        var rule: [String: JSON] = [
            "id": .string(finding.rule), "defaultConfiguration": .object(["level": .string(level(finding))]),
        ]
        if let why = finding.why { rule["shortDescription"] = text(why.text()) }
        if let fix = finding.fix { rule["help"] = text(fix.text()) }
        if let source = finding.source { rule["helpUri"] = .string(source) }
        return .object(rule)
    }

    private static func result(_ finding: OperationResult.Finding, number: Int, image: String) -> JSON {
        let kind =
            switch finding.outcome {
            case "pass": "pass"
            case "fail": "fail"
            default: "open"
            }
        var locations = (finding.places ?? []).map { place in location(place, image) }
        if locations.isEmpty { locations = [location(nil, image)] }
        return .object([
            "ruleId": .string(finding.rule), "ruleIndex": .integer(Int64(number)), "kind": .string(kind),
            // A level is only of what failed (SARIF 3.27.10).
            "level": .string(kind == "fail" ? level(finding) : "none"), "message": text(finding.message.text()),
            "locations": .array(locations),
        ])
    }

    private static func location(_ place: Evidence?, _ image: String) -> JSON {
        var physical: [String: JSON] = ["artifactLocation": .object(["uri": .string(uri(image))])]
        guard let place else { return .object(["physicalLocation": .object(physical)]) }
        if place.path.hasPrefix("/") {
            // A file of the guest, below the image that it is in.
            physical["artifactLocation"] = .object(["uri": .string(uri(image + "!" + place.path))])
            if let line = place.line { physical["region"] = .object(["startLine": .integer(Int64(line))]) }
        }
        return .object([
            "physicalLocation": .object(physical),
            "logicalLocations": .array([.object(["fullyQualifiedName": .string(place.shown)])]),
        ])
    }

    private static func level(_ finding: OperationResult.Finding) -> String {
        switch finding.severity {
        case "error": "error"
        case "warning": "warning"
        default: "note"
        }
    }

    private static func text(_ text: String) -> JSON { .object(["text": .string(text)]) }

    private static func uri(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { String($0).percentEncoded }
            .joined(separator: "/")
    }
}
