import Documents
import ProviderKit

/// What any image should be, whoever takes it: a directory takes them all, so little of it stops a publication.
///
/// Errors are what would harm whoever starts the image: bytes that are not there, and passwords that the whole world knows.
enum LocalRules {
    static let all = RuleTable(file + start + access + identity)

    /// systemd's own words on images that are started more than once.
    private static let building = "https://systemd.io/BUILDING_IMAGES/"
    private static let qemu = "https://www.qemu.org/docs/master/tools/qemu-img.html"
    private static let fstab = "https://man7.org/linux/man-pages/man5/fstab.5.html"
    private static let sshd = "https://man.openbsd.org/sshd_config"
    private static let shadow = "https://man7.org/linux/man-pages/man5/shadow.5.html"
    private static let virtio = "https://docs.oasis-open.org/virtio/virtio/v1.2/virtio-v1.2.html"
    private static let uefi = "https://uefi.org/specs/UEFI/2.10/03_Boot_Manager.html"

    private static let file: [Rule] = [
        Rule(
            "local.image.one-file", "L-1", .error, "The whole disk is in this one file.",
            why: "Whoever copies the file would have a part of the disk, and learn it when it is started.",
            fix: "Make one file of it: qemu-img convert.", source: qemu, .selfContained),
        Rule(
            "local.image.no-snapshots", "L-2", .warning, "The file holds no snapshots.",
            why: "They hold states of the disk that nobody meant to publish.",
            fix: "Remove them: qemu-img snapshot -d.", source: qemu, .noSnapshots),
        Rule(
            "local.image.partition-table", "L-3", .warning, "The disk has an MBR or a GPT.",
            why: "Firmware and clouds find no system without one.", fix: "Build the image on a partitioned disk.",
            source: uefi, .partitionTable(in: [.mbr, .gpt])),
        Rule(
            "local.image.sound-disk", "L-21", .error,
            "The partition table is sound, and neither a file system nor an initramfs is damaged.",
            why: "What is cut off or lies over something else is lost, and no machine starts from it.",
            fix: "Take the whole disk anew; don't cut the file (truncate, qemu-img resize --shrink).",
            source: "https://uefi.org/specs/UEFI/2.10/05_GUID_Partition_Table_Format.html", .soundDisk),
        Rule(
            "local.image.aligned", "L-4", .info, "Every partition begins at a whole MiB.",
            why: "Reads and writes would be split on most disks.", fix: "Divide the disk anew, by sfdisk's defaults.",
            source: "https://man7.org/linux/man-pages/man8/sfdisk.8.html", .partitionsAligned(to: 1 << 20)),
        Rule(
            "local.image.clean-file-systems", "L-5", .warning, "Every file system was unmounted in order.",
            why: "Each first boot would begin with a repair.", fix: "Check it: e2fsck -f, fsck.vfat.",
            source: "https://man7.org/linux/man-pages/man8/e2fsck.8.html", .cleanFileSystems),
        Rule(
            "local.image.root-last", "L-6", .info, "The root is the last partition.",
            why: "It can't grow with its disk otherwise.", fix: "Move the root to the disk's end.",
            source: building, .rootLast),
    ]

    private static let start: [Rule] = [
        Rule(
            "local.image.boots", "L-7", .warning, "The image starts under BIOS or UEFI.",
            why: "No loader was found that a firmware would start.", fix: "Install GRUB for one of them.",
            source: uefi, .boots(anyOf: [.bios, .uefi])),
        Rule(
            "local.image.virtio", "L-8", .warning, "The kernel finds a virtio disk at start.",
            why: "Nearly every hypervisor and cloud gives the root that way.",
            fix: "Add virtio_pci and virtio_blk to the initramfs.", source: virtio,
            .drivers(allOf: ["virtio_pci", "virtio_blk"])),
        Rule(
            "local.image.fstab-resolves", "L-9", .warning, "Whatever fstab mounts at boot is on this disk.",
            why: "The system waits at boot for a device that never comes.",
            fix: "Remove the line from /etc/fstab, or give it the option nofail.", source: fstab, .fstabResolves),
        Rule(
            "local.image.fstab-names", "L-10", .warning, "fstab names file systems by what does not change.",
            why: "/dev/vda1 is /dev/sda1 or /dev/nvme0n1p1 on other machines.", fix: "Name them by UUID in /etc/fstab.",
            source: fstab, .fstabStable),
        Rule(
            "local.image.root-name", "L-11", .warning, "The kernel's root= names the root by what does not change.",
            why: "/dev/vda2 is /dev/sda2 or /dev/nvme0n1p2 on other machines.",
            fix: "Write root=UUID=... and make the loader's menu anew.", source: building, .rootStable),
    ]

    private static let access: [Rule] = [
        Rule(
            "local.image.no-published-password", "L-12", .error,
            "Root has no password that was published with an image.",
            why: "Everybody can look it up, and is root on each machine that is started from this image.",
            fix: "Lock it: passwd -l root, or set another one.", source: shadow, .noStockRootPassword),
        Rule(
            "local.image.no-published-boot-password", "L-13", .error,
            "The loader has no password that was published with an image.",
            why: "It protects nothing, and looks as if it did.",
            fix: "Remove superusers and password_pbkdf2 from the menu, or set another one.",
            source: "https://www.gnu.org/software/grub/manual/grub/html_node/Security.html", .noStockBootPassword),
        Rule(
            "local.image.no-empty-password", "L-14", .warning, "No account can log in with an empty password.",
            why: "Whoever reaches the console or sshd is in.", fix: "Lock the password: passwd -l.", source: shadow,
            .noEmptyPasswords),
        Rule(
            "local.image.no-authorized-keys", "L-15", .warning, "No account has an authorized key.",
            why: "Whoever has its other half can enter every machine that is started from this image.",
            fix: "Remove authorized_keys from every home.", source: sshd, .noAuthorizedKeys),
        Rule(
            "local.image.one-root", "L-16", .warning, "No other account has the number 0.",
            why: "It is root under another name.", fix: "Remove the account, or give it a number of its own.",
            source: "https://man7.org/linux/man-pages/man5/passwd.5.html", .noOtherRoots),
    ]

    private static let identity: [Rule] = [
        Rule(
            "local.image.machine-id", "L-17", .warning, "/etc/machine-id is empty.",
            why: "All machines that are started from this image would be the same one to DHCP and to logs.",
            fix: "Empty the file: truncate -s 0 /etc/machine-id.", source: building, .machineIDEmpty),
        Rule(
            "local.image.no-host-keys", "L-18", .warning, "There are no SSH host keys.",
            why: "All machines that are started from this image could pass for each other.",
            fix: "Remove /etc/ssh/ssh_host_*; they are made at first boot.", source: sshd, .noHostKeys),
        Rule(
            "local.image.no-secrets", "L-19", .warning, "No private key, token or password file is in the image.",
            why: "They would be published with it.", fix: "Remove the files.", source: building, .noSecrets),
        Rule(
            "local.image.no-random-seed", "L-20", .warning, "No random seed is saved.",
            why: "All machines that are started from this image would begin with the same.",
            fix: "Remove /var/lib/systemd/random-seed.", source: building, .noRandomSeed),
    ]
}
