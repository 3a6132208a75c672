import CSystem
import Documents
import Glibc
import Programs

/// One start of guestfish, to its end: bounded in time and in what it says.
enum GuestfishProcess {
    struct Answer {
        /// The last of its standard output.
        var output: String
        var isSuccess: Bool
        /// It ended by itself.
        var isTimely = true
        /// The last that it said of what went wrong, in one line without what a terminal obeys.
        var words: String
    }

    private static let outputLimit = 4 << 20
    private static let wordsLimit = 16 << 10
    /// Seconds that it has to remove what it made, after its machine was ended.
    private static let grace: Int64 = 5

    /// - Parameters:
    ///   - script: a file of commands.
    ///   - limit: seconds.
    /// - Throws: `Failure`: interrupted, or it can't be started.
    static func run(
        _ program: String, script: String, environment: [String: String], limit: Int64,
        isCancelled: @Sendable () -> Bool
    ) throws -> Answer {
        var (output, errors) = ([Int32](repeating: -1, count: 2), [Int32](repeating: -1, count: 2))
        let input = eps_open_read(script)
        defer { for descriptor in output + errors + [input] where descriptor >= 0 { close(descriptor) } }
        guard input >= 0, eps_pipe(&output) == 0, eps_pipe(&errors) == 0 else {
            throw Failure(.internal, "no pipe can be made")
        }
        var child: pid_t = 0
        let status = withCStrings([program]) { arguments in
            withCStrings(environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }) {
                eps_spawn(program, arguments, $0, input, output[1], errors[1], &child)
            }
        }
        guard status == 0 else {
            throw Failure(.refused, "it can't be started: \(String(cString: strerror(-status)))", place: program)
        }
        for descriptor in [output[1], errors[1]] { close(descriptor) }
        (output[1], errors[1]) = (-1, -1)
        var watch = Watch(child: child, output: output[0], errors: errors[0])
        let start = eps_monotonic()
        var problem: String?
        while problem == nil, watch.read() {
            if eps_monotonic() - start > limit * 1_000_000_000 { problem = "it took longer than \(limit) s" }
            if isCancelled() { problem = "interrupted" }
        }
        let ended = watch.end(kill: problem != nil, grace: grace)
        if isCancelled() { throw Failure(.interrupted, "interrupted while the image was read", retryable: true) }
        let isSuccess = problem == nil && eps_status_signal(ended) == 0 && eps_status_exit(ended) == 0
        return Answer(
            output: String(decoding: watch.said, as: UTF8.self), isSuccess: isSuccess, isTimely: problem == nil,
            words: problem ?? words(watch.complained, ended))
    }

    private static func words(_ bytes: [UInt8], _ status: Int32) -> String {
        let lines = bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
        let last = lines.last { $0.contains("error") } ?? lines.last
        guard let last else { return "it ended with status \(eps_status_exit(status)) and no word" }
        return Printable.short(Printable.line(last), limit: 300)
    }

    /// What it says while it runs.
    private struct Watch {
        let child: pid_t
        let output, errors: Int32
        var said: [UInt8] = []
        var complained: [UInt8] = []
        private var open: [Int32]

        init(child: pid_t, output: Int32, errors: Int32) {
            (self.child, self.output, self.errors, open) = (child, output, errors, [output, errors])
        }

        /// Waits a moment for what it says.
        /// - Returns: false once it has ended.
        mutating func read() -> Bool {
            guard !open.isEmpty else { return false }
            var items = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            poll(&items, nfds_t(items.count), 200)
            for item in items where item.revents != 0 {
                let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                    count = max(0, Glibc.read(item.fd, buffer.baseAddress, buffer.count))
                }
                if bytes.isEmpty { open.removeAll { $0 == item.fd } }
                if item.fd == output {
                    Self.append(bytes, to: &said, limit: GuestfishProcess.outputLimit)
                } else {
                    Self.append(bytes, to: &complained, limit: GuestfishProcess.wordsLimit)
                }
            }
            return true
        }

        /// The last of it counts.
        private static func append(_ bytes: [UInt8], to all: inout [UInt8], limit: Int) {
            all += bytes
            if all.count > 2 * limit { all.removeFirst(all.count - limit) }
        }

        /// Waits for it. If it is to be ended, its machine is first: then it removes what it made, and ends.
        mutating func end(kill: Bool, grace: Int64) -> Int32 {
            var status: Int32 = 0
            guard kill else {
                while waitpid(child, &status, 0) < 0 && errno == EINTR {}
                return status
            }
            let start = eps_monotonic()
            while eps_monotonic() - start < grace * 1_000_000_000 {
                _ = eps_kill_descendants(child, 0, 0)
                if eps_collect(child, &status) != 0 {
                    _ = read()
                    return status
                }
                _ = read()
            }
            _ = Glibc.kill(-child, SIGKILL)
            while waitpid(child, &status, 0) < 0 && errno == EINTR {}
            return status
        }
    }
}
