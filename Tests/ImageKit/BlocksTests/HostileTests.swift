import Blocks
import Documents
import Foundation
import ImageTesting
import TestSupport
import Testing

/// Images that lie: each law is one line of a table, and no damage of a header is a crash or a long wait.
@Suite(.enabled(if: Peers.hasQemu, "qemu-img (qemu-utils) is not here"))
struct HostileTests {
    struct Law: Sendable, CustomTestStringConvertible {
        var arguments: [String]
        /// What is written where.
        var put: [(offset: Int, bytes: [UInt8])]
        /// In the refusal.
        var word: String
        var testDescription: String { word }

        init(_ arguments: [String], _ put: [(offset: Int, bytes: [UInt8])], _ word: String) {
            (self.arguments, self.put, self.word) = (arguments, put, word)
        }
    }

    static let qcow2 = ["-O", "qcow2"]
    static let vmdk = ["-O", "vmdk"]
    static let name = Array("/etc/shadow".utf8)
    static let laws = [
        Law(qcow2, [(8, [0, 0, 0, 0, 0, 0, 2, 0]), (16, [0, 0, 0, 11]), (512, name)], "layer over another file"),
        // The name's length alone is enough, and so is its place.
        Law(qcow2, [(16, [0, 0, 0, 11])], "layer over another file"),
        Law(qcow2, [(8, [0, 0, 0, 0, 0, 0, 2, 0])], "layer over another file"),
        Law(qcow2, [(79, [4])], "another file"),
        Law(qcow2, [(79, [0x10])], "subclusters"),
        Law(qcow2, [(79, [0x20])], "not known"),
        Law(qcow2, [(72, [0x80])], "not known"),
        Law(qcow2, [(79, [8]), (104, [7])], "compression type 7"),
        Law(qcow2, [(32, [0, 0, 0, 1])], "encrypted"),
        Law(qcow2, [(32, [0, 0, 0, 2])], "encrypted"),
        Law(qcow2, [(4, [0, 0, 0, 4])], "version 4"),
        Law(qcow2, [(4, [0, 0, 0, 1])], "version 1"),
        Law(qcow2, [(20, [0, 0, 0, 8])], "cluster of 2^8"),
        Law(qcow2, [(20, [0, 0, 0, 22])], "cluster of 2^22"),
        Law(qcow2, [(20, [0xFF, 0xFF, 0xFF, 0xFF])], "cluster of 2^"),
        Law(qcow2, [(24, [0, 0, 0x41, 0, 0, 0, 0, 0])], "none that can be read"),
        Law(qcow2, [(24, [UInt8](repeating: 0, count: 8))], "none that can be read"),
        Law(qcow2, [(24, [UInt8](repeating: 0xFF, count: 8))], "none that can be read"),
        Law(qcow2, [(24, [0, 0, 0x10, 0, 0, 0, 0, 0])], "does not fit a disk"),
        Law(qcow2, [(36, [0, 0, 0, 0])], "does not fit a disk"),
        Law(qcow2, [(36, [0xFF, 0xFF, 0xFF, 0xFF])], "does not fit a disk"),
        Law(qcow2, [(40, [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0])], "outside of the file"),
        Law(qcow2, [(40, [0, 0, 0, 0, 0, 0, 0, 0])], "outside of the file"),
        Law(qcow2, [(100, [0, 0, 0, 50])], "header of 50 bytes"),
        Law(vmdk, [(4, [9])], "version 9"),
        Law(vmdk, [(73, [0x0A, 0x20, 0x0A, 0x0A])], "transfer as text"),
        Law(vmdk, [(12, [UInt8](repeating: 0xFF, count: 8))], "none that can be read"),
        Law(vmdk, [(12, [UInt8](repeating: 0, count: 8))], "none that can be read"),
        Law(vmdk, [(20, [3])], "grain of 3"),
        Law(vmdk, [(20, [0, 0, 0, 0, 0, 0, 0, 0x80])], "grain of"),
        Law(vmdk, [(44, [0, 0, 0, 0])], "entries a table"),
        Law(vmdk, [(56, [UInt8](repeating: 0x7F, count: 8))], "directory lies outside"),
        Law(vmdk, [(56, [UInt8](repeating: 0xFF, count: 8))], "footer is missing"),
        Law(vmdk, [(28, [0xFF, 0xFF, 0xFF])], "descriptor lies outside"),
        Law(["-O", "vhdx"], [(65536 + 48, [1]), (131072 + 48, [1])], "no VHDX header is intact"),
        Law(["-O", "vhdx"], [(196608, [0]), (262144, [0])], "no VHDX region table is intact"),
        Law(["-O", "raw"], [(0, Array("QED\0".utf8)), (510, [0, 0])], "QED"),
        Law(["-O", "raw"], [(64, [0x7F, 0x10, 0xDA, 0xBE]), (510, [0, 0])], "VDI"),
        Law(["-O", "raw"], [(0, [0x1F, 0x8B, 8]), (510, [0, 0])], "gzip"),
        Law(["-O", "raw"], [(0, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]), (510, [0, 0])], "xz"),
        Law(["-O", "raw"], [(0, [0x28, 0xB5, 0x2F, 0xFD]), (510, [0, 0])], "zstd"),
        Law(["-O", "raw"], [(0, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]), (510, [0, 0])], "7z"),
        Law(["-O", "raw"], [(257, Array("ustar".utf8)), (510, [0, 0])], "tar"),
        Law(["-O", "raw"], [(32769, Array("CD001".utf8)), (510, [0, 0])], "ISO 9660"),
        Law(
            ["-O", "raw"], [(0, Array("# Disk DescriptorFile\nversion=1\nRW 9 FLAT \"/etc/passwd\" 0\n".utf8))],
            "in other files"),
    ]

    @Test(arguments: laws) func whatTheLawForbidsIsRefusedWithARemedy(_ law: Law) throws {
        let sample = try Sample(size: 1 << 20)
        var bytes = try contents(try sample.converted("disk", law.arguments))
        for (offset, part) in law.put { bytes.replaceSubrange(offset..<offset + part.count, with: part) }
        let file = try OpenFile(try sample.scratch.write("hostile", bytes))
        let refusal = failure { try DiskImage(descriptor: file.descriptor) }
        #expect(refusal.code == .refused)
        #expect(refusal.message.contains(law.word), "\(refusal.message)")
        #expect(refusal.hint != nil)
    }

    /// Its first line is only a comment; qemu-img takes it for a VMDK all the same, and opens the file that it names.
    @Test(
        arguments: [
            "# Disk DescriptorFile\nversion=1\n", "version=1\n", "version = 1\r\n", "# another comment\n\nversion=3\n",
            "# \n#\n\n  version=2\n", "CID=fffffffe\n", "#disk descriptorfile\n",
        ]) func aDescriptionIsNoRawDisk(_ begin: String) throws
    {
        let text =
            begin + "CID=fffffffe\nparentCID=ffffffff\ncreateType=\"monolithicFlat\"\nRW 9 FLAT \"/etc/passwd\" 0\n"
        let scratch = try Scratch()
        for bytes in [Array(text.utf8), Array(text.utf8) + [UInt8](repeating: 0, count: 1 << 20)] {
            let file = try OpenFile(try scratch.write("hostile", bytes))
            let refusal = failure { try DiskImage(descriptor: file.descriptor) }
            #expect(refusal.code == .refused && refusal.message.contains("in other files"), "\(refusal)")
        }
    }

    @Test func textThatDescribesNothingIsRaw() throws {
        let scratch = try Scratch()
        for text in ["# a script\necho version=1\n", "versions of things\n", "#!/bin/sh\n"] {
            let file = try OpenFile(
                try scratch.write("raw", Array(text.utf8) + [UInt8](repeating: 0, count: 1024 - text.utf8.count)))
            #expect(try DiskImage(descriptor: file.descriptor).facts.format.value == "raw")
        }
    }

    /// With the checksums that their makers would have written.
    @Test func differencesOfOtherFilesAreRefused() throws {
        let sample = try Sample(size: 1 << 20)
        var vhd = try contents(try sample.converted("disk.vhd", ["-O", "vpc", "-o", "subformat=dynamic"]))
        for place in [0, vhd.count - 512] {
            vhd.put(4, at: place + 60, width: 4)
            vhd.put(0, at: place + 64, width: 4)
            let sum = vhd[place..<place + 512].reduce(UInt32(0)) { $0 &+ UInt32($1) }
            vhd.put(UInt64(~sum), at: place + 64, width: 4)
        }
        var wrong = vhd
        wrong[wrong.count - 512 + 16] ^= 1
        var vmdk = try contents(try sample.converted("disk.vmdk", Self.vmdk))
        let text = try #require(vmdk.firstRange(of: Array("parentCID=ffffffff".utf8)))
        vmdk.replaceSubrange(text, with: Array("parentCID=12345678".utf8))
        var flat = try contents(try sample.converted("disk.vmdk", Self.vmdk))
        let extent = try #require(flat.firstRange(of: Array("SPARSE \"disk.vmdk\"".utf8)))
        flat.replaceSubrange(extent, with: Array("FLAT \"/etc/passwd\"".utf8))
        for (bytes, word) in [(vhd, "difference"), (wrong, "checksum"), (vmdk, "difference"), (flat, "another file")] {
            let file = try OpenFile(try sample.scratch.write("hostile", bytes))
            let refusal = failure { try DiskImage(descriptor: file.descriptor) }
            #expect(refusal.code == .refused && refusal.message.contains(word), "\(refusal.message)")
        }
    }

    @Test func filesThatAreTooShortAreRefused() throws {
        let scratch = try Scratch()
        #expect(try opened([], scratch)?.message.contains("empty") == true)
        let begins: [[UInt8]] = [
            [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3], Array("conectix".utf8), Array("vhdxfile".utf8), Array("KDMV".utf8),
        ]
        for begin in begins {
            for length in [begin.count, 100, 511, 512, 600, 1024, 65536] {
                let bytes = begin + [UInt8](repeating: 0, count: max(0, length - begin.count))
                #expect(try opened(bytes, scratch)?.code == .refused, "\(begin) \(length)")
            }
        }
    }

    /// - Returns: the refusal; nil if the image can be opened.
    private func opened(_ bytes: [UInt8], _ scratch: Scratch) throws -> Failure? {
        let file = try OpenFile(try scratch.write("short", bytes))
        do throws(Failure) { _ = try DiskImage(descriptor: file.descriptor) } catch { return error }
        return nil
    }

    /// A megabyte that tells of 64 TiB, each of whose tables is the same one.
    @Test func tablesThatShareTheirPartsAreNotReadForEver() throws {
        let clusterSize = 65536
        var bytes = [UInt8](repeating: 0, count: clusterSize * 19)
        bytes.replaceSubrange(0..<8, with: [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 2])
        bytes.put(16, at: 20, width: 4)
        bytes.put(64 << 40, at: 24, width: 8)
        bytes.put(131072, at: 36, width: 4)
        bytes.put(UInt64(clusterSize), at: 40, width: 8)
        for index in 0..<131072 { bytes.put(UInt64(clusterSize * 17), at: clusterSize + index * 8, width: 8) }
        // Every other cluster holds data, always the same.
        for index in stride(from: 0, to: 8192, by: 2) {
            bytes.put(UInt64(clusterSize * 18), at: clusterSize * 17 + index * 8, width: 8)
        }
        let scratch = try Scratch()
        let file = try OpenFile(try scratch.write("endless", bytes))
        let disk = try DiskImage(descriptor: file.descriptor)
        #expect(disk.size == 64 << 40)
        let start = ContinuousClock.now
        let facts = disk.surveyed()
        #expect(facts.usedSize == .unknown("the disk's map is too large to be read"))
        // Without optimisation; with it, a tenth.
        #expect(ContinuousClock.now - start < .seconds(120))
    }

    static let forms = [
        qcow2, ["-O", "qcow2", "-c"], ["-O", "qcow2", "-c", "-o", "compression_type=zstd"],
        ["-O", "vpc", "-o", "subformat=dynamic"], ["-O", "vpc", "-o", "subformat=fixed"], ["-O", "vhdx"], vmdk,
        ["-O", "vmdk", "-o", "subformat=streamOptimized"],
    ]

    /// Damage in headers and tables: refused, or read to whatever the damaged tables say.
    @Test(arguments: forms) func damageIsNoCrash(_ arguments: [String]) throws {
        let sample = try Sample(size: 1 << 20)
        let whole = try contents(try sample.converted("disk", arguments))
        var seeded = Seeded(0xB10C)
        // Where each format keeps its numbers: its begin, its end, and VHDX's structures.
        var places = [0..<1024, max(0, whole.count - 1536)..<whole.count]
        if arguments.contains("vhdx") {
            places += [65536..<65536 + 80, 196608..<196608 + 128, 2 << 20..<(2 << 20) + 256]
        }
        if arguments.contains("qcow2") { places += [65536 * 3..<65536 * 3 + 64, 65536 * 4..<65536 * 4 + 256] }
        var (refused, read) = (0, 0)
        let start = ContinuousClock.now
        for round in 0..<400 {
            let place = places[round % places.count].clamped(to: 0..<whole.count)
            var bytes = whole
            let part = seeded.damage(Array(whole[place]))
            bytes.replaceSubrange(place.lowerBound..<place.lowerBound + part.count, with: part)
            if part.count < place.count { bytes.removeSubrange((place.lowerBound + part.count)...) }
            if arguments.contains("vhdx") { Self.seal(&bytes) }
            let file = try OpenFile(try sample.scratch.write("damaged", bytes))
            do throws(Failure) {
                let disk = try DiskImage(descriptor: file.descriptor)
                _ = disk.surveyed()
                for offset in [0, 1 << 19, disk.size - min(disk.size, 4096)] where offset < disk.size {
                    _ = try disk.bytes(at: offset, count: Int(min(disk.size - offset, 65536)))
                }
                read += 1
            } catch {
                #expect(error.code == .refused, "\(error)")
                refused += 1
            }
        }
        #expect(refused > 0)
        #expect(read > 0)
        #expect(ContinuousClock.now - start < .seconds(300))
    }

    /// VHDX's checksums made right, so that damage reaches what is behind them.
    private static func seal(_ bytes: inout [UInt8]) {
        for (place, length) in [(65536, 4096), (131072, 4096), (196608, 65536), (262144, 65536)]
        where place + length <= bytes.count {
            bytes.put(0, at: place + 4, width: 4)
            var sum = UInt32.max
            for byte in bytes[place..<place + length] {
                sum ^= UInt32(byte)
                for _ in 0..<8 { sum = sum & 1 != 0 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
            }
            bytes.put(UInt64(~sum), at: place + 4, width: 4, big: false)
        }
    }

    private func contents(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
}
