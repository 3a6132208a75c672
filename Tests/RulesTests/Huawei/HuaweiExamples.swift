import Documents
import ProviderKit

/// How each rule of Huawei Cloud's is broken.
enum HuaweiExamples {
    static let all = disk + boot + firstBoot + access + market

    private static let disk = [
        Example("huaweicloud.ims.disk-format") { $0.facts.disk?.format = .known("iso") },
        Example("huaweicloud.ims.vmdk-origin") { $0.facts.disk?.format = .known("vmdk") },
        Example("huaweicloud.ims.file-size") { $0.facts.disk?.fileSize = .known(129 << 30) },
        Example(
            "huaweicloud.ims.file-size-limit", prepared: { $0.facts.disk?.format = .known("raw") },
            broken: {
                $0.facts.disk?.fileSize = .known(1025 << 30)
            }),
        Example("huaweicloud.ims.one-disk") { $0.facts.disk?.backingFile = .known("base.qcow2") },
        Example("huaweicloud.ims.disk-size") { $0.facts.disk?.virtualSize = .known(1025 << 30) },
        Example("huaweicloud.ims.not-encrypted") { $0.root { $0.kind = .known("crypto_LUKS") } },
        Example("huaweicloud.ims.sound-disk") { $0.facts.partitions?.defects = .known(["partitions 1 and 2 overlap"]) },
        Example("huaweicloud.ims.no-lvm") { $0.partitions { $0[1].role = .lvm } },
        Example("huaweicloud.ims.usr-on-root") {
            $0.facts.mounts?.unmounted = .known([
                UnmountedFact(point: "/usr", kind: "ext4", source: "UUID=8", line: 3, inImage: true, why: "not read")
            ])
        },
        Example("huaweicloud.ims.clean-file-systems") { $0.root { $0.clean = .known(false) } },
        Example("huaweicloud.ims.architecture") { $0.becomes("riscv64") },
        Example("huaweicloud.ims.declared-architecture") { $0.declared = .arm64 },
    ]

    private static let boot = [
        Example(
            "huaweicloud.ims.boots-arm64", prepared: { $0.becomesARM() }, broken: { $0.facts.boot?.efi = .known([]) }),
        Example("huaweicloud.ims.boots-amd64") {
            $0.facts.boot?.bios = .absent()
            $0.facts.boot?.efi = .known([])
        },
        Example("huaweicloud.ims.root-by-uuid") { $0.commandLine("root=LABEL=rootfs ro console=ttyS0") },
        Example("huaweicloud.ims.fstab-names") { $0.fstab(mount("/dev/sda2", "/", "ext4", line: 1)) },
        Example("huaweicloud.ims.fstab-resolves") { $0.mountsAnotherDisk() },
        Example("huaweicloud.ims.virtio-disk") { $0.lacksDriver("virtio_blk") },
        Example("huaweicloud.ims.virtio-net") { $0.lacksDriver("virtio_net", everywhere: true) },
        Example("huaweicloud.ims.virtio-early") { $0.lacksDriver("virtio_net") },
        Example("huaweicloud.ims.kernel-version") { $0.kernels { $0.version = "2.6.24-7.el5" } },
        Example(
            "huaweicloud.ims.dracut-drivers", prepared: { $0.hasDracut() },
            broken: {
                $0.files.texts["/etc/dracut.conf.d/virtio.conf"] = "add_drivers+=\" virtio_blk \"\n"
            }),
        Example("huaweicloud.ims.serial-console-amd64") { $0.commandLine("root=UUID=\(SoundImage.root) console=tty1") },
        Example(
            "huaweicloud.ims.serial-console-arm64", prepared: { $0.becomesARM() },
            broken: {
                $0.commandLine("root=UUID=\(SoundImage.root) console=tty1")
            }),
        Example("huaweicloud.ims.kernel-messages") {
            $0.commandLine("root=UUID=\(SoundImage.root) console=ttyS0 rhgb quiet")
        },
    ]

    private static let firstBoot = [
        Example("huaweicloud.ims.no-persistent-names") {
            $0.facts.network?.persistentNames = .known([Evidence("/etc/udev/rules.d/70-persistent-net.rules", line: 1)])
        },
        Example("huaweicloud.ims.dhcp") { $0.facts.network?.anyCard = .absent() },
        Example("huaweicloud.ims.no-hardware-address") {
            $0.facts.network?.boundLinks = .known([Evidence("/etc/systemd/network/10-lan.link", line: 2)])
        },
        Example(
            "huaweicloud.ims.persistent-dhcp",
            prepared: { $0.interface("BOOTPROTO=dhcp\nPERSISTENT_DHCLIENT=\"y\"\n") },
            broken: { $0.interface("BOOTPROTO=dhcp\n") }),
        Example("huaweicloud.ims.cloud-init") { $0.facts.cloudInit?.program = .absent() },
        Example("huaweicloud.ims.cloud-init-source") {
            $0.facts.cloudInit?.datasources = .known(["Ec2", "None"], [Evidence("/etc/cloud/cloud.cfg", line: 9)])
        },
        Example("huaweicloud.ims.cloud-init-clean") {
            $0.facts.secrets?.instanceData = leftovers("/var/lib/cloud/instance/boot-finished")
        },
        Example("huaweicloud.ims.no-guest-tools") { $0.installs("open-vm-tools") },
    ]

    private static let access = [
        Example("huaweicloud.ims.no-authorized-keys") { $0.lets(in: "builder@example") },
        Example("huaweicloud.ims.no-logs") { $0.facts.secrets?.logs = leftovers("/var/log/messages") },
        Example("huaweicloud.ims.no-shell-history") { $0.facts.secrets?.histories = leftovers("/root/.bash_history") },
        Example("huaweicloud.ims.no-empty-password") { $0.password(Password(state: .empty)) },
        Example("huaweicloud.ims.ssh-password") { $0.sshd("PasswordAuthentication", "yes") },
        Example("huaweicloud.ims.cloud-init-root") { $0.facts.cloudInit?.disableRoot = .known(false) },
        Example("huaweicloud.ims.administrator") { $0.facts.cloudInit?.users = .known([]) },
    ]

    private static let market = [
        Example("huaweicloud.koogallery.no-preset-password") { $0.password(Password(state: .hash, kind: "$6$")) },
        Example("huaweicloud.koogallery.no-preset-account") { $0.hasAccount("builder", 1000) },
        Example("huaweicloud.koogallery.no-preset-key") { $0.hasPrivateKey("/root/.ssh/id_ed25519") },
        Example("huaweicloud.koogallery.no-host-keys") {
            $0.facts.secrets?.hostKeys = leftovers("/etc/ssh/ssh_host_rsa_key")
        },
        Example("huaweicloud.koogallery.password-policy") { $0.facts.accounts?.policy.minimumClasses = .known(1) },
    ]
}

extension SoundImage {
    mutating func hasDracut() {
        installs("dracut")
        files.texts["/etc/dracut.conf.d/virtio.conf"] =
            "add_drivers+=\" virtio virtio_ring virtio_pci virtio_blk virtio_net virtio_scsi \"\n"
    }

    mutating func interface(_ text: String) {
        files.texts["/etc/sysconfig/network-scripts/ifcfg-eth0"] = text
    }
}
