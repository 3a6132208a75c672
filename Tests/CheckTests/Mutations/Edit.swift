/// One change of a copy of the clean image.
enum Edit: Sendable {
    // The root's files, by debugfs(8).

    /// A file of root's, in place of the one that is there; folders above it are made.
    case write(String, String, mode: Int = 0o644)
    /// In a text file of the clean image.
    case replace(String, String, with: String)
    case append(String, String)
    case remove(String)
    case link(String, to: String)
    case folder(String, mode: Int)
    case mode(String, Int)
    case owner(String, Int)
    /// Another name for the same file or folder, and the old one goes.
    case rename(String, to: String)
    /// A line for debugfs itself.
    case debugfs(String)

    // Files that a program makes.

    /// The initramfs of the kernel anew, without these drivers, and with a file.
    case initramfs(without: [String] = [], adding: String? = nil)
    /// The kernel is of another version, and all that belongs to it.
    case kernel(String)
    /// The kernel has none of these drivers, early or late.
    case noDrivers([String])
    case packages(added: [String: String] = [:], removed: [String] = [])
    /// An ELF file for that machine: its number in the System V ABI.
    case program(String, machine: Int)

    // The disk around the root.

    /// mtools on the EFI system partition; `@` is the image.
    case esp([String])
    /// A program on the raw disk; `@` is its file.
    case disk([String])
    /// Bytes of the raw disk.
    case bytes(UInt64, [UInt8])
    /// A partition between the EFI system partition and the root: its type, and how many sectors behind the gap's beginning.
    case partition(type: String, shifted: Int = 0)
    /// GRUB's core image at another sector, where the boot code then looks for it.
    case grubCore(sector: UInt64)

    // The file that is checked.

    /// How large the disk is, in GiB.
    case size(Int)
    /// qemu-img convert, with what stands between `-O` and the two files.
    case convert([String])
    /// A program on the file that is checked; `@` is its path.
    case container([String])
    /// How long the file is, in GiB.
    case length(Int)
    /// Bytes of the file that is checked, from its beginning.
    case containerBytes(Int, [UInt8])
}
