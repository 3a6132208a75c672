import CSystem
import Documents
import Glibc
import Programs

/// A program that is run to its end: one of this machine's, or one of the guest's that sees the guest's files and no others.
enum Command {
    struct Ending {
        /// 128 and the number, if a signal ended it.
        var status: Int32
        /// Its last lines (1 MiB), without what steers a terminal.
        var output: [String]
    }

    private static let guestEnvironment = [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8", "TERM=dumb",
        "DEBIAN_FRONTEND=noninteractive", "SYSTEMD_OFFLINE=1",
    ]
    private static let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "MTOOLS_SKIP_CHECK=1"]
    private static let folders = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
    /// Bytes of its words that are kept.
    private static let limit = 1 << 20

    /// Whose packages have it: apt's and dnf's.
    private static let packages: [String: (apt: String, dnf: String)] = [
        "fuse2fs": ("fuse2fs", "fuse2fs"), "e2fsck": ("e2fsprogs", "e2fsprogs"),
        "dumpe2fs": ("e2fsprogs", "e2fsprogs"), "mke2fs": ("e2fsprogs", "e2fsprogs"),
        "sfdisk": ("fdisk", "util-linux"),
        "mcopy": ("mtools", "mtools"), "mdel": ("mtools", "mtools"), "mdeltree": ("mtools", "mtools"),
        "mmd": ("mtools", "mtools"),
        "qemu-x86_64-static": ("qemu-user-static", "qemu-user-static"),
        "qemu-aarch64-static": ("qemu-user-static", "qemu-user-static"),
        "qemu-riscv64-static": ("qemu-user-static", "qemu-user-static"),
        "qemu-loongarch64-static": ("qemu-user-static", "qemu-user-static"),
    ]

    /// Where this machine has it.
    /// - Throws: `Failure` that names the package, if it has none.
    static func path(_ name: String) throws(Failure) -> String {
        let (apt, dnf) = packages[name] ?? (name, name)
        return try Program(name, apt: apt, dnf: dnf, search: folders).path
    }

    /// One of this machine's.
    /// - Parameters:
    ///   - more: variables beside the usual ones.
    ///   - look: called again and again while it runs.
    static func run(
        _ command: [String], more: [String] = [], look: () -> Void = {}
    ) throws(Failure) -> Ending {
        let path = try path(command[0])
        return try run(command[0], look: look) { input, output, child in
            withCStrings([path] + command.dropFirst()) { arguments in
                withCStrings(environment + more) { eps_spawn(path, arguments, $0, input, output, output, &child) }
            }
        }
    }

    /// One of this machine's that must succeed.
    static func must(_ command: [String], allowing: Set<Int32> = [0]) throws(Failure) {
        let ended = try run(command)
        guard !allowing.contains(ended.status) else { return }
        throw Failure(
            .refused,
            "\(command[0]) ended with status \(ended.status): \(ended.output.suffix(3).joined(separator: "; "))",
            place: command.joined(separator: " "))
    }

    /// One of this machine's that goes on.
    static func start(_ command: [String]) throws(Failure) -> pid_t {
        let path = try path(command[0])
        let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(nothing) }
        var child: pid_t = 0
        let started = withCStrings([path] + command.dropFirst()) { arguments in
            withCStrings(environment) { eps_spawn(path, arguments, $0, nothing, nothing, 2, &child) }
        }
        guard started == 0 else { throw .guest("cannot be started", path, -started) }
        return child
    }

    /// One of the guest's: its path there, and its name and arguments.
    /// - Parameter look: called again and again while it runs.
    static func run(
        in root: String, _ path: String, _ command: [String], look: () -> Void
    ) throws(Failure) -> Ending {
        try run(command[0], look: look) { input, output, child in
            withCStrings([path] + command.dropFirst()) { arguments in
                withCStrings(guestEnvironment) { eps_spawn_in_root(root, path, arguments, $0, input, output, &child) }
            }
        }
    }

    private static func run(
        _ name: String, look: () -> Void = {}, _ spawn: (_ input: Int32, _ output: Int32, _ child: inout pid_t) -> Int32
    ) throws(Failure) -> Ending {
        var pipe: [Int32] = [-1, -1]
        guard eps_pipe(&pipe) == 0 else { throw Failure(.internal, "no pipe can be made") }
        defer { close(pipe[0]) }
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(nothing) }
        var child: pid_t = 0
        let started = spawn(nothing, pipe[1], &child)
        close(pipe[1])
        guard started == 0 else { throw .guest("cannot be started", name, -started) }
        var said: [UInt8] = []
        var status: Int32 = 0
        var isOpen = true
        var hasEnded = false
        // What it left running may hold the pipe open for as long as it likes.
        while isOpen && !hasEnded {
            look()
            hasEnded = eps_collect(child, &status) == 1
            var item = pollfd(fd: pipe[0], events: Int16(POLLIN), revents: 0)
            while poll(&item, 1, hasEnded ? 0 : 100) > 0 && isOpen {
                let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                    count = max(0, read(pipe[0], buffer.baseAddress, buffer.count))
                }
                isOpen = !bytes.isEmpty
                said = (said + bytes).suffix(limit)
            }
        }
        if !hasEnded { while waitpid(child, &status, 0) < 0 && errno == EINTR {} }
        kill(-child, SIGKILL)
        let signal = eps_status_signal(status)
        let lines = said.split { $0 == 0x0a || $0 == 0x0d }.map {
            Printable.line(String(decoding: $0.prefix(1000), as: UTF8.self))
        }
        return Ending(status: signal == 0 ? eps_status_exit(status) : 128 + signal, output: lines)
    }
}
