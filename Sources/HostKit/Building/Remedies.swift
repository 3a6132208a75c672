import Documents
import Execution
import FoundationEssentials

/// What providers' rules ask a build to change, as one list: nothing twice, in the order in which it holds.
struct Remedies: Sendable, Equatable {
    var changes: [Remediation] = []
    /// Bytes that the disk must have at least.
    var leastSize: UInt64 = 0
    /// What no build mends, by the rule that says so.
    var byHand: [String] = []

    /// Two rules that ask for what cannot both be.
    struct Disagreement: Error, Equatable {
        /// What both are about, and what each wants of it.
        var subject: String
        var one: Demand
        var other: Demand

        struct Demand: Equatable {
            /// Empty: it is the recipe's.
            var provider: String
            /// Or the place in the recipe.
            var rule: String
            var value: String
        }

        /// In words for people.
        var reason: String {
            "\(one.rule) asks for \(subject): \(one.value), and \(other.rule) for \(other.value)"
        }
    }

    /// - Parameters:
    ///   - recipe: what people ask for, with which no rule may disagree.
    ///   - isFirst: whether the recipe has still to be done.
    /// - Throws: the first disagreement, in the order of the recipe, the providers and their rules.
    init(_ examination: Examination, _ recipe: Recipe = Recipe(), isFirst: Bool = true) throws(Disagreement) {
        var asked: [String: Disagreement.Demand] = [:]
        for (subject, value, place) in recipe.demands {
            let demand = Disagreement.Demand(provider: "", rule: place, value: value)
            if let other = asked[subject], other.value != value {
                throw Disagreement(subject: subject, one: other, other: demand)
            }
            asked[subject] = asked[subject] ?? demand
        }
        if isFirst { for wish in recipe.wishes { add(wish.change, of: wish.place) } }
        for provider in examination.providers {
            for finding in provider.findings where finding.outcome == "fail" {
                for remediation in finding.remediations ?? [] {
                    let demands = remediation.demands
                    func isOpposed(_ other: Disagreement.Demand?, _ value: String) -> Bool {
                        other?.provider == "" && other?.value != value
                    }
                    // A warning is for people to weigh, and they have: it stays, and is told.
                    if finding.severity != "error", demands.contains(where: { isOpposed(asked[$0.subject], $0.value) })
                    {
                        continue
                    }
                    for (subject, value) in demands {
                        let demand = Disagreement.Demand(provider: provider.id, rule: finding.rule, value: value)
                        if let other = asked[subject], other.value != value {
                            throw Disagreement(subject: subject, one: other, other: demand)
                        }
                        asked[subject] = asked[subject] ?? demand
                    }
                    add(remediation, of: finding.rule)
                }
            }
        }
        changes = changes.enumerated().sorted { ($0.element.turn, $0.offset) < ($1.element.turn, $1.offset) }
            .map(\.element)
    }

    private mutating func add(_ remediation: Remediation, of rule: String) {
        switch remediation {
        case .diskResize(let bytes): leastSize = max(leastSize, bytes)
        case .diskConvert, .fileSystemRepair: break
        case .byHand(let text): byHand.append("\(rule): \(text)")
        default: if !changes.contains(remediation) { changes.append(remediation) }
        }
    }
}

extension Remediation {
    /// What it decides and how, for those that can contradict each other.
    var demands: [(subject: String, value: String)] {
        switch self {
        case .fileWrite(let path, let text, let mode):
            [(path, "the text \(text) with the mode \(String(mode, radix: 8))")]
        case .fileRemove(let path): [(path, "nothing")]
        case .fileEmpty(let path): [(path, "an empty file")]
        case .fileChmod(let path, let mode): [("the mode of \(path)", String(mode, radix: 8))]
        case .fileSet(let path, let key, let value): [("\(key) in \(path)", value)]
        case .sshdSet(let key, let value): [("sshd's \(key.lowercased())", value)]
        case .kernelArgument(let argument):
            argument.hasPrefix("console=") ? [] : [("the kernel's \(argument.prefix { $0 != "=" })", argument)]
        case .kernelArgumentRemove(let argument): [("the kernel's \(argument.prefix { $0 != "=" })", "none")]
        case .packageInstall(let names): names.map { ("the package \($0)", "installed") }
        case .packageRemove(let names): names.map { ("the package \($0)", "removed") }
        case .unitEnable(let names): names.map { ("the unit \($0)", "enabled") }
        case .unitDisable(let names): names.map { ("the unit \($0)", "disabled") }
        case .unitMask(let names): names.map { ("the unit \($0)", "masked") }
        case .cloudInitSet(let key, let value): [("cloud-init's \(key)", Self.text(value))]
        case .accountRemove(let account): [("the account \(account)", "removed")]
        default: []
        }
    }

    /// As JSON, in one line.
    private static func text(_ value: JSON) -> String {
        (try? DocumentCoding.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "a value"
    }

    /// Packages bring files, files are edited, what holds them is made, traces go.
    fileprivate var turn: Int {
        switch self {
        case .packageRemove: 0
        case .packageInstall: 1
        case .initramfsDriver: 3
        case .unitEnable, .unitDisable, .unitMask: 4
        case .identityReset: 5
        default: 2
        }
    }
}
