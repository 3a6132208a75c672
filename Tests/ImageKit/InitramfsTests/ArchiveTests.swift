import Documents
import ImageTesting
import Initramfs
import TestSupport
import Testing

@Suite struct ArchiveTests {
    /// cpio writes the top folder as `.`, which has no name of its own for us either.
    private func plain(_ names: [String]) -> [String] { names.map { $0 == "." ? "." : $0 }.sorted() }

    @Test(arguments: ["newc", "crc"])
    func whatCpioPacksIsFound(_ form: String) throws {
        let archives = try Archives()
        let listing = try Listing(archives.pack(form))
        #expect(listing.names == plain(try archives.listed()))
        #expect(listing.contents["etc/passwd"] == Array("root:x:0:0::/root:/bin/sh\n".utf8))
        #expect(listing.contents["lib"] == Array("usr/lib".utf8))
        // Of two hard links, the second one has the bytes.
        #expect(Set([listing.contents["bin/one"]?.count, listing.contents["bin/two"]?.count]) == [0, 55000])
        let link = try #require(listing.entries.first { $0.name == "lib" })
        #expect(link.isLink && !link.isFile && link.user == 0)
        #expect(listing.compressions == [.none])
    }

    @Test(arguments: [
        ("gzip -9n", Compression.gzip), ("xz --check=crc32 -6", .xz), ("xz -9", .xz), ("lzma", .lzma),
        ("zstd -q", .zstd),
        ("zstd -q --ultra -22", .zstd), ("lz4 -l -q", .lz4),
    ])
    func packedArchivesReadTheSame(_ command: String, _ compression: Compression) throws {
        let archives = try Archives()
        let plain = try Listing(archives.pack())
        let packed = try Listing(archives.packed(command))
        #expect(packed.compressions == [compression])
        #expect(packed.entries == plain.entries)
        #expect(packed.contents == plain.contents)
    }

    @Test(arguments: [("bzip2", "bzip2"), ("lzop", "lzo")])
    func whatIsRecognisedOnlyIsNamed(_ command: String, _ name: String) throws {
        let archives = try Archives()
        _ = try archives.pack()
        let packed =
            name == "lzo"
            ? [0x89, 0x4c, 0x5a, 0x4f, 0, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 0, 0] : try archives.packed(command)
        let refused = failure { try Listing(packed) }
        #expect(refused.code == .refused && refused.message == "it is packed with \(name), which is not read here")
    }

    @Test func archivesFollowOneAnother() throws {
        let archives = try Archives()
        try archives.scratch.write("early/kernel/x86/microcode/GenuineIntel.bin", "microcode")
        let early = try archives.pack("newc", "early")
        _ = try archives.pack()
        let first = try archives.packed("zstd -q")
        let second = try archives.packed("gzip -n")
        for padding in [0, 1, 512, 300_000] {
            let zeros = [UInt8](repeating: 0, count: padding)
            let listing = try Listing(early + zeros + first + zeros + second + zeros)
            #expect(listing.compressions == [.none, .zstd, .gzip])
            #expect(listing.contents["kernel/x86/microcode/GenuineIntel.bin"] == Array("microcode".utf8))
            #expect(listing.names.filter { $0 == "etc/passwd" }.count == 2)
        }
    }

    @Test func archivesFollowOneAnotherWithinOnePackedStream() throws {
        let archives = try Archives()
        let one = try archives.pack()
        try archives.shell("cat archive.cpio archive.cpio | gzip -n > archive.packed")
        let listing = try Listing(archives.bytes("archive.packed"))
        #expect(listing.compressions == [.gzip])
        #expect(listing.entries.count == 2 * (try Listing(one).entries.count))
    }

    @Test func aWrongSumIsDamage() throws {
        let archives = try Archives()
        var bytes = try archives.pack("crc")
        let place = try #require(bytes.firstRange(of: Array("root:x:0".utf8))?.lowerBound)
        bytes[place] ^= 1
        #expect(failure { try Listing(bytes) }.message.contains("do not add up"))
        // The form without sums can't know.
        var without = try archives.pack("newc")
        without[try #require(without.firstRange(of: Array("root:x:0".utf8))?.lowerBound)] ^= 1
        _ = try Listing(without)
    }

    @Test(arguments: [
        ("", "there is nothing in it"), ("\0\0\0\0", "there is nothing in it"),
        ("nonsense of sixteen bytes", "neither an archive nor packed data begins at 0"),
        ("070701zz", "it ends within a header"),
        ("0707010000000" + String(repeating: "g", count: 100), "a number in a header is none"),
        ("070707" + String(repeating: "0", count: 200), "no header of cpio's form newc"),
    ])
    func whatIsNoArchiveIsRefused(_ text: String, _ words: String) {
        let refused = failure { try Listing(Array(text.utf8)) }
        #expect(refused.code == .refused && refused.message.contains(words), "\(refused.message)")
    }

    @Test func anArchiveThatWasCutIsRefused() throws {
        let archives = try Archives()
        let whole = try archives.pack()
        for count in [50, 150, 1000, whole.count / 2] {
            #expect(failure { try Listing(Array(whole.prefix(count))) }.code == .refused)
            // Files that nobody asks for are passed over, and are missed all the same.
            let source = MemorySource(Array(whole.prefix(count)))
            #expect(failure { try InitramfsArchive(source, place: "test") { _ in } }.code == .refused)
        }
        for command in ["gzip", "xz", "zstd -q", "lz4 -l -q"] {
            let packed = try archives.packed(command)
            let refused = failure { try Listing(Array(packed.prefix(packed.count / 2))) }
            #expect(refused.code == .refused && refused.place == "test", "\(command): \(refused)")
        }
    }

    @Test func whatUnpacksWithoutEndIsRefused() throws {
        let archives = try Archives()
        // A file that says 2 GiB of itself and has 20 MiB of zeros, in some kilobytes; zeros alone; archives without number.
        try archives.shell(
            """
            printf '07070100000001000081a4000000000000000000000001000000007fffffff00000000000000000000000000000000000000020000\
            0000a\\0' > head
            (cat head; head -c 20000000 /dev/zero) | zstd -q -3 > archive.packed
            """)
        let bomb = try archives.bytes("archive.packed")
        #expect(failure { try Listing(bomb) }.message.contains("more than 1073741824 bytes"))
        try archives.shell(
            """
            printf '07070100000001000081a40000000000000000000000010000000000a0000000000000000000000000000000000000000000020000\
            0000a\\0' > head
            (cat head; head -c 20000000 /dev/zero) | zstd -q -3 > archive.packed
            """)
        let source = MemorySource(try archives.bytes("archive.packed"))
        let refused = failure { try InitramfsArchive(source, place: "test", allowance: Allowance(10 << 20)) { _ in } }
        #expect(refused.message.contains("takes more than 10485760 bytes"), "\(refused)")
        try archives.shell("head -c 4000000 /dev/zero | gzip > archive.packed")
        #expect(failure { try Listing(archives.bytes("archive.packed")) }.message.contains("zeros without end"))
        let trailer =
            "07070100000000000000000000000000000000000000010000000000000000000000000000000000000000000000000000000b00000000"
            + "TRAILER!!!\0\0\0\0"
        let many = String(repeating: trailer, count: 70)
        #expect(failure { try Listing(Array(many.utf8)) }.message.contains("more than 64 archives"))
    }

    @Test func aDictionaryThatIsTooLargeIsRefused() throws {
        let archives = try Archives()
        _ = try archives.pack()
        let packed = try archives.packed("xz --lzma2=dict=512MiB --check=crc32")
        #expect(failure { try Listing(packed) }.message.contains("80 MiB of memory"))
    }
}
