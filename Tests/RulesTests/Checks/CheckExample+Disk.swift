import Documents
import ProviderKit

extension CheckExample {
    static let all = disk + fileSystems + boot + kernels + accounts + programs + cloudInit + remains + network + files

    private static let disk = [
        CheckExample(
            .diskFormat(in: ["qcow2"]), broken: { $0.facts.disk?.format = .known("vmdk") },
            blind: { $0.facts.disk?.format = .cutOff }),
        CheckExample(
            .fileSize(upTo: 1 << 30), broken: { $0.facts.disk?.fileSize = .known(1 << 30 + 1) },
            blind: { $0.facts.disk?.fileSize = .cutOff }),
        CheckExample(
            .virtualSize(from: 1 << 30, upTo: 40 << 30), broken: { $0.facts.disk?.virtualSize = .known(1 << 29) },
            blind: { $0.facts.disk?.virtualSize = .cutOff }),
        CheckExample(
            .usedSize(upTo: 2 << 30), broken: { $0.facts.disk?.usedSize = .known(2 << 30 + 1) },
            blind: { $0.facts.disk?.usedSize = .cutOff }),
        CheckExample(
            .virtualSizeMultiple(of: 1 << 30), broken: { $0.facts.disk?.virtualSize = .known(40 << 30 + 512) },
            blind: { $0.facts.disk?.virtualSize = .cutOff }),
        CheckExample(
            .selfContained, broken: { $0.facts.disk?.backingFile = .known("base.qcow2") },
            blind: { $0.facts.disk?.backingFile = .cutOff }),
        CheckExample(
            .noSnapshots, broken: { $0.facts.disk?.snapshots = .known(2) },
            blind: { $0.facts.disk?.snapshots = .cutOff }),
        CheckExample(
            .notEncrypted, broken: { $0.root { $0.kind = .known("crypto_LUKS") } },
            blind: { $0.facts.disk?.encrypted = .cutOff }),
        CheckExample(
            .soundDisk, broken: { $0.facts.partitions?.defects = .known(["partitions 1 and 2 overlap"]) },
            blind: { $0.facts.partitions?.defects = .cutOff }),
        CheckExample(
            .soundDisk,
            broken: {
                $0.root {
                    $0.readable = .unknown("its checksum is wrong")
                    $0.hasErrors = .known(true, [Evidence("partition 2: superblock", text: "its checksum is wrong")])
                }
            }, blind: { $0.facts.mounts?.volumes = .cutOff }),
        CheckExample(
            .soundDisk,
            broken: {
                $0.facts.partitions?.table = .absent([Evidence("sector 0")])
                $0.facts.mounts?.volumes = .known([])
            }, blind: { $0.facts.mounts?.volumes = .cutOff }),
        CheckExample(
            .partitionTable(in: [.mbr]), broken: { $0.facts.partitions?.table = .known(.gpt) },
            blind: { $0.facts.partitions?.table = .cutOff }),
        CheckExample(
            .partitionsAligned(to: 1 << 20), broken: { $0.partitions { $0[1].start += 512 } },
            blind: { $0.facts.partitions?.partitions = .cutOff }),
        CheckExample(
            .rootLast, broken: { $0.partitions { $0[0].start = 41 << 30 } },
            blind: { $0.facts.partitions?.partitions = .cutOff }),
        CheckExample(
            .noLVM, broken: { $0.partitions { $0[0].role = .lvm } },
            blind: { $0.facts.partitions?.partitions = .cutOff }),
        CheckExample(
            .noSwap, broken: { $0.partitions { $0[0].role = .swap } },
            blind: { $0.facts.fstab?.entries = .cutOff }),
    ]

    private static let fileSystems = [
        CheckExample(
            .fileSystems(in: ["ext4"]),
            broken: {
                $0.facts.mounts?.mounts = .known([
                    MountFact(point: "/", partition: 2, kind: "btrfs", source: "UUID=1", line: 1)
                ])
            }, blind: { $0.facts.mounts?.mounts = .cutOff }),
        CheckExample(
            .noFileSystemFeatures(["quota"]), broken: { $0.root { $0.features = .known(["quota"]) } },
            blind: { $0.root { $0.features = .cutOff } }),
        CheckExample(
            .cleanFileSystems, broken: { $0.root { $0.needsRecovery = .known(true) } },
            blind: { $0.root { $0.hasErrors = .cutOff } }),
        CheckExample(
            .freeSpace(percent: 5), broken: { $0.root { $0.free = .known(1) } },
            blind: { $0.root { $0.free = .cutOff } }),
        CheckExample(
            .noSeparateMount(["/usr"]),
            broken: {
                $0.facts.mounts?.mounts = .known([
                    MountFact(point: "/usr", partition: 2, kind: "ext4", source: "UUID=1", line: 1)
                ])
            }, blind: { $0.facts.mounts?.unmounted = .cutOff }),
        CheckExample(
            .fstabByUUID, broken: { $0.fstab(mount("LABEL=root", "/", "ext4", line: 1)) },
            blind: { $0.facts.fstab?.entries = .cutOff }),
        CheckExample(
            .fstabResolves, broken: { $0.mountsAnotherDisk() }, blind: { $0.facts.mounts?.unmounted = .cutOff }),
    ]

    private static let boot = [
        CheckExample(
            .boots(anyOf: [.bios]), broken: { $0.facts.boot?.bios = .absent() },
            blind: { $0.facts.boot?.bios = .cutOff }),
        CheckExample(
            .boots(allOf: [.bios, .uefi]), broken: { $0.facts.boot?.efi = .known([]) },
            blind: { $0.facts.boot?.efi = .cutOff }),
        CheckExample(
            .boots(anyOf: [.bios, .uefi]), broken: { $0.entry { $0.initramfs = [] } },
            blind: {
                $0.facts.boot?.bios = .cutOff
                $0.facts.boot?.efi = .cutOff
            }),
        CheckExample(
            .boots(allOf: [.uefi]),
            broken: {
                // Without an initramfs a root by its device is found, unless its driver is a module.
                $0.commandLine("root=/dev/vda2 ro")
                $0.entry { $0.initramfs = [] }
            }, blind: { $0.facts.boot?.efi = .cutOff }),
        CheckExample(
            .boots(anyOf: [.bios]), broken: { $0.kernels { $0.initramfsDamage = "there is nothing in it" } },
            blind: { $0.facts.boot?.bios = .cutOff }),
        CheckExample(
            .rootByUUID, broken: { $0.commandLine("root=LABEL=root ro") }, blind: { $0.facts.boot?.menus = .cutOff }),
        CheckExample(
            .kernelArgument("console", .beginsWith(["ttyS0"])),
            broken: { $0.commandLine("root=UUID=1 console=tty0") }, blind: { $0.facts.boot?.menus = .cutOff }),
        CheckExample(
            .noStockBootPassword,
            broken: {
                guard var menus = $0.facts.boot?.menus.value else { return }
                menus[0].passwords = [
                    BootPassword(
                        user: "root", kind: "pbkdf2", isStock: true, evidence: Evidence("/boot/grub2/grub.cfg", line: 3)
                    )
                ]
                $0.facts.boot?.menus = .known(menus)
            }, blind: { $0.facts.boot?.menus = .cutOff }),
    ]

    private static func blindDriver(_ name: String) -> @Sendable (inout SoundImage) -> Void {
        { $0.driver(name) { ($0.builtIn, $0.initramfs, $0.modules) = (.cutOff, .absent(), .absent()) } }
    }

    private static let kernels = [
        CheckExample(
            .soundDisk, broken: { $0.kernels { $0.initramfsDamage = "there is nothing in it" } },
            blind: { $0.facts.partitions?.defects = .cutOff }),
        CheckExample(
            .drivers(allOf: ["virtio_blk"]),
            broken: {
                $0.kernels { $0.initramfsDamage = "there is nothing in it" }
                $0.driver("virtio_blk") { $0.initramfs = .cutOff }
            }, blind: blindDriver("virtio_blk")),
        CheckExample(
            .drivers(allOf: ["virtio_pci", "virtio_blk"]), broken: { $0.lacksDriver("virtio_blk") },
            blind: blindDriver("virtio_blk")),
        CheckExample(
            .drivers(anyOf: ["nvme", "virtio_blk"]),
            broken: {
                $0.lacksDriver("nvme")
                $0.lacksDriver("virtio_blk")
            },
            blind: {
                $0.lacksDriver("nvme")
                blindDriver("virtio_blk")(&$0)
            }),
        CheckExample(
            .driversInstalled(allOf: ["ena"]), broken: { $0.lacksDriver("ena", everywhere: true) },
            blind: blindDriver("ena")),
        CheckExample(
            .kernelConfig("CONFIG_FW_CFG_SYSFS", in: ["y"]),
            broken: { $0.kernels { $0.config = .known(["CONFIG_FW_CFG_SYSFS": "m"]) } },
            blind: { $0.kernels { $0.config = .cutOff } }),
        CheckExample(
            .kernelVersion(from: "3.6"), broken: { $0.kernels { $0.version = "2.6.18-8.el5" } },
            blind: { $0.facts.kernels?.kernels = .cutOff }),
        CheckExample(
            .packagedKernel, broken: { $0.kernels { $0.version = "6.9.0-mine" } },
            blind: { $0.facts.packages?.packages = .cutOff }),
        CheckExample(
            .declaredArchitecture, broken: { $0.declared = .arm64 }, blind: { $0.kernels { $0.architecture = .cutOff } }
        ),
    ]
}
