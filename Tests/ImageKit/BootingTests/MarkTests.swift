import Testing

@testable import Booting

/// Marks are found in what real guests, loaders and firmwares write, and in nothing else.
@Suite("Marks of a boot")
struct MarkTests {
    private func timeline(_ text: String, marker: String = "secret") -> Timeline {
        var timeline = Timeline(marker: marker)
        // As it comes: in pieces that end anywhere.
        for (number, byte) in text.utf8.enumerated() { _ = timeline.add([byte], at: Double(number) / 1e4) }
        timeline.settle(at: 1e4)
        return timeline
    }

    @Test("What a Debian guest writes under UEFI has its marks in order")
    func debian() {
        let timeline = timeline(
            """
            BdsDxe: loading Boot0002 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x3,0x0)\r
            BdsDxe: starting Boot0002 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x3,0x0)\r
            \u{1B}[2J\u{1B}[01;01H\u{1B}[=3hWelcome to GRUB!\r
            \r
            [    0.000000] Linux version 6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org) #1 SMP\r
            [    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz root=UUID=5f1d7c1e ro console=ttyS0 oops=panic panic=3\r
            [   44.602559] systemd[1]: systemd 252.39-1~deb12u2 running in system mode (+PAM +AUDIT)\r
            [\u{1B}[0;32m  OK  \u{1B}[0m] Started \u{1B}[0;1;39memergency.service\u{1B}[0m, which nothing needs.\r
            eulerpublisher: secret\r
            \r
            Debian GNU/Linux 12 localhost ttyS0\r
            \r
            localhost login: 
            """)
        #expect(timeline.events.map(\.mark) == [.firmware, .bootLoader, .kernel, .systemd, .userData, .login])
        #expect(timeline.stop == nil)
        let kernel = timeline.events.first { $0.mark == .kernel }
        #expect(kernel?.text.hasPrefix("Linux version 6.1.0-56-cloud-amd64") == true)
    }

    @Test(
        "Each failure has its mark",
        arguments: [
            (
                "[    2.51] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n",
                .kernelPanic
            ),
            ("You are in emergency mode. After logging in, type \"journalctl -xb\" to view\r\n", .emergencyMode),
            ("Cannot open access to console, the root account is locked.\r\n", .emergencyMode),
            ("Give root password for maintenance\r\n(or press Control-D to continue): ", .emergencyMode),
            ("You are in rescue mode. After logging in\r\n", .rescueMode),
            (
                "[  138.2] dracut-initqueue[351]: Warning: dracut-initqueue timeout - starting timeout scripts\r\n",
                .dracutTimeout
            ),
            ("dracut:/# ", .dracutShell),
            ("[  190.1] dracut: FATAL: No or empty root= argument\r\n", .dracutShell),
            ("Gave up waiting for root file system device.  Common problems:\r\n", .noRoot),
            ("\r\n\r\n(initramfs) ", .initramfsShell),
            ("\u{1B}[6n(initramfs) ", .initramfsShell),
            ("Booting from Hard Disk...\r\nNo bootable device.\r\n", .noBootDevice),
            ("BdsDxe: No bootable option or device was found.\r\n", .noBootDevice),
            ("error: no such device: 5f1d7c1e-3b8e.\r\nEntering rescue mode...\r\ngrub rescue> ", .grubRescue),
            ("   Minimal BASH-like line editing is supported.\r\n\r\ngrub> ", .grubPrompt),
            ("UEFI Interactive Shell v2.2\r\nShell> ", .efiShell),
        ] as [(String, StopMark)])
    func stops(_ text: String, _ mark: StopMark) { #expect(timeline(text).stop?.mark == mark) }

    @Test(
        "What only looks like a mark is none",
        arguments: [
            "[    0.000000] Command line: BOOT_IMAGE=/vmlinuz emergency=no init=/bin/(initramfs)\r\n",
            "Last login: Sun Nov 29 09:00:00 on ttyS0\r\n", "please login: now\r\nA login: prompt of mine: ",
            "[  OK  ] Reached target emergency.target\r\n", "grub> is what GRUB says\r\n",
        ])
    func looks(_ text: String) {
        let found = timeline(text)
        #expect(found.stop == nil && !found.has(.kernel))
        #expect(!found.has(.login) || text.hasPrefix("please"))
    }

    @Test("A marker that is not this boot's is none")
    func marker() {
        #expect(!timeline("eulerpublisher: other\r\n").has(.userData))
        #expect(timeline("\u{1B}[1meulerpublisher: se\u{1B}[0mcret\r\n").has(.userData))
    }

    @Test("A mark is noted once, when it came first")
    func once() {
        var timeline = Timeline(marker: "m")
        #expect(timeline.add(Array("host login: \n".utf8), at: 1).map(\.mark) == [.login])
        #expect(timeline.add(Array("host login: ".utf8), at: 2).isEmpty)
        #expect(timeline.events.map(\.seconds) == [1])
    }
}
