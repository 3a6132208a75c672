import Documents
import ProviderKit

/// How each rule of Tencent Cloud's is broken.
enum TencentExamples {
    static let all = disk + boot + initialisation + system + marketplace + hardening

    private static let disk = [
        Example("tencentcloud.cvm.format") { $0.facts.disk?.format = .known("vhdx") },
        Example("tencentcloud.cvm.self-contained") { $0.facts.disk?.backingFile = .known("base.qcow2") },
        Example("tencentcloud.cvm.data-size") { $0.facts.disk?.usedSize = .known(51 << 30) },
        Example("tencentcloud.cvm.virtual-size") { $0.facts.disk?.virtualSize = .known(501 << 30) },
        Example("tencentcloud.cvm.mbr") { $0.facts.partitions?.table = .known(.gpt) },
        Example("tencentcloud.cvm.gpt-by-uefi") {
            $0.facts.partitions?.table = .known(.gpt)
            $0.facts.boot?.bios = .absent()
        },
        Example("tencentcloud.cvm.sound-disk") {
            $0.facts.partitions?.defects = .known(["partitions 1 and 2 overlap"])
        },
        Example("tencentcloud.cvm.system-disk") { $0.facts.system?.initProgram = .absent() },
        Example("tencentcloud.cvm.no-lvm") { $0.partitions { $0[1].role = .lvm } },
        Example("tencentcloud.cvm.clean-file-systems") { $0.root { $0.clean = .known(false) } },
        Example("tencentcloud.cvm.free-space") { $0.root { $0.free = .known(100 << 20) } },
        Example("tencentcloud.cvm.fstab-devices") { $0.fstab(mount("/dev/sda2", "/", "ext4", line: 1)) },
        Example("tencentcloud.cvm.fstab-resolves") {
            $0.fstab(mount("UUID=77", "/data", "ext4", line: 3))
            $0.facts.mounts?.unmounted = .known([
                UnmountedFact(
                    point: "/data", kind: "ext4", source: "UUID=77", line: 3, inImage: false, why: "not there")
            ])
        },
    ]

    private static let boot = [
        Example("tencentcloud.cvm.boot-loader") {
            $0.facts.boot?.bios = .absent()
            $0.facts.boot?.efi = .known([])
        },
        Example(
            "tencentcloud.cvm.arm-uefi", prepared: { $0.becomesARM() }, broken: { $0.facts.boot?.efi = .known([]) }),
        Example("tencentcloud.cvm.architecture") { $0.declared = .arm64 },
        Example("tencentcloud.cvm.supported-architecture") {
            $0.becomes("riscv64")
            $0.declared = .riscv64
        },
        Example("tencentcloud.cvm.root-device") { $0.commandLine("root=/dev/sda2 ro") },
        Example("tencentcloud.cvm.kernel") { $0.kernels { $0.version = "6.9.0-mine" } },
        Example("tencentcloud.cvm.virtio") { $0.lacksDriver("virtio_net", everywhere: true) },
        Example("tencentcloud.cvm.virtio-initramfs") { $0.lacksDriver("virtio_blk") },
        Example("tencentcloud.cvm.virtio-console") { $0.lacksDriver("virtio_console", everywhere: true) },
    ]

    private static let initialisation = [
        Example("tencentcloud.cvm.cloud-init") { $0.files.texts["/usr/bin/cloud-init"] = nil },
        Example("tencentcloud.cvm.cloud-init-units") {
            let place = Evidence("/usr/lib/systemd/system/cloud-config.service")
            $0.facts.cloudInit?.stages = .known([
                CloudInitStage(unit: "cloud-config.service", isEnabled: false, evidence: [place])
            ])
        },
        Example("tencentcloud.cvm.cloud-init-source") {
            $0.facts.cloudInit?.datasources = .known(["Ec2", "None"], [Evidence("/etc/cloud/cloud.cfg", line: 9)])
        },
        Example("tencentcloud.cvm.cloud-init-clean") {
            $0.facts.secrets?.instanceData = leftovers("/var/lib/cloud/instance/boot-finished")
        },
        Example("tencentcloud.cvm.cloud-init-order") {
            $0.files.texts["/usr/lib/systemd/system/cloud-init-local.service"] = "[Unit]\nBefore=network-pre.target\n"
        },
    ]

    private static let system = [
        Example("tencentcloud.cvm.system") { $0.facts.system?.release["ID"] = .known("slackware") },
        Example("tencentcloud.cvm.dhcp") { $0.hasFixedAddress() },
        Example("tencentcloud.cvm.network-names") {
            $0.facts.network?.persistentNames = .known([Evidence("/etc/udev/rules.d/70-persistent-net.rules", line: 1)])
        },
        Example("tencentcloud.cvm.no-display-configuration") { $0.files.texts["/etc/X11/xorg.conf"] = "Section" },
        Example("tencentcloud.cvm.no-guest-tools") { $0.installs("open-vm-tools") },
        Example("tencentcloud.cvm.shadow") {
            $0.facts.accounts?.shadowFile = .known(
                FileMode(permissions: 0o640, user: 0, group: 0, isImmutable: .known(true)))
        },
    ]

    private static let marketplace = [
        Example("tencentcloud.market.supported-release") {
            $0.facts.system?.release["VERSION"] = .known("22.03 (LTS-SP1)")
        },
        Example("tencentcloud.market.open-ports") { $0.starts("mariadb.service") },
        Example("tencentcloud.market.local-ports") { $0.starts("redis.service") },
        Example("tencentcloud.market.file-modes") {
            $0.facts.secrets?.writableByAll = leftovers("/usr/share/app/data", mode: 0o666)
        },
        Example(
            "tencentcloud.market.key-folder", prepared: { $0.files.modes["/root/.ssh"] = 0o700 },
            broken: {
                $0.files.modes["/root/.ssh"] = 0o755
            }),
        Example("tencentcloud.market.logging") { $0.starts(not: "rsyslog.service") },
        Example("tencentcloud.market.no-passwords") { $0.password(Password(state: .hash, kind: "$6$")) },
        Example("tencentcloud.market.no-boot-password") {
            guard var menus = $0.facts.boot?.menus.value else { return }
            menus[0].passwords = [
                BootPassword(
                    user: "root", kind: "pbkdf2", isStock: true, evidence: Evidence("/boot/grub2/grub.cfg", line: 4))
            ]
            $0.facts.boot?.menus = .known(menus)
        },
        Example("tencentcloud.market.no-secrets") {
            let line = Evidence("/root/.docker/config.json")
            $0.facts.secrets?.credentials = .known([CredentialFile(kind: .registry, evidence: line)])
        },
        Example("tencentcloud.market.no-logs") { $0.facts.secrets?.logs = leftovers("/var/log/messages") },
    ]

    private static let hardening = [
        Example("tencentcloud.market.password-age") { $0.files.texts["/etc/login.defs"] = "PASS_MAX_DAYS 99999\n" },
        Example("tencentcloud.market.password-length") {
            $0.files.texts["/etc/login.defs"] = "PASS_MIN_LEN 5\n"
            $0.facts.accounts?.policy.qualityModule = .absent()
        },
        Example("tencentcloud.market.login-lock") { $0.files.texts["/etc/security/faillock.conf"] = "# deny = 3\n" },
        Example("tencentcloud.market.ssh-keys") { $0.sshd("PasswordAuthentication", "yes") },
        Example(
            "tencentcloud.market.ssh-port", prepared: { $0.sshd("Port", "2222") }, broken: { $0.sshd("Port", "22") }),
        Example("tencentcloud.market.ssh-idle") { $0.sshd("ClientAliveInterval", "0") },
        Example("tencentcloud.market.ssh-empty-passwords") { $0.sshd("PermitEmptyPasswords", "yes") },
        Example("tencentcloud.market.set-id") {
            $0.files.texts["/usr/bin/chage"] = "ELF"
            $0.files.modes["/usr/bin/chage"] = 0o4755
        },
    ]
}

extension SoundImage {
    mutating func hasFixedAddress() {
        var profile = NetworkProfile(
            source: .ifcfg, interface: "eth0",
            evidence: [Evidence("/etc/sysconfig/network-scripts/ifcfg-eth0", line: 2, text: "IPADDR=192.0.2.7")])
        profile.ipv4 = .static
        profile.addresses = ["192.0.2.7/24"]
        facts.network?.profiles = .known([profile])
        facts.network?.anyCard = .absent()
    }
}
