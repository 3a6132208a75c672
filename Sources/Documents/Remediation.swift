/// A change of a guest that a build can make, from a closed list: rules name them as data, and the host carries them out.
public enum Remediation: Sendable, Equatable {
    /// The whole file, by its absolute path; the mode is nine bits.
    case fileWrite(String, text: String, mode: UInt32 = 0o644)
    case fileRemove(String)
    /// Made empty, kept with its owner and mode.
    case fileEmpty(String)
    case fileChmod(String, mode: UInt32)
    /// A word's value in a file of lines: `PASS_MAX_DAYS` in /etc/login.defs, `SELINUX` in /etc/selinux/config.
    case fileSet(String, key: String, value: String)
    case sshdSet(String, String)
    /// Added to every kernel's command line in place of the same argument; `console=ttyS0` beside other consoles.
    case kernelArgument(String)
    case kernelArgumentRemove(String)
    /// The kernel's `root=` by the file system's UUID.
    case kernelRootByUUID
    case initramfsDriver([String])
    case packageInstall([String])
    case packageRemove([String])
    case unitEnable([String])
    case unitDisable([String])
    case unitMask([String])
    case accountLock(String)
    case accountRemove(String)
    /// What one machine's life leaves behind, made fresh.
    case identityReset([Identity])
    /// A value of cloud-init's configuration, by its keys with dots.
    case cloudInitSet(String, JSON)
    /// Device names in fstab become UUIDs.
    case fstabByUUID
    /// A line of fstab goes: its second field.
    case fstabRemove(String)
    case networkDHCP
    /// The loader's password goes.
    case bootPasswordRemove
    /// The loader for `bios` or `uefi` is put in; of UEFI, at the path for removable media.
    case bootLoaderInstall(String)
    case fileSystemRepair
    case diskConvert([String])
    /// Grown or shrunk to so many bytes.
    case diskResize(UInt64)
    /// No program mends it; what a person does.
    case byHand(String)

    public enum Identity: String, Sendable, CaseIterable {
        case machineID = "machine-id"
        case hostKeys = "host-keys"
        case randomSeed = "random-seed"
        case cloudInit = "cloud-init"
        case logs, histories, leases
        case coreDumps = "core-dumps"
    }
}
