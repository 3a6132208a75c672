public import Documents

extension Rule {
    /// How the rule comes out; nil if it is not about this image, or nothing in an image tells.
    func finding(_ subject: CheckSubject, purpose: Purpose) -> OperationResult.Finding? {
        guard check != .byHand, !applicability.marketplaceOnly || purpose == .marketplace else { return nil }
        if let architectures = applicability.architectures {
            guard let architecture = subject.architecture else {
                return finding(.unknown(subject.architectureUntold.why), purpose)
            }
            guard architectures.contains(architecture) else { return nil }
        }
        switch applicability.condition?.evaluate(subject) {
        case nil, .pass: return finding(check.evaluate(subject), purpose)
        case .fail: return nil
        case .unknown(let why): return finding(.unknown(why), purpose)
        }
    }

    private func finding(_ outcome: Outcome, _ purpose: Purpose) -> OperationResult.Finding {
        var finding = OperationResult.Finding(
            rule: id, severity: severity(for: purpose).rawValue, outcome: "pass", message: "", source: source,
            reference: reference, check: check.name, why: why)
        let what: String
        var places: [Evidence] = []
        switch outcome {
        case .pass(let text, let found): (what, places) = (text, found)
        case .unknown(let why): (what, finding.outcome) = (why, "unknown")
        case .fail(let text, let found, let own):
            (what, places, finding.outcome) = (text, found, "fail")
            finding.fix = fix
            let mends = remediations ?? own
            finding.remediations = mends.isEmpty ? nil : mends
        }
        // Names and lines of a stranger's image: a break in one would forge another line.
        finding.message = LocalizedText(Printable.short(Printable.line(what)))
        if !places.isEmpty {
            places = places.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
            let shown = places.prefix(OperationResult.Finding.placeLimit).map {
                Evidence(Printable.line($0.path), line: $0.line, text: $0.text.map(Printable.line))
            }
            finding.places = Array(shown)
            let more = places.count - 1
            finding.evidence = shown[0].inOneLine + (more > 0 ? " and \(more) more" : "")
        }
        return finding
    }

    /// The rule as an item of `ep.requirements/1`.
    public var item: JSON {
        var members: [String: JSON] = [
            "id": .string(id), "reference": .string(reference), "severity": .string(severity.rawValue),
            "title": demand.json, "why": why.json, "fix": fix.json, "source": .string(source),
            "check": .string(check.name),
        ]
        if let marketplaceSeverity { members["marketplace_severity"] = .string(marketplaceSeverity.rawValue) }
        if applicability.marketplaceOnly { members["purpose"] = .string(Purpose.marketplace.rawValue) }
        if let architectures = applicability.architectures {
            members["architectures"] = .array(architectures.map { .string($0.rawValue) })
        }
        if let condition = applicability.condition { members["condition"] = .string(condition.name) }
        return .object(members)
    }
}

extension Evidence {
    /// `/etc/shadow:1 root:$6$...`.
    fileprivate var inOneLine: String { place(self) + (text.map { " \($0)" } ?? "") }
}

extension LocalizedText {
    fileprivate var json: JSON {
        if byLanguage.count == 1, let english = byLanguage["en"] { return .string(english) }
        return .object(byLanguage.mapValues { .string($0) })
    }
}
