import Documents
import ProviderKit

/// The file, its partitions and its file systems: sections FMT to FS of the table.
enum Disk {
    private static let formats = ["qcow2", "raw", "vhd", "vhdx", "vmdk", "qed", "vdi", "qcow", "zvhd2", "zvhd"]

    static let rules: [Rule] = [
        Rule(
            "huaweicloud.ims.disk-format", "HW-FMT-1", .error,
            "The image is in a format that the service imports: qcow2, raw, VHD, VHDX, VMDK, QED, VDI or ZVHD2.",
            why: "The service refuses other files.", fix: "Convert the image: qemu-img convert -O qcow2.",
            source: Page.file, .diskFormat(in: formats)),
        Rule(
            "huaweicloud.ims.vmdk-origin", "HW-FMT-2", .warning, "The image is no VMDK file.",
            why: "The service reads those that VMware's own tools export, and may fail to start from others.",
            fix: "Convert the image: qemu-img convert -O qcow2.", source: Page.file,
            applies: .when(.diskFormat(in: formats)), .diskFormat(in: formats.filter { $0 != "vmdk" })),
        Rule(
            "huaweicloud.ims.file-size", "HW-SIZE-1", .error,
            "The file has at most 128 GiB, or is raw or ZVHD2.",
            why: "The ordinary import takes no larger file, and the quick one only these two formats.",
            fix: "Convert the image into qcow2, which leaves out what is empty, or into raw.", source: Page.file,
            .anyOf([.fileSize(upTo: 128 << 30), .diskFormat(in: ["raw", "zvhd2"])])),
        Rule(
            "huaweicloud.ims.file-size-limit", "HW-SIZE-2", .error, "The file has at most 1 TiB.",
            why: "The quick import takes no larger file either.", fix: "Shrink the root's partition and the disk.",
            source: Page.quickImport, .fileSize(upTo: 1 << 40)),
        Rule(
            "huaweicloud.ims.one-disk", "HW-DISK-1", .error, "The whole system disk is in this one file.",
            why: "The service imports one file, without the ones that it refers to.",
            fix: "Convert the image into one file without a backing file: qemu-img convert.", source: Page.file,
            .selfContained),
        Rule(
            "huaweicloud.ims.disk-size", "HW-DISK-2", .error, "The disk has at most 1024 GiB.",
            why: "No system disk is larger.", fix: "Shrink the root's partition and the disk.", source: Page.file,
            .virtualSize(upTo: 1024 << 30)),
        Rule(
            "huaweicloud.ims.not-encrypted", "HW-ENC-1", .error,
            "Neither the file nor a file system in it is encrypted.",
            why: "Servers made from an encrypted image may not work.",
            fix: "Build the image without encryption; the service encrypts a registered image.", source: Page.file,
            .notEncrypted),
        Rule(
            "huaweicloud.ims.sound-disk", "HW-DISK-3", .error,
            "The partition table is sound, and neither a file system nor an initramfs is damaged.",
            why: "What is cut off or lies over something else is lost, and no machine starts from it.",
            fix: "Take the whole disk anew; don't cut the file (truncate, qemu-img resize --shrink).",
            source: Page.file, .soundDisk),
        Rule(
            "huaweicloud.ims.no-lvm", "HW-LVM-1", .warning, "The root is no LVM volume.",
            why: "The service can't put files into servers whose root is one.",
            fix: "Build the image with the root on a partition of its own.", source: Page.file, .noLVM),
        Rule(
            "huaweicloud.ims.usr-on-root", "HW-USR-1", .warning, "/usr is on the root's file system.",
            why: "The automatic configuration does not put virtio drivers into such an image.",
            fix: "Build the image with /usr on the root.", source: Page.automaticConfiguration,
            .noSeparateMount(["/usr"])),
        Rule(
            "huaweicloud.ims.clean-file-systems", "HW-FS-1", .warning, "The system was shut down in order.",
            why: "A server's first boot repairs the file systems, or stops there.",
            fix: "Shut the system down, or repair the file systems: e2fsck -p.", source: Page.file,
            .cleanFileSystems),
        Rule(
            "huaweicloud.ims.architecture", "HW-ARCH-1", .error, "The image is for 64-bit x86 or ARM machines.",
            why: "There are no servers of another architecture.", fix: "Build the image for amd64 or arm64.",
            source: Page.register, .architecture(in: [.amd64, .arm64])),
        Rule(
            "huaweicloud.ims.declared-architecture", "HW-ARCH-1", .error,
            "The system in the image is of the architecture that is declared.",
            why: "The image is registered for one architecture, and servers of another do not start from it.",
            fix: "Correct the artifact's platform: linux/amd64 or linux/arm64.", source: Page.register,
            .declaredArchitecture),
    ]
}
