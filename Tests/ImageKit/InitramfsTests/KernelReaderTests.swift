import Documents
import FileSystems
import ImageTesting
import Initramfs
import TestSupport
import Testing

@Suite struct KernelReaderTests {
    private let modules = "usr/lib/modules/6.6.0/kernel/drivers"

    private func only(_ tree: GuestTree) throws -> Kernel {
        let kernels = try #require(KernelReader(tree).facts().kernels.value)
        try #require(kernels.count == 1, "\(kernels.map(\.version))")
        return kernels[0]
    }

    @Test func aDriverIsFoundWhereItIs() throws {
        let kernel = try only(
            Guests.tree(["usr/lib/dracut/build-parameter.txt", "\(modules)/block/virtio_blk.ko.xz"]))
        #expect(kernel.version == "6.6.0" && kernel.imageVersion.value == "6.6.0")
        #expect(kernel.architecture.value == "x86_64" && kernel.image.value == "/boot/vmlinuz-6.6.0")
        #expect(kernel.modules.value == "/usr/lib/modules/6.6.0" || kernel.modules.value == "/lib/modules/6.6.0")
        let block = try #require(kernel.driver("virtio-blk"))
        #expect(block.builtIn.value == nil && block.builtIn != .unknown(""))
        #expect(block.initramfs.value == "/\(modules)/block/virtio_blk.ko.xz")
        #expect(block.modules.value == "/usr/lib/modules/6.6.0/kernel/drivers/block/virtio_blk.ko.xz")
        #expect(block.modules.evidence.first?.line == 3)
        // Those that it needs were left out of the initramfs.
        #expect(block.missing == ["virtio", "virtio_ring"])
        let nvme = try #require(kernel.driver("nvme_core"))
        #expect(
            nvme.builtIn.evidence == [Evidence("/usr/lib/modules/6.6.0/modules.builtin", line: 2, text: "nvme_core")])
        #expect(nvme.early.value != nil && nvme.missing == [])
        // In the list, and not in the tree.
        let network = try #require(kernel.driver("xen_netfront"))
        #expect(network.anywhere == .absent(network.anywhere.evidence) && network.modules.evidence.count == 2)
        #expect(kernel.config.value?["CONFIG_VIRTIO"] == "m" && kernel.config.value?["CONFIG_XFS_FS"] == "n")
        #expect(kernel.initramfs.value?.generator.value == .dracut)
        #expect(kernel.initramfs.value?.modules == ["virtio_blk"])
    }

    @Test(arguments: ["ko", "ko.xz", "ko.zst", "ko.gz"], ["virtio_blk", "virtio-blk"])
    func namesOfModulesAreTheKernelsOwn(_ ending: String, _ name: String) throws {
        let kernel = try only(Guests.tree(["lib/modules/6.6.0/extra/\(name).\(ending)"]))
        #expect(kernel.driver("virtio_blk")?.initramfs.value == "/lib/modules/6.6.0/extra/\(name).\(ending)")
    }

    @Test func modulesOfAnotherKernelDoNotCount() throws {
        let kernel = try only(Guests.tree(["usr/lib/modules/5.10.0/kernel/virtio_blk.ko"]))
        let driver = try #require(kernel.driver("virtio_blk"))
        #expect(driver.initramfs.evidence.first?.text == "its modules are those of 5.10.0")
        #expect(driver.early.value == nil)
    }

    @Test func aModuleUnderASecondNameCountsIfItIsThere() throws {
        let target = "usr/lib/modules/5.10.0/extra/virtio_blk.ko"
        let link = "usr/lib/modules/6.6.0/weak-updates/virtio_blk.ko"
        for way in ["/lib/modules/5.10.0/extra/virtio_blk.ko", "../../5.10.0/extra/virtio_blk.ko"] {
            let kernel = try only(Guests.tree([target, "\(link) -> \(way)"]))
            #expect(kernel.driver("virtio_blk")?.initramfs.value == "/" + link)
            let without = try only(Guests.tree(["\(link) -> \(way)"]))
            #expect(without.driver("virtio_blk")?.initramfs.value == nil)
        }
    }

    @Test func theInitramfsOwnListSaysWhatIsMissing() throws {
        let kernel = try only(
            Guests.tree([
                "usr/lib/modules/6.6.0/modules.dep=kernel/virtio_blk.ko: kernel/other.ko kernel/nvme.ko\n",
                "usr/lib/modules/6.6.0/kernel/virtio_blk.ko",
            ]))
        #expect(kernel.driver("virtio_blk")?.missing == ["other"])
    }

    @Test func withoutAListOfBuiltInsTheConfigurationDecides() throws {
        let list = "/usr/lib/modules/6.6.0/modules.builtin"
        let kernel = try only(Guests.tree([], [list: nil]))
        #expect(kernel.driver("nvme")?.builtIn.evidence.first?.text == "CONFIG_BLK_DEV_NVME=y")
        #expect(kernel.driver("virtio")?.builtIn == .absent([Evidence("/boot/config-6.6.0", text: "CONFIG_VIRTIO=m")]))
        let neither = try only(Guests.tree([], [list: nil, "/boot/config-6.6.0": nil]))
        guard case .unknown = try #require(neither.driver("nvme")).early else {
            Issue.record("nothing tells whether it is built in")
            return
        }
    }

    private func entry(_ initramfs: [String]) -> BootEntry {
        BootEntry(
            title: "x", id: nil, kernel: "/boot/vmlinuz-6.6.0", hasKernel: true, initramfs: initramfs,
            missingInitramfs: [], commandLine: "root=/dev/vda2", root: .absent(),
            evidence: Evidence("/boot/grub2/grub.cfg", line: 3))
    }

    @Test("drivers are those of the initramfs that the menu loads by itself, if it loads one")
    func loaded() throws {
        let other = "/boot/initramfs-other.img"
        let tree = Guests.tree(
            ["\(modules)/block/virtio_blk.ko"], [other: .bytes(Guests.cpio(["\(modules)/net/ena.ko"]))])
        func early(_ name: String, _ entries: [BootEntry]) throws -> String? {
            let kernels = try #require(KernelReader(tree, entries: entries).facts().kernels.value)
            return try #require(kernels.first?.driver(name)).initramfs.value
        }
        #expect(try early("virtio_blk", []) != nil)
        #expect(try early("virtio_blk", [entry(["/boot/initramfs-6.6.0.img"])]) != nil)
        #expect(try early("virtio_blk", [entry([other])]) == nil)
        #expect(try early("ena", [entry(["/boot/ucode.img", other])]) != nil)
        let none = try #require(KernelReader(tree, entries: [entry([])]).facts().kernels.value?.first)
        #expect(none.initramfs == .absent([Evidence("/boot/grub2/grub.cfg", line: 3)]))
        #expect(none.driver("virtio_blk")?.early.value == nil && none.driver("nvme")?.early.value != nil)
    }

    @Test("an initramfs that is empty, cut off or no archive is damaged; one that is packed otherwise is not")
    func damage() throws {
        let whole = Guests.cpio(["\(modules)/block/virtio_blk.ko"])
        let cut = Array(whole.prefix(whole.count / 2))
        for bytes in [[], [UInt8](repeating: 0, count: 4096), Array("garbage that is long enough".utf8), cut] {
            let kernel = try only(Guests.tree([], ["/boot/initramfs-6.6.0.img": .bytes(bytes)]))
            #expect(kernel.initramfsDamage?.hasPrefix("/boot/initramfs-6.6.0.img: ") == true, "\(kernel.initramfs)")
        }
        let packed = try only(Guests.tree([], ["/boot/initramfs-6.6.0.img": .bytes([0x42, 0x5a, 0x68, 0x39])]))
        #expect(packed.initramfsDamage == nil)
        #expect(try only(Guests.tree(["\(modules)/x.ko"])).initramfsDamage == nil)
    }

    @Test func whatCanNotBeReadIsUnknown() throws {
        let archive = "/boot/initramfs-6.6.0.img"
        for node: MemoryFileSystem.Node in [.broken(), "damaged", .bytes([0x42, 0x5a, 0x68, 0x39])] {
            let kernel = try only(Guests.tree([], [archive: node]))
            guard case .unknown(let why) = kernel.initramfs else {
                Issue.record("\(kernel.initramfs)")
                continue
            }
            #expect(why.hasPrefix(archive))
            guard case .unknown = try #require(kernel.driver("virtio_blk")).early else {
                Issue.record("a driver that can't be told is known")
                continue
            }
            // What is built in is known whatever the initramfs is.
            #expect(kernel.driver("nvme")?.early.value != nil)
        }
        #expect(try only(Guests.tree([], [archive: nil])).initramfs.evidence.contains(Evidence(archive)))
        #expect(
            KernelReader(GuestTree(["/etc/x": "y"])).facts().kernels.evidence.map(\.path) == ["/boot", "/lib/modules"])
    }

    @Test func aSecondNameIsNoSecondKernel() throws {
        let kernel = try only(
            Guests.tree(
                [],
                [
                    "/boot/vmlinuz": .link("vmlinuz-6.6.0"), "/boot/vmlinuz-6": .link("vmlinuz-6.6.0"),
                    "/boot/vmlinux-6.6.0": "for debuggers", "/boot/.vmlinuz-6.6.0.hmac": "x",
                    "/boot/vmlinuz-0-rescue-0123456789abcdef0123456789abcdef": .bytes(Images.bzImage("6.6.0")),
                    "/usr/lib/modules/current": .link("6.6.0"), "/usr/lib/modules/leftover/readme": "nothing",
                ]))
        #expect(kernel.image.value == "/boot/vmlinuz-6.6.0")
    }

    @Test func theNewestComesFirst() throws {
        let versions = ["5.10.0", "6.6.0-9.oe2403", "6.6.0-10.oe2403", "6.6.0-10.1.oe2403", "6.12.0", "6.6.0"]
        var files: [String: MemoryFileSystem.Node] = [:]
        for version in versions { files["/lib/modules/\(version)/modules.dep"] = "" }
        let kernels = try #require(KernelReader(GuestTree(MemoryFileSystem(files))).facts().kernels.value)
        #expect(
            kernels.map(\.version) == [
                "6.12.0", "6.6.0-10.1.oe2403", "6.6.0-10.oe2403", "6.6.0-9.oe2403", "6.6.0", "5.10.0",
            ])
        #expect(kernels.allSatisfy { $0.image.value == nil && $0.image.evidence.count == 2 })
    }

    @Test func foldersOfLoadersAreLookedInto() throws {
        let folder = "/efi/0123456789abcdef0123456789abcdef/6.6.0"
        let kernel = try only(
            GuestTree([
                "\(folder)/linux": .bytes(Images.bzImage("6.6.0")),
                "\(folder)/initrd": .bytes(
                    Guests.cpio(["conf/initramfs.conf", "lib/udev/rules.d/70-persistent-net.rules"])),
            ]))
        #expect(kernel.image.value == folder + "/linux" && kernel.initramfs.value?.path == folder + "/initrd")
        #expect(kernel.initramfs.value?.generator.value == .initramfsTools)
        #expect(kernel.initramfs.value?.persistentNetworkRules == ["/lib/udev/rules.d/70-persistent-net.rules"])
    }

    @Test func aFileNamedAfterItsPackageHasTheVersionOfItsHeader() throws {
        let kernel = try only(
            GuestTree([
                "/boot/vmlinuz-linux": .bytes(Images.bzImage("6.6.0-arch1")),
                "/boot/initramfs-linux.img": .bytes(Guests.cpio(["buildconfig"])),
                "/usr/lib/modules/6.6.0-arch1/modules.dep": "", "/lib": .link("usr/lib"),
            ]))
        #expect(kernel.version == "6.6.0-arch1" && kernel.initramfs.value?.generator.value == .mkinitcpio)
    }

    @Test func headersOfKernelsTellTheirMachine() throws {
        let scratch = try Scratch()
        try scratch.write("image", Images.arm64("6.6.0-arm"))
        for command in ["gzip -n", "zstd -q", "xz --check=crc32"] {
            let answer = try run(["sh", "-c", "\(command) < image > packed"], in: scratch.path)
            try #require(answer.status == 0, "\(answer.output)")
            let packed = try Archives.bytes("\(scratch.path)/packed")
            for image in [packed, Images.portable(0xaa64, zboot: packed)] {
                let kernel = try only(GuestTree(["/boot/vmlinuz-6.6.0-arm": .bytes(image)]))
                #expect(kernel.architecture.value == "aarch64" && kernel.imageVersion.value == "6.6.0-arm")
            }
        }
        for (image, machine) in [
            (Images.bzImage("1"), "x86_64"), (Images.bzImage("1", is64: false), "i686"), (Images.arm64("1"), "aarch64"),
            (Images.elf(258), "loongarch64"), (Images.elf(21), "ppc64le"), (Images.elf(22, isLittle: false), "s390x"),
        ] {
            let kernel = try only(GuestTree(["/boot/vmlinuz-1": .bytes(image)]))
            #expect(kernel.architecture.value == machine)
        }
        // A kernel under another one's name.
        #expect(try only(GuestTree(["/boot/vmlinuz-2": .bytes(Images.bzImage("1.5"))])).imageVersion.value == "1.5")
        guard case .unknown = try only(GuestTree(["/boot/vmlinuz-1": "text"])).architecture else {
            Issue.record("a text has a machine")
            return
        }
    }

    @Test func withoutAnImageAModuleTellsTheMachine() throws {
        let kernel = try only(
            GuestTree([
                "/lib/modules/6.6.0/modules.dep": "kernel/a.ko:\n",
                "/lib/modules/6.6.0/kernel/a.ko": .bytes(Images.elf(183)),
            ]))
        #expect(kernel.architecture.value == "aarch64")
    }
}
