import Documents
import ProviderKit

extension TencentRules {
    /// The file, its partitions and file systems.
    static let disk: [Rule] = [
        Rule(
            "tencentcloud.cvm.format", "TC-FMT-1", .error, "The file is RAW, VHD, QCOW2 or VMDK.",
            why: "The import ends with InvalidFormatSize.",
            fix: "Convert the image to qcow2.", source: Page.importing,
            .diskFormat(in: ["qcow2", "raw", "vhd", "vmdk"])),
        Rule(
            "tencentcloud.cvm.self-contained", "TC-FMT-1", .error,
            "One file holds all of the disk, in clear.",
            why: "Only the one file is imported: what lies in a backing file, or behind a key, is missing there.",
            fix: "Convert the image into a file of its own, without encryption.", source: Page.importing,
            .allOf([.selfContained, .notEncrypted])),
        Rule(
            "tencentcloud.cvm.data-size", "TC-SIZE-1", .error, "The image holds at most 50 GiB of data.",
            why: "The import measures the image as qcow2 and ends with InvalidFormatSize beyond that.",
            fix: "Remove what the image does not need, and give freed blocks back (fstrim).", source: Page.importing,
            .usedSize(upTo: 50 << 30)),
        Rule(
            "tencentcloud.cvm.virtual-size", "TC-SIZE-2", .error, "The disk is at most 500 GiB large.",
            why: "The import ends with InvalidFormatSize.",
            fix: "Shrink the last file system and its partition, then the disk.", source: Page.importing,
            .virtualSize(upTo: 500 << 30)),
        Rule(
            "tencentcloud.cvm.mbr", "TC-PART-1", .error,
            "An image that starts from a BIOS has an MBR partition table.",
            why: "GPT is refused, unless the vendor's support opens it to an account.",
            fix: "Partition the disk by MBR, or ask the vendor's support for GPT.", source: Page.importing,
            applies: .when(.boots(anyOf: [.bios])), .partitionTable(in: [.mbr]),
            remediations: [.byHand("build the image with an MBR partition table")]),
        Rule(
            "tencentcloud.cvm.gpt-by-uefi", "TC-PART-1", .warning,
            "An image that starts by UEFI alone has an MBR partition table too, or its account may import GPT.",
            why: "The page about preparing images sends owners of GPT and EFI systems to the vendor's support.",
            fix: "Ask the vendor's support whether this account may import GPT.", source: Page.making,
            .anyOf([.partitionTable(in: [.mbr]), .boots(anyOf: [.bios])]),
            remediations: [.byHand("ask the vendor's support whether this account may import GPT")]),
        Rule(
            "tencentcloud.cvm.sound-disk", "TC-PART-4", .error,
            "The partition table is sound, and neither a file system nor an initramfs is damaged.",
            why: "What is cut off or lies over something else is lost, and no machine starts from it.",
            fix: "Take the whole disk anew; don't cut the file (truncate, qemu-img resize --shrink).",
            source: Page.importing, .soundDisk),
        Rule(
            "tencentcloud.cvm.system-disk", "TC-PART-3", .error,
            "The image is a whole system disk, with its root.",
            why: "A data disk, a boot partition or an installer ends the import with RootPartitionNotFound.",
            fix: "Take the whole disk that the system was installed on.", source: Page.importing, .systemDisk),
        Rule(
            "tencentcloud.cvm.no-lvm", "TC-LVM-1", .warning, "The system lies on plain partitions.",
            why: "What the import writes into the root may not reach it; for other systems LVM is refused.",
            fix: "Install the system on plain partitions.", source: Page.importing, .noLVM,
            remediations: [.byHand("install the system on plain partitions")]),
        Rule(
            "tencentcloud.cvm.clean-file-systems", "TC-FS-1", .error,
            "Every file system was unmounted in order and has no errors.",
            why: "An image that was copied from a running system may not mount.",
            fix: "Repair the file systems (fsck) while the image is at rest.", source: Page.making,
            .cleanFileSystems),
        Rule(
            "tencentcloud.cvm.free-space", "TC-FORCE-1", .warning, "The root has at least 5 % of its space left.",
            why: "What sets a new machine up writes to the root, and fails on a full one.",
            fix: "Enlarge the disk, or remove what the image does not need.", source: Page.forcing,
            .freeSpace(percent: 5)),
        Rule(
            "tencentcloud.cvm.fstab-devices", "TC-FSTAB-1", .error,
            "fstab names what it mounts by UUID or label.",
            why: "The disk is called vda there, whatever it was called before, and the system stops while it starts.",
            fix: "Name file systems in fstab by UUID.", source: Page.making, .fstabStable),
        Rule(
            "tencentcloud.cvm.fstab-resolves", "TC-FSTAB-1", .error,
            "What fstab mounts at boot is in the image.",
            why: "A disk that is missing there keeps the system from starting.",
            fix: "Remove the line from fstab, or give it the option nofail.", source: Page.making, .fstabResolves),
    ]
}
