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

    /// The answer to `ep.check/1`, or for the marketplace to `ep.marketplace.check/1`, which asks for all of both.
    ///
    /// What nobody says an image is for is taken from the image itself.
    /// - Throws: `Failure(.usage)` if the host could not read the image: nothing could be told of it.
    public func check(
        _ request: OperationRequest, host: Host, purpose: Purpose = .publish
    ) throws -> OperationResult {
        guard let facts = request.facts else {
            throw Failure(
                .usage, "the request holds no facts about the image", place: request.target.name,
                hint: "a host that reads disk images sends them with the request")
        }
        var subject = CheckSubject(facts: facts, files: host.tree)
        subject.declaredArchitecture =
            request.artifact?.platforms.first.flatMap { $0.split(separator: "/").dropFirst().first }
            .flatMap { Architecture(named: String($0)) } ?? subject.architecture
        let seconds = host.now / 1_000_000_000
        if seconds > 0 { subject.today = String(Timestamp.text(seconds).prefix(10)) }
        var result = OperationResult()
        result.findings = evaluate(subject, purpose: purpose)
        return result
    }
}
