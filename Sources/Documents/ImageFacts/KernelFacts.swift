/// The kernels of a guest, and with what they can start: the drivers in each, in its initramfs, in its tree of modules.
public struct KernelFacts: Sendable, Equatable, Codable {
    /// One for each version that has an image in /boot or a tree in /lib/modules, newest first.
    public var kernels: Fact<[Kernel]>

    public init(kernels: Fact<[Kernel]>) { self.kernels = kernels }

    /// The kernel of that version (`uname -r`); nil if there is none.
    public func kernel(_ version: String) -> Kernel? { kernels.value?.first { $0.version == version } }
}

/// One kernel, by its version.
public struct Kernel: Sendable, Equatable, Codable {
    /// As `uname -r` prints it: the name of its folder in /lib/modules, or of its file in /boot after the first `-`.
    public var version: String
    /// As `uname -m` prints it (`x86_64`, `aarch64`), from the image's own header.
    public var architecture: Fact<String>
    /// The path of the file that a loader starts.
    public var image: Fact<String>
    /// The version that the image's header states: another one than `version` is a kernel under a wrong name.
    public var imageVersion: Fact<String>
    /// The path of its tree of modules.
    public var modules: Fact<String>
    /// The options of its configuration that rules ask for, by their names with `CONFIG_`: `y`, `m`, or `n` if it is not set.
    public var config: Fact<[String: String]>
    /// Of a kernel that a menu starts by itself, the one that the menu gives it.
    public var initramfs: Fact<Initramfs>
    /// Why the initramfs can't be what a kernel unpacks: it is empty, cut off or no archive. Nil if it is whole, or is packed in a
    /// way that is not read here.
    public var initramfsDamage: String?
    /// What rules ask for, each once, in the order of `Driver.asked`.
    public var drivers: [Driver]

    enum CodingKeys: String, CodingKey {
        case version, architecture, image, modules, config, initramfs, drivers
        case imageVersion = "image_version"
        case initramfsDamage = "initramfs_damage"
    }

    public init(
        version: String, architecture: Fact<String>, image: Fact<String>, imageVersion: Fact<String>,
        modules: Fact<String>, config: Fact<[String: String]>, initramfs: Fact<Initramfs>, drivers: [Driver]
    ) {
        self.version = version
        self.architecture = architecture
        self.image = image
        self.imageVersion = imageVersion
        self.modules = modules
        self.config = config
        self.initramfs = initramfs
        self.drivers = drivers
    }

    /// The driver of that name, whichever of `-` and `_` it is written with; nil if no rule asks for it.
    public func driver(_ name: String) -> Driver? {
        let name = Driver.normalized(name)
        return drivers.first { $0.name == name }
    }

    /// The options that `config` holds.
    public static let asked = [
        "CONFIG_VIRTIO", "CONFIG_VIRTIO_PCI", "CONFIG_VIRTIO_BLK", "CONFIG_VIRTIO_NET", "CONFIG_SCSI_VIRTIO",
        "CONFIG_VIRTIO_CONSOLE", "CONFIG_BLK_DEV_NVME", "CONFIG_NVME_CORE", "CONFIG_ENA_ETHERNET",
        "CONFIG_XEN_BLKDEV_FRONTEND", "CONFIG_XEN_NETDEV_FRONTEND", "CONFIG_HYPERV", "CONFIG_HYPERV_STORAGE",
        "CONFIG_HYPERV_NET", "CONFIG_FW_CFG_SYSFS", "CONFIG_EXT4_FS", "CONFIG_XFS_FS", "CONFIG_BTRFS_FS",
        "CONFIG_EFI_STUB", "CONFIG_SERIAL_8250_CONSOLE", "CONFIG_SERIAL_AMBA_PL011_CONSOLE",
    ]
}

/// A driver, and the places that it would be loaded from. The evidence of each says where it was looked for.
public struct Driver: Sendable, Equatable, Codable {
    /// As lsmod prints it, with `_`: `virtio_blk`.
    public var name: String
    /// The kernel has it inside: its line of modules.builtin, or the option of its configuration.
    public var builtIn: Fact<String>
    /// Its path in the initramfs.
    public var initramfs: Fact<String>
    /// Its path in the tree of modules: enough for what is needed after the root is mounted.
    public var modules: Fact<String>
    /// What modules.dep says that it needs and that is neither built in nor in the initramfs; empty if the driver itself isn't there.
    public var missing: [String]

    enum CodingKeys: String, CodingKey {
        case name, initramfs, modules, missing
        case builtIn = "built_in"
    }

    public init(
        name: String, builtIn: Fact<String>, initramfs: Fact<String>, modules: Fact<String>, missing: [String] = []
    ) {
        self.name = name
        self.builtIn = builtIn
        self.initramfs = initramfs
        self.modules = modules
        self.missing = missing
    }

    /// What is there before the root is mounted: built in, or in the initramfs.
    public var early: Fact<String> { first(of: [builtIn, initramfs]) }
    /// What is there at any time: built in, in the initramfs, or in the tree of modules.
    public var anywhere: Fact<String> { first(of: [builtIn, initramfs, modules]) }

    /// The first that is known; unknown if one of the others is; else absent, with the evidence of all.
    private func first(of facts: [Fact<String>]) -> Fact<String> {
        if let known = facts.first(where: { $0.value != nil }) { return known }
        for case .unknown(let why) in facts { return .unknown(why) }
        return .absent(facts.flatMap(\.evidence))
    }

    /// The drivers that rules ask for, in the kernel's own names.
    public static let asked = [
        "virtio", "virtio_ring", "virtio_pci", "virtio_blk", "virtio_net", "virtio_scsi", "virtio_console",
        "virtio_mmio", "nvme", "nvme_core", "ena", "xen_blkfront", "xen_netfront", "hv_vmbus", "hv_storvsc",
        "hv_netvsc", "hv_utils", "ahci", "sd_mod", "qemu_fw_cfg", "ext4", "xfs", "btrfs",
    ]

    /// A module's name as the kernel keeps it: `-` is `_` (modprobe(8)).
    public static func normalized(_ name: String) -> String {
        String(name.map { $0 == "-" ? "_" : $0 })
    }
}

/// What a kernel unpacks before it mounts the root (docs.kernel.org/driver-api/early-userspace/buffer-format.html).
public struct Initramfs: Sendable, Equatable, Codable {
    /// What made it, by the files that only that tool puts in.
    public enum Generator: String, Sendable, Codable, CaseIterable {
        case dracut
        case initramfsTools = "initramfs-tools"
        case mkinitcpio
    }

    public var path: String
    /// In bytes, as it is stored.
    public var size: UInt64
    /// In bytes, all its files together.
    public var unpackedSize: UInt64
    /// How each of its archives is packed, in their order: `none`, `gzip`, `xz`, `zstd`, `lz4`.
    public var compressions: [String]
    public var generator: Fact<Generator>
    /// How many files, folders and links it has.
    public var entries: Int
    /// All modules in it, in the kernel's own names, sorted.
    public var modules: [String]
    /// udev's rules in it that bind an interface's name to hardware of the machine that built the image.
    public var persistentNetworkRules: [String]

    enum CodingKeys: String, CodingKey {
        case path, size, compressions, generator, entries, modules
        case unpackedSize = "unpacked_size"
        case persistentNetworkRules = "persistent_network_rules"
    }

    public init(
        path: String, size: UInt64, unpackedSize: UInt64, compressions: [String], generator: Fact<Generator>,
        entries: Int, modules: [String], persistentNetworkRules: [String]
    ) {
        self.path = path
        self.size = size
        self.unpackedSize = unpackedSize
        self.compressions = compressions
        self.generator = generator
        self.entries = entries
        self.modules = modules
        self.persistentNetworkRules = persistentNetworkRules
    }
}
