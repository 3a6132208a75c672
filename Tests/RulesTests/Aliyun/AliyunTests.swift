import Documents
import ProviderKit
import Testing

@testable import AliyunProvider

@Suite struct AliyunTests {
    @Test func everyRuleHasItsForm() { AliyunRules.all.checkForm(["aliyun.ecs", "aliyun.market"]) }

    @Test func everyRuleHasAnExample() {
        #expect(AliyunExamples.all.map(\.rule) == AliyunRules.all.rules.map(\.id))
    }

    @Test(arguments: AliyunExamples.all) func passesAndFails(_ example: Example) { example.check(AliyunRules.all) }

    /// The vendor's own agents are asked of sellers, and stop nothing.
    @Test func aSoundImageLacksTheAgentsAlone() {
        func findings(_ purpose: Purpose) -> [String] {
            AliyunRules.all.evaluate(SoundImage().subject, purpose: purpose).filter { $0.outcome != "pass" }
                .map { "\($0.severity) \($0.rule)" }
        }
        #expect(findings(.publish).isEmpty)
        #expect(findings(.marketplace) == ["warning aliyun.ecs.cloud-assistant", "warning aliyun.ecs.security-agent"])
    }

    @Test func theMarketplaceAsksForMore() {
        var image = SoundImage()
        image.password(Password(state: .hash, kind: "$6$"))
        func passwords(_ purpose: Purpose) -> OperationResult.Finding? {
            AliyunRules.all.evaluate(image.subject, purpose: purpose).first { $0.rule == "aliyun.ecs.no-passwords" }
        }
        #expect(passwords(.publish)?.severity == "warning")
        #expect(passwords(.marketplace)?.severity == "error")
    }

    /// Images for one architecture are not asked what only another needs.
    @Test func eachArchitectureHasItsClock() {
        var image = SoundImage()
        image.facts.system?.hardwareClock = .known("LOCAL")
        func clocks() -> [String] {
            AliyunRules.all.evaluate(image.subject).filter { $0.outcome == "fail" && $0.rule.contains("clock") }
                .map { "\($0.severity) \($0.rule)" }
        }
        #expect(clocks() == ["warning aliyun.ecs.clock-utc"])
        image.becomesARM()
        #expect(clocks() == ["error aliyun.ecs.arm-clock-utc"])
    }

    /// A module that is loaded before the root is mounted is as good as one that is built in.
    @Test func theModuleOfFirmwareConfigurationMayBeInTheInitramfs() {
        var image = SoundImage()
        image.kernels { $0.config = .known(["CONFIG_FW_CFG_SYSFS": "m"]) }
        func outcome() -> String? {
            AliyunRules.all.evaluate(image.subject).first { $0.rule == "aliyun.ecs.fw-cfg" }?.outcome
        }
        #expect(outcome() == "pass")
        image.lacksDriver("qemu_fw_cfg")
        #expect(outcome() == "fail")
    }

    @Test func theLibrarySaysTheSame() async throws {
        var image = SoundImage()
        image.password(Password(state: .hash, kind: "$6$", isStock: true))
        image.commandLine("root=/dev/sda2 ro")
        try await WholeCheck("aliyun", image).agrees(with: AliyunRules.all)
    }

    /// A check never guesses: of an image that nothing was read of, nothing is said, good or bad.
    @Test func whatWasNotReadIsUnknown() {
        for purpose in Purpose.allCases {
            let findings = AliyunRules.all.evaluate(CheckSubject(facts: ImageFacts()), purpose: purpose)
            #expect(findings.filter { $0.outcome != "unknown" }.map(\.rule) == [])
            #expect(findings.allSatisfy { $0.message.text().isEmpty == false && $0.fix == nil })
        }
    }

    @Test(arguments: AliyunExamples.all) func oneDefectIsOneError(_ example: Example) throws {
        let rule = try #require(AliyunRules.all.rules.first { $0.id == example.rule })
        let stops = rule.severity == .error && !rule.applicability.marketplaceOnly
        #expect(example.errors(AliyunRules.all) == (stops ? [example.rule] : []))
    }
}
