import TestSupport
import Testing

/// Kills at requests of a publication through the staged program; the whole campaign is `make campaign`.
@Suite(
    "A publication to a registry is killed",
    .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct KillTests {
    @Test(
        "Each ends as the clean one: little is sent twice, no tag stands for less than it says", .timeLimit(.minutes(3))
    )
    func shortCampaign() async throws {
        let answer = try await runApart(["\(root)/Tests/Campaign/registries", stage ?? "", "--short"])
        #expect(answer.status == 0 && answer.output.contains("15 kills: "), "\(answer.output)")
        // Requests, points of the kill, bytes that were sent twice, uploads that nobody can know of any more.
        print(answer.output)
    }
}
