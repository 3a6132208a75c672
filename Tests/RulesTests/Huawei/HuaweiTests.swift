import Documents
import ProviderKit
import Testing

@testable import HuaweiCloudProvider

@Suite struct HuaweiTests {
    @Test func everyRuleHasItsForm() { HuaweiCloud.rules.checkForm(["huaweicloud.ims", "huaweicloud.koogallery"]) }

    @Test func everyRuleHasAnExample() {
        #expect(HuaweiExamples.all.map(\.rule) == HuaweiCloud.rules.rules.map(\.id))
    }

    @Test(arguments: HuaweiExamples.all) func passesAndFails(_ example: Example) { example.check(HuaweiCloud.rules) }

    @Test func theLibraryAgrees() async throws { try await WholeCheck("huaweicloud").agrees(with: HuaweiCloud.rules) }

    @Test func aSoundImageHasNoFindings() {
        let findings = HuaweiCloud.rules.evaluate(SoundImage().subject)
        #expect(findings.filter { $0.outcome != "pass" }.map { "\($0.rule): \($0.message.text())" } == [])
        #expect(!findings.contains { $0.rule.hasPrefix("huaweicloud.koogallery.") })
    }

    /// A large file is taken by the quick import alone, which knows two formats.
    @Test func largeFilesGoByTheQuickImport() {
        var image = SoundImage()
        image.facts.disk?.fileSize = .known(200 << 30)
        func failed() -> [String] {
            HuaweiCloud.rules.evaluate(image.subject).filter { $0.outcome == "fail" }.map(\.rule)
        }
        #expect(failed() == ["huaweicloud.ims.file-size"])
        image.facts.disk?.format = .known("raw")
        #expect(failed() == [])
    }

    /// The vendor takes an LVM root, so its name is none that changes.
    @Test func anLVMRootIsAWarning() {
        var image = SoundImage()
        image.partitions { $0[1].role = .lvm }
        image.commandLine("root=/dev/mapper/os-root ro console=ttyS0,115200")
        image.fstab(mount("/dev/mapper/os-root", "/", "ext4", line: 1))
        let failed = HuaweiCloud.rules.evaluate(image.subject).filter { $0.outcome == "fail" }
        #expect(failed.map { "\($0.severity) \($0.rule)" } == ["warning huaweicloud.ims.no-lvm"])
    }

    /// dracut without a word of configuration adds what the machine that builds needs, which is no server.
    @Test func dracutThatIsToldNothingAddsNothing() {
        var image = SoundImage()
        image.installs("dracut")
        let failed = HuaweiCloud.rules.evaluate(image.subject).filter { $0.outcome != "pass" }
        #expect(failed.map { "\($0.outcome) \($0.rule)" } == ["fail huaweicloud.ims.dracut-drivers"])
    }
}
