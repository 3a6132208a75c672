import Documents
import ProviderKit
import Testing

/// cloud-init that seems to start and does not, and sshd that lets nobody in.
@Suite struct FirstBootTests {
    private static func failed(_ change: (inout SoundImage) -> Void) -> [String] { LoginTests.failed(change) }

    private static let cloudInit = [
        "error aws.ami.cloud-init", "error aws.ami.host-key-generation", "warning huaweicloud.ims.cloud-init",
        "error tencentcloud.cvm.cloud-init-units", "error aliyun.ecs.cloud-init",
    ]

    @Test func dsIdentifyCanSwitchCloudInitOff() {
        for policy in ["disabled", "disabled,found=all"] {
            #expect(Self.failed { $0.facts.cloudInit?.detectionPolicy = .known(policy) } == Self.cloudInit)
        }
        #expect(Self.failed { $0.facts.cloudInit?.detectionPolicy = .known("search,notfound=disabled") } == [])
    }

    @Test func aConfigurationThatCannotBeReadIsNamed() {
        let place = Evidence("/etc/cloud/cloud.cfg", line: 7, text: "did not find expected key")
        var image = SoundImage()
        image.facts.cloudInit?.damaged = [place]
        guard case .fail(let what, let places, _) = Check.cloudInit().evaluate(image.subject) else {
            Issue.record("it passes")
            return
        }
        #expect(what == "cloud-init can't read its configuration" && places == [place])
    }

    @Test func modulesThatGiveKeysAreAskedFor() {
        #expect(
            Self.failed { $0.facts.cloudInit?.modules = .known(["growpart", "resizefs", "users_groups"]) }
                == Self.cloudInit)
        let without = Self.failed { $0.facts.cloudInit?.modules = .absent() }
        #expect(without.contains("error aws.ami.cloud-init"))
    }

    @Test func dsIdentifyCanTakeAnotherSource() {
        #expect(
            Self.failed { $0.facts.cloudInit?.detectionDatasource = .known("NoCloud") } == [
                "error aws.ami.cloud-init-source", "warning huaweicloud.ims.cloud-init-source",
                "warning tencentcloud.cvm.cloud-init-source", "warning aliyun.ecs.cloud-init-source",
            ])
        let other = Self.failed { $0.facts.cloudInit?.detectionDatasource = .known("ec2") }
        #expect(!other.contains("error aws.ami.cloud-init-source"))
    }

    @Test(arguments: ["growpart", "resizefs"]) func theRootGrowsByBothModules(_ module: String) {
        let failed = Self.failed {
            let modules = ["growpart", "resizefs", "users_groups", "ssh"]
            $0.facts.cloudInit?.modules = .known(modules.filter { $0 != module })
        }
        #expect(failed == ["warning aws.ami.root-grows", "error aliyun.ecs.grows-root"])
    }

    @Test(arguments: [
        ("PubkeyAuthentication", "no"), ("AuthorizedKeysFile", "none"), ("AllowUsers", "alice"),
        ("AllowGroups", "admins"), ("DenyUsers", "open*"), ("DenyGroups", "wheel"), ("AllowUsers", "!openeuler"),
        ("AuthenticationMethods", "publickey,password"),
    ]) func keysDoNotLetIn(_ keyword: String, _ value: String) {
        let failed = Self.failed { $0.sshd(keyword, value) }
        #expect(failed.filter { $0 != "info tencentcloud.market.ssh-keys" } == ["error aws.ami.key-login"])
    }

    @Test(arguments: [
        ("AllowUsers", "openeuler"), ("AllowUsers", "open*@10.0.0.1"), ("AllowGroups", "wheel"), ("DenyUsers", "alice"),
        ("AllowUsers", "?peneuler"), ("DenyUsers", "openeuler@10.0.0.1"), ("AuthenticationMethods", "publickey"),
        ("AuthorizedKeysFile", "/etc/keys/%u"), ("ListenAddress", "0.0.0.0"),
    ]) func keysLetIn(_ keyword: String, _ value: String) {
        #expect(Self.failed { $0.sshd(keyword, value) } == [])
    }

    @Test func aBlockOfTheUsersAloneCounts() {
        func block(_ criteria: String) -> [String] {
            Self.failed {
                let place = Evidence("/etc/ssh/sshd_config", line: 9)
                $0.facts.ssh?.matches = .known([
                    SSHMatch(
                        criteria: criteria, evidence: place,
                        settings: ["pubkeyauthentication": SSHMatchSetting(values: ["no"], evidence: place)])
                ])
            }.filter { $0.hasPrefix("error aws") }
        }
        #expect(block("User openeuler") == ["error aws.ami.key-login"])
        #expect(block("User git") == [] && block("User openeuler Address 10.0.0.0/8") == [])
    }

    @Test(arguments: ["127.0.0.1", "127.0.0.1:22", "[::1]:22", "::1", "localhost"])
    func sshdListensToNobody(_ address: String) {
        #expect(
            Self.failed { $0.sshd("ListenAddress", address) } == ["error aws.ami.key-login", "error aliyun.ecs.sshd"])
    }

    @Test func sshdDoesNotStart() {
        #expect(
            Self.failed { $0.facts.ssh?.refused = .known([Evidence("/etc/ssh/sshd_config", line: 3, text: "Foo yes")]) }
                == ["error aws.ami.key-login", "error aliyun.ecs.sshd"])
    }
}
