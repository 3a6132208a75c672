import Documents

extension Outcome {
    /// All of them: the places of those that fail; what can't be told keeps the rest from passing.
    static func all(_ outcomes: [Outcome]) -> Outcome {
        var verdict = Verdict()
        var passed: [String] = []
        for outcome in outcomes {
            switch outcome {
            case .pass(let what, _): passed.append(what)
            case .fail(let what, let places, let remediations):
                verdict.wrong(what, places)
                for remediation in remediations { verdict.wrong(nil, [], remediation) }
            case .unknown(let why): verdict.unknown(why)
            }
        }
        return verdict.outcome(pass: passed.joined(separator: "; "))
    }

    /// One that passes is enough; without one, what can't be told keeps the rest from failing.
    /// - Parameter fail: nil takes the words of the first that fails.
    static func any(_ outcomes: [Outcome], fail: String? = nil) -> Outcome {
        var blind: String?
        var failed: Outcome?
        for outcome in outcomes {
            switch outcome {
            case .pass: return outcome
            case .unknown(let why): if blind == nil { blind = why }
            case .fail: if failed == nil { failed = outcome }
            }
        }
        if let blind { return .unknown(blind) }
        guard case .fail(let what, let places, let remediations)? = failed else { return .unknown("nothing was asked") }
        return .fail(fail ?? what, places, remediations)
    }
}
