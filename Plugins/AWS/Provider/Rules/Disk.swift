import Documents
import ProviderKit

/// The file, its partitions and its file systems. IS is what a snapshot can be made of, MP the marketplace's own list.
enum Disk {
    static let rules: [Rule] = [
        Rule(
            "aws.ami.disk-format", "IS-1", .error,
            "The image is in a format that blocks are uploaded from: raw, qcow2, VHD, VHDX or VMDK.",
            why: "A snapshot is made of the blocks of a raw disk, and nothing else can be unpacked into one.",
            fix: "Convert the image: qemu-img convert -O raw.", source: Page.importPrerequisites,
            .diskFormat(in: ["raw", "qcow2", "vhd", "vhdx", "vmdk"])),
        Rule(
            "aws.ami.one-disk", "IS-2", .error, "The whole disk is in this one file.",
            why: "One snapshot becomes the root device, and what lies in another file is not in it.",
            fix: "Convert the image into one file without a backing file: qemu-img convert.",
            source: Page.importPrerequisites, .selfContained),
        Rule(
            "aws.ami.disk-size", "IS-3", .error, "The disk has at most 65536 GiB.",
            why: "No snapshot and no volume is larger.", fix: "Shrink the root's partition and the disk.",
            source: Page.snapshot, .virtualSize(upTo: 65536 << 30)),
        Rule(
            "aws.ami.import-size", "IS-4", .warning, "The disk has less than 16 TiB.",
            why: "The import from object storage takes no larger one: only the upload of blocks does.",
            fix: "Shrink the root's partition and the disk; volumes grow when an instance is launched.",
            source: Page.importPrerequisites, .virtualSize(upTo: (16 << 40) - 1)),
        Rule(
            "aws.ami.partition-table", "IS-5", .error, "The disk has an MBR or a GPT.",
            why: "Neither firmware nor import finds the root without one.",
            fix: "Build the image on a partitioned disk.", source: Page.importPrerequisites,
            .partitionTable(in: [.mbr, .gpt])),
        Rule(
            "aws.ami.sound-disk", "IS-9", .error,
            "The partition table is sound, and neither a file system nor an initramfs is damaged.",
            why: "What is cut off or lies over something else is lost, and no machine starts from it.",
            fix: "Take the whole disk anew; don't cut the file (truncate, qemu-img resize --shrink).",
            source: Page.importPrerequisites, .soundDisk),
        Rule(
            "aws.ami.file-systems", "IS-6", .warning,
            "The file systems are ext2, ext3, ext4, XFS, JFS or Btrfs.",
            why: "These are the ones that the vendor supports for imported Linux systems.",
            fix: "Build the image with ext4 or XFS.", source: Page.importPrerequisites,
            .fileSystems(in: ["ext2", "ext3", "ext4", "xfs", "jfs", "btrfs"])),
        Rule(
            "aws.ami.root-on-disk", "IS-7", .error, "Whatever fstab mounts at boot is on this disk.",
            why: "An instance has the image's disk alone, and stops at boot for a device that never comes.",
            fix: "Remove the line from /etc/fstab, or give it the option nofail.", source: Page.importPrerequisites,
            .fstabResolves),
        Rule(
            "aws.ami.not-encrypted", "MP-06", .error, "Neither the file nor a file system in it is encrypted.",
            why: "Nobody is there to enter a passphrase at boot, and the marketplace refuses encrypted file systems.",
            fix: "Build the image without encryption; volumes are encrypted at launch.", source: Page.product,
            .notEncrypted),
        Rule(
            "aws.ami.architecture", "MP-02", .error, "The image is for 64-bit x86 or ARM machines.",
            why: "There are no instances of another architecture.",
            fix: "Build the image for amd64 or arm64.", source: Page.product, .architecture(in: [.amd64, .arm64])),
        Rule(
            "aws.ami.declared-architecture", "IS-8", .error,
            "The system in the image is of the architecture that is declared.",
            why: "The image is registered for one architecture, and is offered on machines of that one only.",
            fix: "Correct the artifact's platform: linux/amd64 or linux/arm64.", source: Page.register,
            .declaredArchitecture),
    ]
}
