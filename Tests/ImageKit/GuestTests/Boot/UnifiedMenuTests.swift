import Documents
import FileSystems
import ImageTesting
import Testing

@testable import Guest

/// Unified kernel images as entries of a menu.
struct UnifiedMenuTests {
    private static func program(_ version: String, _ commandLine: String?, initramfs: Bool = true) -> [UInt8] {
        var sections: [(name: String, bytes: [UInt8])] = [
            (".osrel", Array("PRETTY_NAME=\"openEuler 24.03\"\n".utf8)), (".uname", Array(version.utf8)),
            (".linux", [1, 2, 3]),
        ]
        if let commandLine { sections.append((".cmdline", Array((commandLine + "\n").utf8))) }
        if initramfs { sections.append((".initrd", [4])) }
        return UnifiedProgram.make(sections)
    }

    private func menus(_ esp: [String: MemoryFileSystem.Node]) -> Fact<[BootMenu]> {
        let tree = GuestTree(
            root: MemoryFileSystem([:]),
            mounts: [GuestTree.Mount(point: "/boot/efi", fileSystem: MemoryFileSystem(esp, kind: "vfat"))])
        return BootReader(tree, disk: nil).facts().menus
    }

    @Test("Without a menu the only one is started")
    func alone() throws {
        let menu = try #require(
            menus(["/EFI/Linux/a.efi": .bytes(Self.program("6.6.0", "root=UUID=1 console=ttyS0"))]).value?.first)
        let path = "/boot/efi/EFI/Linux/a.efi"
        let entry = try #require(menu.defaultEntry)
        #expect(menu.firmware == .uefi && menu.path == path)
        #expect(entry.title == "openEuler 24.03 6.6.0" && entry.kernel == path && entry.hasKernel)
        #expect(entry.initramfs == [path] && entry.missingInitramfs == [])
        #expect(entry.commandLine == "root=UUID=1 console=ttyS0" && entry.root.value?.kind == .uuid)
        #expect(entry.evidence.path == path)
    }

    @Test("Of two the firmware's memory decides, unless one has the firmware's own name")
    func several() throws {
        let two = try #require(
            menus([
                "/EFI/Linux/a.efi": .bytes(Self.program("6.6.0", nil, initramfs: false)),
                "/EFI/Linux/b.efi": .bytes(Self.program("6.10.0", "root=/dev/vda2")),
            ]).value?.first)
        #expect(two.entries.map(\.id) == ["b.efi", "a.efi"] && two.defaultIndex.value == nil)
        #expect(two.entries[1].initramfs == [] && two.entries[1].commandLine == "")
        let named = try #require(
            menus([
                "/EFI/Linux/a.efi": .bytes(Self.program("6.6.0", nil)),
                "/EFI/BOOT/BOOTX64.EFI": .bytes(Self.program("6.1.0", nil)),
            ]).value?.first)
        #expect(named.defaultEntry?.id == "BOOTX64.EFI")
    }

    @Test("systemd-boot lists them among its entries, by version")
    func systemdBoot() throws {
        func menu(_ loader: String) throws -> BootMenu {
            try #require(
                menus([
                    "/EFI/systemd/systemd-bootx64.efi": "x", "/loader/loader.conf": .file(loader), "/6.6/linux": "k",
                    "/loader/entries/m.conf": "title M\nversion 6.6.0\nlinux /6.6/linux\noptions root=UUID=1\n",
                    "/EFI/Linux/old.efi": .bytes(Self.program("6.1.0", nil)),
                    "/EFI/Linux/new.efi": .bytes(Self.program("6.10.0", nil)),
                ]).value?.first)
        }
        #expect(try menu("").entries.map(\.id) == ["new.efi", "m", "old.efi"])
        #expect(try menu("").defaultIndex.value == 0)
        #expect(try menu("default old.efi\n").defaultEntry?.id == "old.efi")
        #expect(try menu("default m.conf\n").defaultEntry?.id == "m")
    }

    @Test("A damaged one is no empty menu")
    func damaged() {
        let cut = Array(Self.program("6.6.0", "x").prefix(700))
        guard case .unknown(let why) = menus(["/EFI/Linux/a.efi": .bytes(cut)]) else {
            Issue.record("it was read")
            return
        }
        #expect(why.contains("a.efi"))
    }
}
