public import Documents
public import FileSystems

/// Tells who may become another user: sudoers(5).
public struct SudoReader: Sendable {
    let tree: GuestTree
    let accounts: AccountFacts
    public init(_ tree: GuestTree, accounts: AccountFacts) { (self.tree, self.accounts) = (tree, accounts) }

    /// Bounds of ours, aliases spelt out.
    static let ruleLimit = 1000
    static let wordLimit = 20_000

    public func facts() -> SudoFacts {
        let program = Fact<String>.reading { () throws(Failure) in
            guard let found = try tree.first(of: ["/usr/bin/sudo", "/bin/sudo", "/usr/local/bin/sudo"]) else {
                return .absent([Evidence("/usr/bin/sudo")])
            }
            return .known(found.path, [Evidence(found.path)])
        }
        do throws(Failure) {
            var file = SudoersFile(tree)
            try file.read("/etc/sudoers")
            var damaged = file.damaged
            var rules: [SudoRule] = []
            var words = 0
            // Without a password for everybody; `Defaults:user` and the like name somebody.
            let asksNobody = file.defaults.contains { evidence in
                let words = evidence.text.map { $0.blankSeparated } ?? []
                return words.first == "Defaults"
                    && words.dropFirst().joined().split(separator: ",").contains("!authenticate")
            }
            for (text, evidence) in file.rules {
                guard let parsed = SudoSpecification.rules(text, evidence, file) else {
                    damaged.append(evidence)
                    continue
                }
                rules += parsed.map { rule in
                    var rule = rule
                    if asksNobody { rule.withoutPassword = true }
                    return rule
                }
                words += parsed.reduce(0) { $0 + $1.users.count + $1.hosts.count + $1.runAs.count + $1.commands.count }
                guard words <= Self.wordLimit, rules.count <= Self.ruleLimit else {
                    throw Failure(.refused, "more than \(Self.ruleLimit) rules of sudo", place: evidence.path)
                }
            }
            return SudoFacts(
                program: program, rules: .known(rules, [Evidence("/etc/sudoers")]),
                administrators: administrators(rules), defaults: .known(file.defaults),
                damaged: .known(Array(damaged.prefix(100))))
        } catch {
            let why = error.inWords
            return SudoFacts(
                program: program, rules: .unknown(why), administrators: .unknown(why), defaults: .unknown(why),
                damaged: .unknown(why))
        }
    }

    /// Of rules that fit a user the last decides.
    private func administrators(_ rules: [SudoRule]) -> Fact<[Administrator]> {
        guard let users = accounts.users.value else {
            return .unknown("the accounts are not known")
        }
        let gids = Dictionary((accounts.groups.value ?? []).map { ($0.name, $0.gid) }) { first, _ in first }
        var found: [Administrator] = []
        for user in users {
            let numbers = Set(user.groups.compactMap { gids[$0] } + [user.gid])
            var decides: Administrator?
            for rule in rules {
                guard Self.names(rule.users, user, numbers) else { continue }
                if rule.isFull {
                    decides = Administrator(
                        user: user.name, withoutPassword: rule.withoutPassword, evidence: rule.evidence)
                } else if rule.commands.contains("!ALL") {
                    decides = nil
                }
            }
            if let decides { found.append(decides) }
        }
        return .known(found, [Evidence("/etc/sudoers")])
    }

    /// The last that fits decides, `!` turns it round.
    private static func names(_ names: [String], _ user: User, _ numbers: Set<UInt32>) -> Bool {
        var fits = false
        for name in names {
            let isNot = name.hasPrefix("!")
            let bare = String(name.drop { $0 == "!" })
            let isMeant: Bool
            if bare == "ALL" {
                isMeant = true
            } else if bare.hasPrefix("%#") {
                isMeant = UInt32(bare.dropFirst(2)).map { numbers.contains($0) } ?? false
            } else if bare.hasPrefix("%") {
                isMeant = user.groups.contains(bare.dropFirst().unquoted)
            } else if bare.hasPrefix("#") {
                isMeant = UInt32(bare.dropFirst()) == user.uid
            } else {
                isMeant = bare == user.name
            }
            if isMeant { fits = !isNot }
        }
        return fits
    }
}
