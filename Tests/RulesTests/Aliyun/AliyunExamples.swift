import Documents
import ProviderKit

/// How each rule of Aliyun's is broken.
enum AliyunExamples {
    static let all = disk + boot + initialisation + network + access + system

    private static let disk = [
        Example("aliyun.ecs.format") { $0.facts.disk?.format = .known("vmdk") },
        Example(
            "aliyun.ecs.vhd-size", prepared: { $0.facts.disk?.format = .known("vhd") },
            broken: {
                $0.facts.disk?.defects = .known(["the table of blocks is shorter than the disk"])
            }),
        Example("aliyun.ecs.no-vhd") { $0.facts.disk?.format = .known("vhd") },
        Example("aliyun.ecs.self-contained") { $0.facts.disk?.backingFile = .known("base.qcow2") },
        Example("aliyun.ecs.not-encrypted") { $0.facts.disk?.encrypted = .known(true) },
        Example("aliyun.ecs.virtual-size") { $0.facts.disk?.virtualSize = .known(2049 << 30) },
        Example("aliyun.ecs.least-size") { $0.facts.disk?.virtualSize = .known(8 << 30) },
        Example("aliyun.ecs.root-last") {
            $0.partitions {
                $0[0].start = 41 << 30
            }
        },
        Example("aliyun.ecs.no-lvm") { $0.partitions { $0[1].role = .lvm } },
        Example("aliyun.ecs.no-swap") { $0.fstab(mount("UUID=77", "none", "swap", line: 3)) },
        Example("aliyun.ecs.file-systems") {
            $0.facts.mounts?.mounts = .known([MountFact(point: "/", partition: 2, kind: "btrfs")])
        },
        Example("aliyun.ecs.sound-disk") { $0.facts.partitions?.defects = .known(["partitions 1 and 2 overlap"]) },
        Example("aliyun.ecs.ext4-quota") { $0.root { $0.features = .known(["project", "quota"]) } },
        Example("aliyun.ecs.clean-file-systems") { $0.root { $0.needsRecovery = .known(true) } },
        Example("aliyun.ecs.partition-table") {
            $0.facts.partitions?.table = .known(.gpt)
            $0.facts.boot?.efi = .known([])
        },
        Example("aliyun.ecs.free-space") { $0.root { $0.free = .known(100 << 20) } },
        Example("aliyun.ecs.fstab-devices") { $0.fstab(mount("/dev/vda2", "/", "ext4", line: 1)) },
        Example("aliyun.ecs.fstab-uuid") { $0.fstab(mount("LABEL=rootfs", "/", "ext4", line: 1)) },
        Example("aliyun.ecs.fstab-resolves") {
            $0.fstab(mount("UUID=77", "/data", "ext4", line: 3))
            $0.facts.mounts?.unmounted = .known([
                UnmountedFact(
                    point: "/data", kind: "ext4", source: "UUID=77", line: 3, inImage: false, why: "not there")
            ])
        },
    ]

    private static let boot = [
        Example("aliyun.ecs.boot-loader") {
            $0.facts.boot?.bios = .absent()
            $0.facts.boot?.efi = .known([])
        },
        Example("aliyun.ecs.arm-uefi", prepared: { $0.becomesARM() }, broken: { $0.facts.boot?.efi = .known([]) }),
        Example("aliyun.ecs.architecture") { $0.declared = .arm64 },
        Example("aliyun.ecs.supported-architecture") {
            $0.becomes("riscv64")
            $0.declared = .riscv64
        },
        Example("aliyun.ecs.root-device") { $0.commandLine("root=/dev/vda2 ro") },
        Example("aliyun.ecs.root-uuid") { $0.commandLine("root=LABEL=rootfs ro") },
        Example("aliyun.ecs.virtio") { $0.driver("virtio_blk") { $0.missing = ["virtio_ring"] } },
        Example("aliyun.ecs.nvme") { $0.lacksDriver("nvme") },
        Example("aliyun.ecs.nvme-timeout") { $0.commandLine("root=UUID=\(SoundImage.root) ro") },
        Example("aliyun.ecs.fw-cfg") {
            $0.kernels { $0.config = .known(["CONFIG_FW_CFG_SYSFS": "m"]) }
            $0.lacksDriver("qemu_fw_cfg")
        },
        Example("aliyun.ecs.kernel-version") { $0.kernels { $0.version = "2.6.32-754.el6" } },
    ]

    private static let initialisation = [
        Example("aliyun.ecs.cloud-init") { $0.facts.cloudInit?.version = .known("18.5") },
        Example("aliyun.ecs.cloud-init-source") {
            $0.facts.cloudInit?.datasources = .known(["NoCloud"], [Evidence("/etc/cloud/cloud.cfg", line: 9)])
        },
        Example("aliyun.ecs.grows-root") { $0.facts.cloudInit?.growMode = .known("off") },
        Example("aliyun.ecs.password-hash") { $0.facts.accounts?.policy.hashMethod = .known("MD5") },
        Example(
            "aliyun.ecs.cloud-assistant", prepared: { $0.installs("aliyun_assist") },
            broken: {
                $0.facts.packages?.packages = .known([])
            }),
        Example(
            "aliyun.ecs.security-agent", prepared: { $0.starts("aegis.service") },
            broken: {
                $0.starts(not: "aegis.service")
            }),
    ]

    private static let network = [
        Example("aliyun.ecs.dhcp") { $0.hasFixedAddress() },
        Example("aliyun.ecs.network-names") {
            var profile = NetworkProfile(source: .keyfile, interface: nil, evidence: [Evidence("/etc/a.nmconnection")])
            profile.ipv4 = .dhcp
            profile.hardwareAddress = "52:54:00:12:34:56"
            $0.facts.network?.profiles = .known([profile])
        },
        Example("aliyun.ecs.network-service") { $0.starts(not: "NetworkManager.service") },
        Example("aliyun.ecs.sshd") { $0.starts(not: "sshd.service") },
        Example("aliyun.ecs.ssh-port") { $0.sshd("Port", "2222") },
        Example("aliyun.ecs.root-login") { $0.sshd("PermitRootLogin", "no") },
        Example("aliyun.ecs.host-keys") { $0.facts.secrets?.hostKeys = leftovers("/etc/ssh/ssh_host_rsa_key") },
        Example("aliyun.ecs.firewall") {
            $0.facts.system?.firewalls = .known([
                Firewall(name: .firewalld, isEnabled: true, filtersInput: .known(true), opens: ["ssh"], evidence: [])
            ])
        },
    ]

    private static let access = [
        Example("aliyun.ecs.root-account") { $0.facts.accounts?.passwdProgram = .absent() },
        Example("aliyun.ecs.shadow") {
            $0.facts.accounts?.shadowFile = .known(
                FileMode(permissions: 0o666, user: 0, group: 0, isImmutable: .known(false)))
        },
        Example("aliyun.ecs.no-passwords") { $0.password(Password(state: .hash, kind: "$6$")) },
        Example("aliyun.ecs.no-stock-passwords") { $0.password(Password(state: .hash, kind: "$6$", isStock: true)) },
        Example("aliyun.ecs.no-authorized-keys") {
            $0.facts.accounts?.authorizedKeys = .known([
                AuthorizedKey(
                    user: "root", type: "ssh-ed25519", fingerprint: "SHA256:x", comment: "me@here", options: "",
                    evidence: Evidence("/root/.ssh/authorized_keys", line: 1))
            ])
        },
        Example("aliyun.ecs.no-histories") { $0.facts.secrets?.histories = leftovers("/root/.bash_history") },
        Example("aliyun.market.no-secrets") {
            let path = "/root/.ssh/id_rsa"
            $0.facts.secrets?.privateKeys = .known([
                PrivateKeyFile(path: path, kind: "RSA", isEncrypted: false, evidence: Evidence(path, line: 1))
            ])
        },
    ]

    private static let system = [
        Example("aliyun.ecs.system-disk") { $0.facts.system?.initProgram = .absent() },
        Example("aliyun.ecs.system") { $0.facts.system?.release["ID"] = .known("slackware") },
        Example("aliyun.ecs.selinux") {
            $0.facts.system?.selinux = SELinux(
                mode: .known("enforcing"), policy: .known("targeted"), hasPolicy: .known(true))
        },
        Example(
            "aliyun.ecs.no-absolute-links", prepared: { $0.files.links["/lib"] = "usr/lib" },
            broken: {
                $0.files.links["/lib"] = "/usr/lib"
            }),
        Example("aliyun.ecs.no-guest-agent") { $0.installs("qemu-guest-agent") },
        Example("aliyun.ecs.clock-utc") { $0.facts.system?.hardwareClock = .known("LOCAL") },
        Example(
            "aliyun.ecs.arm-clock-utc", prepared: { $0.becomesARM() },
            broken: {
                $0.facts.system?.hardwareClock = .known("LOCAL")
            }),
    ]
}
