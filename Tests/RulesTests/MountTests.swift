import Documents
import ProviderKit
import Testing

/// What fstab names and the tree has not, as the neutral check takes it.
@Suite struct MountTests {
    private static let rules = RuleTable([
        Rule(
            "acme.image.fstab", "1", .error, "What fstab mounts is in the image.", why: "The boot waits for it.",
            fix: "Remove the line.", source: "https://acme.example/fstab", .fstabResolves)
    ])

    private func finding(
        inImage: Bool, isUncertain: Bool, options: [String] = ["defaults"]
    ) -> OperationResult.Finding? {
        var image = SoundImage()
        var line = mount("/dev/mapper/vg-data", "/data", "ext4", line: 3)
        line.options = options
        image.fstab(line)
        image.facts.mounts?.unmounted = .known([
            UnmountedFact(
                point: "/data", kind: "ext4", source: "/dev/mapper/vg-data", line: 3, inImage: inImage,
                isUncertain: isUncertain, why: "it may lie in partition 2 (LVM2_member), which is not read: look")
        ])
        return Self.rules.evaluate(image.subject).first
    }

    @Test func whatMayLieInAVolumeThatIsNotReadIsUnknown() throws {
        let found = try #require(finding(inImage: true, isUncertain: true))
        #expect(found.outcome == "unknown")
        let text = found.message.text()
        #expect(text.contains("/data") && text.contains("LVM2_member") && text.contains("look"), "\(text)")
    }

    @Test func whatIsElsewhereOnTheDiskIsThere() {
        #expect(finding(inImage: true, isUncertain: false)?.outcome == "pass")
    }

    @Test func whatIsNowhereFails() { #expect(finding(inImage: false, isUncertain: false)?.outcome == "fail") }

    @Test func whatTheBootGoesOnWithoutIsNotAsked() {
        #expect(finding(inImage: true, isUncertain: true, options: ["nofail"])?.outcome == "pass")
        #expect(finding(inImage: false, isUncertain: false, options: ["noauto"])?.outcome == "pass")
    }
}
