import Documents

/// What a guest wrote on its serial console, as lines that can be shown: without what would steer a terminal.
///
/// A guest may write anything, for ever: lines and what is kept of them are bounded.
public struct ConsoleText: Sendable {
    /// Lines that are kept, the last ones.
    static let tailLimit = 60
    /// Bytes of a line; what follows is another line.
    static let lineLimit = 2000

    /// The last lines, without the one that is being written.
    public private(set) var tail: [String] = []
    /// The line that is being written: a prompt ends with no line break.
    public var pending: String { Self.text(line) }

    private var line: [UInt8] = []
    private var state = State.text

    /// Where in a control sequence the text is (ECMA-48, 5.3 and 5.4; 8.3.16).
    private enum State { case text, escape, sequence, string, stringEscape }

    public init() {}

    /// Takes what came next.
    /// - Returns: the lines that it ended.
    public mutating func add(_ bytes: some Sequence<UInt8>) -> [String] {
        var ended: [String] = []
        for byte in bytes {
            switch state {
            case .text: addText(byte, &ended)
            case .escape:
                switch byte {
                case 0x5B: state = .sequence
                // Strings: of devices, of the operating system, privacy messages, programs.
                case 0x50, 0x58, 0x5D, 0x5E, 0x5F: state = .string
                // Intermediate bytes are followed by one more.
                case 0x20...0x2F: break
                default: state = .text
                }
            case .sequence:
                if (0x40...0x7E).contains(byte) {
                    // A cursor that is moved to another line begins one.
                    if byte == 0x48 || byte == 0x66 || byte == 0x4A { end(&ended, ifText: true) }
                    state = .text
                } else if byte < 0x20 {
                    state = .text
                    addText(byte, &ended)
                }
            case .string:
                if byte == 0x07 || byte == 0x0A { state = .text } else if byte == 0x1B { state = .stringEscape }
            case .stringEscape: state = byte == 0x1B ? .stringEscape : .text
            }
        }
        tail = (tail + ended).suffix(Self.tailLimit)
        return ended
    }

    private mutating func addText(_ byte: UInt8, _ ended: inout [String]) {
        switch byte {
        case 0x0A: end(&ended, ifText: false)
        case 0x0D: break
        case 0x08: if !line.isEmpty { line.removeLast() }
        case 0x1B: state = .escape
        case 0x09, 0x20...0x7E, 0x80...:
            line.append(byte)
            if line.count >= Self.lineLimit { end(&ended, ifText: false) }
        default: break
        }
    }

    private mutating func end(_ ended: inout [String], ifText: Bool) {
        if !ifText || !line.isEmpty { ended.append(Self.text(line)) }
        line.removeAll(keepingCapacity: true)
    }

    private static func text(_ bytes: [UInt8]) -> String {
        Printable.line(String(decoding: bytes, as: UTF8.self))
    }

    /// What to show of its end: at most that many lines; those without a word, such as a menu's frame, are left out, and
    /// so is one that only repeats the one before.
    public func lastLines(_ count: Int) -> [String] {
        let said = (tail + [pending]).filter { $0.contains { $0.isLetter || $0.isNumber } }
        return zip([""] + said, said).filter { $0 != $1 }.map(\.1).suffix(count)
    }
}
