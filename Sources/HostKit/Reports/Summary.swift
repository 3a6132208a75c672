public import Documents
public import Execution

/// What a run's end says: one table, then each failure with its remedy.
public enum Summary {
    public static func text(_ outcome: RunOutcome, expected: Int, texts: Texts, localOnly: Bool = false) -> String {
        if outcome.notStarted { return notStarted(outcome, expected: expected, texts: texts) }
        let same = Set(outcome.targets.map(\.digest))
        if outcome.targets.allSatisfy({ $0.ending == .nothingToDo }), !outcome.targets.isEmpty {
            let digest = same.map(Amounts.digest).sorted().joined(separator: ", ")
            return texts.nothingToDo(outcome.targets.count, digest, Amounts.seconds(outcome.seconds))
        }
        var rows = [texts.tableHeader]
        for target in outcome.targets {
            let isThere = [.published, .nothingToDo, .staged].contains(target.ending)
            rows.append([
                target.target, texts.endings(target.ending), isThere ? Amounts.digest(target.digest) : "-",
                Amounts.bytes(target.sentBytes), Amounts.bytes(target.skippedBytes), Amounts.seconds(target.seconds),
            ])
        }
        var parts = [Columns.text(rows, indent: "  ", right: [3, 4, 5])]
        if localOnly { parts.append("  \(texts.localOnly)") }
        let failures = outcome.targets.filter { $0.failure != nil }
        parts += failures.map { details($0, texts: texts) }
        if outcome.targets.contains(where: { $0.ending == .staged }) { parts.append(texts.staged(outcome.run)) }
        if !failures.isEmpty {
            let retryable = failures.contains { $0.failure?.retryable == true || $0.ending == .interrupted }
            parts.append("  " + texts.resume(outcome.run, retryable))
            let done = outcome.targets.filter { [.published, .nothingToDo].contains($0.ending) }.count
            parts.append("\(texts.published(done, outcome.targets.count)) \(texts.exit(outcome.exit))")
        }
        return "\n" + parts.joined(separator: "\n\n")
    }

    /// What publishing would do.
    public static func text(_ previews: [TargetPreview], texts: Texts) -> String {
        previews.map { preview in
            let head = "  \(preview.target)  \(Amounts.digest(preview.digest))"
            if preview.isNothingToDo { return "\(head)  \(texts.endings(.nothingToDo))" }
            let moves = preview.moves.map { move in
                "    \(move.name)  \(move.from.map(Amounts.digest) ?? "-") -> \(move.to.map(Amounts.digest) ?? "-")"
            }
            let actions = (preview.actions ?? [texts.unknownActions]).map { "    \($0)" }
            return ([head] + actions + moves).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private static func notStarted(_ outcome: RunOutcome, expected: Int, texts: Texts) -> String {
        let head = texts.notStarted(outcome.targets.count, expected)
        return ([head] + outcome.targets.map { details($0, texts: texts) } + [texts.exit(outcome.exit)])
            .joined(separator: "\n")
    }

    private static func details(_ target: TargetOutcome, texts: Texts) -> String {
        guard let failure = target.failure else { return "" }
        var lines = ["  \(target.target)   \(Printable.short(failure.message))"]
        let vendor = [failure.vendorCode, failure.requestID.map { "request \($0)" }].compactMap { $0 }
        if !vendor.isEmpty { lines[0] += " (\(vendor.joined(separator: ", ")))" }
        if let place = failure.place, place != target.target { lines.append("    \(Printable.short(place))") }
        if let hint = failure.hint { lines.append("    \(texts.fix)  \(Printable.short(hint))") }
        return lines.joined(separator: "\n")
    }

    /// A failure of the whole command, for standard error.
    public static func text(_ failure: Failure, status: Int32, texts: Texts) -> String {
        var text = Printable.short(failure.message)
        if let place = failure.place { text = "\(Printable.short(place)): \(text)" }
        let vendor = [failure.vendorCode, failure.requestID.map { "request \($0)" }].compactMap { $0 }
        if !vendor.isEmpty { text += " (\(vendor.joined(separator: ", ")))" }
        if let hint = failure.hint { text += "\n  \(texts.fix)  \(Printable.short(hint))" }
        return "\(text)\n\(texts.exit(status))"
    }
}
