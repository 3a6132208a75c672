public import Documents

/// The rules of one provider, in the order of its table.
public struct RuleTable: Sendable {
    public let rules: [Rule]

    public init(_ rules: [Rule]) { self.rules = rules }

    /// One finding for each rule that is about this image, in the order of the rules.
    public func evaluate(_ subject: CheckSubject, purpose: Purpose = .publish) -> [OperationResult.Finding] {
        rules.compactMap { $0.finding(subject, purpose: purpose) }
    }

    /// The answer to `ep.check/1` (for `publish`) or `ep.marketplace.check/1` about a disk image.
    ///
    /// Without facts, which a host gives of what it can read, nothing is guessed: every rule is unknown.
    public func check(_ request: OperationRequest, host: Host, purpose: Purpose = .publish) -> OperationResult {
        var architecture: Architecture?
        if let platform = request.artifact?.platforms.first {
            architecture = Architecture(named: String(platform.split(separator: "/").last ?? ""))
        }
        let subject = CheckSubject(
            facts: request.facts ?? ImageFacts(), files: host.tree, declaredArchitecture: architecture,
            today: host.now > 0 ? String(Timestamp.text(host.now).prefix(10)) : nil)
        var result = OperationResult()
        result.findings = evaluate(subject, purpose: purpose)
        return result
    }

    /// The answer to `ep.requirements/1`.
    public var requirements: OperationResult {
        var result = OperationResult()
        result.items = rules.map(\.item)
        return result
    }
}

extension Rule {
    /// Nil if the rule is not about this image, or nothing in an image tells.
    func finding(_ subject: CheckSubject, purpose: Purpose) -> OperationResult.Finding? {
        if check == .byHand || applicability.marketplaceOnly && purpose != .marketplace { return nil }
        if let wanted = applicability.architectures {
            let machine = subject.facts.system?.architecture.value.flatMap(Architecture.init(named:))
            guard let found = subject.declaredArchitecture ?? machine else {
                return told(.unknown("for what machine the image is can't be told"), purpose)
            }
            guard wanted.contains(found) else { return nil }
        }
        switch applicability.condition?.evaluate(subject) {
        case .fail: return nil
        case .unknown(let why): return told(.unknown(why), purpose)
        case .pass, nil: return told(check.evaluate(subject), purpose)
        }
    }

    private func told(_ outcome: Outcome, _ purpose: Purpose) -> OperationResult.Finding {
        var finding = OperationResult.Finding(
            rule: id, severity: severity(for: purpose).rawValue, outcome: "unknown", message: "", fix: fix,
            source: source, reference: reference, check: check.name, why: why)
        var places: [Evidence] = []
        switch outcome {
        case .pass(let what, let found):
            (finding.outcome, finding.message, places) = ("pass", .init(what), found)
            (finding.fix, finding.why) = (nil, nil)
        case .fail(let what, let found, let mending):
            (finding.outcome, finding.message, places) = ("fail", .init(what), found)
            let mending = remediations ?? mending
            if !mending.isEmpty { finding.remediations = mending }
        case .unknown(let why): finding.message = .init(why)
        }
        if let first = places.first {
            finding.evidence = first.inWords
            finding.places = Array(places.prefix(OperationResult.Finding.placeLimit))
        }
        return finding
    }

    /// The rule as an item of `ep.requirements/1`.
    public var item: JSON {
        var members: [String: JSON] = [
            "id": .string(id), "reference": .string(reference), "severity": .string(severity.rawValue),
            "title": .string(demand.text()), "why": .string(why.text()), "fix": .string(fix.text()),
            "source": .string(source), "check": .string(check.name),
        ]
        if let marketplaceSeverity { members["marketplace_severity"] = .string(marketplaceSeverity.rawValue) }
        if applicability.marketplaceOnly { members["marketplace_only"] = true }
        if let architectures = applicability.architectures {
            members["architectures"] = .array(architectures.map { .string($0.rawValue) })
        }
        return .object(members)
    }
}

extension Evidence {
    /// `/etc/shadow:1 root:$6$...`
    fileprivate var inWords: String {
        [line.map { "\(path):\($0)" } ?? path, text].compactMap(\.self).joined(separator: " ")
    }
}
