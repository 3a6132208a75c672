import Documents
public import Execution
import Synchronization

/// A run on a terminal: header lines that stay, and below them one line a target that is redrawn in place.
public final class LiveReport: RunObserver {
    private struct Target {
        var operation = ""
        var done: UInt64 = 0
        var total: UInt64?
        var note = ""
        var ending: RunEvent.Ending?
        /// For the rate: where the current step was first seen.
        var mark: (time: ContinuousClock.Instant, done: UInt64)?
    }
    private struct State {
        var order: [String] = []
        var targets: [String: Target] = [:]
        /// Lines on the screen that the next drawing replaces.
        var drawn = 0
        var lastDrawing: ContinuousClock.Instant?
        var isOver = false
    }
    private let state = Mutex(State())
    private let texts: Texts
    private let colour: Bool
    private let width: @Sendable () -> Int
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - colour: marks states; every line makes sense without.
    ///   - width: the terminal's columns now.
    ///   - write: writes text as it is; any thread.
    public init(
        texts: Texts, colour: Bool, width: @escaping @Sendable () -> Int, write: @escaping @Sendable (String) -> Void
    ) {
        self.texts = texts
        self.colour = colour
        self.width = width
        self.write = write
    }

    public func observe(_ event: RunEvent) {
        state.withLock { state in
            if let line = Header.line(event, texts) {
                if let artifact = event.artifact { forget(artifact, &state) }
                stay(line, &state)
                return
            }
            if event.event == .warning { stay("  \(event.target ?? "")  \(event.message ?? "")", &state) }
            if event.event == .runEnded {
                // The summary's table follows in their place.
                erase(&state)
                state.isOver = true
                return
            }
            guard let target = event.target ?? event.artifact, update(event, target, &state) else { return }
            let now = ContinuousClock.now
            let isProgress = event.event == .progress
            if isProgress, let last = state.lastDrawing, now - last < .milliseconds(100) { return }
            state.lastDrawing = now
            draw(&state)
        }
    }

    private func update(_ event: RunEvent, _ title: String, _ state: inout State) -> Bool {
        if state.targets[title] == nil {
            state.targets[title] = Target()
            state.order.append(title)
        }
        guard var target = state.targets[title] else { return false }
        switch event.event {
        case .operationStarted:
            target.operation = Header.short(event.operation ?? "")
            (target.done, target.total, target.note, target.mark) = (0, nil, "", nil)
        case .progress:
            target.note = ""
            if event.operation == nil {
                // Of sources: how much of them there is, only the mirror knows.
                target.operation = event.step ?? ""
                target.note = "\(Amounts.bytes(Int64(clamping: event.done ?? 0)))  \(event.message ?? "")"
            }
            target.done = event.done ?? 0
            target.total = event.total
            if target.mark == nil || target.done < target.mark!.done { target.mark = (.now, target.done) }
        case .pending: target.note = texts.waiting(event.message ?? "", Amounts.seconds(event.seconds ?? 0))
        case .targetDone, .targetFailed:
            target.ending = event.ending
            target.note = event.failure?.message ?? Amounts.digest(event.digest ?? "")
        case .preflight, .operationDone: break
        default: return false
        }
        state.targets[title] = target
        return true
    }

    /// An artifact has a line only while it is fetched.
    private func forget(_ artifact: String, _ state: inout State) {
        state.targets[artifact] = nil
        state.order.removeAll { $0 == artifact }
    }

    private func stay(_ line: String, _ state: inout State) {
        erase(&state)
        write(Printable.line(line) + "\n")
        draw(&state)
    }

    private func erase(_ state: inout State) {
        guard state.drawn > 0 else { return }
        write("\u{1b}[\(state.drawn)A\u{1b}[J")
        state.drawn = 0
    }

    private func draw(_ state: inout State) {
        guard !state.isOver, !state.order.isEmpty else { return }
        let columns = max(2, width())
        let names = state.order.map(\.count).max() ?? 0
        var text = state.drawn > 0 ? "\u{1b}[\(state.drawn)A" : ""
        for title in state.order {
            guard let target = state.targets[title] else { continue }
            let name = title + String(repeating: " ", count: names - title.count)
            let line = "  \(name)  \(words(target))"
            // A line that wraps would break the count of lines.
            text += "\u{1b}[K" + paint(Columns.cut(Printable.line(line), to: columns - 1), target.ending) + "\n"
        }
        write(text)
        state.drawn = state.order.count
    }

    private func words(_ target: Target) -> String {
        if let ending = target.ending { return "\(texts.endings(ending))  \(target.note)" }
        let operation = target.operation + String(repeating: " ", count: max(0, 10 - target.operation.count))
        guard target.note.isEmpty, let total = target.total, total > 0 else { return "\(operation)  \(target.note)" }
        let share = min(1, Double(target.done) / Double(total))
        let filled = Int(share * 20)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
        let percent = String(Int(share * 100))
        var text = "\(operation)  \(bar)  \(String(repeating: " ", count: 3 - percent.count))\(percent) %"
        if let mark = target.mark {
            let elapsed = ContinuousClock.now - mark.time
            let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
            let rate = seconds > 0.3 ? Double(target.done - mark.done) / seconds : 0
            if rate > 0 {
                text += "  \(Amounts.bytes(Int64(rate)))/s  "
                text += texts.left(Amounts.seconds(Double(total - min(total, target.done)) / rate))
            }
        }
        return text
    }

    private func paint(_ line: String, _ ending: RunEvent.Ending?) -> String {
        guard colour, let ending else { return line }
        let code =
            switch ending {
            case .published, .nothingToDo, .staged: "32"
            case .failed: "31"
            case .interrupted, .pending: "33"
            }
        return "\u{1b}[\(code)m\(line)\u{1b}[0m"
    }
}
