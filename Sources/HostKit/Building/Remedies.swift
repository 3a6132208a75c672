import Documents
import Execution

/// What providers' rules ask a build to change, as one list: nothing twice, in the order in which it holds.
struct Remedies: Sendable, Equatable {
    var changes: [Remediation] = []
    /// Bytes that the disk must have at least.
    var leastSize: UInt64 = 0
    /// What no build mends, by the rule that says so.
    var byHand: [String] = []

    /// - Throws: `Failure` naming both rules, if two ask for what cannot both be.
    init(_ examination: Examination) throws(Failure) {
        var asked: [String: (value: String, rule: String)] = [:]
        for finding in examination.providers.flatMap(\.findings) where finding.outcome == "fail" {
            for remediation in finding.remediations ?? [] {
                for (subject, value) in remediation.demands {
                    if let other = asked[subject], other.value != value {
                        throw Failure(
                            .conflict,
                            "\(other.rule) asks for \(subject): \(other.value), and \(finding.rule) for \(value)",
                            place: examination.image, hint: "build one image for each provider: give --for once")
                    }
                    asked[subject] = (value, finding.rule)
                }
                switch remediation {
                case .diskResize(let bytes): leastSize = max(leastSize, bytes)
                case .diskConvert, .fileSystemRepair: break
                case .byHand(let text): byHand.append("\(finding.rule): \(text)")
                default: if !changes.contains(remediation) { changes.append(remediation) }
                }
            }
        }
        changes = changes.enumerated().sorted { ($0.element.turn, $0.offset) < ($1.element.turn, $1.offset) }
            .map(\.element)
    }
}

extension Remediation {
    /// What it decides and how, for those that can contradict each other.
    fileprivate var demands: [(subject: String, value: String)] {
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
        case .cloudInitSet(let key, let value): [("cloud-init's \(key)", "\(value)")]
        default: []
        }
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
