import Documents
import ProviderKit

extension AliyunRules {
    /// The file, its partitions and file systems.
    static let disk: [Rule] = [
        Rule(
            "aliyun.ecs.format", "AL-01", .error, "The file is RAW, VHD or QCOW2.",
            why: "The import ends with InvalidImageFormat.Malformed; an ISO is never taken.",
            fix: "Convert the image to qcow2.", source: Page.importCall, .diskFormat(in: ["qcow2", "raw", "vhd"])),
        Rule(
            "aliyun.ecs.vhd-size", "AL-03", .error, "A VHD's table of blocks fits its disk.",
            why: "The import ends with InvalidVHDImage.IncorrectSize.",
            fix: "Write the VHD again (qemu-img convert -O vpc -o force_size), or convert it to qcow2.",
            source: Page.importCall, applies: .when(.diskFormat(in: ["vhd"])), .selfContained,
            remediations: [.diskConvert(["qcow2", "raw"])]),
        Rule(
            "aliyun.ecs.no-vhd", "AL-04", .info,
            "The file is RAW or QCOW2, if the image is to be copied to other regions.",
            why: "Copying may end with InvalidOperation.VhdImageUnsupported.",
            fix: "Convert the image to qcow2.", source: Page.copyCall,
            applies: .when(.diskFormat(in: ["qcow2", "raw", "vhd"])), .diskFormat(in: ["qcow2", "raw"])),
        Rule(
            "aliyun.ecs.self-contained", "AL-05", .error, "One file holds all of the disk.",
            why: "Only the one file is imported: what lies in a backing file is missing there.",
            fix: "Convert the image into a file of its own.", source: Page.importCall,
            applies: .when(.diskFormat(in: ["qcow2", "raw", "vmdk", "vhdx"])), .selfContained),
        Rule(
            "aliyun.ecs.not-encrypted", "AL-05", .error, "Neither the file nor a partition is encrypted.",
            why: "Nobody gives the key at a machine's start, and what sets machines up can't write into the root.",
            fix: "Make the image without encryption; the service encrypts disks by itself.", source: Page.importCall,
            .notEncrypted),
        Rule(
            "aliyun.ecs.virtual-size", "AL-06", .error, "The disk is at most 2048 GiB large.",
            why: "DiskImageSize goes from 1 to 2048.",
            fix: "Shrink the last file system and its partition, then the disk.", source: Page.importCall,
            .virtualSize(upTo: 2048 << 30)),
        Rule(
            "aliyun.ecs.least-size", "AL-07", .warning, marketplace: .error, "The disk is at least 20 GiB large.",
            why: "A system disk has 20 GiB or more: a smaller image is imported as one of 20 GiB.",
            fix: "Enlarge the disk to 20 GiB; its root grows at first boot.", source: Page.specification,
            .virtualSize(from: 20 << 30, upTo: .max), remediations: [.diskResize(20 << 30)]),
        Rule(
            "aliyun.ecs.root-last", "AL-08", .warning, marketplace: .error, "The root is the last partition.",
            why: "It can't grow into a larger disk past another partition.",
            fix: "Put the root behind the other partitions.", source: Page.specification, .rootLast),
        Rule(
            "aliyun.ecs.no-lvm", "AL-09", .warning, marketplace: .error, "The system lies on plain partitions.",
            why: "The root of a volume group does not grow with its disk, and what sets machines up may not reach it.",
            fix: "Install the system on plain partitions.", source: Page.specification, .noLVM,
            remediations: [.byHand("install the system on plain partitions")]),
        Rule(
            "aliyun.ecs.no-swap", "AL-10", .warning, marketplace: .error, "There is no swap on the system disk.",
            why: "It costs space and speed of a disk that is paid for by both.",
            fix: "Remove the swap partition and its line in fstab.", source: Page.specification, .noSwap),
        Rule(
            "aliyun.ecs.file-systems", "AL-11", .error, "The file systems are ext3, ext4 or xfs.",
            why: "What sets machines up writes into no others.",
            fix: "Make the root anew as ext4 or xfs.", source: Page.compliance,
            .fileSystems(in: ["ext4", "xfs", "ext3"]),
            remediations: [.byHand("make the root anew as ext4 or xfs")]),
        Rule(
            "aliyun.ecs.sound-disk", "AL-01", .error,
            "The partition table is sound, and neither a file system nor an initramfs is damaged.",
            why: "What is cut off or lies over something else is lost, and no machine starts from it.",
            fix: "Take the whole disk anew; don't cut the file (truncate, qemu-img resize --shrink).",
            source: Page.detection, .soundDisk),
        Rule(
            "aliyun.ecs.ext4-quota", "AL-12", .info, "ext4 does not have both of the features project and quota.",
            why: "They are named as a pair that is not taken.",
            fix: "Take one of them away (tune2fs -O ^project).", source: Page.instructions,
            .anyOf([.noFileSystemFeatures(["project"]), .noFileSystemFeatures(["quota"])]),
            remediations: [.byHand("tune2fs -O ^project")]),
        Rule(
            "aliyun.ecs.clean-file-systems", "AL-13", .warning,
            "Every file system was unmounted in order and has no errors.",
            why: "An image that was copied from a running system may not mount.",
            fix: "Repair the file systems (fsck) while the image is at rest.", source: Page.instructions,
            .cleanFileSystems),
        Rule(
            "aliyun.ecs.partition-table", "AL-14", .info,
            "An image that starts from a BIOS alone has an MBR partition table.",
            why: "GPT came with UEFI; the older pages take MBR alone.",
            fix: "Add a loader for UEFI, or partition the disk by MBR.", source: Page.instructions,
            .anyOf([.partitionTable(in: [.mbr]), .boots(anyOf: [.uefi])]),
            remediations: [.bootLoaderInstall("uefi")]),
        Rule(
            "aliyun.ecs.free-space", "AL-43", .warning, "The root has at least 5 % of its space left.",
            why: "What sets a new machine up writes to the root, and fails on a full one.",
            fix: "Enlarge the disk, or remove what the image does not need.", source: Page.instructions,
            .freeSpace(percent: 5)),
        Rule(
            "aliyun.ecs.fstab-devices", "AL-19", .error, "fstab names what it mounts by UUID or label.",
            why: "Disks are called vda or nvme0n1 there, by the kind of machine, and the system stops while it starts.",
            fix: "Name file systems in fstab by UUID.", source: Page.inGuestCheck, .fstabStable),
        Rule(
            "aliyun.ecs.fstab-uuid", "AL-19", .warning, marketplace: .error, "fstab names what it mounts by UUID.",
            why: "A second disk with the same label would be mounted in its place.",
            fix: "Name file systems in fstab by UUID.", source: Page.specification,
            applies: .when(.fstabStable), .fstabByUUID),
        Rule(
            "aliyun.ecs.fstab-resolves", "AL-19", .error, "What fstab mounts at boot is in the image.",
            why: "A disk that is missing there keeps the system from starting.",
            fix: "Remove the line from fstab, or give it the option nofail.", source: Page.inGuestCheck,
            .fstabResolves),
    ]
}
