import Documents
import TestSupport
import Testing

/// What is left of tables that were cut, wiped or changed.
@Suite("Damaged partition tables", .enabled(if: hasPeers, "sfdisk, fdisk or sgdisk is not installed"))
struct DamageTests {
    private func divided(sector: Int = 512) throws -> Disk {
        let disk = try Disk()
        if sector == 512 {
            try disk.sgdisk("-n 1:2048:4095", "-t 1:ef00", "-n 2:4096:65535", "-c 2:root")
        } else {
            try disk.fdisk("g\nn\n\n\n+8M\nn\n\n\n+16M\nw\n", sector: sector)
        }
        return disk
    }

    @Test("Of a GPT whose begin is gone the copy is read", arguments: [512, 4096])
    func onlyTheCopy(_ sector: Int) throws {
        let disk = try divided(sector: sector)
        let whole = try disk.ours()
        try disk.write([UInt8](repeating: 0, count: 8 * sector), at: sector)
        #expect(try disk.ours() == whole)
        #expect(try disk.facts().sectorSize.value == sector)
        #expect(try disk.facts().defects.value?.contains { $0.contains("its copy was read") } == true)
        if sector == 512 { #expect(try disk.ours() == disk.theirs()) }
    }

    @Test("A wrong checksum of the header or the entries is not believed", arguments: [512 + 40, 512 + 16, 1024 + 40])
    func wrongChecksum(_ place: Int) throws {
        let disk = try divided()
        let whole = try disk.ours()
        try disk.flip(place)
        #expect(try disk.ours() == whole)
        #expect(try disk.ours() == disk.theirs())
        #expect(try disk.facts().defects.value?.count == 1)
    }

    @Test("A wrong checksum of the copy is a defect")
    func wrongCopy() throws {
        let disk = try divided()
        let whole = try disk.ours()
        try disk.flip(disk.size - 512 + 40)
        #expect(try disk.ours() == whole)
        #expect(try disk.facts().defects.value?.first?.contains("copy at the disk's end") == true)
    }

    @Test("Wrong checksums in both places: nothing is told")
    func nothingToBelieve() throws {
        let disk = try divided()
        try disk.flip(512 + 40)
        try disk.flip(disk.size - 512 + 40)
        let facts = try disk.facts()
        #expect(facts.table.value == nil && facts.partitions.value == nil && facts.sectorSize.value == nil)
        #expect(facts.defects.value?.first?.contains("checksums") == true)
    }

    @Test("A disk that was grown has its copy in the middle")
    func grown() throws {
        let disk = try divided()
        try disk.resize(to: 100 << 20)
        #expect(try disk.ours() == disk.theirs())
        #expect(try disk.facts().defects.value?.contains { $0.contains("grown") } == true)
    }

    @Test("A disk that was cut has no copy, and its last partition no end")
    func cut() throws {
        let disk = try divided()
        try disk.resize(to: 16 << 20)
        let facts = try disk.facts()
        #expect(facts.partitions.value?.count == 2)
        #expect(facts.defects.value?.contains { $0.contains("copy at the disk's end is missing") } == true)
        #expect(facts.defects.value?.contains { $0.hasPrefix("partition 2:") } == true)
    }

    @Test("A protective MBR without a GPT is damage, and no table", arguments: [512, 4096])
    func protectiveAlone(_ sector: Int) throws {
        let disk = try divided(sector: sector)
        try disk.write([UInt8](repeating: 0, count: 8 * sector), at: sector)
        try disk.write([UInt8](repeating: 0, count: 8 * sector), at: disk.size - 8 * sector)
        let facts = try disk.facts()
        guard case .unknown(let why) = facts.table else {
            Issue.record("\(facts.table)")
            return
        }
        #expect(why.contains("says that there is a GPT, and there is none"))
        #expect(facts.partitions.value == nil)
        #expect(facts.defects.value == [why])
    }

    @Test("A hybrid MBR without its GPT is a table with a defect")
    func hybridAlone() throws {
        let disk = try divided()
        try disk.sgdisk("-h 1:2")
        try disk.write([UInt8](repeating: 0, count: 34 * 512), at: 512)
        try disk.write([UInt8](repeating: 0, count: 34 * 512), at: disk.size - 34 * 512)
        let facts = try disk.facts()
        #expect(facts.table.value == .mbr)
        #expect(facts.partitions.value?.filter { $0.type != "ee" }.map(\.start) == [2048 * 512, 4096 * 512])
        #expect(facts.defects.value?.contains { $0.contains("GPT beside this table") } == true)
    }

    @Test("A chain of logical partitions in a circle ends")
    func circle() throws {
        let disk = try Disk()
        try disk.sfdisk(
            "label: dos\nstart=2048, size=40960, type=5\nstart=4096, size=2048, type=83\nstart=8192, size=2048, type=83\n"
        )
        // The second link's next one is the first.
        let second = 6144 * 512
        try disk.write([0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], at: second + 462)
        let facts = try disk.facts()
        #expect(facts.defects.value?.contains { $0.contains("circle") } == true)
        #expect((facts.partitions.value?.count ?? 0) < 70)
    }
}
