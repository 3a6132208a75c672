import CSystem
import Documents
import Files
import Glibc
import Programs
import Synchronization

/// One boot under way.
struct BootRun {
    let test: BootTest
    let programs: BootTest.Programs
    let accelerator: Machine.Accelerator
    let work: WorkFolder
    let heard: @Sendable (Timeline.Event) -> Void
    let limit: Double
    let port: UInt16
    let shell: GuestShell
    let arguments: [String]
    var timeline: Timeline
    private var console: File?
    private var offset: Int64 = 0
    private var begin: Int64 = 0
    var problem: (text: String, hint: String?)?

    /// Seconds that a guest has to switch itself off.
    static let offPatience = 60.0

    /// Makes the machine's files.
    init(
        _ test: BootTest, _ programs: BootTest.Programs, _ firmware: FirmwareFiles?,
        _ accelerator: Machine.Accelerator, _ work: WorkFolder, _ heard: @escaping @Sendable (Timeline.Event) -> Void
    ) async throws {
        (self.test, self.programs, self.accelerator) = (test, programs, accelerator)
        (self.work, self.heard) = (work, heard)
        limit = test.limit(accelerator)
        let environment = Program.environment(home: work.path)
        var random = [UInt8](repeating: 0, count: 16)
        guard eps_random(&random, random.count) == 0 else { throw Failure(.internal, "no random bytes") }
        let marker = "ready" + random.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        timeline = Timeline(marker: marker)

        let key = work.file("key")
        try await Self.succeed(
            programs.keys.run(
                ["-q", "-t", "ed25519", "-N", "", "-C", Seed.user, "-f", key], environment: environment, within: 30),
            programs.keys)
        let publicKey = String(decoding: try File.contents("\(key).pub", limit: 4096), as: UTF8.self)
            .split(whereSeparator: \.isNewline).first.map(String.init)
        try Seed(marker: marker, publicKey: publicKey ?? "").write(to: work.file("seed.iso"))
        try await Self.succeed(
            programs.image.run(
                ["create", "-q", "-f", "qcow2", work.file("overlay.qcow2"), "\(test.grownSize)"],
                environment: environment, within: 60), programs.image)

        var uefi = firmware
        if let firmware {
            let variables = work.file("variables.fd")
            try File.replace(variables, with: File.contents(firmware.variables, limit: 128 << 20), mode: 0o600)
            uefi?.variables = variables
        }
        port = try Port.free()
        shell = GuestShell(ssh: programs.ssh, port: port, key: key, home: work.path)
        arguments = try Machine(
            kind: test.machine, accelerator: accelerator, uefi: uefi, image: test.image,
            overlay: work.file("overlay.qcow2"), seed: work.file("seed.iso"), console: work.file("console"), port: port
        ).arguments()
    }

    private static func succeed(_ answer: Program.Answer, _ program: Program) throws {
        guard answer.end.isSuccess else {
            throw Failure(
                .internal, "\(program.name) failed: \(answer.lastWords ?? "without a word")", place: program.path)
        }
    }

    var seconds: Double { Double(eps_monotonic() - begin) / 1e9 }

    /// Boots, asks, switches off.
    mutating func report() async throws -> BootReport {
        let (monitor, theirs) = try Monitor.make()
        begin = eps_monotonic()
        let machine = try RunningProgram(
            programs.emulator, arguments, environment: Program.environment(home: work.path), input: theirs,
            limits: RunningProgram.Limits(output: 64 << 10))
        defer { machine.kill() }
        var findings: [BootReport.Finding] = []
        var answers: GuestAnswers?
        if let unasked = test.unasked {
            let isUp = try await watch(machine, monitor) { $0.has(.login) }
            if isUp { findings.append(.init(.login, .pass, "a login prompt came")) }
            findings += Self.unasked(unasked)
        } else if try await greeted(machine, monitor) {
            answers = try await asked(machine, monitor)
            if let answers { findings += try await judged(answers, machine, monitor) }
        }
        try made(machine)
        var console = timeline.console
        if problem == nil {
            // What is said while it is switched off tells nothing of what went wrong before.
            let off = try await switchedOff(machine, monitor)
            if off.outcome == .fail { console = timeline.console }
            findings.append(off)
        }
        let isFailed = problem != nil || findings.contains { $0.outcome == .fail }
        return BootReport(
            firmware: test.firmware, machine: test.machine, accelerator: accelerator, seconds: seconds,
            timeline: timeline.events, findings: findings, kernel: answers?.kernel, root: answers?.root,
            stop: timeline.stop?.mark, failure: problem?.text, hint: problem?.hint,
            console: isFailed ? console.lastLines(25) : [])
    }

    /// An emulator that ends with an error before its machine says a word could not make it: that is no guest's fault.
    /// - Throws: `Failure`, retryable if the port was taken meanwhile.
    private func made(_ machine: RunningProgram) throws(Failure) {
        guard offset == 0, let end = machine.end, !end.isSuccess else { return }
        let words = machine.lastWords ?? "the emulator ended without a word"
        throw Failure(
            .internal, "the machine can't be made: \(words)", place: programs.emulator.path,
            retryable: words.contains("host forwarding"))
    }

    /// Waits until the goal is reached.
    /// - Returns: whether it was; if not, `problem` says why.
    mutating func watch(
        _ machine: RunningProgram, _ monitor: Monitor, until goal: (borrowing Timeline) -> Bool
    ) async throws -> Bool {
        while true {
            try listen()
            monitor.drain()
            if goal(timeline) { return true }
            if !goOn(machine) { return false }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Whether nothing has ended the boot; else `problem` says what.
    mutating func goOn(_ machine: RunningProgram) -> Bool {
        if let stop = timeline.stop {
            problem = ("the boot stopped: \(stop.mark.meaning) (\(stop.line))", stop.mark.hint)
        } else if timeline.isFlooded {
            problem = ("the console wrote more than \(Timeline.limit >> 20) MiB", nil)
        } else if let end = machine.end {
            problem = Self.ended(end, machine)
        } else if seconds > limit {
            let last = timeline.events.last.map { "the last that was seen: \($0.mark.name)" } ?? "nothing was seen"
            problem = ("the guest was not up after \(Int(limit)) s; \(last)", timeoutHint)
        }
        return problem == nil
    }

    private static func ended(_ end: RunningProgram.End, _ machine: RunningProgram) -> (String, String?) {
        if end.isSuccess {
            return (
                "the guest switched itself off or restarted before it was up", "see the console's last lines for why"
            )
        }
        let how = end.status.map { "ended with status \($0)" } ?? "was ended by signal \(end.signal ?? 0)"
        return ("the emulator \(how): \(machine.lastWords ?? "without a word")", nil)
    }

    private var timeoutHint: String {
        if test.speaks == false, !timeline.has(.kernel) {
            return "the kernel is not told to speak on \(test.machine.serial) (console=): what it does can't be seen"
        }
        return accelerator == .tcg
            ? "without KVM a boot takes minutes on a busy machine: --timeout gives it more"
            : "--timeout gives it more"
    }

    /// Takes what the console wrote since.
    mutating func listen() throws {
        if console == nil { console = try? File(work.file("console"), O_RDONLY) }
        guard let console else { return }
        while !timeline.isFlooded {
            let bytes = try console.read(count: 65_536, at: offset)
            offset += Int64(bytes.count)
            for event in timeline.add(bytes, at: seconds) { heard(event) }
            if bytes.count < 65_536 { break }
        }
        timeline.settle(at: seconds)
    }

    mutating func note(_ mark: Mark, _ text: String) {
        if let event = timeline.note(mark, at: seconds, text) { heard(event) }
    }

    /// Waits for the guest's SSH server.
    mutating func greeted(_ machine: RunningProgram, _ monitor: Monitor) async throws -> Bool {
        var knock = Port.Knock(port)
        while true {
            try listen()
            monitor.drain()
            if let words = knock.greeting() {
                note(.ssh, words)
                return true
            }
            if !goOn(machine) { return false }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Runs `body` while the machine is watched.
    /// - Returns: nil if the boot ended instead.
    mutating func beside<Result: Sendable>(
        _ machine: RunningProgram, _ monitor: Monitor, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result? {
        let box = Box<Swift.Result<Result, any Error>>()
        let task = Task {
            do { box.set(.success(try await body())) } catch { box.set(.failure(error)) }
        }
        defer { task.cancel() }
        while true {
            try listen()
            monitor.drain()
            if let result = box.value { return try result.get() }
            if !goOn(machine) { return nil }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

/// What another task left for the one that looks for it.
private final class Box<Value: Sendable>: Sendable {
    private let kept = Mutex<Value?>(nil)
    var value: Value? { kept.withLock { $0 } }
    func set(_ value: Value) { kept.withLock { $0 = value } }
}
