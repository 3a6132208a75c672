import Documents
import FileSystems
import ImageTesting
import Initramfs
import TestSupport
import Testing

/// Kernels that lie with their initramfs in one program for UEFI.
@Suite("Unified kernel images") struct UnifiedTests {
    static let stub = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"
    static let hasStub =
        (try? run(["sh", "-c", "test -f \(stub) && command -v objcopy && command -v objdump"]))?.status == 0
    private static let modules = "usr/lib/modules/6.6.0/kernel/drivers"
    private static let archive = Guests.cpio([
        "usr/lib/dracut/build-parameter.txt", "\(modules)/block/virtio_blk.ko.xz",
    ])

    private static func sections(version: String? = "6.6.0") -> [(name: String, bytes: [UInt8])] {
        [
            (".text", [0xCC]), (".osrel", Array("ID=openEuler\nPRETTY_NAME=\"openEuler 24.03\"\n".utf8)),
            (".cmdline", Array("root=UUID=1 console=ttyS0\n\0".utf8)), (".linux", Images.bzImage("6.6.0")),
            (".initrd", archive),
        ] + (version.map { [(".uname", Array($0.utf8))] } ?? [])
    }

    private static func kernels(_ program: [UInt8], at path: String = "/boot/efi/EFI/Linux/a.efi") -> Fact<[Kernel]> {
        KernelReader(
            Guests.tree(
                [],
                [
                    "/boot/vmlinuz-6.6.0": Optional<MemoryFileSystem.Node>.none,
                    "/boot/initramfs-6.6.0.img": Optional<MemoryFileSystem.Node>.none, path: .bytes(program),
                ])
        ).facts().kernels
    }

    @Test("Version, image and initramfs with its drivers", arguments: ["6.6.0", nil])
    func drivers(_ version: String?) throws {
        let kernels = try #require(Self.kernels(UnifiedProgram.make(Self.sections(version: version))).value)
        try #require(kernels.count == 1)
        let path = "/boot/efi/EFI/Linux/a.efi"
        #expect(kernels[0].version == "6.6.0" && kernels[0].imageVersion.value == "6.6.0")
        #expect(kernels[0].image.value == path && kernels[0].initramfs.value?.path == path)
        #expect(kernels[0].initramfs.value?.generator.value == .dracut)
        #expect(kernels[0].initramfs.value?.size == UInt64(Self.archive.count))
        #expect(kernels[0].driver("virtio_blk")?.early.value == "/\(Self.modules)/block/virtio_blk.ko.xz")
    }

    @Test("A program that holds no kernel is none")
    func others() throws {
        for program in [
            UnifiedProgram.make([(".text", [0xCC]), (".cmdline", [0x61])]), Array("MZ".utf8), [],
            [UInt8](repeating: 0xFF, count: 4096),
        ] {
            let kernels = try #require(Self.kernels(program).value)
            #expect(kernels.map(\.version) == ["6.6.0"] && kernels[0].image.value == nil)
        }
    }

    @Test("What a profile adds is none of the image's own, and of two the first counts")
    func profiles() throws {
        let program = UnifiedProgram.make(
            Self.sections() + [
                (".profile", Array("ID=rescue\n".utf8)), (".cmdline", Array("rescue".utf8)),
                (".uname", Array("9".utf8)),
            ])
        #expect(Self.kernels(program).value?.map(\.version) == ["6.6.0"])
    }

    @Test("Sections outside of the file are damage, whichever byte tells them so")
    func outside() throws {
        let whole = UnifiedProgram.make(Self.sections())
        guard case .unknown(let why) = Self.kernels(Array(whole.prefix(3000))) else {
            Issue.record("a program that was cut is read")
            return
        }
        #expect(why.contains("lies outside of the file"))
        for seed in 0..<400 {
            var random = Seeded(UInt64(seed))
            let damaged = random.damage(whole)
            _ = Self.kernels(damaged)
        }
        var endless = UnifiedProgram.make(Self.sections())
        // As many sections as a number holds, and a header at its end.
        (endless[64 + 6], endless[64 + 7]) = (0xFF, 0xFF)
        _ = Self.kernels(endless)
        for at in 0x3c..<0x40 { endless[at] = 0xFF }
        _ = Self.kernels(endless)
    }

    @Test(
        "One that objcopy makes of systemd's stub",
        .enabled(if: hasStub, "systemd-boot-efi or binutils is not installed"))
    func peer() throws {
        let scratch = try Scratch()
        var command = ["objcopy"]
        var place = 0x1_4000_0000 + 0x100_0000
        for (name, bytes) in Self.sections().dropFirst() {
            try scratch.write("section\(name)", bytes)
            command += ["--add-section", "\(name)=section\(name)", "--change-section-vma", "\(name)=\(place)"]
            place += 0x100_0000
        }
        let answer = try run(command + [Self.stub, "unified.efi"], in: scratch.path)
        try #require(answer.status == 0, "\(answer.output)")
        let kernels = try #require(Self.kernels(try Archives.bytes("\(scratch.path)/unified.efi")).value)
        #expect(kernels.map(\.version) == ["6.6.0"] && kernels[0].imageVersion.value == "6.6.0")
        #expect(kernels[0].initramfs.value?.modules == ["virtio_blk"])
    }
}
