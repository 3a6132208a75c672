import Documents

extension Outcome {
    /// What the body finds; what it can't tell is unknown.
    static func trying(_ body: () throws(Unknown) -> Outcome) -> Outcome {
        do { return try body() } catch { return .unknown(error.why) }
    }

    /// A thing that two sources tell of, either of which is enough: a package's record, a file.
    static func seen(by sources: [Outcome], fail: String) -> Outcome {
        var failed: Outcome?
        var blind: Outcome?
        for source in sources {
            switch source {
            case .pass: return source
            case .fail(_, let places, let remediations): failed = failed ?? .fail(fail, places, remediations)
            case .unknown: blind = blind ?? source
            }
        }
        return failed ?? blind ?? .unknown("nothing was asked")
    }

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
