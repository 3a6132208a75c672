import Documents

/// What was seen of a boot and when, from its console's bytes and from who waits for it.
public struct Timeline: Sendable {
    /// Bytes of a console that are read: a guest that writes more is stopped.
    public static let limit = 64 << 20

    public struct Event: Sendable, Codable, Equatable {
        public var mark: Mark
        /// Since the machine was switched on.
        public var seconds: Double
        /// The line that says so, or what is known; printable.
        public var text: String

        public init(_ mark: Mark, seconds: Double, text: String) {
            (self.mark, self.seconds, self.text) = (mark, seconds, Printable.line(Printable.short(text, limit: 120)))
        }
    }

    public private(set) var events: [Event] = []
    /// The first mark of a boot that has failed, and its line.
    public private(set) var stop: (mark: StopMark, line: String)?
    public private(set) var console = ConsoleText()
    /// What cloud-init was told to write on the console: no image can hold it.
    private let marker: String
    private var count = 0

    private let limit: Int
    /// A prompt that ends a boot, and since when it stands.
    private var prompt: (text: String, mark: StopMark, since: Double)?

    /// - Parameters:
    ///   - marker: a word that only this boot knows.
    ///   - limit: bytes of the console that are read.
    public init(marker: String, limit: Int = Self.limit) { (self.marker, self.limit) = (marker, limit) }

    public func has(_ mark: Mark) -> Bool { events.contains { $0.mark == mark } }
    /// The console wrote more than is read.
    public var isFlooded: Bool { count > limit }

    /// Notes a mark, once.
    /// - Returns: the event, if it is a new one.
    @discardableResult
    public mutating func note(_ mark: Mark, at seconds: Double, _ text: String) -> Event? {
        guard !has(mark) else { return nil }
        let event = Event(mark, seconds: seconds, text: text)
        events.append(event)
        return event
    }

    /// Takes what came on the console.
    /// - Returns: the marks that are new.
    public mutating func add(_ bytes: [UInt8], at seconds: Double) -> [Event] {
        count += bytes.count
        var new: [Event?] = []
        for line in console.add(bytes) {
            if line.contains(marker) { new.append(note(.userData, at: seconds, "cloud-init ran what it was given")) }
            if let mark = Mark.found(in: line) {
                // A firmware's last words may stand before the kernel's first on one line.
                let begin = mark == .kernel ? line.firstRange(of: "Linux version ")?.lowerBound : nil
                new.append(note(mark, at: seconds, String(line[(begin ?? line.startIndex)...])))
            }
            if Mark.isLogin(line) { new.append(note(.login, at: seconds, line)) }
            if let mark = StopMark.found(in: line) { stop = stop ?? (mark, line) }
        }
        let pending = console.pending
        if let mark = StopMark.found(prompt: pending) {
            if prompt?.text != pending { prompt = (pending, mark, seconds) }
        } else {
            prompt = nil
        }
        if Mark.isLogin(pending) { new.append(note(.login, at: seconds, pending)) }
        return new.compactMap(\.self)
    }

    /// A prompt is one when it stays: a second after it came it is a mark.
    public mutating func settle(at seconds: Double) {
        if let prompt, seconds - prompt.since >= 1 { stop = stop ?? (prompt.mark, prompt.text) }
    }
}
