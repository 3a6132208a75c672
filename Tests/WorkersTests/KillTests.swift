import Glibc
import Testing

@testable import Workers

/// kill -9 of the host, of a worker, of both: nothing is left within 2 s.
@Suite(.serialized) struct KillTests {
    /// A host with two workers below a nurse, whose child everything becomes that the killed leave behind.
    private struct Household {
        var nurse, host: pid_t
        var workers: [pid_t]
        /// The test's own, so that its processes are told from other tests'.
        var library: String
        /// Workers and what they forked.
        var all: [pid_t] { Lab.processes(mapping: library) }
    }

    private func start(_ name: String, _ requests: [String], processes: Int) async throws -> Household {
        let library = Lab.build("libkill-\(name).so", [])
        let (nurse, output) = try Lab.spawnReading([Lab.host, "--nurse", Lab.host, Lab.worker, library] + requests)
        defer { close(output) }
        var text = [CChar](repeating: 0, count: 32)
        let size = read(output, &text, text.count - 1)
        let host = pid_t(String(decoding: text.prefix(max(0, size - 1)).map { UInt8(bitPattern: $0) }, as: UTF8.self))
        var household = Household(nurse: nurse, host: try #require(host), workers: [], library: library)
        for _ in 0..<100 {
            household.workers = household.all
            if household.workers.count == processes { return household }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("\(household.workers.count) processes instead of \(processes)")
        try await expectNothingLeft(household, killing: [household.host])
        throw Missing()
    }
    private struct Missing: Error {}

    /// The nurse ends when the last of its children did, whatever session or group that was in.
    private func expectNothingLeft(_ household: Household, killing pids: [pid_t]) async throws {
        let started = ContinuousClock.now
        for pid in pids { kill(pid, SIGKILL) }
        var ended: pid_t = 0
        while ended == 0, ContinuousClock.now - started < .seconds(2) {
            try await Task.sleep(for: .milliseconds(20))
            ended = waitpid(household.nurse, nil, WNOHANG)
        }
        #expect(ended == household.nurse, "2 s later there were \(household.all)")
        #expect(household.all == [])
        if ended == 0 {
            for pid in household.all + [household.host] { kill(pid, SIGKILL) }
            waitpid(household.nurse, nil, 0)
        }
    }

    @Test func ofTheHost() async throws {
        let household = try await start("host", ["hang", "ignore"], processes: 2)
        try await expectNothingLeft(household, killing: [household.host])
    }

    @Test func ofOneWorker() async throws {
        let household = try await start("worker", ["hang", "ignore"], processes: 2)
        kill(household.workers[0], SIGKILL)
        try await Task.sleep(for: .milliseconds(500))
        #expect(household.all == [household.workers[1]])
        try await expectNothingLeft(household, killing: [household.host])
    }

    @Test func ofAll() async throws {
        let household = try await start("all", ["hang", "ignore"], processes: 2)
        try await expectNothingLeft(household, killing: [household.host] + household.workers)
    }

    /// Where the kernel has no filter of system calls, a provider can start processes, in sessions of their own too.
    @Test func ofTheHostOfABrood() async throws {
        let household = try await start("brood", ["unfiltered brood"], processes: 3)
        try await expectNothingLeft(household, killing: [household.host])
    }

    @Test func ofTheWorkerOfABrood() async throws {
        let household = try await start("parent", ["unfiltered brood"], processes: 3)
        // The worker is the only one that leads no session; the host then has nothing more to do and ends.
        let worker = try #require(household.workers.first { getsid($0) != $0 })
        try await expectNothingLeft(household, killing: [worker])
    }
}
