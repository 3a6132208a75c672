// Loaders, kernels and what an initramfs holds.

extension Mutation {
    private static func menu(_ old: String, _ new: String) -> Edit { .replace(CleanImage.menu, old, with: new) }
    private static let noLoader: Edit = .esp(["mdel", "-i", "@", "::/EFI/BOOT/BOOTX64.EFI"])
    private static let stock =
        "grub.pbkdf2.sha512.10000.5A45748D892672FDA02DD3B6F7AE390AC6E6D532A600D4AC477D25C7D087644697D8A0894DFED9D86DC2A27F4"
        + "E01D925C46417A225FC099C12DBD3D7D49A7425.2BD2F5BF4907DCC389CC5D165DB85CC3E2C94C8F9A30B01DACAA9CD552B731BA1DD3B7CC2"
        + "C765704D55B8CD962D2AEF19A753CBE9B8464E2B1EB39A3BB4EAB08"

    static let loaders = [
        Mutation(
            "no loader for either firmware", .bytes(0, [UInt8](repeating: 0, count: 440)), noLoader,
            aws: "boots-amd64!", huawei: "boots-amd64!", tencent: "boot-loader!", aliyun: "boot-loader!", local: "boots"
        ),
        Mutation(
            "the boot code finds no core, and UEFI no loader", .bytes(512, [UInt8](repeating: 0, count: 512)), noLoader,
            aws: "boots-amd64!", huawei: "boots-amd64!", tencent: "boot-loader!", aliyun: "boot-loader!", local: "boots"
        ),
        Mutation(
            "the menu's kernel is not there", menu("/boot/vmlinuz-", "/boot/vmlinuz-old-"), aws: "boots-amd64!",
            huawei: "boots-amd64!", tencent: "boot-loader!", aliyun: "boot-loader!", local: "boots"),
        Mutation(
            "the menu's initramfs is not there", menu("/boot/initramfs-", "/boot/initramfs-old-"), aws: "boots-amd64!",
            huawei: "boots-amd64!", tencent: "boot-loader!", aliyun: "boot-loader!", local: "boots"),
        Mutation(
            "root= names a device", menu("root=UUID=\(CleanImage.root)", "root=/dev/sda2"), aws: "root-name!",
            huawei: "root-by-uuid!", tencent: "root-device!", aliyun: "root-device!", local: "root-name"),
        Mutation(
            "root= of the next menu names a device",
            .replace("/etc/default/grub", "root=UUID=\(CleanImage.root)", with: "root=/dev/vda2"), aws: "root-name!",
            huawei: "root-by-uuid!", tencent: "root-device!", aliyun: "root-device!", local: "root-name"),
        Mutation(
            "root= names a label", menu("root=UUID=\(CleanImage.root)", "root=LABEL=rootfs"),
            huawei: "root-by-uuid!", aliyun: "root-uuid^"),
        Mutation(
            "root= is of no file system",
            menu("root=UUID=\(CleanImage.root)", "root=UUID=11111111-2222-3333-4444-555555555555"),
            aws: "root-name!", huawei: "root-by-uuid!", tencent: "root-device!", aliyun: "root-device!",
            local: "root-name"),
        Mutation(
            "the menu's password is published",
            menu("set timeout=1\n", "set timeout=1\nset superusers=\"root\"\npassword_pbkdf2 root \(stock)\n"),
            aws: "no-stock-boot-password", tencent: "market.no-boot-password!", aliyun: "no-stock-passwords!",
            local: "no-published-boot-password!"),
    ]

    static let kernels = [
        Mutation(
            "no serial console", menu(" console=ttyS0,115200n8", ""), aws: "serial-console-amd64",
            huawei: "serial-console-amd64?"),
        Mutation("a quiet kernel", menu(" ro ", " ro quiet "), huawei: "kernel-messages?"),
        Mutation("a picture in place of messages", menu(" ro ", " ro rhgb "), huawei: "kernel-messages?"),
        Mutation(
            "NVMe disks are given up", menu(" nvme_core.io_timeout=4294967295", ""), aws: "nvme-timeout?",
            aliyun: "nvme-timeout"),
        Mutation(
            "NVMe disks are given up after a minute", menu("io_timeout=4294967295", "io_timeout=60"),
            aws: "nvme-timeout?", aliyun: "nvme-timeout"),
        Mutation(
            "no passwords by the firmware's tables",
            .replace("/boot/config-\(CleanImage.kernel)", "CONFIG_FW_CFG_SYSFS=y\n", with: ""), aliyun: "fw-cfg"),
        Mutation("no package brought the kernel", .packages(removed: ["kernel"]), tencent: "kernel^"),
        Mutation(
            "an old kernel", .packages(added: ["kernel": "3.4.0-1"]), .kernel("3.4.0-1.oe2403sp3.x86_64"),
            aliyun: "kernel-version"),
        Mutation(
            "a kernel before virtio", .packages(added: ["kernel": "2.6.18-8"]), .kernel("2.6.18-8.oe2403sp3.x86_64"),
            huawei: "kernel-version!", aliyun: "kernel-version"),
        Mutation(
            "the next initramfs lacks drivers", .remove("/etc/dracut.conf.d/virtio.conf"), huawei: "dracut-drivers?"),
        Mutation(
            "programs for 32-bit machines", .program("/usr/bin/bash", machine: 3), aws: "architecture!",
            huawei: "architecture!", tencent: "supported-architecture!", aliyun: "supported-architecture!"),
        Mutation(
            "programs for ARM, a kernel for x86", .program("/usr/bin/bash", machine: 183),
            aws: "declared-architecture! boots-arm64!", huawei: "declared-architecture! boots-arm64!",
            tencent: "architecture! arm-uefi!", aliyun: "architecture! arm-uefi!"),
    ]

    static let drivers = [
        Mutation(
            "no virtio disk before the root is mounted", .initramfs(without: ["virtio_blk"]),
            huawei: "virtio-disk!", tencent: "virtio-initramfs!", aliyun: "virtio!", local: "virtio"),
        Mutation(
            "no virtio bus before the root is mounted", .initramfs(without: ["virtio_pci"]),
            huawei: "virtio-disk!", tencent: "virtio-initramfs!", aliyun: "virtio!", local: "virtio"),
        Mutation(
            "no SCSI of virtio's before the root is mounted", .initramfs(without: ["virtio_scsi"]),
            huawei: "virtio-disk!"),
        Mutation(
            "no virtio network before the root is mounted", .initramfs(without: ["virtio_net"]), huawei: "virtio-early"),
        Mutation(
            "no virtio ring before the root is mounted", .initramfs(without: ["virtio_ring"]), huawei: "virtio-early"),
        Mutation(
            "no NVMe before the root is mounted", .initramfs(without: ["nvme"]), aws: "nvme-driver!", aliyun: "nvme?^"),
        Mutation("no Xen disk before the root is mounted", .initramfs(without: ["xen_blkfront"]), aws: "xen-drivers"),
        Mutation("no Xen network at all", .noDrivers(["xen_netfront"]), aws: "xen-drivers"),
        Mutation("no ENA at all", .noDrivers(["ena"]), aws: "ena-driver!"),
        Mutation(
            "no virtio disk at all", .noDrivers(["virtio_blk"]), huawei: "virtio-disk!", tencent: "virtio!",
            aliyun: "virtio!", local: "virtio"),
        Mutation(
            "no virtio network at all", .noDrivers(["virtio_net"]), huawei: "virtio-net! virtio-early",
            tencent: "virtio! virtio-console", aliyun: "virtio!"),
        Mutation("no virtio console at all", .noDrivers(["virtio_console"]), tencent: "virtio-console"),
    ]
}
