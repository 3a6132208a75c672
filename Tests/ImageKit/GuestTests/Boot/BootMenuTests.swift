import Documents
import FileSystems
import ImageTesting
import TestSupport
import Testing

@testable import Guest

struct BootMenuTests {
    static let samples = GRUBSamples.self

    /// Debian's shape: an ESP whose grub.cfg points at the root's.
    static func debian(
        _ changes: [String: MemoryFileSystem.Node] = [:], esp: [String: MemoryFileSystem.Node]? = nil
    ) -> GuestTree {
        let root: [String: MemoryFileSystem.Node] = [
            "/boot/grub/grub.cfg": .file(samples.debian), "/boot/vmlinuz-6.1.0-18-cloud-amd64": "k",
            "/boot/initrd.img-6.1.0-18-cloud-amd64": "i", "/boot/grub/i386-pc/normal.mod": "m",
        ]
        let pointer =
            "search.fs_uuid \(samples.rootUUID) root hd0,gpt1 \nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n"
        return GuestTree(
            root: MemoryFileSystem(root.merging(changes) { $1 }, uuid: samples.rootUUID),
            mounts: [
                GuestTree.Mount(
                    point: "/boot/efi",
                    fileSystem: MemoryFileSystem(
                        esp ?? ["/EFI/debian/grub.cfg": .file(pointer)], kind: "vfat", uuid: "1234-5678"))
            ])
    }

    @Test("Debian's menu is one for both firmwares, its entries those of GRUB with their files")
    func debianShape() throws {
        let facts = BootReader(Self.debian(), disk: nil).facts()
        let menus = try #require(facts.menus.value)
        // UEFI has one more line, which starts no kernel.
        #expect(menus.map(\.path) == ["/boot/grub/grub.cfg"])
        let menu = menus[0]
        #expect(menu.firmware == .any)
        #expect(menu.files == ["/boot/efi/EFI/debian/grub.cfg", "/boot/grub/grub.cfg"])
        #expect(
            menu.entries.map(\.title) == [
                "Debian GNU/Linux", "Debian GNU/Linux, with Linux 6.1.0-18-cloud-amd64",
                "Debian GNU/Linux, with Linux 6.1.0-18-cloud-amd64 (recovery mode)",
            ])
        let entry = try #require(menu.defaultEntry)
        #expect(entry.id == "gnulinux-simple-\(Self.samples.rootUUID)")
        #expect(entry.kernel == "/boot/vmlinuz-6.1.0-18-cloud-amd64" && entry.hasKernel)
        #expect(entry.initramfs == ["/boot/initrd.img-6.1.0-18-cloud-amd64"] && entry.missingInitramfs.isEmpty)
        #expect(entry.values(of: "console") == ["tty0", "ttyS0,115200"])
        #expect(
            entry.root.value
                == DeviceName(kind: .uuid, text: "UUID=\(Self.samples.rootUUID)", value: Self.samples.rootUUID))
        let line = try #require(entry.evidence.line)
        #expect(
            Self.samples.debian.split(separator: "\n", omittingEmptySubsequences: false)[line - 1].contains(
                "linux\t/boot"))
        #expect(menu.timeout.value == 5)
        #expect(menu.superusers == .absent())
        #expect(menu.entries[2].root.value?.kind == .disk)
        #expect(facts.efi.value == [])
    }

    /// What the block of the environment and the file say, and what starts.
    @Test(
        "the default is what GRUB starts: by place, title, id, saved, in a submenu, and the first where nothing fits",
        arguments: [
            ("0", 0), ("1>0", 1), ("1>1", 2), ("1", 1), ("", 0), ("nonsense", 0), ("7", 0), ("Debian GNU/Linux", 0),
            (
                "gnulinux-advanced-\(GRUBSamples.rootUUID)>gnulinux-6.1.0-18-cloud-amd64-recovery-\(GRUBSamples.rootUUID)",
                2
            ),
            ("Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux 6.1.0-18-cloud-amd64", 1),
        ])
    func defaults(_ saved: String, _ index: Int) throws {
        let text = GRUBEnvironment.signature + "saved_entry=\(saved)\n"
        let block = text + String(repeating: "#", count: 1024 - text.utf8.count)
        let facts = BootReader(Self.debian(["/boot/grub/grubenv": .file(block)]), disk: nil).facts()
        #expect(facts.menus.value?.first?.defaultIndex.value == index)
        #expect(facts.menus.value?.first?.files.last == "/boot/grub/grubenv")
    }

    @Test("next_entry goes before saved_entry")
    func nextEntry() throws {
        let block = GRUBEnvironment.signature + "saved_entry=0\nnext_entry=1>1\n"
        let facts = BootReader(Self.debian(["/boot/grub/grubenv": .file(block)]), disk: nil).facts()
        #expect(facts.menus.value?.first?.defaultIndex.value == 2)
    }

    @Test("an entry that starts no kernel is not told as the default one")
    func firmwareSettings() throws {
        let script = Self.samples.debian.replacing("set default=\"${saved_entry}\"", with: "set default=uefi-firmware")
        let menus = try #require(
            BootReader(Self.debian(["/boot/grub/grub.cfg": .file(script)]), disk: nil).facts().menus.value)
        #expect(menus.map(\.firmware) == [.uefi, .bios])
        guard case .unknown(let why) = menus[0].defaultIndex else {
            Issue.record("known")
            return
        }
        #expect(why.contains("no kernel"))
        #expect(menus[1].defaultIndex.value == 0)
    }

    /// openEuler's shape: FAT mounted at /boot, with both menus.
    static func openEuler(
        password: String = GRUBSamples.stockPassword, program: [UInt8] = [],
        partitions: [String: Int] = ["/boot": 1, "/": 2]
    ) -> BootReader {
        let script = samples.openEuler(password: password)
        let boot: [String: MemoryFileSystem.Node] = [
            "/grub2/grub.cfg": .file(script), "/efi/EFI/openEuler/grub.cfg": .file(script),
            "/grub2/i386-pc/normal.mod": "m", "/EFI/BOOT/BOOTX64.EFI": .bytes(program),
            "/efi/EFI/openEuler/grubx64.efi": .bytes(program), "/vmlinuz-6.6.0-28.0.0.34.oe2403.x86_64": "k",
            "/initramfs-6.6.0-28.0.0.34.oe2403.x86_64.img": "i", "/vmlinuz-0-rescue-1c2d": "k",
        ]
        let tree = GuestTree(
            root: MemoryFileSystem(["/boot": .folder(), "/etc/fstab": ""], uuid: samples.rootUUID),
            mounts: [
                GuestTree.Mount(
                    point: "/boot", fileSystem: MemoryFileSystem(boot, kind: "vfat", uuid: samples.bootUUID))
            ])
        return BootReader(tree, disk: nil, partitions: partitions)
    }

    @Test("openEuler's two menus, its stock password, and what is missing")
    func openEulerShape() throws {
        let menus = try #require(Self.openEuler().facts().menus.value)
        #expect(menus.map(\.path) == ["/boot/efi/EFI/openEuler/grub.cfg", "/boot/grub2/grub.cfg"])
        #expect(menus.map(\.firmware) == [.uefi, .bios])
        for menu in menus {
            #expect(menu.superusers.value == ["root"])
            #expect(menu.passwords.map(\.isStock) == [true])
            #expect(menu.passwords[0].evidence.text == "password_pbkdf2 root grub.pbkdf2...")
            #expect(menu.defaultIndex.value == 0)
            let entry = try #require(menu.defaultEntry)
            #expect(entry.kernel == "/boot/vmlinuz-6.6.0-28.0.0.34.oe2403.x86_64" && entry.hasKernel)
            #expect(entry.commandLine == "root=UUID=\(Self.samples.rootUUID) ro \(Self.samples.arguments)")
            #expect(entry.values(of: "selinux") == ["0"] && entry.has("rd.shell") && !entry.has("single"))
            #expect(menu.entries[1].missingInitramfs == ["/boot/initramfs-0-rescue-1c2d.img"])
        }
        // GRUB takes its digits in capitals and small letters; another digit is another password.
        let small = Self.openEuler(password: Self.samples.stockPassword.lowercased())
        #expect(small.facts().menus.value?.flatMap(\.passwords).map(\.isStock) == [true, true])
        let changed = Self.openEuler(password: Self.samples.stockPassword.dropLast() + "9")
        #expect(changed.facts().menus.value?.flatMap(\.passwords).map(\.isStock) == [false, false])
    }

    @Test(
        "the program that grub-mkimage makes tells its machine, its place and the menu it leads to",
        .enabled(if: GRUBPeer.maker != nil, "grub-mkimage is not installed"))
    func embeddedPrefix() throws {
        let scratch = try Scratch()
        let made = try run([
            try #require(GRUBPeer.maker), "-d", "/usr/lib/grub/x86_64-efi", "-O", "x86_64-efi", "-o",
            scratch.path + "/x.efi",
            "--prefix=(,msdos1)/efi/EFI/openEuler", "fat", "part_msdos", "linux",
        ])
        try #require(made.status == 0, "\(made.output)")
        let program = try #require(try MemoryFile.bytes(scratch.path + "/x.efi"))
        let facts = Self.openEuler(program: program).facts()
        #expect(
            facts.efi.value == [
                EFILoader(
                    path: "/boot/EFI/BOOT/BOOTX64.EFI", architecture: "x86_64", isFallback: true, isSigned: false),
                EFILoader(
                    path: "/boot/efi/EFI/openEuler/grubx64.efi", architecture: "x86_64", isFallback: false,
                    isSigned: false),
            ])
        #expect(facts.fallbackLoader("x86_64") != nil && facts.fallbackLoader("aarch64") == nil)
        #expect(facts.menus.value?.map(\.path) == ["/boot/efi/EFI/openEuler/grub.cfg", "/boot/grub2/grub.cfg"])

        // An embedded configuration looks for the root by its UUID: no grub.cfg on the ESP at all.
        let early = try scratch.write(
            "early.cfg",
            "search --no-floppy --fs-uuid --set=root \(Self.samples.rootUUID)\nset prefix=($root)/boot/grub\n")
        let second = try run([
            try #require(GRUBPeer.maker), "-d", "/usr/lib/grub/x86_64-efi", "-O", "x86_64-efi", "-o",
            scratch.path + "/y.efi",
            "-c", early, "--prefix=/EFI/debian", "fat", "part_gpt", "ext2", "search_fs_uuid", "normal",
        ])
        try #require(second.status == 0, "\(second.output)")
        let tree = Self.debian(esp: [
            "/EFI/BOOT/BOOTX64.EFI": .bytes(try #require(try MemoryFile.bytes(scratch.path + "/y.efi")))
        ])
        let menus = try #require(BootReader(tree, disk: nil).facts().menus.value)
        #expect(menus.map(\.firmware) == [.any])
        #expect(menus.map(\.path) == ["/boot/grub/grub.cfg"])
    }

    @Test("entries of the boot loader specification, newest first, with the environment's arguments")
    func specification() throws {
        let id = "0123456789abcdef0123456789abcdef"
        func entry(_ version: String, options: String = "$kernelopts $tuned_params") -> MemoryFileSystem.Node {
            .file(
                "title Fedora (\(version))\nversion \(version)\nlinux /vmlinuz-\(version)\ninitrd /initramfs-\(version).img $tuned_initrd\n"
                    + "options \(options)\ngrub_class kernel\n")
        }
        let script =
            "load_env -f ${config_directory}/grubenv\nload_env\nset default=\"${saved_entry}\"\nsearch --no-floppy --fs-uuid --set=boot BOOT\n"
            + "set kernelopts=\"root=UUID=r ro\"\ninsmod blscfg\nblscfg\nset timeout=-1\nterminal_output serial console\n"
        func tree(_ saved: String) -> GuestTree {
            let boot: [String: MemoryFileSystem.Node] = [
                "/grub2/grub.cfg": .file(script), "/grub2/grubenv": .file(GRUBEnvironment.signature + saved),
                "/loader/entries/\(id)-5.14.0-70.el9.x86_64.conf": entry("5.14.0-70.el9.x86_64"),
                "/loader/entries/\(id)-5.14.0-284.el9.x86_64.conf": entry(
                    "5.14.0-284.el9.x86_64", options: "root=/dev/sda2 ro\noptions quiet"),
                "/loader/entries/\(id)-0-rescue.conf": entry("0-rescue"), "/loader/entries/notes.txt": "x",
                "/vmlinuz-5.14.0-284.el9.x86_64": "k",
            ]
            return GuestTree(
                root: MemoryFileSystem([:]),
                mounts: [GuestTree.Mount(point: "/boot", fileSystem: MemoryFileSystem(boot, uuid: "BOOT"))])
        }
        let menu = try #require(BootReader(tree(""), disk: nil).facts().menus.value?.first)
        #expect(
            menu.entries.map(\.id) == ["\(id)-5.14.0-284.el9.x86_64", "\(id)-5.14.0-70.el9.x86_64", "\(id)-0-rescue"])
        #expect(menu.defaultEntry?.commandLine == "root=/dev/sda2 ro quiet")
        #expect(menu.defaultEntry?.hasKernel == true && menu.entries[1].hasKernel == false)
        #expect(menu.entries[1].commandLine == "root=UUID=r ro")
        #expect(menu.entries[1].initramfs == ["/boot/initramfs-5.14.0-70.el9.x86_64.img"])
        #expect(
            menu.entries[0].evidence
                == Evidence(
                    "/boot/loader/entries/\(id)-5.14.0-284.el9.x86_64.conf", line: 5, text: "options root=/dev/sda2 ro")
        )
        #expect(menu.timeout.value == -1 && menu.serialMenu.value == true)
        let saved = try #require(
            BootReader(tree("saved_entry=\(id)-5.14.0-70.el9.x86_64\n"), disk: nil).facts().menus.value?.first)
        #expect(saved.defaultIndex.value == 1)
    }
}
