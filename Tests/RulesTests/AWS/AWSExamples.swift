import Documents
import ProviderKit

/// How each rule of AWS's is broken.
enum AWSExamples {
    static let all = disk + boot + firstBoot + access + contents

    private static let disk = [
        Example("aws.ami.disk-format") { $0.facts.disk?.format = .known("vdi") },
        Example("aws.ami.one-disk") { $0.facts.disk?.backingFile = .known("base.qcow2") },
        Example("aws.ami.disk-size") { $0.facts.disk?.virtualSize = .known(65537 << 30) },
        Example("aws.ami.import-size") { $0.facts.disk?.virtualSize = .known(16 << 40) },
        Example("aws.ami.partition-table") { $0.facts.partitions?.table = .absent() },
        Example("aws.ami.sound-disk") { $0.facts.partitions?.defects = .known(["partitions 1 and 2 overlap"]) },
        Example("aws.ami.file-systems") {
            $0.facts.mounts?.mounts = .known([MountFact(point: "/", partition: 2, kind: "f2fs")])
        },
        Example("aws.ami.root-on-disk") { $0.mountsAnotherDisk() },
        Example("aws.ami.not-encrypted") { $0.root { $0.kind = .known("crypto_LUKS") } },
        Example("aws.ami.architecture") { $0.becomes("loongarch64") },
        Example("aws.ami.declared-architecture") { $0.declared = .arm64 },
    ]

    private static let boot = [
        Example("aws.ami.boots-amd64") {
            $0.facts.boot?.bios = .absent()
            $0.facts.boot?.efi = .known([])
        },
        Example("aws.ami.boots-arm64", prepared: { $0.becomesARM() }, broken: { $0.facts.boot?.efi = .known([]) }),
        Example("aws.ami.nvme-driver") { $0.lacksDriver("nvme") },
        Example("aws.ami.ena-driver") { $0.lacksDriver("ena", everywhere: true) },
        Example("aws.ami.xen-drivers") { $0.lacksDriver("xen_blkfront") },
        Example("aws.ami.fstab-names") { $0.fstab(mount("/dev/sda2", "/", "ext4", line: 1)) },
        Example("aws.ami.root-name") { $0.commandLine("root=/dev/vda2 ro console=ttyS0") },
        Example("aws.ami.nvme-timeout") { $0.commandLine("root=UUID=\(SoundImage.root) nvme_core.io_timeout=30") },
        Example("aws.ami.serial-console-amd64") { $0.commandLine("root=UUID=\(SoundImage.root) console=tty1") },
        Example(
            "aws.ami.serial-console-arm64", prepared: { $0.becomesARM() },
            broken: {
                $0.commandLine("root=UUID=\(SoundImage.root) console=tty1")
            }),
    ]

    private static let firstBoot = [
        Example("aws.ami.cloud-init") { $0.facts.cloudInit?.program = .absent() },
        Example("aws.ami.cloud-init-source") {
            $0.facts.cloudInit?.datasources = .known(
                ["OpenStack", "None"], [Evidence("/etc/cloud/cloud.cfg", line: 9)])
        },
        Example("aws.ami.key-login") { $0.sshd("PubkeyAuthentication", "no") },
        Example("aws.ami.cloud-init-tokens") { $0.facts.cloudInit?.version = .known("19.4") },
        Example("aws.ami.dhcp") { $0.facts.network?.anyCard = .absent() },
        Example("aws.ami.no-hardware-address") {
            $0.facts.network?.boundLinks = .known([Evidence("/etc/systemd/network/10-lan.link", line: 2)])
        },
        Example("aws.ami.no-persistent-names") {
            $0.facts.network?.persistentNames = .known([Evidence("/etc/udev/rules.d/70-persistent-net.rules", line: 1)])
        },
        Example("aws.ami.root-grows") { $0.facts.cloudInit?.growMode = .known("off") },
        Example("aws.ami.machine-id") {
            $0.facts.secrets?.machineID = .known(.set, [Evidence("/etc/machine-id", line: 1)])
        },
        Example("aws.ami.no-random-seed") { $0.facts.secrets?.randomSeeds = leftovers("/var/lib/systemd/random-seed") },
        Example("aws.ami.cloud-init-clean") {
            $0.facts.secrets?.instanceData = leftovers("/var/lib/cloud/instance/user-data.txt")
        },
        Example("aws.ami.no-logs") { $0.facts.secrets?.logs = leftovers("/var/log/messages") },
    ]

    private static let access = [
        Example("aws.ami.ssh-password") { $0.sshd("PasswordAuthentication", "yes") },
        Example("aws.ami.ssh-keyboard-interactive") { $0.sshd("KbdInteractiveAuthentication", "yes") },
        Example("aws.ami.cloud-init-password") { $0.facts.cloudInit?.sshPasswords = .known("true") },
        Example("aws.ami.root-password-login") { $0.sshd("PermitRootLogin", "yes") },
        Example("aws.ami.cloud-init-root") { $0.facts.cloudInit?.disableRoot = .known(false) },
        Example("aws.ami.no-stock-password") { $0.password(Password(state: .hash, kind: "$6$", isStock: true)) },
        Example("aws.ami.no-preset-password") { $0.password(Password(state: .hash, kind: "$6$")) },
        Example("aws.ami.no-empty-password") { $0.password(Password(state: .empty)) },
        Example("aws.ami.ssh-empty-password") { $0.sshd("PermitEmptyPasswords", "yes") },
        Example("aws.ami.no-authorized-keys") { $0.lets(in: "builder@example") },
        Example("aws.ami.administrator") { $0.facts.cloudInit?.users = .known([]) },
        Example("aws.ami.user-name", prepared: { $0.defaultUser("ec2-user") }, broken: { $0.defaultUser("root2") }),
        Example("aws.ami.sshd-enabled") { $0.starts(not: "sshd.service") },
        Example("aws.ami.sshd-port") { $0.sshd("Port", "2222") },
        Example("aws.ami.firewall") {
            $0.facts.system?.firewalls = .known([
                Firewall(
                    name: .firewalld, isEnabled: true, filtersInput: .known(true), opens: ["dhcpv6-client"],
                    evidence: [Evidence("/etc/firewalld/firewalld.conf", line: 6)])
            ])
        },
        Example("aws.ami.no-personal-accounts") { $0.hasAccount("builder", 1000) },
    ]

    private static let contents = [
        Example("aws.ami.no-secrets") { $0.hasPrivateKey("/root/.ssh/id_ed25519") },
        Example("aws.ami.no-shell-history") { $0.facts.secrets?.histories = leftovers("/root/.bash_history") },
        Example("aws.ami.no-host-keys") { $0.facts.secrets?.hostKeys = leftovers("/etc/ssh/ssh_host_rsa_key") },
        Example("aws.ami.host-key-generation") { $0.facts.cloudInit?.program = .absent() },
        Example("aws.ami.supported-release") { $0.facts.system?.release["VERSION"] = .known("22.03 (LTS-SP1)") },
        Example("aws.ami.region-agnostic") {
            $0.facts.system?.repositories = .known([
                PackageRepository(
                    kind: .dnf, id: "mirror", name: nil,
                    urls: ["https://mirror.s3.us-east-1.amazonaws.com/os"], isEnabled: true, checksSignatures: true,
                    evidence: [Evidence("/etc/yum.repos.d/mirror.repo", line: 3)])
            ])
        },
        Example("aws.ami.no-stock-boot-password") {
            guard var menus = $0.facts.boot?.menus.value else { return }
            menus[0].passwords = [
                BootPassword(
                    user: "root", kind: "pbkdf2", isStock: true, evidence: Evidence("/boot/grub2/grub.cfg", line: 12))
            ]
            $0.facts.boot?.menus = .known(menus)
        },
    ]
}
