import Documents
import TestSupport
import Testing

/// Tables that sfdisk and sgdisk make, entry by entry as they tell them.
@Suite("Partition tables beside sfdisk and sgdisk", .enabled(if: hasPeers, "sfdisk, fdisk or sgdisk is not installed"))
struct TableTests {
    private static let label = "label: dos\nlabel-id: 0x00c0ffee\n"
    private static let gpt = "label: gpt\nlabel-id: 1F3D7A52-6C1B-4E0F-8A9D-3B5C7D9E1F20\n"

    static let dos: [String] = [
        "start=2048, size=2048, type=c, bootable\nstart=4096, size=8192, type=83\n",
        "start=2048, size=2048, type=ef\nstart=4096, size=8192, type=82\nstart=20480, size=4096, type=8e\nstart=30720, size=4096, type=fd, bootable\n",
        // Numbers with a gap, and not in the order of their places.
        "disk3 : start=2048, size=2048, type=83\ndisk1 : start=8192, size=2048, type=7\n",
        // Logical ones, the extended one in the middle, between primaries, of each of its types.
        "start=2048, size=2048, type=83\nstart=4096, size=40960, type=5\nstart=6144, size=2048, type=83\nstart=10240, size=4096, type=82\nstart=20480, size=2048, type=b\n",
        "start=2048, size=40960, type=f\nstart=45056, size=2048, type=83, bootable\nstart=4096, size=2048, type=83\nstart=8192, size=2048, type=83\n",
        "start=2048, size=40960, type=85\nstart=4096, size=2048, type=83\n",
        "start=2048, size=40960, type=5\n",
        // As many as sfdisk makes.
        "start=2048, size=200000, type=5\n"
            + (0..<40).map { "start=\(4096 + $0 * 4096), size=1024, type=83\n" }.joined(),
        "start=1, size=262143, type=da\n",
    ]

    @Test("MBR", arguments: dos)
    func mbr(_ script: String) throws {
        let disk = try Disk(mebibytes: 128)
        try disk.sfdisk(Self.label + script)
        let lines = try disk.theirs()
        #expect(lines.count >= 2)
        #expect(try disk.ours() == lines)
        #expect(try disk.facts().defects.value == [])
        #expect(try disk.facts().sectorSize.value == 512)
    }

    @Test("A chain of logical partitions from which links were taken")
    func brokenChain() throws {
        let disk = try Disk(mebibytes: 128)
        try disk.sfdisk(Self.label + Self.dos[7])
        try disk.program("sfdisk -q --delete \(disk.path) 5 9 10 30")
        let lines = try disk.theirs()
        #expect(lines.count == 38)
        #expect(try disk.ours() == lines)
    }

    static let guid: [String] = [
        "start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649, name=bios\n"
            + "start=4096, size=8192, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=\"EFI system\"\n"
            + "start=12288, size=65536, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, attrs=LegacyBIOSBootable\n",
        // Names that are no ASCII, up to the last of 36 units; attributes that say nothing about booting.
        "start=2048, size=2048, name=\"根文件系统 ü\", uuid=8C9F2A4E-0000-4000-8000-00000000ABCD\n"
            + "start=4096, size=2048, name=\"\(String(repeating: "x", count: 36))\", attrs=\"RequiredPartition GUID:63\"\n",
        // Few entries, many, and the first sector that may hold data.
        "table-length: 4\nfirst-lba: 34\nstart=34, size=100\nstart=200, size=1\n",
        "table-length: 1024\n" + (0..<60).map { "start=\(4096 + $0 * 2048), size=\(1 + $0 * 7)\n" }.joined(),
        "disk9 : start=2048, size=2048\ndisk2 : start=8192, size=2048\ndisk128 : start=6144, size=2048\n",
        "",
    ]

    @Test("GPT", arguments: guid)
    func gpt(_ script: String) throws {
        let disk = try Disk(mebibytes: 80)
        try disk.sfdisk(Self.gpt + script)
        #expect(try disk.ours() == disk.theirs())
        #expect(try disk.ourLines() == disk.sgdiskLines())
        #expect(try disk.facts().defects.value == [])
    }

    @Test("A hybrid table is a GPT")
    func hybrid() throws {
        let disk = try Disk()
        try disk.sgdisk(
            "-n 1:2048:4095", "-t 1:ef00", "-n 2:4096:20479", "-n 3:20480:40959", "-c 2:'the root'", "-h 1:2")
        #expect(try disk.facts().table.value == .gpt)
        #expect(try disk.ours() == disk.theirs())
        #expect(try disk.ourLines() == disk.sgdiskLines())
    }

    @Test("An MBR that was a GPT")
    func converted() throws {
        let disk = try Disk()
        try disk.sgdisk("-n 1:2048:4095", "-n 2:4096:20479")
        try disk.sgdisk("-m 1:2")
        #expect(try disk.facts().table.value == .mbr)
        #expect(try disk.ours() == disk.theirs())
    }

    @Test("A GPT of a disk with sectors of 4096 bytes is read, and said to be one", arguments: [1, 3, 20])
    func largeSectors(_ count: Int) throws {
        let disk = try Disk(mebibytes: 128)
        try disk.fdisk(
            "g\n" + (0..<count).map { _ in "n\n\n\n+4M\n" }.joined() + "t\n\(count == 1 ? "" : "1\n")1\nw\n",
            sector: 4096)
        let facts = try disk.facts()
        #expect(facts.table.value == .gpt && facts.sectorSize.value == 4096)
        #expect(facts.defects.value?.count == 1 && facts.defects.value?.first?.contains("4096") == true)
        let columns = "Device,Start,Sectors,Type-UUID,UUID"
        let lines = try disk.program("fdisk -b 4096 -l \(disk.path) -o \(columns)").split(separator: "\n")
            .filter { $0.hasPrefix(disk.path) }.map { line in
                let words = line.dropFirst(disk.path.count).split(separator: " ")
                return "\(words[0]) \(words[1])+\(words[2]) \(words[3]) \(words[4].lowercased()) ''"
            }
        #expect(lines.count == count)
        #expect(try disk.ours(sector: 4096) == ["gpt"] + lines)
    }
}
