import Documents
import ProviderKit
import Testing

@testable import AWSProvider
@testable import AliyunProvider
@testable import HuaweiCloudProvider
@testable import TencentCloudProvider

/// Ways in that an image brings along, as the clouds' own rules see them.
@Suite struct LoginTests {
    /// Rules that fail for a marketplace and pass on the sound image, of every cloud together, with their severity there.
    static func failed(_ change: (inout SoundImage) -> Void) -> [String] {
        func failed(_ image: SoundImage) -> [String] {
            [AWS.rules, HuaweiCloud.rules, TencentRules.all, AliyunRules.all].flatMap {
                $0.evaluate(image.subject, purpose: .marketplace)
            }.filter { $0.outcome == "fail" }.map { "\($0.severity) \($0.rule)" }
        }
        var image = SoundImage()
        let before = failed(image)
        change(&image)
        return failed(image).filter { !before.contains($0) }
    }

    private let place = [Evidence("/etc/cloud/cloud.cfg.d/99-build.cfg", line: 2)]

    /// cloud-init writes them into authorized_keys at the first boot.
    @Test func keysOfCloudInitsConfigurationAreAuthorizedKeys() {
        #expect(
            Self.failed { $0.facts.cloudInit?.authorizedKeys = .known(place) } == [
                "error aws.ami.no-authorized-keys", "error huaweicloud.ims.no-authorized-keys",
                "error aliyun.ecs.no-authorized-keys",
            ])
    }

    @Test func passwordsOfCloudInitsConfigurationArePresetPasswords() {
        #expect(
            Self.failed { $0.facts.cloudInit?.passwords = .known(place) } == [
                "error aws.ami.no-preset-password", "error huaweicloud.koogallery.no-preset-password",
                "error tencentcloud.market.no-passwords", "error aliyun.ecs.no-passwords",
            ])
    }

    @Test func aSeedIsWhatAnEarlierRunLeaves() {
        let expected = [
            "error aws.ami.cloud-init-clean", "error huaweicloud.ims.cloud-init-clean",
            "error tencentcloud.cvm.cloud-init-clean",
        ]
        #expect(Self.failed { $0.facts.cloudInit?.seeds = .known(["/var/lib/cloud/seed/nocloud"]) } == expected)
        #expect(
            Self.failed {
                guard var volumes = $0.facts.mounts?.volumes.value else { return }
                volumes[0].label = .known("CIDATA")
                $0.facts.mounts?.volumes = .known(volumes)
            } == expected)
    }
}
