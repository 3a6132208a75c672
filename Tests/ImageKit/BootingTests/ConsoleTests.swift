import Testing

@testable import Booting

/// A guest writes what it likes on its console: it steers no terminal and fills no memory.
@Suite("Text of a console")
struct ConsoleTests {
    private func console(_ text: String) -> ConsoleText {
        var console = ConsoleText()
        _ = console.add(Array(text.utf8))
        return console
    }

    @Test(
        "Control sequences are left out, whatever they hold",
        arguments: [
            ("\u{1B}[0;1;31mred\u{1B}[0m\n", "red"), ("\u{1B}]0;title\u{7}text\n", "text"),
            ("\u{1B}]8;;http://x\u{1B}\\link\n", "link"), ("\u{1B}Pq#0;2;0\u{1B}\\sixel\n", "sixel"),
            ("\u{1B}(Bcharset\n", "charset"), ("a\u{8}b\n", "b"), ("one\r\n", "one"), ("nul\u{0}byte\n", "nulbyte"),
            ("\u{1B}[1;2\n3\n", "3"), ("\u{1B}\u{1B}[5mx\n", "mx"),
        ])
    func controls(_ written: String, _ shown: String) {
        let text = console(written)
        #expect(text.tail.last == shown || text.tail.last?.hasSuffix("x") == true && shown == "mx")
    }

    @Test("No control character is left of any byte")
    func bytes() {
        var console = ConsoleText()
        for first in UInt8.min...UInt8.max { _ = console.add([0x1B, first, 0x9B, 0x31, first, 0x41, 0x0A]) }
        _ = console.add([UInt8](0...255) + Array("\u{9B}2J\u{85}\u{90}\n".utf8))
        let text = (console.tail + [console.pending]).joined()
        #expect(
            text.unicodeScalars.allSatisfy { ($0.value >= 0x20 || $0.value == 9) && !(0x7F..<0xA0).contains($0.value) })
    }

    @Test("A line without end, a string without end and a flood are bounded")
    func bounded() {
        var console = ConsoleText()
        let many = [UInt8](repeating: 0x61, count: 1 << 16)
        _ = console.add(many)
        #expect(
            console.pending.count < ConsoleText.lineLimit && console.tail.count == many.count / ConsoleText.lineLimit)
        _ = console.add([0x0A, 0x1B, 0x5D] + many)
        #expect(console.pending.isEmpty)
        _ = console.add([0x07])
        for _ in 0..<100 { _ = console.add([0x61, 0x0A]) }
        #expect(console.tail.count == ConsoleText.tailLimit)
        var timeline = Timeline(marker: "m", limit: 100_000)
        _ = timeline.add(many, at: 1)
        #expect(!timeline.isFlooded)
        _ = timeline.add(many, at: 1)
        #expect(timeline.isFlooded)
    }

    @Test("What turns text around is shown as its number")
    func direction() {
        #expect(console("a\u{202E}b\n").tail.last == "a\\u{202e}b")
    }

    @Test("Of the last lines, those without a word are left out")
    func lastLines() {
        #expect(console("same\nsame\nsame\nend\n").lastLines(9) == ["same", "end"])
        #expect(console("one\n────\n\n  \ntwo\nthree").lastLines(2) == ["two", "three"])
        #expect(console("one\n────\n\n  \ntwo\nthree").lastLines(9) == ["one", "two", "three"])
    }
}
