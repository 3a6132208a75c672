import CSystem
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Changing

/// With two programs that are busy, in the places of a guest's and of its file system's server.
@Suite("Programs that take turns") struct ProcessorSharingTests {
    let scratch: Scratch
    let server: Process
    let program: Process

    init() throws {
        scratch = try Scratch()
        func busy() throws -> Process {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "while :; do :; done"]
            try process.run()
            return process
        }
        (server, program) = (try busy(), try busy())
        for process in [server, program] {
            let folder = "\(scratch.path)/proc/\(process.processIdentifier)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
            try Data(status.utf8).write(to: URL(fileURLWithPath: "\(folder)/stat"))
        }
    }

    /// On which a process may run, as the kernel lists them.
    private func processors(_ process: Process) throws -> String {
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") })
        return String(line.split(separator: "\t")[1])
    }

    @Test("They share a processor while both work, and have all again when one stops, or the program has ended")
    func pairs() throws {
        defer { for process in [server, program] { kill(process.processIdentifier, SIGKILL) } }
        let all = try processors(server)
        let sharing = ProcessorSharing(try GuestRoot(scratch.path), servers: [server.processIdentifier])
        sharing.look()
        #expect(try processors(server) == all, "at once, before anybody was seen to work")
        usleep(300_000)
        sharing.look()
        #expect(sharing.pair == [program.processIdentifier, server.processIdentifier])
        let shared = try processors(server)
        let other = try processors(program)
        #expect(Int(shared) != nil && shared == other, "\(shared) and \(other)")
        kill(program.processIdentifier, SIGSTOP)
        usleep(300_000)
        sharing.look()
        usleep(300_000)
        sharing.look()
        #expect(sharing.pair.isEmpty)
        #expect(try processors(server) == all)
        #expect(try processors(program) == all)
        kill(program.processIdentifier, SIGCONT)
        usleep(300_000)
        sharing.look()
        #expect(!sharing.pair.isEmpty)
        sharing.release()
        #expect(try processors(server) == all)
        #expect(try processors(program) == all)
    }

    @Test(
        "A builder's thread, and what it starts, waits for no disk; others do",
        .enabled(if: geteuid() == 0, "run make test as root: the filter asks for its rights"))
    func syncs() throws {
        let ended = DispatchSemaphore(value: 0)
        Thread {
            #expect(eps_ignore_syncs() == 0)
            // Of no file: done, it would fail.
            #expect(fsync(-1) == 0 && fdatasync(-1) == 0)
            ended.signal()
        }.start()
        ended.wait()
        #expect(fsync(-1) == -1 && errno == EBADF)
    }
}
