import Documents
import ProviderKit
import Testing

@testable import TencentCloudProvider

@Suite struct TencentTests {
    @Test func everyRuleHasItsForm() { TencentRules.all.checkForm(["tencentcloud.cvm", "tencentcloud.market"]) }

    @Test func everyRuleHasAnExample() {
        #expect(TencentExamples.all.map(\.rule) == TencentRules.all.rules.map(\.id))
    }

    @Test(arguments: TencentExamples.all) func passesAndFails(_ example: Example) { example.check(TencentRules.all) }

    @Test func aSoundImageHasNoFindings() {
        let findings = TencentRules.all.evaluate(SoundImage().subject)
        #expect(findings.filter { $0.outcome != "pass" }.map { "\($0.rule): \($0.message.text())" } == [])
        #expect(!findings.contains { $0.rule.hasPrefix("tencentcloud.market.") })
    }

    @Test func theMarketplaceAsksForMore() {
        var image = SoundImage()
        image.kernels { $0.version = "6.9.0-mine" }
        func kernel(_ purpose: Purpose) -> OperationResult.Finding? {
            TencentRules.all.evaluate(image.subject, purpose: purpose).first { $0.rule == "tencentcloud.cvm.kernel" }
        }
        #expect(kernel(.publish)?.severity == "warning")
        #expect(kernel(.marketplace)?.severity == "error")
    }

    /// GPT is refused where the image would be imported as one for a BIOS; by UEFI alone it may be open to the account.
    @Test func gptMattersByTheWayThatAnImageStarts() {
        var image = SoundImage()
        image.facts.partitions?.table = .known(.gpt)
        func failed() -> [String] {
            TencentRules.all.evaluate(image.subject).filter { $0.outcome == "fail" }.map { "\($0.severity) \($0.rule)" }
        }
        #expect(failed() == ["error tencentcloud.cvm.mbr"])
        image.facts.boot?.bios = .absent()
        #expect(failed() == ["warning tencentcloud.cvm.gpt-by-uefi"])
    }

    @Test func theLibrarySaysTheSame() async throws {
        var image = SoundImage()
        image.password(Password(state: .hash, kind: "$6$", isStock: true))
        image.commandLine("root=/dev/sda2 ro")
        try await WholeCheck("tencentcloud", image).agrees(with: TencentRules.all)
    }

    /// A check never guesses: of an image that nothing was read of, nothing is said, good or bad.
    @Test func whatWasNotReadIsUnknown() {
        for purpose in Purpose.allCases {
            let findings = TencentRules.all.evaluate(CheckSubject(facts: ImageFacts()), purpose: purpose)
            #expect(findings.filter { $0.outcome != "unknown" }.map(\.rule) == [])
            #expect(findings.allSatisfy { $0.message.text().isEmpty == false && $0.fix == nil })
        }
    }

    @Test(arguments: TencentExamples.all) func oneDefectIsOneError(_ example: Example) throws {
        let rule = try #require(TencentRules.all.rules.first { $0.id == example.rule })
        let stops = rule.severity == .error && !rule.applicability.marketplaceOnly
        #expect(example.errors(TencentRules.all) == (stops ? [example.rule] : []))
    }

    /// Two settings that a file lacks are missing in one place.
    @Test func eachPlaceIsToldOnce() {
        var image = SoundImage()
        image.files.texts["/etc/security/faillock.conf"] = ""
        let lock = TencentRules.all.evaluate(image.subject, purpose: .marketplace).first {
            $0.rule == "tencentcloud.market.login-lock"
        }
        #expect(lock?.places == [Evidence("/etc/security/faillock.conf")])
        #expect(lock?.remediations?.count == 2)
    }
}
