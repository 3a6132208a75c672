import CSystem
import Glibc
import ProviderAPI

/// The worker's side of a job.
public enum ProviderWorker {
    /// The worker program: the socket is descriptor 0. Does one job and ends; does not return.
    public static func main() -> Never {
        let socket = eps_move_socket()
        guard socket > 2 else { _exit(70) }
        let host = getppid()
        _ = eps_die_with_parent(1)
        _ = eps_no_dumps()
        _ = eps_no_new_privileges()
        _ = eps_become_subreaper()
        _ = eps_limit_processes_files()
        // The host may have died before PDEATHSIG was set; after it, a change of parent says so.
        guard getppid() == host else { _exit(70) }
        watch(socket: socket, host: host)
        let connection = Connection(descriptor: socket)
        serve(connection, isolated: true)
        _exit(0)
    }

    /// Ends this process and its descendants when the host is gone. Its thread starts before the sandbox closes, so
    /// that
    /// it can still read /proc and send signals.
    private static func watch(socket: Int32, host: pid_t) {
        DedicatedThread(stack: 256 << 10) {
            while true {
                if eps_hung_up(socket, 500) != 0 || getppid() != host {
                    for _ in 0..<20 where eps_kill_descendants(getpid(), 0, 0) > 0 { usleep(10_000) }
                    _exit(70)
                }
            }
        }.detach()
    }

    /// Runs the job that the connection brings, in this process: the worker, or the host itself for a debugger's sake.
    /// - Parameter isolated: close the sandbox before the provider is loaded; a whole process only.
    public static func serve(_ connection: Connection, isolated: Bool) {
        guard let message = try? connection.receive(), message.kind == .job else { return }
        let job: Job
        do { job = try Job(decoding: message.payload) } catch {
            return finish(connection, Ending(EP_UNSUPPORTED, error.reason))
        }
        var records: [(key: [UInt8], data: [UInt8])] = []
        while let next = try? connection.receive(), next.kind == .replay {
            var reader = FieldReader(next.payload)
            if let key = try? reader.field(), let data = try? reader.field() { records.append((key, data)) }
        }
        let reader = DedicatedThread(stack: 512 << 10) { connection.readUntilEnd() }
        reader.detach()
        if isolated && job.mark > 0 { _ = eps_mark(UInt32(truncatingIfNeeded: job.mark)) }
        let missing = isolated ? Sandbox.close(around: job) : ["in-process: nothing is enforced"]
        greet(connection, missing)
        let refusals = RefusalReport(connection)
        if isolated { refusals.start() }
        let table = HostTable(
            connection: connection, records: records, blocks: job.hasBlocks ? message.descriptors.first ?? -1 : -1)
        let loader = Loader(job: job, table: table)
        let box = EndingBox()
        DedicatedThread { box.ending = loader.run() }.join()
        fflush(nil)
        if isolated { refusals.report() }
        finish(connection, box.ending)
    }

    private final class EndingBox: @unchecked Sendable {
        var ending = Ending(EP_INTERNAL, "the provider's thread ended without an answer")
    }

    private static func greet(_ connection: Connection, _ missing: [String]) {
        var writer = FieldWriter()
        writer.number(protocolNumber)
        writer.number(UInt64(EP_ABI_MAJOR))
        writer.number(UInt64(EP_ABI_MINOR))
        writer.number(UInt64(missing.count))
        for sentence in missing { writer.text(sentence) }
        try? connection.send(Message(.hello, payload: writer.bytes))
    }

    private static func finish(_ connection: Connection, _ ending: Ending) {
        var writer = FieldWriter()
        writer.number(UInt64(UInt32(bitPattern: ending.status)))
        writer.field(ending.document)
        try? connection.send(Message(.result, payload: writer.bytes))
    }
}

/// Tells the host what the filter of system calls refused: within half a second, so that a later crash does not hide
/// it.
private final class RefusalReport: @unchecked Sendable {
    private let connection: Connection
    private let lock = Monitor()
    private var reported: UInt32 = 0

    init(_ connection: Connection) { self.connection = connection }

    func start() {
        DedicatedThread(stack: 256 << 10) {
            while true {
                usleep(500_000)
                self.report()
            }
        }.detach()
    }

    func report() {
        lock.locked {
            let count = eps_refusals()
            guard count > reported else { return }
            reported = count
            let name = String(cString: eps_last_refusal())
            var writer = FieldWriter()
            writer.number(UInt64(EP_LOG_WARNING))
            writer.text("the sandbox refused the provider a system call: \(name) (\(count) refused so far)")
            try? connection.send(Message(.log, payload: writer.bytes))
        }
    }
}
