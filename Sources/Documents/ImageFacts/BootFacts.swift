/// How a guest starts: what each firmware finds to run, the menu that follows, and the kernel's command line.
public struct BootFacts: Sendable, Equatable, Codable {
    /// What a BIOS runs from the first sector; absent if there is no program in it.
    public var bios: Fact<BIOSLoader>
    /// Programs for UEFI in the file systems that UEFI reads (FAT), by path; an empty list if there is none.
    public var efi: Fact<[EFILoader]>
    /// GRUB's menus that are in the image, one for each grub.cfg that is not a mere pointer to another; an empty list if there is none.
    public var menus: Fact<[BootMenu]>
    /// /etc/default/grub by key (`GRUB_CMDLINE_LINUX`): what the next grub-mkconfig writes into the menus. Absent if there is no file.
    public var defaults: Fact<[BootDefault]>
    /// /etc/kernel/cmdline, from which kernel-install(8) makes entries.
    public var kernelInstallCommandLine: Fact<String>

    enum CodingKeys: String, CodingKey {
        case bios, efi, menus, defaults
        case kernelInstallCommandLine = "kernel_install_command_line"
    }

    public init(
        bios: Fact<BIOSLoader>, efi: Fact<[EFILoader]>, menus: Fact<[BootMenu]>, defaults: Fact<[BootDefault]>,
        kernelInstallCommandLine: Fact<String>
    ) {
        self.bios = bios
        self.efi = efi
        self.menus = menus
        self.defaults = defaults
        self.kernelInstallCommandLine = kernelInstallCommandLine
    }

    /// A setting of /etc/default/grub; the last line of that name counts.
    public func `default`(_ key: String) -> BootDefault? { defaults.value?.last { $0.key == key } }

    /// The entry that each menu starts by itself.
    public var defaultEntries: [BootEntry] { (menus.value ?? []).compactMap(\.defaultEntry) }

    /// The removable-media program of an architecture, which starts without any entry in the firmware's memory.
    public func fallbackLoader(_ architecture: String) -> EFILoader? {
        efi.value?.first { $0.isFallback && $0.architecture == architecture }
    }
}

/// The program in a disk's first sector, and what it loads.
public struct BIOSLoader: Sendable, Equatable, Codable {
    public enum Program: String, Sendable, Codable, CaseIterable {
        /// GRUB 2's boot.img.
        case grub
        /// GRUB Legacy's stage1.
        case grubLegacy = "grub_legacy"
        case syslinux
        case lilo
        /// It starts the active partition's own boot sector, and loads nothing itself.
        case generic
        case other
    }

    public var program: Program
    /// The sector of 512 bytes that it goes on at; nil of programs that don't tell.
    public var coreSector: UInt64?
    /// Whether a core image of the program stands there; unknown of programs whose core we don't know.
    public var core: Fact<Bool>
    /// Where the core lies: `before the first partition`, `BIOS boot partition 1`, or `partition 2` of one it should not be in.
    public var corePlace: Fact<String>
    /// From where GRUB for BIOS loads the rest: its modules folder (`/boot/grub2/i386-pc`), or `core image` if what shows the menu is in
    /// the core; absent if there is neither.
    public var modules: Fact<String>

    enum CodingKeys: String, CodingKey {
        case program, core, modules
        case coreSector = "core_sector"
        case corePlace = "core_place"
    }

    public init(
        program: Program, coreSector: UInt64?, core: Fact<Bool>, corePlace: Fact<String>, modules: Fact<String>
    ) {
        self.program = program
        self.coreSector = coreSector
        self.core = core
        self.corePlace = corePlace
        self.modules = modules
    }
}

/// A program for UEFI: the PE/COFF header tells the machine (UEFI 2.10, 2.1.1 and 3.5.1.1).
public struct EFILoader: Sendable, Equatable, Codable {
    /// In the guest's tree: `/boot/efi/EFI/BOOT/BOOTX64.EFI`, letters as they are on the disk.
    public var path: String
    /// As uname -m has it: `x86_64`, `aarch64`, `riscv64`, `loongarch64`, `i386`, `arm`; nil of another machine.
    public var architecture: String?
    /// It has the name that firmware starts without being told: `EFI/BOOT/BOOTX64.EFI` for its own machine.
    public var isFallback: Bool
    /// A certificate table is attached; whether firmware trusts it is not known.
    public var isSigned: Bool

    enum CodingKeys: String, CodingKey {
        case path, architecture
        case isFallback = "is_fallback"
        case isSigned = "is_signed"
    }

    public init(path: String, architecture: String?, isFallback: Bool, isSigned: Bool) {
        self.path = path
        self.architecture = architecture
        self.isFallback = isFallback
        self.isSigned = isSigned
    }
}

/// A grub.cfg with what it takes in (configfile, source, blscfg, grubenv), as GRUB would show it.
public struct BootMenu: Sendable, Equatable, Codable {
    public enum Firmware: String, Sendable, Codable, CaseIterable { case bios, uefi, any }

    /// `/boot/grub2/grub.cfg`.
    public var path: String
    /// Who comes to read it: the menu beside an EFI program is UEFI's; `any` if one file serves both.
    public var firmware: Firmware
    /// Every file that was read for it, in that order.
    public var files: [String]
    /// In the order that GRUB shows them, those of submenus after their submenu's place.
    public var entries: [BootEntry]
    /// The place in `entries` that is started by itself; unknown if the file decides it by what only a running GRUB knows.
    public var defaultIndex: Fact<Int>
    /// In seconds; -1 waits for ever.
    public var timeout: Fact<Int>
    /// Who may edit entries; absent if anybody at the console may.
    public var superusers: Fact<[String]>
    public var passwords: [BootPassword]
    /// Whether the menu itself is on a serial line (`terminal_output serial`).
    public var serialMenu: Fact<Bool>

    enum CodingKeys: String, CodingKey {
        case path, firmware, files, entries, timeout, superusers, passwords
        case defaultIndex = "default_index"
        case serialMenu = "serial_menu"
    }

    public init(
        path: String, firmware: Firmware, files: [String], entries: [BootEntry], defaultIndex: Fact<Int>,
        timeout: Fact<Int>, superusers: Fact<[String]>, passwords: [BootPassword], serialMenu: Fact<Bool>
    ) {
        self.path = path
        self.firmware = firmware
        self.files = files
        self.entries = entries
        self.defaultIndex = defaultIndex
        self.timeout = timeout
        self.superusers = superusers
        self.passwords = passwords
        self.serialMenu = serialMenu
    }

    public var defaultEntry: BootEntry? {
        defaultIndex.value.flatMap { entries.indices.contains($0) ? entries[$0] : nil }
    }
}

/// One line of the menu that starts a kernel.
public struct BootEntry: Sendable, Equatable, Codable {
    public var title: String
    /// `--id` of menuentry, or the file's name of a boot loader specification entry; nil if it has none.
    public var id: String?
    /// As in the guest's tree (`/boot/vmlinuz-6.6.0`), however the boot loader names it; as written if it is not there.
    public var kernel: String
    /// Whether that file is in the image.
    public var hasKernel: Bool
    public var initramfs: [String]
    /// Those of `initramfs` that are not in the image.
    public var missingInitramfs: [String]
    /// All that the kernel is given, variables replaced; separated by one space.
    public var commandLine: String
    /// `root=` of it, the last one as the kernel takes it; absent if there is none.
    public var root: Fact<DeviceName>
    /// The line of `linux`, of an entry that is a file of its own the line of `options`.
    public var evidence: Evidence

    enum CodingKeys: String, CodingKey {
        case title, id, kernel, initramfs, root, evidence
        case hasKernel = "has_kernel"
        case missingInitramfs = "missing_initramfs"
        case commandLine = "command_line"
    }

    public init(
        title: String, id: String?, kernel: String, hasKernel: Bool, initramfs: [String], missingInitramfs: [String],
        commandLine: String, root: Fact<DeviceName>, evidence: Evidence
    ) {
        self.title = title
        self.id = id
        self.kernel = kernel
        self.hasKernel = hasKernel
        self.initramfs = initramfs
        self.missingInitramfs = missingInitramfs
        self.commandLine = commandLine
        self.root = root
        self.evidence = evidence
    }

    /// What the kernel gets word by word; quotes hold a word together, as in the kernel's own parser.
    public var arguments: [String] { KernelArguments.words(commandLine) }

    /// Values of an argument in their order: `["tty1", "ttyS0"]` of console; an argument without `=` has an empty value.
    public func values(of name: String) -> [String] { KernelArguments.values(of: name, in: commandLine) }

    /// Whether the argument is there, with or without a value.
    public func has(_ name: String) -> Bool { !values(of: name).isEmpty }
}

/// A setting of /etc/default/grub.
public struct BootDefault: Sendable, Equatable, Codable {
    public var key: String
    /// Without the shell's quotes; variables as written.
    public var value: String
    public var evidence: Evidence

    public init(key: String, value: String, evidence: Evidence) {
        (self.key, self.value, self.evidence) = (key, value, evidence)
    }
}

/// A password of the boot menu; never the password or its hash.
public struct BootPassword: Sendable, Equatable, Codable {
    public var user: String
    /// `pbkdf2` of a hash, `plain` of one that stands there as it is.
    public var kind: String
    /// It is one that is printed somewhere as that of images.
    public var isStock: Bool
    /// Why printed passwords were not tried on the hash, and `isStock` may be wrong; nil if they were.
    public var untried: String?
    public var evidence: Evidence

    enum CodingKeys: String, CodingKey {
        case user, kind, untried, evidence
        case isStock = "is_stock"
    }

    public init(user: String, kind: String, isStock: Bool, evidence: Evidence) {
        (self.user, self.kind, self.isStock, self.evidence) = (user, kind, isStock, evidence)
    }
}
