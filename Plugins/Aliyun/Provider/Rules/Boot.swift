import Documents
import ProviderKit

extension AliyunRules {
    /// Loader, kernel and drivers.
    static let boot: [Rule] = [
        Rule(
            "aliyun.ecs.boot-loader", "AL-15", .error, "The image starts from a BIOS or by UEFI.",
            why: "A machine must find a loader: UEFI at the path for removable media, as no boot entry travels along.",
            fix: "Install the boot loader.", source: Page.importCall,
            applies: .on(.amd64, .riscv64, .loongarch64), .boots(anyOf: [.bios, .uefi])),
        Rule(
            "aliyun.ecs.arm-uefi", "AL-16", .error, "An image for 64-bit ARM starts by UEFI.",
            why: "The import ends with InvalidBootMode.NotSupport.",
            fix: "Install the loader at EFI/BOOT/BOOTAA64.EFI of an EFI system partition.", source: Page.importCall,
            applies: .on(.arm64), .boots(allOf: [.uefi])),
        Rule(
            "aliyun.ecs.architecture", "AL-25", .error, "The image is of the architecture that it is imported as.",
            why: "The service takes its word for it, and the machines don't start.",
            fix: "Correct the platform of the artifact, or take the image of that platform.", source: Page.importCall,
            .declaredArchitecture),
        Rule(
            "aliyun.ecs.supported-architecture", "AL-25", .error, "The image is for x86-64 or 64-bit ARM.",
            why: "The service has machines of no others.", fix: "Leave the image out for this vendor.",
            source: Page.importCall, .architecture(in: [.amd64, .arm64]),
            remediations: [.byHand("leave the image out for this vendor")]),
        Rule(
            "aliyun.ecs.root-device", "AL-18", .error,
            "The kernel finds its root by UUID or label, never by a device's name.",
            why: "Disks are called vda or nvme0n1 there, by the kind of machine, and root=/dev/sda1 leads nowhere.",
            fix: "Set root=UUID=... in the boot loader's entries.", source: Page.inGuestCheck, .rootStable),
        Rule(
            "aliyun.ecs.root-uuid", "AL-18", .warning, marketplace: .error, "The kernel finds its root by UUID.",
            why: "A second disk with the same label would be taken for it.",
            fix: "Set root=UUID=... in the boot loader's entries.", source: Page.specification,
            applies: .when(.rootStable), .rootByUUID),
        Rule(
            "aliyun.ecs.virtio", "AL-20", .error,
            "The drivers of virtio's disk are built in or in the initramfs, and that of its network is there.",
            why: "Without them the kernel finds no root, or the machine is never reached.",
            fix: "Make the initramfs anew with virtio_blk and virtio_pci.", source: Page.virtio,
            .allOf([.drivers(allOf: ["virtio_blk", "virtio_pci"]), .driversInstalled(allOf: ["virtio_net"])])),
        Rule(
            "aliyun.ecs.nvme", "AL-21", .info, marketplace: .error,
            "The driver of NVMe disks is built in or in the initramfs.",
            why: "Without it the image can't be marked NvmeSupport=supported, and newer kinds of machines refuse it.",
            fix: "Make the initramfs anew with nvme.", source: Page.inGuestCheck, .drivers(allOf: ["nvme"])),
        Rule(
            "aliyun.ecs.nvme-timeout", "AL-22", .warning, "An NVMe disk is waited for as long as it takes.",
            why: "A disk that is slow for half a minute would be given up and the file system with it.",
            fix: "Add nvme_core.io_timeout=4294967295 to the kernel's command line (255 for old kernels).",
            source: Page.nvmeTimeout, applies: .when(.drivers(allOf: ["nvme"])),
            .anyOf([
                .kernelArgument("nvme_core.io_timeout", in: ["4294967295", "255"]),
                .kernelArgument("nvme.io_timeout", in: ["4294967295", "255"]),
            ]), remediations: [.kernelArgument("nvme_core.io_timeout=4294967295")]),
        Rule(
            "aliyun.ecs.fw-cfg", "AL-23", .warning,
            "The kernel has CONFIG_FW_CFG_SYSFS built in, or its module in the initramfs.",
            why: "New passwords and keys reach a machine that way, on 64-bit ARM and on several systems.",
            fix: "Add qemu_fw_cfg to the initramfs, or use a kernel with CONFIG_FW_CFG_SYSFS=y.",
            source: Page.specification,
            // Either way it is there before anything sets a password.
            .anyOf([.kernelConfig("CONFIG_FW_CFG_SYSFS", in: ["y"]), .drivers(allOf: ["qemu_fw_cfg"])])),
        Rule(
            "aliyun.ecs.kernel-version", "AL-24", .warning, "The kernel is 3.6 or newer.",
            why: "Older ones don't know the machines of today.",
            fix: "Install a newer kernel.", source: Page.importCall, .kernelVersion(from: "3.6")),
    ]
}
