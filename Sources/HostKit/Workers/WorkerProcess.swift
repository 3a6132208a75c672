package import CSystem
import Documents
import Glibc
import Programs
import ProviderRuntime

/// A started worker: its process, its socket, its two pipes.
package struct WorkerProcess {
    /// Nil when the provider runs inside this process.
    package let pid: pid_t?
    package let socket: Int32
    /// stdout and stderr, non-blocking; -1 when the provider runs inside this process.
    package let output, errors: Int32
    /// Readable once the process has ended; negative where the kernel has no such thing, or there is no process.
    package let end: Int32
    let mark: UInt32

    /// Bytes of POSIX message queues stay below the 819200 that an ordinary user's hard limit allows.
    private static func newMark() -> UInt32 {
        var random: UInt32 = 0
        _ = eps_random(&random, MemoryLayout<UInt32>.size)
        return 1 + random % 800_000
    }

    /// Bytes of address space: stacks and arenas of a few dozen threads, of which little is used.
    private static let leastSpace: UInt64 = 1 << 30

    /// - Throws: `Failure` if the program cannot be started.
    init(_ executable: String, _ job: WorkerJob) throws {
        try self.init(executable, environment: job.environment)
    }

    /// - Throws: `Failure` if the program cannot be started.
    package init(_ executable: String, environment given: [String: String]) throws {
        // With less, threads that cannot be started are waited for without end.
        let space = eps_address_space()
        guard space >= Self.leastSpace else {
            throw Failure(
                .usage, "the limit of address space is \(space >> 20) MiB, and a worker needs \(Self.leastSpace >> 20)",
                place: executable, hint: "raise it, as with ulimit -v unlimited")
        }
        var sockets: [Int32] = [-1, -1]
        var pipes: [[Int32]] = [[-1, -1], [-1, -1]]
        var status = eps_socketpair(&sockets)
        for index in pipes.indices where status == 0 { status = eps_pipe(&pipes[index]) }
        var child: pid_t = 0
        if status == 0 {
            var environment = given
            environment["SWIFT_BACKTRACE"] = "enable=no"
            status = withCStrings([executable]) { arguments in
                withCStrings(environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }) {
                    environment in
                    eps_spawn(executable, arguments, environment, sockets[1], pipes[0][1], pipes[1][1], &child)
                }
            }
        }
        for descriptor in [sockets[1], pipes[0][1], pipes[1][1]] where descriptor >= 0 { close(descriptor) }
        guard status == 0 else {
            for descriptor in [sockets[0], pipes[0][0], pipes[1][0]] where descriptor >= 0 { close(descriptor) }
            throw Failure(
                .crashed, "the worker could not be started: \(String(cString: strerror(-status)))", place: executable,
                hint: [EMFILE, ENFILE].contains(-status)
                    ? "The limit of open files is too low for this: raise it, as with ulimit -n 1024."
                    : "It is installed with the program: install both again, from one build.")
        }
        pid = child
        socket = sockets[0]
        output = pipes[0][0]
        errors = pipes[1][0]
        end = eps_process_descriptor(child)
        mark = Self.newMark()
        for descriptor in [output, errors] { _ = eps_nonblocking(descriptor) }
        _ = eps_send_timeout(socket, 10)
    }

    /// - Throws: `Failure` if no socket can be made.
    init(inProcess: Void) throws {
        var sockets: [Int32] = [-1, -1]
        guard eps_socketpair(&sockets) == 0 else { throw Failure(.internal, "no socket can be made") }
        let theirs = sockets[1]
        DedicatedThread {
            ProviderWorker.serve(Connection(descriptor: theirs), isolated: false)
            // Not closed: a thread of the provider's may still write, and must not meet another file under that number.
            shutdown(theirs, Int32(SHUT_WR))
        }.detach()
        pid = nil
        socket = sockets[0]
        output = -1
        errors = -1
        end = -1
        mark = 0
    }

    package func kill() {
        guard let pid else { return }
        _ = Glibc.kill(-pid, SIGKILL)
        _ = Glibc.kill(pid, SIGKILL)
    }

    /// After its end: what it started became this process's children. At most 2 s.
    func killOrphans() {
        guard pid != nil else { return }
        for _ in 0..<200 {
            guard eps_kill_descendants(getpid(), mark, 1) > 0 else { return }
            usleep(10_000)
        }
    }
}
