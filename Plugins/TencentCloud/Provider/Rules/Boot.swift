import Documents
import ProviderKit

extension TencentRules {
    /// Loader, kernel and drivers.
    static let boot: [Rule] = [
        Rule(
            "tencentcloud.cvm.boot-loader", "TC-PART-2", .error,
            "The image starts from a BIOS or by UEFI.",
            why: "Without boot loader or its partition the import ends with PartitionNotPresent, or nothing starts.",
            fix: "Install the boot loader, and take /boot into the image if it has a partition of its own.",
            source: Page.making, applies: .on(.amd64, .riscv64, .loongarch64), .boots(anyOf: [.bios, .uefi])),
        Rule(
            "tencentcloud.cvm.arm-uefi", "TC-ARCH-1", .error, "An image for 64-bit ARM starts by UEFI.",
            why: "Such machines have no BIOS.",
            fix: "Install the loader at EFI/BOOT/BOOTAA64.EFI of an EFI system partition.", source: Page.importCall,
            applies: .on(.arm64), .boots(allOf: [.uefi])),
        Rule(
            "tencentcloud.cvm.architecture", "TC-ARCH-1", .error,
            "The image is of the architecture that it is imported as.",
            why: "The service takes its word for it, and the machines don't start.",
            fix: "Correct the platform of the artifact, or take the image of that platform.", source: Page.importCall,
            .declaredArchitecture),
        Rule(
            "tencentcloud.cvm.supported-architecture", "TC-ARCH-1", .error, "The image is for x86-64 or 64-bit ARM.",
            why: "The service has machines of no others.", fix: "Leave the image out for this vendor.",
            source: Page.importCall, .architecture(in: [.amd64, .arm64]),
            remediations: [.byHand("leave the image out for this vendor")]),
        Rule(
            "tencentcloud.cvm.root-device", "TC-GRUB-1", .error,
            "The kernel finds its root by UUID or label, never by a device's name.",
            why: "The disk is called vda there, and root=/dev/sda1 leads nowhere.",
            fix: "Set root=UUID=... in the boot loader's entries.", source: Page.making, .rootStable),
        Rule(
            "tencentcloud.cvm.kernel", "TC-KERN-1", .warning, marketplace: .error,
            "The kernel is the distribution's own.",
            why: "A changed kernel may not be imported, and in the marketplace it needs the vendor's consent.",
            fix: "Install the distribution's kernel package.", source: Page.importing, .packagedKernel),
        Rule(
            "tencentcloud.cvm.virtio", "TC-VIRTIO-1", .error,
            "Every kernel has the drivers of virtio's disk and network.",
            why: "The import ends with VirtioNotInstall.",
            fix: "Install a kernel with CONFIG_VIRTIO_BLK and CONFIG_VIRTIO_NET.", source: Page.virtio,
            .driversInstalled(allOf: ["virtio_blk", "virtio_net"])),
        Rule(
            "tencentcloud.cvm.virtio-initramfs", "TC-VIRTIO-2", .error,
            "The driver of virtio's disk is built in or in the initramfs, with virtio, virtio_ring and virtio_pci.",
            why: "Without it the kernel finds no root, and the machine stops while it starts.",
            fix: "Make the initramfs anew with virtio_blk and virtio_pci.", source: Page.virtio,
            applies: .when(.driversInstalled(allOf: ["virtio_blk", "virtio_net"])),
            .drivers(allOf: ["virtio_blk", "virtio_pci"])),
        Rule(
            "tencentcloud.cvm.virtio-console", "TC-VIRTIO-3", .warning,
            "The drivers of virtio's network and console are there, in the initramfs or beside the others.",
            why: "The console of a machine that does not answer over the network stays dark.",
            fix: "Add virtio_net and virtio_console to the initramfs.", source: Page.virtio,
            .anyOf([
                .drivers(allOf: ["virtio_net", "virtio_console"]),
                .driversInstalled(allOf: ["virtio_net", "virtio_console"]),
            ])),
    ]
}
