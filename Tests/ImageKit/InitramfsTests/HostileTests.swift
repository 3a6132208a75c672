import Documents
import FileSystems
import ImageTesting
import Initramfs
import TestSupport
import Testing

/// Damaged archives are refused or read, in bounded time, and never end the process.
@Suite struct HostileTests {
    @Test(arguments: ["cat", "gzip -n", "xz --check=crc32", "zstd -q", "lz4 -l -q", "lzma"])
    func damagedArchivesAreRefusedOrRead(_ command: String) throws {
        let archives = try Archives()
        _ = try archives.pack("crc")
        let whole = try archives.packed(command)
        var random = Seeded(4)
        var (read, refused) = (0, 0)
        for _ in 0..<500 {
            let damaged = random.damage(whole)
            do throws(Failure) {
                _ = try Listing(damaged)
                read += 1
            } catch {
                #expect(error.code == .refused, "\(error)")
                refused += 1
            }
        }
        #expect(refused > 100, "\(read) were read, \(refused) refused")
    }

    @Test func damagedHeadersOfKernelsAndListsAreReadOrUnknown() throws {
        var random = Seeded(5)
        let image = Images.bzImage("6.6.0") + Images.portable(0xaa64, zboot: Array("xyz".utf8))
        let lists = Guests.dependencies + "\n" + Guests.builtIn
        for round in 0..<2000 {
            let tree = GuestTree([
                "/boot/vmlinuz-6.6.0": .bytes(random.damage(round % 2 == 0 ? image : Array(image.dropFirst(1024)))),
                "/boot/config-6.6.0": .bytes(random.damage(Array("CONFIG_VIRTIO=y\nCONFIG_EXT4_FS=m\n".utf8))),
                "/lib/modules/6.6.0/modules.dep": .bytes(random.damage(Array(lists.utf8))),
                "/lib/modules/6.6.0/modules.builtin": .bytes(random.damage(Array(lists.utf8))),
            ])
            let kernels = try #require(KernelReader(tree).facts().kernels.value)
            #expect(kernels.count == 1)
        }
    }

    /// Kernels without number, and few that all want much: the newest are read, and the rest is unknown.
    @Test func kernelsWithoutEndAreNotReadWithoutEnd() throws {
        var files: [String: MemoryFileSystem.Node] = [:]
        for number in 0..<1001 { files["/lib/modules/6.\(number)/modules.dep"] = "" }
        guard case .unknown(let why) = KernelReader(GuestTree(MemoryFileSystem(files))).facts().kernels else {
            Issue.record("1001 kernels were read")
            return
        }
        #expect(why.contains("1001 kernels"))
        files = [:]
        // Each says that it has a file of 900 MiB, which is not there.
        var archive = Guests.cpio(["file"])
        archive.replaceSubrange(54..<62, with: "38400000".utf8)
        for number in 0..<5 {
            files["/boot/vmlinuz-6.\(number)"] = .bytes(Images.bzImage("6.\(number)"))
            files["/boot/initrd.img-6.\(number)"] = .bytes(archive)
        }
        let kernels = try #require(KernelReader(GuestTree(MemoryFileSystem(files))).facts().kernels.value)
        let reasons = kernels.map { kernel in
            if case .unknown(let why) = kernel.initramfs { why } else { "known" }
        }
        #expect(reasons.map { $0.contains("ends within a file") } == [true, true, false, false, false], "\(reasons)")
        #expect(reasons[4].hasSuffix("takes more than 2147483648 bytes"))
    }
}
