// The partition table, the file systems, and the file that holds them.

extension Mutation {
    static let disk = [
        Mutation(
            "GPT, with a loader for UEFI alone", .disk(["sh", "-c", gpt]), tencent: "gpt-by-uefi"),
        Mutation(
            "GPT, with a loader for BIOS too", .grubCore(sector: UInt64(CleanImage.gapOffset) / 512),
            .disk(["sh", "-c", gpt]), tencent: "mbr!"),
        Mutation(
            "GPT, with a loader for BIOS alone", .grubCore(sector: UInt64(CleanImage.gapOffset) / 512),
            .esp(["mdel", "-i", "@", loader]),
            .disk(["sh", "-c", gpt]), tencent: "mbr!", aliyun: "partition-table?"),
        Mutation(
            "no partition table", .bytes(446, [UInt8](repeating: 0, count: 66)), aws: "partition-table! sound-disk!",
            huawei: "sound-disk!", tencent: "sound-disk!", aliyun: "sound-disk!",
            local: "partition-table sound-disk!", isBlind: true),
        Mutation(
            "two partitions that overlap",
            // A third entry, from inside of the first.
            .bytes(478, [0, 0, 0, 0, 0x83, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 1, 0]), aws: "sound-disk!",
            huawei: "sound-disk!", tencent: "sound-disk!", aliyun: "sound-disk!", local: "sound-disk!"),
        Mutation(
            "a partition behind the root",
            .disk(["sh", "-c", "echo 'start=131072, size=2048, type=83' | \(sfdisk) -a @"]),
            aliyun: "root-last^", local: "root-last?"),
        Mutation(
            "a partition between two MiB", .partition(type: "83", shifted: 1), local: "aligned?"),
        Mutation(
            "a partition of LVM's type", .partition(type: "8e"), huawei: "no-lvm", tencent: "no-lvm",
            aliyun: "no-lvm^"),
        Mutation("a partition of swap's type", .partition(type: "82"), aliyun: "no-swap^"),
        Mutation("swap in a file", .append("/etc/fstab", "/swapfile none swap defaults 0 0\n"), aliyun: "no-swap^"),
        Mutation(
            "an encrypted volume beside the root", .partition(type: "83"),
            .bytes(UInt64(CleanImage.gapOffset), Array("LUKS".utf8) + [0xba, 0xbe, 0, 1]), aws: "not-encrypted!",
            huawei: "not-encrypted!", tencent: "self-contained!", aliyun: "not-encrypted!"),
        Mutation(
            "crypttab names a volume", .write("/etc/crypttab", "home UUID=\(CleanImage.root) none luks\n"),
            aws: "not-encrypted!", huawei: "not-encrypted!", tencent: "self-contained!", aliyun: "not-encrypted!"),
    ]

    private static let loader = "::/EFI/BOOT/BOOTX64.EFI"
    private static let sfdisk = "sfdisk -q --no-reread --no-tell-kernel"
    /// The same partitions by GPT, and one for GRUB's core; the boot code stays, and what is in sectors 1 to 33 goes.
    private static let gpt =
        "printf 'label: gpt\\nstart=2048, size=32768, type=U\\nstart=34816, size=2048, "
        + "type=21686148-6449-6E6F-744E-656564454649\\nstart=36864, type=L\\n' | \(sfdisk) --wipe never @"

    static let fileSystems = [
        Mutation(
            "fstab names the root by its device", fstab("UUID=\(CleanImage.root) /", "/dev/sda2 /"),
            aws: "fstab-names!", huawei: "fstab-names!", tencent: "fstab-devices!", aliyun: "fstab-devices!",
            local: "fstab-names"),
        Mutation(
            "fstab names the loader's partition by its device", fstab("UUID=\(CleanImage.esp)", "/dev/vda1"),
            aws: "fstab-names!", huawei: "fstab-names!", tencent: "fstab-devices!", aliyun: "fstab-devices!",
            local: "fstab-names"),
        Mutation(
            "fstab names the root by its label", fstab("UUID=\(CleanImage.root) /", "LABEL=rootfs /"),
            aliyun: "fstab-uuid^"),
        Mutation(
            "fstab mounts what is not there",
            .append("/etc/fstab", "UUID=11111111-2222-3333-4444-555555555555 /srv ext4 defaults 0 2\n"),
            aws: "root-on-disk!", huawei: "fstab-resolves!", tencent: "fstab-resolves!", aliyun: "fstab-resolves!",
            local: "fstab-resolves"),
        Mutation(
            "/usr lies elsewhere",
            .append("/etc/fstab", "UUID=11111111-2222-3333-4444-555555555555 /usr ext4 nofail 0 2\n"),
            huawei: "usr-on-root"),
        Mutation(
            "a file system that some do not know", .partition(type: "83"),
            .disk(["sh", "-c", "mke2fs -q -F -t ext2 -U \(data) -E offset=\(CleanImage.gapOffset) @ 512k"]),
            .append("/etc/fstab", "UUID=\(data) /srv ext2 defaults 0 2\n"), aliyun: "file-systems!"),
        Mutation(
            "a file system that none wants", .partition(type: "c"),
            .disk(["sh", "-c", "truncate -s 512K @.fat && mkfs.vfat -i 12345678 @.fat"]),
            .disk(["dd", "if=@.fat", "of=@", "bs=512", "seek=\(CleanImage.gapOffset / 512)", "conv=notrunc"]),
            .append("/etc/fstab", "UUID=1234-5678 /srv vfat defaults 0 2\n"), aws: "file-systems",
            aliyun: "file-systems!"),
        Mutation(
            "the root was not unmounted", .debugfs("ssv state 0"), huawei: "clean-file-systems",
            tencent: "clean-file-systems!", aliyun: "clean-file-systems", local: "clean-file-systems"),
        Mutation(
            "the root notes errors", .debugfs("ssv state 3"), huawei: "clean-file-systems",
            tencent: "clean-file-systems!", aliyun: "clean-file-systems", local: "clean-file-systems"),
        Mutation(
            "the root's journal waits", .debugfs("feature needs_recovery"), huawei: "clean-file-systems",
            tencent: "clean-file-systems!", aliyun: "clean-file-systems", local: "clean-file-systems"),
        Mutation(
            "the loader's partition was not unmounted", .bytes(UInt64(CleanImage.espOffset + 0x25), [1]),
            huawei: "clean-file-systems", tencent: "clean-file-systems!", aliyun: "clean-file-systems",
            local: "clean-file-systems"),
        Mutation("the root has quotas of two kinds", .debugfs("feature project quota"), aliyun: "ext4-quota?"),
        Mutation(
            "the root is full", .debugfs("ssv free_blocks_count 100"), tencent: "free-space", aliyun: "free-space"),
    ]

    private static let data = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
    private static func fstab(_ old: String, _ new: String) -> Edit { .replace("/etc/fstab", old, with: new) }

    static let containers = [
        Mutation("a small disk", .size(10), aliyun: "least-size^"),
        Mutation("a disk of 600 GiB", .size(600), tencent: "virtual-size!"),
        Mutation(
            "a disk of 1100 GiB", .convert(["qcow2"]), .size(1100), huawei: "disk-size!", tencent: "virtual-size!"),
        Mutation(
            "a disk of 2100 GiB", .convert(["qcow2"]), .size(2100), huawei: "disk-size!", tencent: "virtual-size!",
            aliyun: "virtual-size!"),
        Mutation(
            "a disk of 17 TiB", .convert(["qcow2"]), .size(17 << 10), aws: "import-size", huawei: "disk-size!",
            tencent: "virtual-size!", aliyun: "virtual-size!"),
        Mutation(
            "60 GiB of data", .size(60),
            .convert(["qcow2", "-o", "preallocation=metadata,cluster_size=2M"]), tencent: "data-size!"),
        Mutation("a file of 130 GiB", .convert(["qcow2"]), .length(130), huawei: "file-size!"),
        Mutation(
            "a file of 1100 GiB", .convert(["qcow2"]), .length(1100), huawei: "file-size! file-size-limit!"),
        Mutation("VMDK", .convert(["vmdk"]), huawei: "vmdk-origin", aliyun: "format!"),
        Mutation("VHDX", .convert(["vhdx"]), tencent: "format!", aliyun: "format!"),
        Mutation("VHD", .convert(["vpc", "-o", "force_size=on"]), aliyun: "no-vhd?"),
        Mutation(
            "a VHD without its end", .convert(["vpc", "-o", "force_size=on"]),
            .container(["truncate", "-s", "-512", "@"]),
            aws: "one-disk!", huawei: "one-disk!", tencent: "self-contained!", aliyun: "vhd-size! no-vhd?",
            local: "one-file!"),
        Mutation(
            "qcow2 that is marked as corrupt", .convert(["qcow2"]), .containerBytes(79, [2]), aws: "one-disk!",
            huawei: "one-disk!", tencent: "self-contained!", aliyun: "self-contained!", local: "one-file!"),
        Mutation(
            "a snapshot", .convert(["qcow2"]), .container(["qemu-img", "snapshot", "-c", "before", "@"]),
            local: "no-snapshots"),
    ]
}
