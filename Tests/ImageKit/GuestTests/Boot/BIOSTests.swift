import Blocks
import Documents
import FileSystems
import ImageTesting
import TestSupport
import Testing

@testable import Guest

struct BIOSTests {
    /// A disk with GRUB's own boot code and a core of grub-mkimage at a sector, as grub-bios-setup writes them.
    static func disk(
        coreAt sector: Int, sectors: Int = 8192, prefix: String = "(hd0,msdos1)/grub2", early: String? = nil,
        modules: [String] = []
    ) throws -> [UInt8] {
        let scratch = try Scratch()
        let first = try early.map { ["-c", try scratch.write("early.cfg", $0)] } ?? []
        let made = try run(
            [
                try #require(GRUBPeer.maker), "-d", "/usr/lib/grub/i386-pc", "-O", "i386-pc", "-o",
                scratch.path + "/core.img", "--prefix=" + prefix, "biosdisk", "part_msdos", "fat",
            ] + first + modules)
        try #require(made.status == 0, "\(made.output)")
        let boot = try #require(try MemoryFile.bytes("/usr/lib/grub/i386-pc/boot.img"))
        var core = try #require(try MemoryFile.bytes(scratch.path + "/core.img"))
        var disk = [UInt8](repeating: 0, count: sectors * 512)
        disk.replaceSubrange(0..<440, with: boot[0..<440])
        func put(_ value: UInt64, _ count: Int, at offset: Int, in bytes: inout [UInt8]) {
            for index in 0..<count { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
        }
        put(UInt64(sector), 8, at: 0x5c, in: &disk)
        (disk[510], disk[511]) = (0x55, 0xaa)
        // The block list: where the rest of the core lies.
        put(UInt64(sector + 1), 8, at: 0x1f4, in: &core)
        disk.replaceSubrange(sector * 512..<sector * 512 + core.count, with: core)
        return disk
    }

    static func facts(_ bytes: [UInt8], _ partitions: [BootDisk.Partition] = []) -> Fact<BIOSLoader> {
        let disk = BootDisk(source: MemorySource(bytes), partitions: partitions)
        return BootReader(GuestTree(["/boot/grub2/i386-pc/normal.mod": "m"]), disk: disk).facts().bios
    }

    @Test(
        "GRUB's code and core are found, and where the core lies",
        .enabled(if: GRUBPeer.maker != nil, "grub-mkimage is not installed"))
    func grub() throws {
        let gap = try #require(
            Self.facts(try Self.disk(coreAt: 1), [.init(number: 1, offset: 1 << 20, size: 1 << 20, isBIOSBoot: false)])
                .value)
        #expect(gap.program == .grub && gap.coreSector == 1 && gap.core.value == true)
        #expect(gap.corePlace.value == "before the first partition")
        #expect(gap.modules.value == "/boot/grub2/i386-pc")
        let partitions = [
            BootDisk.Partition(number: 1, offset: 2048 * 512, size: 1 << 20, isBIOSBoot: true),
            BootDisk.Partition(number: 2, offset: 4096 * 512, size: 1 << 20, isBIOSBoot: false),
        ]
        #expect(Self.facts(try Self.disk(coreAt: 2048), partitions).value?.corePlace.value == "BIOS boot partition 1")
        #expect(Self.facts(try Self.disk(coreAt: 4096), partitions).value?.corePlace.value == "partition 2")
    }

    @Test(
        "a core with `normal` in it needs no modules folder, and tells the menu it leads to",
        .enabled(if: GRUBPeer.maker != nil, "grub-mkimage is not installed"))
    func embedded() throws {
        func facts(_ bytes: [UInt8]) -> BootFacts {
            let disk = BootDisk(source: MemorySource(bytes), partitions: [])
            let tree = GuestTree(
                root: MemoryFileSystem(
                    ["/boot/grub/grub.cfg": .file(GRUBSamples.debian)], uuid: GRUBSamples.rootUUID),
                mounts: [
                    GuestTree.Mount(
                        point: "/srv",
                        fileSystem: MemoryFileSystem(
                            ["/grub2/grub.cfg": .file(GRUBSamples.openEuler())], kind: "vfat",
                            uuid: GRUBSamples.bootUUID))
                ])
            return BootReader(tree, disk: disk, partitions: ["/": 2, "/srv": 1]).facts()
        }
        let bare = facts(try Self.disk(coreAt: 1))
        #expect(bare.bios.value?.core.value == true && bare.bios.value?.modules.value == nil)
        #expect(bare.menus.value?.first?.path == "/srv/grub2/grub.cfg")
        let whole = facts(try Self.disk(coreAt: 1, modules: ["normal"]))
        #expect(whole.bios.value?.modules == .known("core image", [Evidence("sector 1")]))
        #expect(whole.menus.value?.map(\.path) == ["/srv/grub2/grub.cfg", "/boot/grub/grub.cfg"])
        #expect(whole.menus.value?.map(\.firmware) == [.bios, .bios])
        let early = facts(
            try Self.disk(
                coreAt: 2048, prefix: "/x",
                early: "search.fs_uuid \(GRUBSamples.rootUUID) root\nconfigfile ($root)/boot/grub/grub.cfg\n",
                modules: ["normal", "search_fs_uuid", "configfile", "ext2"]))
        #expect(early.menus.value?.map(\.path) == ["/boot/grub/grub.cfg"])
        #expect(early.menus.value?.first?.firmware == .bios)
    }

    @Test(
        "a damaged core ends in no time", .enabled(if: GRUBPeer.maker != nil, "grub-mkimage is not installed"),
        .timeLimit(.minutes(1)))
    func damagedCore() throws {
        let good = try Self.disk(coreAt: 1, sectors: 512, modules: ["normal"])
        var random = Seeded(7)
        for _ in 0..<40 {
            let core = random.damage(Array(good[512...]))
            _ = Self.facts(Array(good[..<512]) + core)
        }
    }

    @Test(
        "a core that is damaged, gone or beyond the disk is none",
        .enabled(if: GRUBPeer.maker != nil, "grub-mkimage is not installed"))
    func damaged() throws {
        let good = try Self.disk(coreAt: 2048)
        var changes: [(String, [UInt8])] = []
        func change(_ name: String, _ body: (inout [UInt8]) -> Void) {
            var bytes = good
            body(&bytes)
            changes.append((name, bytes))
        }
        change("the core is zeros") {
            $0.replaceSubrange(2048 * 512..<2100 * 512, with: repeatElement(0, count: 52 * 512))
        }
        change("the rest is zeros") {
            $0.replaceSubrange(2049 * 512..<2100 * 512, with: repeatElement(0, count: 51 * 512))
        }
        change("the sector is beyond the end") { $0[0x60] = 1 }
        change("the sector is beyond all numbers") {
            $0.replaceSubrange(0x5c..<0x64, with: repeatElement(0xff, count: 8))
        }
        change("the list leads beyond the end") { $0[2048 * 512 + 0x1f7] = 0xff }
        change("the list is empty") { $0.replaceSubrange(2048 * 512 + 0x1fc..<2048 * 512 + 0x1fe, with: [0, 0]) }
        change("the packed rest is longer than the list") {
            $0.replaceSubrange(2049 * 512 + 8..<2049 * 512 + 12, with: [0xff, 0xff, 0xff, 0x7f])
        }
        for (name, bytes) in changes {
            let loader = try #require(Self.facts(bytes).value, "\(name)")
            #expect(loader.program == .grub && loader.core.value == false, "\(name)")
            #expect(loader.corePlace.value == nil, "\(name)")
        }
        #expect(Self.facts(Array(good[..<(2048 * 512 + 100)])).value?.core.value == false)
    }

    @Test("a first sector without code, without its mark, or of another program")
    func others() throws {
        func sector(_ code: [UInt8], mark: Bool = true) -> [UInt8] {
            var bytes = code + [UInt8](repeating: 0, count: 512 - code.count)
            if mark { (bytes[510], bytes[511]) = (0x55, 0xaa) }
            return bytes + [UInt8](repeating: 0, count: 4096)
        }
        #expect(Self.facts(sector([])) == .absent([Evidence("sector 0")]))
        #expect(Self.facts(sector([0xeb, 0x63], mark: false)) == .absent([Evidence("sector 0")]))
        #expect(Self.facts([]) == .absent([Evidence("sector 0")]))
        let cases: [([UInt8], BIOSLoader.Program)] = [
            ([0xeb, 0x48] + Array("xx GRUB \0Geom\0".utf8), .grubLegacy),
            ([0x33, 0xc0] + Array("xx\0\0LILO".utf8), .lilo),
            ([0xfa] + Array("Missing operating system.".utf8), .generic), ([1, 2, 3], .other),
            ([0xfa] + Array("\r\nSYSLINUX 4".utf8), .syslinux),
        ]
        for (code, program) in cases { #expect(Self.facts(sector(code)).value?.program == program) }
    }

    @Test("headers of programs for UEFI: machine, fallback name, signature; anything else is no program")
    func programs() throws {
        func program(_ machine: UInt16, signature: UInt32 = 0) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: 1024)
            (bytes[0], bytes[1], bytes[0x3c]) = (0x4d, 0x5a, 0x80)
            bytes.replaceSubrange(0x80..<0x84, with: Array("PE\0\0".utf8))
            (bytes[0x84], bytes[0x85]) = (UInt8(machine & 0xff), UInt8(machine >> 8))
            (bytes[0x98], bytes[0x99]) = (0x0b, 0x02)
            bytes[0x98 + 108] = 16
            bytes[0x98 + 112 + 36] = UInt8(signature)
            return bytes
        }
        let files: [String: MemoryFileSystem.Node] = [
            "/EFI/BOOT/BOOTAA64.EFI": .bytes(program(0xaa64, signature: 8)),
            "/EFI/BOOT/bootx64.efi": .bytes(program(0xaa64)),
            "/EFI/BOOT/BOOTLOONGARCH.EFI": .bytes(program(0x6264)),
            "/EFI/BOOT/BOOTRISCV64.EFI": .bytes(program(0x5064)),
            "/EFI/openEuler/shim.efi": .bytes(program(0x1234)), "/EFI/openEuler/text.efi": "text",
            "/EFI/x.efi": .bytes(program(0x8664)),
            "/EFI/openEuler/cut.efi": .bytes(Array(program(0x8664).prefix(0x82))), "/EFI/openEuler/empty.efi": "",
        ]
        let reader = BootReader(
            GuestTree([:]), disk: nil,
            unmounted: [.init(partition: 1, fileSystem: MemoryFileSystem(files, kind: "vfat"))])
        let loaders = try #require(reader.facts().efi.value)
        #expect(
            loaders == [
                EFILoader(
                    path: "partition 1: /EFI/BOOT/BOOTAA64.EFI", architecture: "aarch64", isFallback: true,
                    isSigned: true),
                EFILoader(
                    path: "partition 1: /EFI/BOOT/BOOTLOONGARCH.EFI", architecture: "loongarch64", isFallback: true,
                    isSigned: false),
                EFILoader(
                    path: "partition 1: /EFI/BOOT/BOOTRISCV64.EFI", architecture: "riscv64", isFallback: true,
                    isSigned: false),
                EFILoader(
                    path: "partition 1: /EFI/BOOT/bootx64.efi", architecture: "aarch64", isFallback: false,
                    isSigned: false),
                EFILoader(
                    path: "partition 1: /EFI/openEuler/shim.efi", architecture: nil, isFallback: false, isSigned: false),
            ])
        let other = BootReader(GuestTree(MemoryFileSystem(files)), disk: nil).facts()
        #expect(other.efi.value == [], "firmware reads FAT only")
        #expect(other.bios.value == nil)
    }
}
