import Blocks
import Documents
import FileSystems
import Testing

@testable import Partitions

/// Volumes of LVM by metadata that is written here: what lvm(8) never writes among it. What it does write, CheckTests read.
struct LVMTests {
    private static let extent = 64 << 10
    private static let start = 1 << 20

    /// A partition of LVM: a label, a metadata area with the text at a place in it, extents whose every sector begins with its number.
    private static func member(
        _ text: String, id: String = "A", at offset: Int = 512, tag: UInt8 = 0, breaking: Int? = nil
    ) -> MemoryDisk {
        var disk = MemoryDisk(size: start + 64 * extent)
        let bytes = Array(text.utf8) + [0]
        var label = [UInt8](repeating: 0, count: 512)
        label.replace(0, Array("LABELONE".utf8) + number(1, 8))
        label.replace(20, number(32, 4) + Array("LVM2 001".utf8))
        label.replace(32, Array(String(repeating: id, count: 32).utf8) + number(UInt64(disk.bytes.count), 8))
        label.replace(72, number(UInt64(start), 8) + number(0, 8) + number(0, 16) + number(4096, 8) + number(65536, 8))
        label.replace(16, number(UInt64(checksum(Array(label[20...]))), 4))
        disk.bytes.replace(512, label)
        var header = [UInt8](repeating: 0, count: 512)
        header.replace(4, Array(" LVM2 x[5A%r0N*>".utf8) + number(1, 4) + number(4096, 8) + number(65536, 8))
        header.replace(40, number(UInt64(offset), 8) + number(UInt64(bytes.count), 8))
        header.replace(56, number(UInt64(checksum(bytes)), 4))
        header.replace(0, number(UInt64(checksum(Array(header[4...]))), 4))
        disk.bytes.replace(4096, header)
        for (index, byte) in bytes.enumerated() {
            let place = offset + index
            disk.bytes[4096 + (place < 65536 ? place : 512 + place - 65536)] = byte
        }
        for sector in 0..<(tag == 0 ? 0 : 64 * extent / 512) {
            disk.bytes.replace(start + sector * 512, [tag] + number(UInt64(sector), 4))
        }
        if let breaking { disk.bytes[breaking] ^= 1 }
        return disk
    }

    private static func number(_ value: UInt64, _ width: Int) -> [UInt8] {
        (0..<width).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) : 0 }
    }

    /// CRC-32, bit by bit, as LVM begins and ends it.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.reduce(0xF597_A6CF) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }

    private static func group(_ volumes: String, name: String = "vg", more: String = "") -> String {
        """
        \(name) { # a comment
        id = "x" seqno = 3 extent_size = 128 \(more)
        physical_volumes {
        pv0 { id = "\(dashed("A"))" pe_start = 2048 pe_count = 64 }
        pv1 { id = "\(dashed("B"))" pe_start = 2048 pe_count = 64 }
        }
        logical_volumes { \(volumes) }
        }
        contents = "Text Format Volume Group"
        """
    }

    private static func dashed(_ letter: String) -> String {
        [6, 4, 4, 4, 4, 4, 6].map { String(repeating: letter, count: $0) }.joined(separator: "-")
    }

    private static func volume(_ segments: String, count: Int = 1, name: String = "lv") -> String {
        "\(name) { status = [\"READ\", \"WRITE\", \"VISIBLE\"] segment_count = \(count) \(segments) }"
    }

    private static let linear =
        "segment1 { start_extent = 0 extent_count = 4 type = \"striped\" stripes = [\"pv0\", 7] }"

    private func found(_ members: [MemoryDisk]) -> (volumes: [Volume], refusals: [String: Failure]) {
        VolumeGroup.volumes(
            in: members.enumerated().map { (Volume(partition: $0 + 1, $1), $1 as any ByteSource) })
    }

    /// The first bytes of each sector that is asked for: the partition's tag, and the sector's number in it.
    private func sectors(_ text: String, _ members: [MemoryDisk], _ asked: [UInt64]) throws -> [[UInt8]] {
        let volumes = members.map { try? PhysicalVolume($0) }.compactMap(\.self)
        let group = try VolumeGroup(try LVMText.parse(Array(text.utf8)), volumes)
        let source = try group.source(of: try #require(group.logical["lv"]))
        return try asked.map { try source.bytes(at: $0 * 512, count: 3) }
    }

    @Test("Pieces follow each other wherever they lie, and stripes take turns")
    func pieces() throws {
        let text = Self.group(
            Self.volume(
                """
                segment1 { start_extent = 0 extent_count = 2 type = "striped" stripes = ["pv1", 9] }
                segment2 { start_extent = 2 extent_count = 4 type = "striped" stripe_size = 16 stripes = ["pv0", 1, "pv1", 3] }
                """, count: 2))
        let members = [Self.member(text, id: "A", tag: 1), Self.member(text, id: "B", tag: 2)]
        // 128 sectors are an extent. In stripes of 16: 256 is pv0's 128th, 272 pv1's 384th, 288 pv0's 144th.
        let bytes = try sectors(text, members, [0, 129, 255, 256, 271, 272, 288, 305])
        #expect(
            bytes == [
                [2, 128, 4], [2, 1, 5], [2, 127, 5], [1, 128, 0], [1, 143, 0], [2, 128, 1], [1, 144, 0], [2, 145, 1],
            ])
        #expect(throws: Failure.self) { try sectors(text, members, [768]) }
        let names = found(members).volumes.map(\.name)
        #expect(names == ["/dev/mapper/vg-lv"] && found(members).refusals.isEmpty)
    }

    @Test("Metadata that goes round in its place is read, and what was changed in it is not believed")
    func metadata() {
        let text = Self.group(Self.volume(Self.linear))
        #expect(found([Self.member(text, at: 65536 - 100)]).volumes.count == 1)
        // The label, the area's header, the text.
        for place in [512 + 40, 4096 + 41, 4096 + 520] {
            let answer = found([Self.member(text, breaking: place)])
            #expect(answer.volumes.isEmpty && answer.refusals.count == 1, "\(place)")
        }
    }

    @Test(
        "What can't be true, or is of a kind that is not read, is said and read by nobody",
        arguments: [
            ("segment1 { start_extent = 0 extent_count = 4 type = \"thin\" }", "of the type thin is not read"),
            (
                "segment1 { start_extent = 1 extent_count = 4 type = \"striped\" stripes = [\"pv0\", 7] }",
                "leaves a gap"
            ),
            (
                "segment1 { start_extent = 0 extent_count = 0 type = \"striped\" stripes = [\"pv0\", 7] }",
                "leaves a gap"
            ),
            (
                "segment1 { start_extent = 0 extent_count = 4 type = \"striped\" stripes = [\"pv0\", 61] }",
                "past the end"
            ),
            (
                "segment1 { start_extent = 0 extent_count = 4 type = \"striped\" stripes = [\"pv1\", 0] }",
                "on another disk"
            ),
            (
                "segment1 { start_extent = 0 extent_count = 4 type = \"striped\" stripes = [\"pv9\", 0] }",
                "names no place"
            ),
            ("segment1 { start_extent = 0 extent_count = 4 type = \"striped\" stripes = [\"pv0\"] }", "names no place"),
            (
                "segment1 { start_extent = 0 extent_count = 18446744073709551615 type = \"striped\" stripes = [\"pv0\", 7] }",
                "can't be true"
            ),
            (
                "segment1 { start_extent = 0 extent_count = 3 type = \"striped\" stripes = [\"pv0\", 7, \"pv0\", 9] }",
                "can't be true"
            ),
            ("", "is not whole"),
        ])
    func refused(_ segments: String, _ why: String) throws {
        let answer = found([Self.member(Self.group(Self.volume(segments)))])
        let volume = try #require(answer.volumes.first)
        #expect(volume.fileSystem == nil && volume.refusal?.message.contains(why) == true, "\(volume.refusal as Any)")
    }

    @Test(
        "A name that would be another path, and a text that is none, are refused",
        arguments: [
            group(volume(linear, name: "../etc")), group(volume(linear, name: "..")),
            group(volume(linear), name: "-vg"),
            "vg {", "vg { a = [", "vg { a = \"", "vg { a }", "a = 1", "vg { } other { }", "",
            String(repeating: "a { ", count: 2000), "vg { a = -1 }", "vg { extent_size = 0 }", "vg { a = \u{7}}",
        ])
    func hostile(_ text: String) {
        let answer = found([Self.member(text)])
        #expect(answer.volumes.isEmpty && answer.refusals.count == 1, "\(answer.volumes.map(\.name))")
    }

    @Test("What LVM keeps for itself is no volume")
    func hidden() {
        let text = Self.group(
            "pool { status = [\"VISIBLE\"] segment_count = 1 segment1 { type = \"thin-pool\" } }\n"
                + "meta { status = [\"READ\"] segment_count = 1 \(Self.linear) }\n" + Self.volume(Self.linear))
        #expect(found([Self.member(text)]).volumes.map(\.name) == ["/dev/mapper/vg-lv"])
    }
}

/// A disk in memory.
private struct MemoryDisk: ByteSource {
    var bytes: [UInt8]
    init(size: Int) { bytes = [UInt8](repeating: 0, count: size) }
    var size: UInt64 { UInt64(bytes.count) }
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
        guard offset <= size, UInt64(buffer.count) <= size - offset else { throw Failure(.refused, "past the end") }
        buffer.copyBytes(from: bytes[Int(offset)..<Int(offset) + buffer.count])
    }
}

extension [UInt8] {
    fileprivate mutating func replace(_ place: Int, _ bytes: [UInt8]) {
        for (index, byte) in bytes.enumerated() { self[place + index] = byte }
    }
}
