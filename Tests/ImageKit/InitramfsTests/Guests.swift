import Documents
import FileSystems
import ImageTesting
import Initramfs

/// Headers of kernels, as their documents state them.
enum Images {
    private static func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func put(_ bytes: some Sequence<UInt8>, _ offset: Int, _ target: inout [UInt8]) {
        for (index, byte) in bytes.enumerated() { target[offset + index] = byte }
    }

    /// docs.kernel.org/arch/x86/boot.html
    static func bzImage(_ version: String, is64: Bool = true) -> [UInt8] {
        var image = [UInt8](repeating: 0, count: 1024)
        put([0x55, 0xaa], 0x1fe, &image)
        put("HdrS".utf8, 0x202, &image)
        put(little(0x20f, 2), 0x206, &image)
        put(little(0x100, 2), 0x20e, &image)
        put(little(is64 ? 1 : 0, 2), 0x236, &image)
        put("\(version) (builder@host) #1 SMP\0".utf8, 0x300, &image)
        return image
    }

    /// docs.kernel.org/arch/arm64/booting.html
    static func arm64(_ version: String) -> [UInt8] {
        var image = [UInt8](repeating: 0, count: 4096)
        put("MZ".utf8, 0, &image)
        put("ARM\u{64}".utf8, 56, &image)
        // The first mark is no banner: no version follows it.
        put("Linux version %s\0".utf8, 1000, &image)
        put("Linux version \(version) (builder@host) (gcc) #1 SMP\n\0".utf8, 3000, &image)
        return image
    }

    /// An image that EFI starts and that unpacks its payload itself (drivers/firmware/efi/libstub/zboot-header.S).
    static func portable(_ machine: Int, zboot payload: [UInt8]) -> [UInt8] {
        var image = [UInt8](repeating: 0, count: 512)
        put("MZ\0\0zimg".utf8, 0, &image)
        put(little(512, 4) + little(payload.count, 4), 8, &image)
        put("gzip\0".utf8, 24, &image)
        put(little(0x40, 4), 0x3c, &image)
        put("PE\0\0".utf8, 0x40, &image)
        put(little(machine, 2), 0x44, &image)
        return image + payload
    }

    static func elf(_ machine: Int, isLittle: Bool = true) -> [UInt8] {
        var image = [UInt8](repeating: 0, count: 64)
        put([0x7f, 0x45, 0x4c, 0x46, 2, isLittle ? 1 : 2], 0, &image)
        put(isLittle ? little(machine, 2) : little(machine, 2).reversed(), 18, &image)
        return image
    }
}

/// Small guests of one kernel.
enum Guests {
    static let dependencies = """
        kernel/drivers/virtio/virtio_ring.ko.xz: kernel/drivers/virtio/virtio.ko.xz
        kernel/drivers/virtio/virtio.ko.xz:
        kernel/drivers/block/virtio_blk.ko.xz: kernel/drivers/virtio/virtio.ko.xz kernel/drivers/virtio/virtio_ring.ko.xz
        kernel/drivers/net/xen-netfront.ko.xz:
        """
    static let builtIn = """
        kernel/drivers/nvme/host/nvme.ko
        kernel/drivers/nvme/host/nvme-core.ko
        """

    /// A cpio archive of empty files, and of links as `NAME -> TARGET`.
    static func cpio(_ names: [String]) -> [UInt8] {
        var archive: [UInt8] = []
        func add(_ name: String, _ content: String, _ mode: UInt32) {
            func number(_ value: Int) -> String {
                let digits = String(value, radix: 16)
                return String(repeating: "0", count: 8 - digits.count) + digits
            }
            var header = "070701"
            for value in [0, Int(mode), 0, 0, 1, 0, content.utf8.count, 0, 0, 0, 0, name.utf8.count + 1, 0] {
                header += number(value)
            }
            archive += Array(header.utf8) + Array(name.utf8) + [0]
            while archive.count % 4 != 0 { archive.append(0) }
            archive += Array(content.utf8)
            while archive.count % 4 != 0 { archive.append(0) }
        }
        for name in names {
            let parts = name.split(separator: " ")
            if parts.count == 3 && parts[1] == "->" {
                add(String(parts[0]), String(parts[2]), 0o120777)
            } else if let equals = name.firstIndex(of: "=") {
                add(String(name[..<equals]), String(name[name.index(after: equals)...]), 0o100644)
            } else {
                add(name, "", 0o100644)
            }
        }
        add("TRAILER!!!", "", 0)
        return archive
    }

    /// A guest with kernel 6.6.0 whose initramfs has these files, and what is changed in it.
    static func tree(
        _ initramfs: [String], _ changes: [String: MemoryFileSystem.Node?] = [:]
    ) -> GuestTree {
        var files: [String: MemoryFileSystem.Node] = [
            "/boot/vmlinuz-6.6.0": .bytes(Images.bzImage("6.6.0")),
            "/boot/config-6.6.0": "CONFIG_VIRTIO=m\nCONFIG_BLK_DEV_NVME=y\n# CONFIG_XFS_FS is not set\n",
            "/boot/initramfs-6.6.0.img": .bytes(cpio(initramfs)),
            "/usr/lib/modules/6.6.0/modules.dep": .file(dependencies),
            "/usr/lib/modules/6.6.0/modules.builtin": .file(builtIn),
            "/usr/lib/modules/6.6.0/kernel/drivers/block/virtio_blk.ko.xz": "",
            "/usr/lib/modules/6.6.0/kernel/drivers/virtio/virtio.ko.xz": "",
            "/lib": .link("usr/lib"),
        ]
        for (path, node) in changes { files[path] = node }
        return GuestTree(MemoryFileSystem(files))
    }
}
