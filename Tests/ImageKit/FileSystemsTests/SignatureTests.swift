import Documents
import Foundation
import TestSupport
import Testing

@testable import FileSystems

/// Kinds, labels and UUIDs are blkid's; what is not read is refused by name.
@Suite(.enabled(if: Peers.has("blkid"), "blkid (util-linux) is not here"))
struct SignatureTests {
    static let makers: [(program: String, size: String, command: [String])] = [
        ("mke2fs", "8M", ["mke2fs", "-q", "-t", "ext2", "-L", "two"]),
        ("mke2fs", "8M", ["mke2fs", "-q", "-t", "ext3", "-L", "sixteen letters."]),
        ("mke2fs", "8M", ["mke2fs", "-q", "-t", "ext4", "-L", "with blank"]),
        ("mke2fs", "8M", ["mke2fs", "-q", "-t", "ext4"]),
        ("mke2fs", "8M", ["mke2fs", "-q", "-O", "journal_dev"]),
        ("mkfs.xfs", "310M", ["mkfs.xfs", "-q", "-L", "xfsroot"]),
        ("mkfs.btrfs", "120M", ["mkfs.btrfs", "-q", "-L", "butter"]),
        ("mkswap", "2M", ["mkswap", "-L", "swap"]), ("mkfs.fat", "4M", ["mkfs.fat", "-n", "FATTY"]),
        (
            "cryptsetup", "20M",
            [
                "cryptsetup", "-q", "--key-file", "/etc/passwd", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations",
                "1000",
                "--type", "luks2", "--label", "secret", "luksFormat",
            ]
        ),
        ("python3", "8M", ["python3", "-c", physicalVolume]),
    ]

    /// pvcreate takes no file, so a label and the header behind it are written as LVM2 does (lib/format_text/layout.h,
    /// lib/label/label.h; the checksum is CRC-32 from a number of its own on).
    private static let physicalVolume = """
        import struct, sys, zlib
        header = b"Uu0123456789abcdefghijklmnopqrst" + struct.pack("<QQQ", 8 << 20, 1 << 20, 0)
        body = struct.pack("<I", 32) + b"LVM2 001" + header
        body += bytes(492 - len(body))
        sum = ~zlib.crc32(body, ~0xF597A6CF & 0xFFFFFFFF) & 0xFFFFFFFF
        with open(sys.argv[1], "r+b") as file:
            file.seek(512)
            file.write(b"LABELONE" + struct.pack("<QI", 1, sum) + body)
        """

    @Test(arguments: makers.indices) func kindsAreAsBlkidPrintsThem(_ index: Int) throws {
        let maker = Self.makers[index]
        guard Peers.has(maker.program) else { return }
        let scratch = try Scratch()
        let path = scratch.path + "/image"
        try run(["truncate", "-s", maker.size, path])
        let made = try run(maker.command + [path])
        try #require(made.status == 0, "\(made.output)")
        let source = try FileSource(path)
        var found = try #require(try Signature(of: source)).identity
        if let fileSystem = try? FileSystems.open(source) {
            found = Identity(fileSystem)
        } else {
            #expect(failure { try FileSystems.open(source) }.message.contains(found.kind ?? "?") || found.kind == "jbd")
        }
        #expect(found == (try blkid(path)))
    }

    @Test func nothingIsFoundWhereNothingIs() throws {
        #expect(try Signature(of: MemorySource([])) == nil)
        #expect(try Signature(of: MemorySource([UInt8](repeating: 0, count: 1 << 20))) == nil)
        #expect(try FileSystems.open(MemorySource(pattern(1 << 20))) == nil)
        // The first sector of a disk ends like FAT's.
        var boot = [UInt8](repeating: 0x90, count: 1 << 16)
        (boot[0], boot[510], boot[511]) = (0xEB, 0x55, 0xAA)
        #expect(try FileSystems.open(MemorySource(boot)) == nil)
    }
}

extension Signature {
    var identity: Identity { Identity(self) }
}
