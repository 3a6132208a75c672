import Foundation
import Glibc
import TestSupport
import Testing

@testable import Changing

/// With two programs that are busy, in the places of a guest's and of its file system's server.
@Suite("Programs that take turns") final class ProcessorSharingTests {
    let scratch: Scratch
    let server: Process
    let program: Process

    init() throws {
        scratch = try Scratch()
        func busy() throws -> Process {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "ulimit -t 60; while :; do :; done"]
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

    /// Until it is so, for at most 10 s: others work on this machine as well.
    private func look(_ sharing: ProcessorSharing, until isSo: ([pid_t]) -> Bool) {
        for _ in 0..<40 {
            usleep(250_000)
            sharing.look()
            if isSo(sharing.pair) { return }
        }
    }

    deinit { for process in [server, program] { kill(process.processIdentifier, SIGKILL) } }

    @Test("They share a processor while both work, and have all again when one stops, or the program has ended")
    func pairs() throws {
        let all = try processors(server)
        let sharing = ProcessorSharing(try GuestRoot(scratch.path), servers: [server.processIdentifier])
        sharing.look()
        #expect(try processors(server) == all, "at once, before anybody was seen to work")
        look(sharing) { !$0.isEmpty }
        #expect(sharing.pair == [program.processIdentifier, server.processIdentifier])
        let shared = try processors(server)
        let other = try processors(program)
        #expect(Int(shared) != nil && shared == other, "\(shared) and \(other)")
        kill(program.processIdentifier, SIGSTOP)
        look(sharing) { $0.isEmpty }
        #expect(sharing.pair.isEmpty)
        #expect(try processors(server) == all)
        #expect(try processors(program) == all)
        kill(program.processIdentifier, SIGCONT)
        look(sharing) { !$0.isEmpty }
        #expect(!sharing.pair.isEmpty)
        sharing.release()
        #expect(try processors(server) == all)
        #expect(try processors(program) == all)
    }
}
