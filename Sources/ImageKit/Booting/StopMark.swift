/// What a console says when a boot has failed for good: nothing needs to be waited for.
public enum StopMark: String, Sendable, Codable, CaseIterable {
    case kernelPanic = "kernel-panic"
    case emergencyMode = "emergency-mode"
    case rescueMode = "rescue-mode"
    case dracutTimeout = "dracut-timeout"
    case dracutShell = "dracut-shell"
    case noRoot = "no-root-device"
    case initramfsShell = "initramfs-shell"
    case noBootDevice = "no-bootable-device"
    case grubRescue = "grub-rescue"
    case grubPrompt = "grub-prompt"
    case efiShell = "efi-shell"

    /// What it means, in words that end "the boot stopped: ...".
    public var meaning: String {
        switch self {
        case .kernelPanic: "the kernel panicked"
        case .emergencyMode: "the system is in emergency mode"
        case .rescueMode: "the system is in rescue mode"
        case .dracutTimeout: "dracut's initramfs waited in vain for the root device"
        case .dracutShell: "dracut's initramfs gave up, and is at its shell"
        case .noRoot: "the initramfs gave up waiting for the root device"
        case .initramfsShell: "the initramfs is at its shell"
        case .noBootDevice: "the firmware found nothing to start on the disk"
        case .grubRescue: "GRUB is at its rescue prompt"
        case .grubPrompt: "GRUB is at its prompt: it found no menu"
        case .efiShell: "the firmware is at its shell: it found nothing to start on the disk"
        }
    }

    /// Where to look.
    public var hint: String {
        switch self {
        case .kernelPanic: "see the console's last lines; often the initramfs or the root= argument is missing"
        case .emergencyMode, .rescueMode: "a line of /etc/fstab or a unit that others need failed: see the console"
        case .dracutTimeout, .dracutShell, .noRoot, .initramfsShell:
            "the initramfs lacks the disk's driver (virtio_blk), or root= names another file system: see "
                + "image inspect, and rebuild it with the drivers"
        case .noBootDevice, .efiShell: "the image has no boot loader for this firmware: see image inspect"
        case .grubRescue, .grubPrompt: "GRUB's files or its menu are not where its core looks: see image inspect"
        }
    }

    /// Words, and the mark that they are wherever they stand in a line.
    private static let words: [(String, StopMark)] = [
        ("Kernel panic - not syncing", .kernelPanic),
        // systemd's emergency.service and rescue.service, and sulogin's when root is locked.
        ("You are in emergency mode", .emergencyMode),
        ("Give root password for maintenance", .emergencyMode),
        ("Press Enter for maintenance", .emergencyMode),
        ("You are in rescue mode", .rescueMode),
        ("Cannot open access to console, the root account is locked", .emergencyMode),
        // dracut's modules.d/98dracut-systemd and 99base.
        ("dracut-initqueue timeout - starting timeout scripts", .dracutTimeout),
        ("Could not boot.", .dracutShell),
        ("dracut: FATAL: ", .dracutShell),
        ("Entering emergency mode. Exit the shell to continue.", .dracutShell),
        ("Generating \"/run/initramfs/rdsosreport.txt\"", .dracutShell),
        // initramfs-tools' scripts/local.
        ("Gave up waiting for root file system device", .noRoot),
        ("Gave up waiting for root device", .noRoot),
        // SeaBIOS' boot.c and EDK II's BdsDxe.
        ("No bootable device.", .noBootDevice),
        ("Boot failed: not a bootable disk", .noBootDevice),
        ("BdsDxe: No bootable option or device was found", .noBootDevice),
        ("Entering rescue mode...", .grubRescue),
    ]

    /// The mark in a line that ended.
    static func found(in line: String) -> StopMark? {
        words.first { line.contains($0.0) }?.1
    }

    /// The mark that a prompt is, which no line break follows.
    static func found(prompt: String) -> StopMark? {
        let text = prompt.trimmedRight
        if text.hasSuffix("grub rescue>") { return .grubRescue }
        if text == "grub>" { return .grubPrompt }
        if text == "(initramfs)" { return .initramfsShell }
        if text == "Shell>"
            || text.hasSuffix("Press ESC in 1 seconds to skip startup.nsh or any other key to continue.")
        {
            return .efiShell
        }
        if text.hasPrefix("dracut:"), text.hasSuffix("#") { return .dracutShell }
        return found(in: prompt)
    }
}

extension String {
    /// Without the blanks at its end.
    fileprivate var trimmedRight: Substring {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
