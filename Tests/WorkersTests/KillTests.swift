import Glibc
import Testing

@testable import Workers

/// kill -9 of the host, of a worker, of both: nothing is left within 2 s.
@Suite(.serialized) struct KillTests {
    /// A library of the test's own, so that its processes are told from other tests'.
    private func start(_ name: String) async throws -> (host: pid_t, workers: [pid_t], library: String) {
        let library = Lab.build("libkill-\(name).so", [])
        let host = Lab.spawn([Lab.host, Lab.worker, library, "hang", "ignore"])
        for _ in 0..<100 {
            let workers = Lab.processes(mapping: library)
            if workers.count == 2 { return (host, workers, library) }
            try await Task.sleep(for: .milliseconds(50))
        }
        kill(host, SIGKILL)
        throw Missing()
    }
    private struct Missing: Error {}

    private func expectNothingLeft(_ library: String) async throws {
        try await Task.sleep(for: .milliseconds(1900))
        #expect(Lab.processes(mapping: library) == [])
    }

    @Test func ofTheHost() async throws {
        let started = try await start("host")
        kill(started.host, SIGKILL)
        try await expectNothingLeft(started.library)
        waitpid(started.host, nil, 0)
    }

    @Test func ofOneWorker() async throws {
        let started = try await start("worker")
        kill(started.workers[0], SIGKILL)
        try await Task.sleep(for: .milliseconds(500))
        #expect(Lab.processes(mapping: started.library) == [started.workers[1]])
        kill(started.host, SIGKILL)
        try await expectNothingLeft(started.library)
        waitpid(started.host, nil, 0)
    }

    @Test func ofAll() async throws {
        let started = try await start("all")
        for pid in [started.host] + started.workers { kill(pid, SIGKILL) }
        try await expectNothingLeft(started.library)
        waitpid(started.host, nil, 0)
    }
}
