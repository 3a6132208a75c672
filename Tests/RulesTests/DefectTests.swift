import Documents
import ProviderKit
import Testing

@testable import TencentCloudProvider

/// Defects that no single fact shows, as the clouds' own rules see them.
@Suite struct DefectTests {
    private static func failed(_ change: (inout SoundImage) -> Void) -> [String] { LoginTests.failed(change) }

    private static func listens(_ name: String, _ address: String) -> [String] {
        failed { image in
            image.units {
                var one = unit(name, starts: true)
                one.listens = [address]
                $0.append(one)
            }
        }
    }

    @Test(arguments: [
        ("docker.service", "tcp://0.0.0.0:2375"), ("web.socket", "8080"), ("web.socket", "[::]:8080"),
        ("x.service", ":873"),
    ]) func aRiskyPortIsOpen(_ name: String, _ address: String) {
        #expect(Self.listens(name, address) == ["error tencentcloud.market.open-ports"])
    }

    @Test(arguments: [
        ("docker.service", "tcp://127.0.0.1:2375"), ("web.socket", "/run/8080"), ("web.socket", "80"),
        ("x.service", "localhost:8080"), ("x.service", "[::1]:8080"),
    ]) func noRiskyPortIsOpen(_ name: String, _ address: String) { #expect(Self.listens(name, address) == []) }

    @Test(arguments: [
        ("redis.service", "/etc/redis/redis.conf", "# x\nbind 0.0.0.0\n"),
        ("rsync.service", "/etc/rsyncd.conf", "[x]\npath = /\n"),
        ("docker.service", "/etc/docker/daemon.json", "{\"hosts\":[\"unix:///run/d.sock\",\"tcp://0.0.0.0:2375\"]}\n"),
        ("memcached.service", "/etc/sysconfig/memcached", "OPTIONS=\"-l 0.0.0.0\"\n"),
        ("mongod.service", "/etc/mongod.conf", "net:\n  bindIp: 0.0.0.0\n"),
    ]) func aConfigurationOpensThePort(_ name: String, _ path: String, _ text: String) {
        func errors(_ text: String?) -> [String] {
            Self.failed {
                $0.starts(name)
                $0.files.texts[path] = text
            }.filter { $0.hasPrefix("error") }
        }
        #expect(errors(text) == ["error tencentcloud.market.open-ports"])
        #expect(errors(nil) == [])
        if name != "rsync.service" { #expect(errors(text.replacing("0.0.0.0", with: "127.0.0.1")) == []) }
    }

    /// HW-FSTAB-1 asks it of every line.
    @Test func aDiskThatMayBeMissingIsNamedByUUIDToo() {
        func failed(_ device: String, _ options: [String]) -> [String] {
            Self.failed {
                var other = mount(device, "/data", "ext4", line: 3)
                other.options = options
                $0.fstab(mount("UUID=\(SoundImage.root)", "/", "ext4", line: 1), other)
            }
        }
        #expect(failed("/dev/sdb1", ["nofail"]) == ["error huaweicloud.ims.fstab-names"])
        #expect(failed("/dev/sr0", ["noauto"]) == [] && failed("UUID=1", ["nofail"]) == [])
    }

    @Test func aMountUnitIsALineOfFstab() {
        func failed(starts: Bool) -> [String] {
            Self.failed { image in
                let path = "/etc/systemd/system/data.mount"
                image.facts.fstab?.units = .known([path])
                image.units { $0.append(unit("data.mount", starts: starts)) }
                image.files.texts[path] = "[Mount]\nWhat=/dev/sdb1\nWhere=/data\n"
            }
        }
        #expect(failed(starts: false) == [])
        #expect(
            failed(starts: true).filter { $0.contains("fstab") } == [
                "error aws.ami.fstab-names", "error huaweicloud.ims.fstab-names",
                "error tencentcloud.cvm.fstab-devices", "error aliyun.ecs.fstab-devices",
            ])
    }

    @Test(arguments: [
        ("blacklist ena\n", true), ("install ena /bin/false\n", true), ("# blacklist ena\n", false),
        ("options ena x=1\n", false), ("blacklist floppy\n", false),
    ]) func aDriverIsKeptOff(_ text: String, _ isOff: Bool) {
        let failed = Self.failed { $0.files.texts["/etc/modprobe.d/x.conf"] = text }
        #expect(failed == (isOff ? ["error aws.ami.ena-driver"] : []))
    }

    private static let line = "root=UUID=\(SoundImage.root) ro console=ttyS0,115200 nvme_core.io_timeout=4294967295"

    @Test func theKernelsLineKeepsADriverOff() {
        #expect(
            Self.failed { $0.commandLine(Self.line + " module_blacklist=x,nvme") } == [
                "error aws.ami.nvme-driver", "error aliyun.ecs.nvme",
            ])
    }

    @Test(arguments: [
        ("10.0.0.5::10.0.0.1:255.255.255.0:h:eth0:none", true), ("10.0.0.5:::::eth0:dhcp", false), ("dhcp", false),
        ("eth0:dhcp", false), (":::::eth0:dhcp", false),
    ]) func theKernelsLineHasAnAddress(_ value: String, _ isFixed: Bool) {
        let failed = Self.failed { $0.commandLine(Self.line + " ip=" + value) }
        #expect(
            failed
                == (isFixed
                    ? [
                        "error aws.ami.dhcp", "error huaweicloud.ims.dhcp", "warning tencentcloud.cvm.dhcp",
                        "error aliyun.ecs.dhcp",
                    ] : []))
    }

    @Test func inodesAreUsedUp() {
        #expect(
            Self.failed { $0.root { $0.freeInodes = .known(100) } } == [
                "warning tencentcloud.cvm.free-space", "warning aliyun.ecs.free-space",
            ])
    }

    @Test func aCopyOfTheHashesIsOne() {
        func failed(_ path: String, _ text: String) -> [String] { Self.failed { $0.files.texts[path] = text } }
        let expected = [
            "error aws.ami.no-preset-password", "error huaweicloud.koogallery.no-preset-password",
            "error tencentcloud.market.no-passwords", "error aliyun.ecs.no-passwords",
        ]
        #expect(failed("/etc/shadow-", "root:$6$abc$def:1::::::\n") == expected)
        #expect(failed("/etc/gshadow", "wheel:!$6$abc$def::\n") == expected)
        #expect(failed("/etc/shadow-", "root:*:1::::::\nbin:!:1::::::\n") == [])
    }

    @Test func certificatesLetInAsKeysDo() {
        let expected = [
            "error aws.ami.no-authorized-keys", "error huaweicloud.ims.no-authorized-keys",
            "error aliyun.ecs.no-authorized-keys",
        ]
        #expect(Self.failed { $0.sshd("TrustedUserCAKeys", "/etc/ssh/ca.pub") } == expected)
        #expect(Self.failed { $0.sshd("AuthorizedKeysCommand", "/opt/keys %u") } == expected)
        #expect(Self.failed { $0.sshd("AuthorizedKeysCommand", "/usr/bin/sss_ssh_authorizedkeys %u") } == [])
        #expect(Self.failed { $0.sshd("TrustedUserCAKeys", "none") } == [])
    }

    @Test func aBootPasswordInClearIsPublishedWithTheImage() {
        let failed = Self.failed {
            guard var menus = $0.facts.boot?.menus.value else { return }
            menus[0].passwords = [
                BootPassword(
                    user: "root", kind: "plain", isStock: false, evidence: Evidence("/boot/grub2/grub.cfg", line: 12))
            ]
            $0.facts.boot?.menus = .known(menus)
        }
        #expect(
            failed == [
                "warning aws.ami.no-stock-boot-password", "error tencentcloud.market.no-boot-password",
                "error aliyun.ecs.no-stock-passwords",
            ])
    }

    @Test func anotherRootIsAnAccountThatWasMadeInAdvance() {
        #expect(
            Self.failed { $0.hasAccount("toor", 0) } == [
                "warning aws.ami.no-personal-accounts", "error huaweicloud.koogallery.no-preset-account",
            ])
    }

    @Test func mirrorsOfOneRegionAndToolsOfOthers() {
        #expect(Self.failed { $0.starts("vboxadd-service.service") } == ["error tencentcloud.cvm.no-guest-tools"])
        let failed = Self.failed {
            $0.facts.system?.repositories = .known([
                PackageRepository(
                    kind: .apt, id: "a", name: nil, urls: ["http://us-east-1.ec2.archive.ubuntu.com/ubuntu"],
                    isEnabled: true, checksSignatures: true, evidence: [Evidence("/etc/apt/sources.list", line: 1)])
            ])
        }
        #expect(failed == ["warning aws.ami.region-agnostic"])
    }

    /// memtest and firmware's own tools have no root, and need none.
    @Test func anEntryThatIsNoLinuxNeedsNoRoot() {
        func outcome(_ change: (inout BootEntry) -> Void) -> Outcome {
            var image = SoundImage()
            guard var menus = image.facts.boot?.menus.value else { return .unknown("no menu") }
            var other = menus[0].entries[0]
            (other.kernel, other.commandLine, other.root, other.initramfs) = ("/memtest86+x64.bin", "", .absent(), [])
            change(&other)
            menus[0].entries.append(other)
            image.facts.boot?.menus = .known(menus)
            return Check.rootByUUID.evaluate(image.subject)
        }
        guard case .pass = outcome({ _ in }), case .unknown = outcome({ $0.initramfs = ["/initramfs.img"] }) else {
            Issue.record("\(outcome { _ in }) \(outcome { $0.initramfs = ["/initramfs.img"] })")
            return
        }
    }

    @Test func messagesSayWhatIsWrong() {
        func message(_ rule: String, _ change: (inout SoundImage) -> Void) -> String? {
            var image = SoundImage()
            change(&image)
            return TencentRules.all.evaluate(image.subject, purpose: .marketplace).first { $0.rule == rule }?
                .message.text()
        }
        #expect(
            message("tencentcloud.market.key-folder") { $0.files.modes["/root/.ssh"] = 0o755 }
                == "the mode of /root/.ssh is 0755, which is more than 0700")
        #expect(
            message("tencentcloud.market.set-id") {
                $0.files.texts["/usr/bin/chage"] = "x"
                $0.files.modes["/usr/bin/chage"] = 0o4755
            } == "the mode of /usr/bin/chage is 04755, which is more than 0755")
        var image = SoundImage()
        image.facts.secrets?.hostKeys = leftovers("/etc/ssh/ssh_host_rsa_key")
        guard case .fail(let what, _, _) = Check.noHostKeys.evaluate(image.subject) else { return }
        #expect(what == "one host key of sshd is in the image")
    }
}
