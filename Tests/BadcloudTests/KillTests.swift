import Foundation
import Glibc
import TestSupport
import Testing

/// kill -9 of a publication's host, of a worker, of both: nothing is left within 2 s, and the run can be resumed.
@Suite(
    "Publications that are killed", .serialized,
    .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct KillTests {
    private func household(_ misdeeds: [String]) async throws -> Household {
        let lab = try await Lab(inactivity: 60)
        try lab.plan(misdeeds)
        return try await Household(lab, workers: misdeeds.count)
    }

    @Test("Of the host alone")
    func host() async throws {
        let household = try await household(["hang", "ignore", "brood", "obey"])
        kill(household.host, SIGKILL)
        try await household.expectNothingLeft()
        let status = try await household.lab.run(household.lab.command(["status", "latest"])).output
        #expect(status.contains("cut off: eulerpublisher resume"), "\(status)")
    }

    @Test("Of a worker alone: its target fails by name, the others go on")
    func worker() async throws {
        let household = try await household(["hang", "ignore"])
        kill(household.workers[0], SIGKILL)
        try await Task.sleep(for: .milliseconds(500))
        #expect(household.present == [household.workers[1]])
        kill(household.workers[1], SIGKILL)
        #expect(try await household.expectNothingLeft() == 11)
        let status = try await household.lab.run(household.lab.command(["status", "latest"])).output
        #expect(status.components(separatedBy: "crashed (SIGKILL)").count == 3, "\(status)")
    }

    @Test("Of all at once")
    func all() async throws {
        let household = try await household(["hang", "ignore", "brood"])
        for pid in [household.host] + household.workers { kill(pid, SIGKILL) }
        try await household.expectNothingLeft()
    }
}
