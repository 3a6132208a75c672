import Documents
import ProviderKit

/// Whether an instance comes up: firmware, kernel, drivers, and how the root is found.
enum Boot {
    static let rules: [Rule] = [
        Rule(
            "aws.ami.boots-amd64", "BR-7", .error, "The image starts by BIOS or by UEFI.",
            why:
                "An instance whose boot mode the image can't follow never comes up, and the mode can't be changed later.",
            fix:
                "Install GRUB for BIOS, or a UEFI loader at EFI/BOOT/BOOTX64.EFI of an EFI system partition.",
            source: Page.boot, applies: .on(.amd64), .boots(anyOf: [.bios, .uefi])),
        Rule(
            "aws.ami.boots-arm64", "BR-7", .error, "The image starts by UEFI.",
            why: "Machines with ARM processors know no other way.",
            fix: "Install a UEFI loader at EFI/BOOT/BOOTAA64.EFI of an EFI system partition.",
            source: Page.boot, applies: .on(.arm64), .boots(allOf: [.uefi])),
        Rule(
            "aws.ami.nvme-driver", "BR-1", .error, "Every kernel has the driver nvme before the root is mounted.",
            why: "The root device of current instances is an NVMe disk, and the kernel does not find it otherwise.",
            fix: "Add the driver nvme to the initramfs.", source: Page.nvme, .drivers(allOf: ["nvme"])),
        Rule(
            "aws.ami.ena-driver", "BR-2", .error, "Every kernel has the driver ena.",
            why: "It is the only network device of current instances: without it nobody can reach them.",
            fix: "Install a kernel with the module ena, or the package with its further modules.",
            source: Page.networking, .driversInstalled(allOf: ["ena"])),
        Rule(
            "aws.ami.xen-drivers", "BR-4", .warning, "Every kernel has the drivers xen-blkfront and xen-netfront.",
            why: "Instances of older types, t2 and m4 among them, have Xen's devices.",
            fix: "Add the driver xen-blkfront to the initramfs.", source: Page.instanceTypes, applies: .on(.amd64),
            .allOf([.drivers(allOf: ["xen_blkfront"]), .driversInstalled(allOf: ["xen_netfront"])])),
        Rule(
            "aws.ami.fstab-names", "BR-3", .error,
            "fstab names devices by UUID, label or another name that stays, not as /dev/sda1.",
            why: "Volumes appear as /dev/nvme0n1 and on, whatever they are called elsewhere.",
            fix: "Name the file systems by UUID in /etc/fstab.", source: Page.nvme,
            .fstab(namedBy: [.uuid, .label, .partuuid, .partlabel, .stablePath])),
        Rule(
            "aws.ami.root-name", "BR-3", .error,
            "The kernel's root= names the root by UUID, label or another name that stays, not as /dev/sda1.",
            why: "The root appears as /dev/nvme0n1p1 and the like, whatever it is called elsewhere.",
            fix: "Name the root by UUID in the loader's configuration.", source: Page.nvme,
            .root(namedBy: [.uuid, .label, .partuuid, .partlabel, .stablePath])),
        Rule(
            "aws.ami.nvme-timeout", "BR-5", .info, "The kernel waits for NVMe disks as long as it can.",
            why: "A volume that answers late is an I/O error after 30 seconds otherwise.",
            fix: "Add nvme_core.io_timeout=4294967295 to the kernel's command line.", source: Page.nvmeTimeout,
            .kernelArgument("nvme_core.io_timeout", .exactly("4294967295"))),
        Rule(
            "aws.ami.serial-console-amd64", "BR-6", .warning, "The kernel has a console on ttyS0.",
            why: "The instance's log and its serial console are empty otherwise.",
            fix: "Add console=ttyS0,115200n8 to the kernel's command line.", source: Page.console,
            applies: .on(.amd64), .kernelArgument("console", .beginsWith(["ttyS0"]))),
        Rule(
            "aws.ami.serial-console-arm64", "BR-6", .warning, "The kernel has a console on ttyS0 or ttyAMA0.",
            why: "The instance's log and its serial console are empty otherwise.",
            fix: "Add console=ttyS0,115200n8 to the kernel's command line.", source: Page.console,
            applies: .on(.arm64), .kernelArgument("console", .beginsWith(["ttyS0", "ttyAMA0"]))),
    ]
}
