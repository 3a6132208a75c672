import Blocks
import CZlib
import Documents

/// The GUID Partition Table (UEFI Specification, "GUID Partition Table (GPT) Disk Layout").
struct GPT {
    private(set) var partitions: [Partition] = []
    private(set) var defects: [String] = []
    let evidence: Evidence
    /// Bytes of the sectors that it counts in.
    let sector: UInt64

    /// Bytes of the entries' array: 128 of 128 bytes are usual, and more than this is no disk's.
    private static let arrayLimit: UInt64 = 1 << 20

    /// - Parameter sector: bytes of the disk's sectors; the table's place and all its numbers hang on it.
    /// - Returns: nil if no header is there.
    /// - Throws: `Failure` if one is there and neither it nor the second can be believed.
    init?(_ disk: any ByteSource, mbr: [UInt8], sector: UInt64) throws(Failure) {
        guard disk.size >= 2 * sector else { return nil }
        let last = disk.size / sector - 1
        let first = try Header(disk, at: 1, sector)
        let isProtected = (0..<4).contains { mbr[446 + $0 * 16 + 4] == 0xEE } && mbr[510] == 0x55 && mbr[511] == 0xAA
        var second: Header?
        if let place = first?.alternate, place <= last { second = try Header(disk, at: place, sector) }
        if second == nil { second = try Header(disk, at: last, sector) }
        // What is left of an old table at the disk's end is none, unless the first sector says that there is one.
        guard first != nil || second != nil && isProtected else { return nil }
        guard let header = [first, second].compactMap(\.self).first(where: { $0.isIntact }) else {
            throw Failure(
                .refused, "the GPT's checksums are wrong, in both of its places",
                hint: "the image is damaged: make it again, or mend it with gdisk")
        }
        evidence = Evidence("sector \(header.place)")
        self.sector = sector
        if sector != 512 {
            defects.append(
                "the GPT counts in sectors of \(sector) bytes: a machine whose disk has sectors of 512 finds no table")
        }
        if first?.isIntact != true { defects.append("the GPT at the disk's begin is damaged; its copy was read") }
        if second?.isIntact != true {
            defects.append("the GPT's copy at the disk's end is missing or damaged: the disk was cut or grown")
        }
        if let second, second.isIntact, second.place != last {
            defects.append(PartitionFacts.grown)
        }
        if !isProtected { defects.append("sector 0 does not say that there is a GPT") }
        for index in 0..<header.count {
            let start = index * header.entrySize
            let entry = Entry(header.array, start)
            guard entry.type != Entry.unused else { continue }
            guard entry.first <= entry.last, entry.last < UInt64.max / sector else {
                defects.append("partition \(index + 1) ends before it begins")
                continue
            }
            partitions.append(
                Partition(
                    number: index + 1, start: entry.first * sector, size: (entry.last - entry.first + 1) * sector,
                    type: entry.type, role: Self.roles[entry.type], name: entry.name.isEmpty ? nil : entry.name,
                    uuid: entry.uuid.lowercased(), isBootable: entry.attributes & 4 != 0))
        }
    }

    private struct Header {
        let place: UInt64
        let alternate: UInt64
        let isIntact: Bool
        let count: Int
        let entrySize: Int
        let array: [UInt8]

        /// - Returns: nil if no header is there.
        init?(_ disk: any ByteSource, at place: UInt64, _ sector: UInt64) throws(Failure) {
            guard place < disk.size / sector else { return nil }
            var bytes = try disk.bytes(at: place * sector, count: 512)
            guard bytes.starts(with: "EFI PART".utf8) else { return nil }
            self.place = place
            alternate = bytes.number(32, 8)
            let size = Int(bytes.number(12, 4))
            let stated = UInt32(bytes.number(16, 4))
            let (entries, start) = (bytes.number(80, 4), bytes.number(72, 8))
            let width = bytes.number(84, 4)
            let arrayChecksum = UInt32(bytes.number(88, 4))
            for index in 16..<20 { bytes[index] = 0 }
            let length = entries * width
            guard (92...512).contains(size), ep_crc32(0, bytes, size) == stated, bytes.number(24, 8) == place,
                width >= 128, width % 8 == 0, length <= GPT.arrayLimit, start <= disk.size / sector,
                length <= disk.size - start * sector
            else {
                (isIntact, count, entrySize, array) = (false, 0, 128, [])
                return
            }
            array = try disk.bytes(at: start * sector, count: Int(length))
            isIntact = ep_crc32(0, array, array.count) == arrayChecksum
            (count, entrySize) = (Int(entries), Int(width))
        }
    }

    private struct Entry {
        static let unused = "00000000-0000-0000-0000-000000000000"
        let type: String
        let uuid: String
        let first: UInt64
        let last: UInt64
        let attributes: UInt64
        let name: String

        init(_ bytes: [UInt8], _ start: Int) {
            type = bytes.guid(start)
            uuid = bytes.guid(start + 16)
            first = bytes.number(start + 32, 8)
            last = bytes.number(start + 40, 8)
            attributes = bytes.number(start + 48, 8)
            let units = (0..<36).map { UInt16(bytes.number(start + 56 + $0 * 2, 2)) }.prefix { $0 != 0 }
            name = String(decoding: units, as: UTF16.self)
        }
    }

    /// UEFI's own, and those of the Discoverable Partitions Specification (uapi-group.org) that an image has.
    private static let roles: [String: Partition.Role] = [
        "C12A7328-F81F-11D2-BA4B-00A0C93EC93B": .efiSystem,
        "21686148-6449-6E6F-744E-656564454649": .biosBoot,
        "0FC63DAF-8483-4772-8E79-3D69D8477DE4": .linux,
        "44479540-F297-41B2-9AF7-D131D5F0458A": .linux,
        "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709": .linux,
        "B921B045-1DF0-41C3-AF44-4C6F280D3FAE": .linux,
        "72EC70A6-CF74-40E6-BD49-4BDA08E8F224": .linux,
        "77055800-792C-4F94-B39A-98C91B762BB6": .linux,
        "BC13C2FF-59E6-4262-A352-B275FD6F7172": .linux,
        "933AC7E1-2EB4-4F13-B844-0E14E2AEF915": .linux,
        "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F": .swap,
        "E6D6D379-F507-44C2-A23C-238F2A3DF928": .lvm,
        "A19D880F-05FC-4D3B-A006-743F0F84911E": .raid,
        "8DA63339-0007-60C0-C436-083AC8230908": .reserved,
    ]
}

extension [UInt8] {
    /// Lowest byte first; zero past the end, which no intact table has.
    func number(_ offset: Int, _ width: Int) -> UInt64 {
        guard offset >= 0, offset <= count - width else { return 0 }
        return (0..<width).reduce(0) { $0 | UInt64(self[offset + $1]) << (8 * UInt64($1)) }
    }

    /// In capitals, in the order that people write it.
    func guid(_ offset: Int) -> String {
        guard offset >= 0, offset <= count - 16 else { return "" }
        var text = ""
        for (place, index) in [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].enumerated() {
            if [4, 6, 8, 10].contains(place) { text += "-" }
            let byte = self[offset + index]
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
        return text
    }
}
