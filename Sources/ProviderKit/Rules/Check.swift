/// What can be asked of a disk image, in words that no vendor owns: each is written once and used by every provider's rules.
///
/// A check never guesses. It passes on what was read, fails with the place of what is wrong, or is unknown and says why.
public indirect enum Check: Sendable, Equatable {
    // The image's file.

    /// The file's format, as DiskFacts names it: `raw`, `qcow2`, `vmdk`, `vhd`, `vhdx`.
    case diskFormat(in: [String])
    /// Bytes of the file.
    case fileSize(upTo: UInt64)
    /// Bytes of the disk that the guest sees.
    case virtualSize(from: UInt64 = 0, upTo: UInt64)
    /// Bytes that hold data: what a sparse copy would store.
    case usedSize(upTo: UInt64)
    /// The disk's size is a multiple of so many bytes.
    case virtualSizeMultiple(of: UInt64)
    /// One file holds all of the disk: no backing file, no data in other files, and its own numbers agree.
    case selfContained
    case noSnapshots
    /// Neither the file nor a volume in it is encrypted, and crypttab names none.
    case notEncrypted

    // Partitions and file systems.

    /// It is a disk, and whole: it has a partition table or a file system that is known, its table agrees with itself and the disk,
    /// and neither a file system nor an initramfs is so damaged that it can't be read.
    case soundDisk
    case partitionTable(in: [Table])
    /// Every partition begins at a multiple of so many bytes.
    case partitionsAligned(to: UInt64)
    /// No partition follows the root's, so that it can grow.
    case rootLast
    case noLVM
    /// No swap, on a partition or by fstab.
    case noSwap
    /// The kind of the file systems of the root and of what fstab mounts beside it (FAT of /boot and /boot/efi is left out).
    case fileSystems(in: [String])
    /// None of these features of the root's file system, by the names of mke2fs(8).
    case noFileSystemFeatures([String])
    /// Every file system was unmounted in order, notes no errors, and waits for no journal.
    case cleanFileSystems
    /// The root has at least so much room left, in percent.
    case freeSpace(percent: Int)
    /// None of these has a file system of its own: `/usr`.
    case noSeparateMount([String])
    /// How fstab, and units of type mount that start at boot, name what they mount; lines with `nofail` or `noauto` count only if they
    /// name a disk as the kernel does and `evenOptional` asks for it.
    case fstab(namedBy: [Naming], evenOptional: Bool = false)
    /// Whatever fstab mounts at boot is in this image; lines with `nofail` or `noauto` aside.
    case fstabResolves

    // Boot loader and kernel.

    /// The image was proven to start in at least one of these ways.
    case bootsAny([Boot])
    case bootsAll([Boot])
    /// How the kernel's `root=` names the root, in every entry that the loader offers.
    case root(namedBy: [Naming])
    /// The value of an argument of the default entry's kernel; of one that is repeated (`console`), any of its values.
    case kernelArgument(String, Expected)
    case noStockBootPassword
    /// Drivers that are there before the root is mounted, with all that they need: built in or in the initramfs. Of every kernel.
    case driversAll([String])
    case driversAny([String])
    /// Drivers that are there once the root is mounted, in the tree of modules too.
    case driversInstalled(allOf: [String])
    case kernelConfig(String, in: [String])
    case kernelVersion(from: String)
    /// Each kernel came in a package of the system.
    case packagedKernel
    /// What dracut's configuration adds to every initramfs, so that the next kernel has it too.
    case dracutDrivers(allOf: [String])
    /// The image is for the machine that the artifact says.
    case declaredArchitecture
    /// It is for one of these machines.
    case architecture(in: [Architecture])

    // Accounts and ways in.

    /// No account has a password, not even a hashed one.
    case noPasswords
    /// No account can log in with an empty password.
    case noEmptyPasswords
    /// Root's hash is not one that was published with an image.
    case noStockRootPassword
    case rootLocked
    /// There is an account root with the number 0.
    case rootAccount
    /// No other account has the number 0.
    case noOtherRoots
    /// No account of a person's (number 1000 and up, with a shell) is in the image.
    case noPersonalAccounts
    case noAuthorizedKeys
    /// Somebody can become root: cloud-init's default user by its own rule, or a member of a group that sudoers lets.
    case administrator
    /// /etc/shadow is root's, with no more than 0640, and can be changed.
    case shadowFile
    /// passwd(1) is there, for what sets a password at first boot.
    case passwordProgram
    /// What pam_pwquality asks of a new password: so many characters, of so many of the four kinds.
    case passwordQuality(length: Int, classes: Int)
    /// What new passwords are hashed with: `SHA512`, `YESCRYPT`.
    case passwordHash(in: [String])
    /// What sshd would do, as `sshd -T` prints it: the default counts where nothing is set. Its Match blocks must not differ.
    case sshd(String, Expected)
    /// sshd starts with its configuration, and listens to others than its own machine.
    case sshdConfiguration
    /// sshd lets cloud-init's default user in by a key.
    case sshdKeyLogin

    // What runs, and what is installed.

    /// One of these units is started at boot.
    case unitEnabled(anyOf: [String])
    case unitsEnabled(allOf: [String])
    case unitsDisabled([String])
    /// What starts at boot listens on none of these ports, but to its own machine: by its unit's sockets and command line, and by the
    /// configuration of what is known to have such a port.
    case portsClosed([Int])
    /// A unit that is there is ordered before these: `Before=` of its file or a drop-in (systemd.unit(5)).
    case unitOrdered(String, before: [String])
    case package(anyOf: [String])
    case noPackages([String])

    // cloud-init.

    /// Installed, at least in that version, and not disabled.
    case cloudInit(from: String? = nil)
    /// A value of its merged configuration, by its keys with dots: `system_info.default_user.name`.
    case cloudInitSetting(String, Expected)
    /// Its list of data sources names one of these, or there is no list.
    case cloudInitSource(anyOf: [String])
    /// Nothing is left of an earlier boot: instances, semaphores, seeds.
    case cloudInitClean
    case noCloudInitSeeds
    /// Its configuration sets no password.
    case cloudInitPasswords
    case cloudInitModules(allOf: [String])

    // What one machine's life leaves behind.

    case machineIDEmpty
    case noHostKeys
    /// No private key, token or password file.
    case noSecrets
    case noShellHistory
    case noLogs
    case noRandomSeed
    case noLeases
    case noCoreDumps
    case noTemporaryFiles
    case noPackageCaches

    // Network and system.

    /// The interfaces get their addresses by DHCP, whatever they are called.
    case dhcp
    /// No configuration is bound to one machine's hardware address.
    case noHardwareAddresses
    /// No rule of udev's binds an interface's name, in the root or in an initramfs.
    case noPersistentNetworkRules
    /// What os-release calls the system: its ID, or one of ID_LIKE.
    case system(in: [String])
    /// It has an init: it is no data disk, and no boot partition alone.
    case systemDisk
    /// os-release's ID and version have no end of support before today; dates by `ID VERSION`: `"openeuler 22.03": "2026-04-01"`.
    case supportedRelease(ends: [String: String])
    case selinux(in: [String])
    case firewallOff
    /// No firewall that is on turns these away, by any of their names: `ssh`, `22/tcp`.
    case firewallOpens(anyOf: [String])
    /// The root grows with its disk: growpart or what does the same, and the file system's own tool.
    case growsRoot
    case timeSynchronised
    /// The hardware clock is in UTC.
    case clockUTC
    /// No repository is at an address with one of these in it.
    case repositoriesWithout([String])

    // Files, read through the tree.

    /// The bits of a file's mode that may be set, and that root owns it.
    case fileMode(String, atMost: UInt32)
    case files(anyOf: [String])
    case noFiles([String])
    /// A word and its value in a file of lines, with blanks, `=` or both between them: login.defs, pwquality.conf.
    case setting(String, in: String, Expected)
    case noAbsoluteLinks([String])
    /// No file that everybody may write below these, symlinks and sticky directories aside.
    case noWorldWritable(under: [String])

    // Of checks.

    case allOf([Check])
    case anyOf([Check])
    /// Nothing in the image tells: it stands in the requirements, and no finding comes of it.
    case byHand

    public enum Table: String, Sendable, CaseIterable { case mbr, gpt }

    public enum Boot: String, Sendable, CaseIterable { case bios, uefi }

    /// How fstab or a kernel's `root=` names a device.
    public enum Naming: String, Sendable, CaseIterable {
        case uuid, label, partuuid, partlabel
        /// `/dev/disk/by-*`, `/dev/mapper/*`: a path that does not change with the bus.
        case stablePath = "stable-path"
        /// `/dev/sda1`, `/dev/vda1`, `/dev/nvme0n1p1`.
        case devicePath = "device-path"
    }
}

/// What a value may be.
public enum Expected: Sendable, Equatable {
    /// One of these, whatever the case of their letters.
    case oneOf([String])
    case noneOf([String])
    /// One that begins with one of these: `ttyS0` of `ttyS0,115200n8`.
    case beginsWith([String])
    /// As a number.
    case atLeast(Int)
    case atMost(Int)
    /// Not set at all.
    case notSet

    public static func exactly(_ value: String) -> Expected { .oneOf([value]) }
}

// Two cases of one name can't be told apart in a pattern.
extension Check {
    public static func boots(anyOf ways: [Boot]) -> Check { .bootsAny(ways) }
    public static func boots(allOf ways: [Boot]) -> Check { .bootsAll(ways) }
    public static func drivers(allOf names: [String]) -> Check { .driversAll(names) }
    public static func drivers(anyOf names: [String]) -> Check { .driversAny(names) }
}

extension Check {
    /// Names by UUID alone.
    public static let fstabByUUID = Check.fstab(namedBy: [.uuid])
    public static let rootByUUID = Check.root(namedBy: [.uuid])
    /// Names by anything that does not change with the bus.
    public static let fstabStable = Check.fstab(namedBy: [.uuid, .label, .partuuid, .partlabel])
    public static let rootStable = Check.root(namedBy: [.uuid, .label, .partuuid, .partlabel])
    public static func sshd(_ key: String, in values: [String]) -> Check { .sshd(key, .oneOf(values)) }
    public static func kernelArgument(_ key: String, in values: [String]) -> Check {
        .kernelArgument(key, .oneOf(values))
    }
}
