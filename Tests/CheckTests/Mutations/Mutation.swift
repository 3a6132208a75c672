import Foundation
import Testing

/// The clean image with one thing changed, and all that the rules then say that they did not say before.
struct Mutation: Sendable, CustomTestStringConvertible {
    let name: String
    let edits: [Edit]
    let expected: Set<Expected>
    /// Whether rules may be unknown that the change has taken the ground from: nothing of an encrypted disk can be read.
    let isBlind: Bool
    var testDescription: String { name }

    /// - Parameters:
    ///   - aws: and the others: what fails, by the rules' last words. `!` behind one is an error, `?` a note, `^` what is an error
    ///     for a marketplace alone, nothing a warning; `~` is what can't be told. A word with a dot has its own second part:
    ///     `market.no-secrets!`.
    init(
        _ name: String, _ edits: Edit..., aws: String = "", huawei: String = "", tencent: String = "",
        aliyun: String = "", local: String = "", isBlind: Bool = false
    ) {
        self.name = name
        self.edits = edits
        self.isBlind = isBlind
        let all = [
            ("aws", "ami", aws), ("huaweicloud", "ims", huawei), ("tencentcloud", "cvm", tencent),
            ("aliyun", "ecs", aliyun), ("local", "image", local),
        ]
        expected = Set(
            all.flatMap { vendor, part, words in
                words.split(separator: " ").map { Expected(String($0), vendor: vendor, part: part) }
            })
    }
}

/// A rule that does not pass.
struct Expected: Hashable, Sendable {
    let rule: String
    /// As reports name it: `fail error RULE`.
    let finding: String
    let marketplaceFinding: String

    init(_ word: String, vendor: String, part: String) {
        let bare = word.filter { !"!?^~".contains($0) }
        rule = bare.contains(".") ? "\(vendor).\(bare)" : "\(vendor).\(part).\(bare)"
        let outcome = word.contains("~") ? "unknown" : "fail"
        let severity = word.contains("!") ? "error" : word.contains("?") ? "info" : "warning"
        finding = "\(outcome) \(severity) \(rule)"
        marketplaceFinding = "\(outcome) \(word.contains("^") ? "error" : severity) \(rule)"
    }

    var provider: String { String(rule.prefix { $0 != "." }) }
}

extension Mutation {
    static let defects =
        disk + fileSystems + containers + loaders + kernels + drivers + accounts + passwords + keys + sshd + cloudInit
        + network + services + system + leftovers + secrets + hardening

    /// Who works on one chooses by a word of its name: MUTATIONS=firewall.
    static let word = ProcessInfo.processInfo.environment["MUTATIONS"]
    static func chosen(_ all: [Mutation]) -> [Mutation] {
        all.filter { mutation in word.map { mutation.name.contains($0) } ?? true }
    }
}
