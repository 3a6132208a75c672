import TestSupport
import Testing

/// Kills at requests of a publication through the staged program; the whole campaign is `make campaign`.
@Suite("A publication that is killed", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct CampaignTests {
    @Test(
        "Each kill's publication ends as the clean run's, nothing sent twice, nothing left over",
        .timeLimit(.minutes(5)))
    func shortCampaign() async throws {
        let answer = try await runApart(["\(root)/Tests/Campaign/campaign"] + [stage ?? "", "--short"])
        #expect(answer.status == 0, "\(answer.output)")
        #expect(
            answer.output.contains("21 kills at 8 requests: 0 bytes re-sent, 0 orphans, 0 violations"),
            "\(answer.output)")
    }
}
