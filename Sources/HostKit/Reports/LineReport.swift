import Documents
public import Execution
import FoundationEssentials
import Synchronization

/// A run in a pipe: a line per change, and at least every 30 s of whatever is under way. Never a prompt, never a bar.
public final class LineReport: RunObserver {
    private struct State {
        var last: [String: ContinuousClock.Instant] = [:]
        var steps: [String: String] = [:]
    }
    private let state = Mutex(State())
    private let texts: Texts
    private let isVerbose: Bool
    private let silence: Duration
    private let print: @Sendable (String) -> Void

    /// - Parameters:
    ///   - silence: after which progress is a line. Progress comes every second, so that no two lines are 30 s apart.
    ///   - print: writes one line; any thread.
    public init(
        texts: Texts, verbose: Bool, silence: Duration = .seconds(28), print: @escaping @Sendable (String) -> Void
    ) {
        self.texts = texts
        self.silence = silence
        isVerbose = verbose
        self.print = print
    }

    public func observe(_ event: RunEvent) {
        if let line = Header.line(event, texts) { return print(Printable.line(line)) }
        guard let target = event.target ?? event.artifact, let text = words(event) else { return }
        let isChange = event.event != .progress
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            // The first sight of a step is a change; after it a line now and then is a sign of life.
            let key = "\(event.operation ?? "") \(event.step ?? "")"
            let isNew = event.event == .progress && state.steps[target] != key && isVerbose
            state.steps[target] = key
            guard isChange || isNew || state.last[target].map({ now - $0 >= silence }) ?? false else {
                state.last[target] = state.last[target] ?? now
                return false
            }
            state.last[target] = now
            return true
        }
        if isDue { print(Printable.line("\(Self.clock(event.time)) \(target) \(text)")) }
    }

    private func words(_ event: RunEvent) -> String? {
        let operation = event.operation.map(Header.short) ?? ""
        switch event.event {
        case .progress:
            guard let done = event.done else { return nil }
            let total = event.total.map { " of \(Amounts.bytes(Int64(clamping: $0)))" } ?? ""
            let amount = "\(Amounts.bytes(Int64(clamping: done)))\(total)"
            return event.operation == nil ? "fetch \(amount), \(event.message ?? "")" : "\(operation) \(amount)"
        case .pending: return "\(operation) \(texts.waiting(event.message ?? "", Amounts.seconds(event.seconds ?? 0)))"
        case .operationStarted: return isVerbose ? operation : nil
        case .targetDone, .targetFailed:
            let ending = event.ending.map { texts.endings($0) } ?? ""
            if let failure = event.failure { return "\(ending): \(Printable.short(failure.message))" }
            let amounts = event.sentBytes.map {
                " (\(Amounts.bytes($0)) sent, \(Amounts.bytes(event.skippedBytes ?? 0)) skipped)"
            }
            return "\(ending) \(Amounts.digest(event.digest ?? ""))\(amounts ?? "")"
        case .warning: return "warning: \(Printable.short(event.message ?? ""))"
        default: return nil
        }
    }

    /// The time of day of an RFC 3339 time.
    static func clock(_ time: String) -> String { String(time.dropFirst(11).prefix(8)) }
}

/// The lines above the targets, the same on a terminal and in a pipe.
enum Header {
    static func short(_ operation: String) -> String {
        let name = operation.hasPrefix("ep.") ? operation.dropFirst(3) : operation[...]
        return String(name.prefix { $0 != "/" })
    }

    /// Nil for an event that is no such line.
    static func line(_ event: RunEvent, _ texts: Texts) -> String? {
        switch event.event {
        case .runStarted:
            let head = texts.runHeader(event.run ?? "", event.total ?? 0)
            return event.message.map { "\($0) · \(head)" } ?? head
        case .sourceMissing: return row("missing", texts.missing(event.message ?? ""), "")
        case .boot: return row("boot", event.message ?? "", "")
        case .sourcesReady:
            let amounts = [
                (event.sentBytes ?? 0) > 0 ? texts.fetched(Amounts.bytes(event.sentBytes ?? 0)) : nil,
                (event.skippedBytes ?? 0) > 0 ? texts.fromCache(Amounts.bytes(event.skippedBytes ?? 0)) : nil,
            ].compactMap { $0 }
            return row("prepare", texts.prepared(event.total ?? 0), amounts.joined(separator: ", "))
        case .artifactReady:
            let times = (event.secondsByArchitecture ?? [:]).sorted { $0.key < $1.key }
            let platforms = texts.platforms(event.platforms ?? [])
            let seconds = times.map { "\($0.key) \(Amounts.seconds($0.value))" }
            let amount = Amounts.bytes(Int64(clamping: event.total ?? 0))
            return row(
                "assemble", Amounts.digest(event.digest ?? ""),
                ([platforms, amount] + seconds).joined(separator: ", "))
        default: return nil
        }
    }

    private static func row(_ name: String, _ left: String, _ right: String) -> String {
        func pad(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        return right.isEmpty ? "  \(pad(name, 9))  \(left)" : "  \(pad(name, 9))  \(pad(left, 32))  \(right)"
    }
}
