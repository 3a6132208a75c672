public import Documents

/// The rules of one provider, in the order of its table.
public struct RuleTable: Sendable {
    public let rules: [Rule]

    public init(_ rules: [Rule]) { self.rules = rules }

    /// One finding for each rule that is about this image, in the order of the rules.
    public func evaluate(_ subject: CheckSubject, purpose: Purpose = .publish) -> [OperationResult.Finding] {
        rules.compactMap { $0.finding(subject, purpose: purpose) }
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
        if applicability.marketplaceOnly && purpose != .marketplace { return nil }
        return nil
    }

    /// The rule as an item of `ep.requirements/1`.
    public var item: JSON { ["id": .string(id)] }
}
