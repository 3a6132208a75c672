import Documents
import ProviderKit
import Testing

@testable import AWSProvider

@Suite struct AWSTests {
    @Test func everyRuleHasItsForm() { AWS.rules.checkForm(["aws.ami"]) }

    @Test func everyRuleHasAnExample() { #expect(AWSExamples.all.map(\.rule) == AWS.rules.rules.map(\.id)) }

    @Test(arguments: AWSExamples.all) func passesAndFails(_ example: Example) { example.check(AWS.rules) }

    @Test func theLibraryAgrees() async throws { try await WholeCheck("aws").agrees(with: AWS.rules) }

    @Test func aSoundImageHasNoFindings() {
        let findings = AWS.rules.evaluate(SoundImage().subject)
        #expect(findings.filter { $0.outcome != "pass" }.map { "\($0.rule): \($0.message.text())" } == [])
    }

    /// What stands in the marketplace's list alone is not asked of an image that is only published.
    @Test func theMarketplaceAsksForMore() {
        var image = SoundImage()
        image.password(Password(state: .hash, kind: "$6$"))
        image.hasPrivateKey("/root/.ssh/id_ed25519")
        func failed(_ purpose: Purpose) -> [String] {
            AWS.rules.evaluate(image.subject, purpose: purpose)
                .filter { $0.outcome == "fail" && $0.severity != "info" }.map { "\($0.severity) \($0.rule)" }
        }
        #expect(failed(.publish) == ["warning aws.ami.no-secrets"])
        #expect(failed(.marketplace) == ["error aws.ami.no-preset-password", "error aws.ami.no-secrets"])
    }

    /// A kernel that can't be read is no kernel without drivers.
    @Test func whatCannotBeReadIsUnknown() {
        var image = SoundImage()
        image.facts.kernels = nil
        let drivers = AWS.rules.evaluate(image.subject).filter { $0.rule == "aws.ami.nvme-driver" }
        #expect(drivers.map(\.outcome) == ["unknown"])
    }

    /// The file that openEuler publishes for a BIOS and UEFI is told apart by machine.
    @Test func eachArchitectureHasItsFirmware() {
        var image = SoundImage()
        image.facts.boot?.efi = .known([])
        func failed() -> [String] { AWS.rules.evaluate(image.subject).filter { $0.outcome == "fail" }.map(\.rule) }
        #expect(failed() == [])
        image.becomesARM()
        image.facts.boot?.efi = .known([])
        #expect(failed() == ["aws.ami.boots-arm64"])
    }
}
