import CSystem
public import Documents
import Glibc
import Synchronization

/// A program that was started: its outputs are gathered, its end is awaited, and it outlives neither this value nor this process,
/// however that ends.
///
/// Any thread. A thread of its own starts the program and waits for it: the kernel ends it with that thread.
public final class RunningProgram: Sendable {
    /// How it ended.
    public struct End: Sendable, Equatable {
        /// Its exit status; nil if a signal ended it.
        public var status: Int32?
        public var signal: Int32?
        public var isSuccess: Bool { status == 0 }
    }

    /// What it may use.
    public struct Limits: Sendable {
        /// Bytes of address space; 0: as this process.
        public var memory: UInt64 = 0
        /// Bytes of each file that it writes; 0: as this process.
        public var file: UInt64 = 0
        /// Bytes kept of what it writes: of its output the beginning, of its errors the end.
        public var output = 1 << 20
        public init(memory: UInt64 = 0, file: UInt64 = 0, output: Int = 1 << 20) {
            (self.memory, self.file, self.output) = (memory, file, output)
        }
    }

    private struct State {
        var pid: pid_t = 0
        var refusal: Int32?
        var isStarted = false
        var end: End?
        var output: [UInt8] = []
        var errors: [UInt8] = []
    }

    private final class Shared: Sendable {
        let state = Mutex(State())
    }

    private let shared = Shared()
    public let program: Program

    /// - Parameters:
    ///   - arguments: without the program's own name.
    ///   - environment: all that it gets.
    ///   - input: what its descriptor 0 is, closed here afterwards; nil: nothing can be read.
    ///   - limits: see there.
    ///   - heard: called on the program's thread with each piece of its output.
    /// - Throws: `Failure` if it can't be started.
    public init(
        _ program: Program, _ arguments: [String], environment: [String: String] = [:], input: Int32? = nil,
        limits: Limits = Limits(), heard: (@Sendable ([UInt8]) -> Void)? = nil
    ) throws(Failure) {
        self.program = program
        let job = Job(
            path: program.path, arguments: [program.path] + arguments,
            environment: environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" },
            input: input, limits: limits, heard: heard, shared: shared)
        let box = Unmanaged.passRetained(job)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<Job>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            box.release()
            if let input { close(input) }
            throw Failure(.quota, "no thread can be started for \(program.name)", place: program.path)
        }
        pthread_detach(thread)
        while !shared.state.withLock({ $0.isStarted }) { usleep(500) }
        if let refusal = shared.state.withLock({ $0.refusal }) {
            throw Failure(
                .usage, "\(program.name) cannot be started: \(String(cString: strerror(refusal)))",
                place: program.path)
        }
    }

    deinit { kill() }

    public var pid: Int32 { shared.state.withLock { $0.pid } }

    /// Nil while it runs.
    public var end: End? { shared.state.withLock { $0.end } }
    /// What it wrote so far on its standard output, at most as much as its limits let be kept.
    public var output: [UInt8] { shared.state.withLock { $0.output } }
    /// The end of what it wrote on its standard error.
    public var errors: [UInt8] { shared.state.withLock { $0.errors } }

    /// The last line of its standard error that says something, printable.
    public var lastWords: String? {
        String(decoding: errors.suffix(4096), as: UTF8.self).split(whereSeparator: \.isNewline)
            .last { !$0.allSatisfy(\.isWhitespace) }.map { Printable.line(Printable.short(String($0))) }
    }

    /// Ends it and what it started in its process group, and waits for that.
    public func kill() {
        signal(SIGKILL)
        // A process that was killed is gone when the kernel is done with its memory.
        for _ in 0..<5000 where shared.state.withLock({ $0.isStarted && $0.refusal == nil && $0.end == nil }) {
            usleep(2000)
        }
    }

    public func signal(_ number: Int32) {
        // Under the lock its number is taken: it is not another's.
        shared.state.withLock { state in
            guard state.pid > 0, state.end == nil else { return }
            _ = Glibc.kill(-state.pid, number)
            _ = Glibc.kill(state.pid, number)
        }
    }

    /// Waits for its end.
    /// - Parameter seconds: at most that long; nil: for ever.
    /// - Returns: nil if it runs on.
    /// - Throws: `CancellationError`.
    public func ended(within seconds: Double?) async throws -> End? {
        let begin = eps_monotonic()
        var pause: Int64 = 2
        while true {
            if let end { return end }
            if let seconds, Double(eps_monotonic() - begin) / 1e9 >= seconds { return nil }
            try await Task.sleep(for: .milliseconds(pause))
            pause = min(pause * 2, 50)
        }
    }

    /// What its thread does.
    private final class Job: Sendable {
        let path: String
        let arguments: [String]
        let environment: [String]
        let input: Int32?
        let limits: Limits
        let heard: (@Sendable ([UInt8]) -> Void)?
        let shared: Shared

        init(
            path: String, arguments: [String], environment: [String], input: Int32?, limits: Limits,
            heard: (@Sendable ([UInt8]) -> Void)?, shared: Shared
        ) {
            (self.path, self.arguments, self.environment) = (path, arguments, environment)
            (self.input, self.limits, self.heard, self.shared) = (input, limits, heard, shared)
        }

        func run() {
            var (output, errors): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
            let input = input ?? open("/dev/null", O_RDONLY | O_CLOEXEC)
            var child: pid_t = 0
            var status = input < 0 ? -errno : 0
            if status == 0 { status = eps_pipe(&output) }
            if status == 0 { status = eps_pipe(&errors) }
            if status == 0 {
                var limits = eps_limits(memory: limits.memory, file: limits.file)
                status = withCStrings(arguments) { arguments in
                    withCStrings(environment) {
                        eps_program(path, arguments, $0, [input, output[1], errors[1]], &limits, &child)
                    }
                }
            }
            for descriptor in [input, output[1], errors[1]] where descriptor >= 0 { close(descriptor) }
            shared.state.withLock { state in
                (state.pid, state.refusal) = (child, status == 0 ? nil : -status)
                state.isStarted = true
            }
            if status == 0 { gather(output[0], errors[0], child) }
            for descriptor in [output[0], errors[0]] where descriptor >= 0 { close(descriptor) }
        }

        private func gather(_ output: Int32, _ errors: Int32, _ child: pid_t) {
            var open = [output, errors]
            // Its end is known by the process, not by its pipes: what it started may hold them.
            var isOver = false
            while !open.isEmpty {
                var items = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
                let ready = poll(&items, nfds_t(items.count), isOver ? 0 : 50)
                if ready == 0, isOver { break }
                for item in items where item.revents != 0 {
                    let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                        count = max(0, read(item.fd, buffer.baseAddress, buffer.count))
                    }
                    if bytes.isEmpty { open.removeAll { $0 == item.fd } }
                    let limit = limits.output
                    shared.state.withLock { state in
                        if item.fd == output {
                            state.output += bytes.prefix(max(0, limit - state.output.count))
                        } else {
                            state.errors = (state.errors + bytes).suffix(limit)
                        }
                    }
                    if item.fd == output, !bytes.isEmpty { heard?(bytes) }
                }
                if ready == 0 { isOver = Self.hasEnded(child) }
            }
            _ = eps_wait_unreaped(child)
            shared.state.withLock { state in
                var status: Int32 = 0
                while waitpid(child, &status, 0) < 0 && errno == EINTR {}
                let signal = eps_status_signal(status)
                state.end = End(
                    status: signal == 0 ? eps_status_exit(status) : nil, signal: signal == 0 ? nil : signal)
            }
        }

        private static func hasEnded(_ child: pid_t) -> Bool {
            var info = siginfo_t()
            return waitid(P_PID, id_t(child), &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_signo != 0
        }
    }
}
