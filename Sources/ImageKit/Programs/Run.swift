import Documents

extension Program {
    /// What a program said and how it ended.
    public struct Answer: Sendable {
        public var end: RunningProgram.End
        public var output: [UInt8]
        public var errors: [UInt8]
        /// Of its errors, or of its output if it had none: the last line that says something.
        public var lastWords: String?

        public var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// The environment of programs that need none: messages in English, nothing of the user's settings.
    /// - Parameter home: where they may keep files; nil: nowhere.
    public static func environment(home: String? = nil) -> [String: String] {
        var environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": home ?? "/nonexistent", "LC_ALL": "C"]
        if let home { environment["TMPDIR"] = home }
        return environment
    }

    /// Runs it to its end.
    /// - Parameters:
    ///   - seconds: it is killed after that long.
    ///   - heard: called on another thread with each piece of its output.
    /// - Throws: `CancellationError`, with the program killed; `Failure` if it can't be started, or took too long.
    public func run(
        _ arguments: [String], environment: [String: String], within seconds: Double,
        limits: RunningProgram.Limits = RunningProgram.Limits(), heard: (@Sendable ([UInt8]) -> Void)? = nil
    ) async throws -> Answer {
        let running = try RunningProgram(
            self, arguments, environment: environment, limits: limits, heard: heard)
        defer { running.kill() }
        guard let end = try await running.ended(within: seconds) else {
            throw Failure(
                .internal, "\(name) took longer than \(Int(seconds)) s and was ended", place: path,
                hint: "the machine is too slow or too busy for it, or what it was given is made to hold it up")
        }
        let words = running.lastWords
        let output = running.output
        let last = String(decoding: output.suffix(4096), as: UTF8.self).split(whereSeparator: \.isNewline).last
        return Answer(
            end: end, output: output, errors: running.errors,
            lastWords: words ?? last.map { Printable.line(Printable.short(String($0))) })
    }
}
