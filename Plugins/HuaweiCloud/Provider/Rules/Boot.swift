import Documents
import ProviderKit

/// Whether a server comes up: sections BOOT, GRUB, FSTAB, VIRTIO and CONS of the table.
enum Boot {
    private static let virtio = ["virtio", "virtio_ring", "virtio_pci", "virtio_blk", "virtio_net", "virtio_scsi"]

    static let rules: [Rule] = [
        Rule(
            "huaweicloud.ims.boots-arm64", "HW-BOOT-2", .error, "The image starts by UEFI.",
            why: "Servers with ARM processors know no other way.",
            fix: "Install a UEFI loader at EFI/BOOT/BOOTAA64.EFI of an EFI system partition.", source: Page.file,
            applies: .on(.arm64), .boots(allOf: [.uefi])),
        Rule(
            "huaweicloud.ims.boots-amd64", "HW-BOOT-3", .error, "The image starts by BIOS or by UEFI.",
            why: "The image is registered for one of both, and a server does not start by the other.",
            fix: "Install GRUB for BIOS, or a UEFI loader at EFI/BOOT/BOOTX64.EFI of an EFI system partition.",
            source: Page.register, applies: .on(.amd64), .boots(anyOf: [.bios, .uefi])),
        Rule(
            "huaweicloud.ims.root-by-uuid", "HW-GRUB-1", .error, "The kernel's root= names the root by UUID.",
            why: "The disk is /dev/vda on one kind of server and /dev/xvda or /dev/sda on another.",
            fix: "Set root=UUID=... in the loader's configuration.", source: Page.loader,
            .root(namedBy: [.uuid, .stablePath])),
        Rule(
            "huaweicloud.ims.fstab-names", "HW-FSTAB-1", .error,
            "fstab names devices by UUID or another name that stays, not as /dev/sda1.",
            why: "The disk is /dev/vda on one kind of server and /dev/xvda or /dev/sda on another.",
            fix: "Name the file systems by UUID in /etc/fstab.", source: Page.fstab,
            .fstab(namedBy: [.uuid, .label, .partuuid, .partlabel, .stablePath], evenOptional: true)),
        Rule(
            "huaweicloud.ims.fstab-resolves", "HW-BOOT-1, HW-FSTAB-2", .error,
            "Whatever fstab mounts at boot is on this disk.",
            why: "A server has the image's disk alone, and stops at boot for a device that never comes.",
            fix: "Remove the line from /etc/fstab, or give it the option nofail.", source: Page.file,
            .fstabResolves),
        Rule(
            "huaweicloud.ims.virtio-disk", "HW-VIRTIO-1", .error,
            "Every kernel has virtio_pci, virtio_blk and virtio_scsi before the root is mounted.",
            why: "The system disk is a virtio disk, and the kernel does not find it otherwise.",
            fix: "Add the drivers to the initramfs.", source: Page.drivers,
            .drivers(allOf: ["virtio_pci", "virtio_blk", "virtio_scsi"])),
        Rule(
            "huaweicloud.ims.virtio-net", "HW-VIRTIO-1", .error, "Every kernel has the driver virtio_net.",
            why: "The server's network card is not found otherwise.",
            fix: "Install a kernel with the module virtio_net.", source: Page.drivers,
            .driversInstalled(allOf: ["virtio_net"])),
        Rule(
            "huaweicloud.ims.virtio-early", "HW-VIRTIO-1", .warning,
            "Every initramfs has virtio, virtio_ring and virtio_net too.",
            why: "The vendor asks that all of virtio is there from the beginning.",
            fix: "Add the drivers to the initramfs.", source: Page.drivers,
            .drivers(allOf: ["virtio", "virtio_ring", "virtio_net"])),
        Rule(
            "huaweicloud.ims.kernel-version", "HW-VIRTIO-1", .error, "Every kernel is newer than 2.6.24.",
            why: "Older ones have no virtio.", fix: "Install a newer kernel.", source: Page.drivers,
            .kernelVersion(from: "2.6.25")),
        Rule(
            "huaweicloud.ims.dracut-drivers", "HW-VIRTIO-2", .info,
            "The configuration of dracut adds the virtio drivers to every initramfs.",
            why: "The next kernel's initramfs has them too, wherever it is built.",
            fix:
                "Write add_drivers+=\" virtio virtio_ring virtio_pci virtio_blk virtio_net virtio_scsi \" in /etc/dracut.conf.d.",
            source: Page.drivers, applies: .when(.package(anyOf: ["dracut"])), .dracutDrivers(allOf: virtio)),
        Rule(
            "huaweicloud.ims.serial-console-amd64", "HW-CONS-1", .info, "The kernel has a console on ttyS0.",
            why: "The server's console log is empty otherwise.",
            fix: "Add console=ttyS0 to the kernel's command line.", source: Page.console, applies: .on(.amd64),
            .kernelArgument("console", .beginsWith(["ttyS0"]))),
        Rule(
            "huaweicloud.ims.serial-console-arm64", "HW-CONS-1", .info,
            "The kernel has a console on ttyAMA0 or ttyS0.",
            why: "The server's console log is empty otherwise.",
            fix: "Add console=ttyAMA0 to the kernel's command line.", source: Page.console, applies: .on(.arm64),
            .kernelArgument("console", .beginsWith(["ttyAMA0", "ttyS0"]))),
        Rule(
            "huaweicloud.ims.kernel-messages", "HW-CONS-1", .info, "The kernel's messages are not suppressed.",
            why: "The server's console log says nothing of a boot that fails.",
            fix: "Remove rhgb and quiet from the kernel's command line.", source: Page.console,
            .allOf([.kernelArgument("quiet", .notSet), .kernelArgument("rhgb", .notSet)])),
    ]
}
