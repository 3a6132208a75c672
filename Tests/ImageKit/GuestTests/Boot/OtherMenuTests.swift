import Documents
import FileSystems
import ImageTesting
import Testing

@testable import Guest

struct OtherMenuTests {
    @Test("extlinux.conf: openEuler's riscv64 image boots by it")
    func extlinux() throws {
        let text = """
            # c
            timeout 50
            default other
            menu title openEuler

            label openEuler
              menu label ^openEuler 24.03
              kernel /Image
              initrd /initrd.img
              fdtdir /dtb
              append root=PARTUUID=1234-02 rw console=ttyS0
            LABEL other
              LINUX ../vmlinuz-x
              APPEND root=/dev/vda2 initrd=/initrd.img quiet
            label text
              menu label nothing
            """
        func menu(_ text: String) throws -> BootMenu {
            let boot: [String: MemoryFileSystem.Node] = [
                "/extlinux/extlinux.conf": .file(text), "/Image": "k", "/initrd.img": "i", "/vmlinuz-x": "k",
            ]
            let tree = GuestTree(
                root: MemoryFileSystem([:]),
                mounts: [GuestTree.Mount(point: "/boot", fileSystem: MemoryFileSystem(boot, kind: "vfat"))])
            return try #require(BootReader(tree, disk: nil).facts().menus.value?.first)
        }
        let found = try menu(text)
        #expect(found.path == "/boot/extlinux/extlinux.conf" && found.timeout.value == 5 && found.firmware == .any)
        #expect(found.entries.map(\.title) == ["openEuler 24.03", "other"])
        #expect(found.entries[0].kernel == "/boot/Image" && found.entries[0].initramfs == ["/boot/initrd.img"])
        #expect(found.entries[0].root.value?.kind == .partitionUUID && found.entries[0].evidence.line == 11)
        #expect(
            found.defaultIndex == .known(1, [Evidence("/boot/extlinux/extlinux.conf", line: 3, text: "default other")]))
        #expect(found.defaultEntry?.hasKernel == true && found.defaultEntry?.missingInitramfs == [])
        #expect(found.defaultEntry?.commandLine == "root=/dev/vda2 quiet")
        #expect(try menu("label a\n kernel /no\n append x\n").defaultEntry?.hasKernel == false)
        #expect(
            try menu("append common\nlabel a\n kernel /Image\nlabel b\n menu default\n kernel /Image\n append -\n")
                .entries.map(\.commandLine) == ["common", ""])
    }

    @Test("systemd-boot: entries by version, the default by pattern")
    func systemdBoot() throws {
        func menus(_ loader: String, program: String = "/EFI/systemd/systemd-bootx64.efi") throws -> [BootMenu] {
            let esp: [String: MemoryFileSystem.Node] = [
                program: "x", "/loader/loader.conf": .file(loader), "/6.1/linux": "k",
                "/loader/entries/a-6.1.conf": "title A\nversion 6.1\nlinux /6.1/linux\noptions root=UUID=1 ro\n",
                "/loader/entries/b-6.10.conf":
                    "title B\nversion 6.10\nlinux /6.10/linux\ninitrd /6.10/initrd\noptions root=UUID=1\noptions quiet\n",
                "/loader/entries/c.conf": "title shell\nefi /shell.efi\n",
            ]
            return try #require(
                BootReader(
                    GuestTree([:]), disk: nil,
                    unmounted: [.init(partition: 1, fileSystem: MemoryFileSystem(esp, kind: "vfat"))]
                ).facts().menus.value)
        }
        let menu = try #require(try menus("timeout 3\n").first)
        #expect(menu.entries.map(\.title) == ["B", "A"] && menu.defaultIndex.value == 0 && menu.timeout.value == 3)
        #expect(menu.firmware == .uefi && menu.path == "partition 1: /loader/loader.conf")
        #expect(menu.entries[0].commandLine == "root=UUID=1 quiet" && !menu.entries[0].hasKernel)
        #expect(menu.entries[1].kernel == "partition 1: /6.1/linux" && menu.entries[1].hasKernel)
        #expect(try menus("default a-*\n").first?.defaultEntry?.title == "A")
        guard case .unknown? = try menus("default @saved\n").first?.defaultIndex else {
            Issue.record("known")
            return
        }
        #expect(try menus("", program: "/EFI/BOOT/BOOTX64.EFI").isEmpty, "without its program nobody reads them")
    }
}
