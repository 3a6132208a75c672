import Documents
import Execution
import Synchronization
import Testing

@testable import Reports

/// What people see of a run.
@Suite struct ReportTests {
    private final class Screen: Sendable {
        let text = Mutex("")
        var shown: String { text.withLock { $0 } }
    }

    private func progress(_ step: String, done: UInt64) -> RunEvent {
        var event = RunEvent(.progress, target: "acme")
        event.operation = "ep.upload/1"
        event.step = step
        event.done = done
        event.total = 100
        return event
    }

    @Test func whatAProviderSaysCannotSteerTheTerminal() {
        let screen = Screen()
        let report = LiveReport(
            texts: .english, colour: false, width: { 100 }, write: { new in screen.text.withLock { $0 += new } })
        var event = RunEvent(.warning, target: "acme")
        event.message = "\u{1b}]0;owned\u{7}\u{1b}[2J"
        report.observe(event)
        var pending = RunEvent(.pending, target: "acme")
        pending.message = "\u{1b}[31mimport"
        pending.seconds = 3
        report.observe(pending)
        #expect(screen.shown.contains("\\u{1b}]0;owned\\u{7}"))
        for hostile in ["\u{1b}]0", "\u{1b}[2J", "\u{1b}[31m", "\u{7}"] { #expect(!screen.shown.contains(hostile)) }
    }

    /// Where one line is one thing, a line break in a name would forge another.
    @Test func aLineStaysOne() {
        let lines = Mutex<[String]>([])
        let report = LineReport(texts: .english, verbose: false) { line in lines.withLock { $0.append(line) } }
        var event = RunEvent(.targetFailed, target: "acme\nother published")
        event.ending = .failed
        event.failure = Failure(.internal, "one\r\ntwo")
        report.observe(event)
        event = RunEvent(.runStarted)
        event.message = "my plan\nrun ffff"
        report.observe(event)
        let screen = Screen()
        let live = LiveReport(
            texts: .english, colour: false, width: { 100 }, write: { new in screen.text.withLock { $0 += new } })
        live.observe(event)
        #expect(screen.shown.filter { $0 == "\n" }.count == 1)
        let table = Columns.text([["a\nb", "c"], ["d", "e"]])
        for text in lines.withLock({ $0 }) + [table.split(separator: "\n").map(String.init)[0]] {
            #expect(!text.contains("\n") && text.contains("\\u{a}"), "\(text)")
        }
        #expect(table.split(separator: "\n").count == 2)
    }

    @Test func aPipeGetsALineAChangeAndNoBars() {
        let lines = Mutex<[String]>([])
        let report = LineReport(texts: .english, verbose: false) { line in lines.withLock { $0.append(line) } }
        for done in 0..<100 { report.observe(progress("part", done: UInt64(done))) }
        var event = RunEvent(.targetDone, target: "acme")
        event.ending = .published
        event.digest = "sha256:" + String(repeating: "ab", count: 32)
        report.observe(event)
        let said = lines.withLock { $0 }
        #expect(said.count == 1 && said[0].hasSuffix("acme published sha256:abab…abab"), "\(said)")
    }

    /// What a terminal shows of what was written: each line end, and the way back up, in rows.
    @Test(arguments: [12, 30, 100])
    func linesFitTheTerminal(columns: Int) {
        let screen = Screen()
        let report = LiveReport(
            texts: .english, colour: false, width: { columns }, write: { new in screen.text.withLock { $0 += new } })
        for target in ["acme", "镜像仓库镜像仓库", "a-target-with-quite-a-long-name"] {
            var event = progress("part", done: 50)
            event.target = target
            report.observe(event)
        }
        let rows = screen.shown.split(separator: "\n").map { $0.replacing("\u{1b}[K", with: "") }
        for row in rows {
            let plain = row.drop { $0 != " " }
            let width = plain.unicodeScalars.reduce(0) { $0 + ((0x4e00...0x9fff).contains($1.value) ? 2 : 1) }
            #expect(width < columns, "\(row)")
        }
    }

    @Test func aSourceThatStallsIsNamedAgainAndAgain() {
        let lines = Mutex<[String]>([])
        let report = LineReport(texts: .english, verbose: false, silence: .zero) { line in
            lines.withLock { $0.append(line) }
        }
        for attempt in [1, 2, 2] {
            var event = RunEvent(.progress)
            event.artifact = "base"
            event.step = "fetch"
            event.done = 6_000_000
            event.message = "attempt \(attempt): https://m.example/x"
            report.observe(event)
        }
        let said = lines.withLock { $0 }
        #expect(said.count == 2 && said[1].hasSuffix("base fetch 6.0 MB, attempt 2: https://m.example/x"), "\(said)")
    }

    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1_000, "1 kB"), (9_940_000, "9.9 MB"), (187_000_000, "187 MB"),
            (1_400_000_000, "1.4 GB"),
        ] as [(Int64, String)])
    func bytesAreDecimal(count: Int64, text: String) { #expect(Amounts.bytes(count) == text) }

    @Test(arguments: [(0.04, "0.0 s"), (9.96, "10 s"), (44, "44 s"), (124, "2 m 04 s"), (3_780, "1 h 03 m")])
    func secondsGrowIntoMinutes(seconds: Double, text: String) { #expect(Amounts.seconds(seconds) == text) }
}
