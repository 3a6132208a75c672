import Blocks
import Documents

/// The table in the first sector, and the chain of logical partitions behind it (util-linux, libfdisk/src/dos.c).
struct MBR {
    private(set) var partitions: [Partition] = []
    private(set) var defects: [String] = []
    /// It says that there is a GPT and nothing else (UEFI 2.10, 5.2.3).
    var isProtectiveAlone: Bool { partitions.allSatisfy { $0.type == "ee" } }
    private static let sector: UInt64 = 512

    /// Logical partitions that are followed: sfdisk knows as many.
    private static let logicalLimit = 60

    private struct Entry {
        let flag: UInt8
        let type: UInt8
        let start: UInt64
        let count: UInt64
        init(_ sector: [UInt8], _ number: Int) {
            let place = 446 + number * 16
            flag = sector[place]
            type = sector[place + 4]
            start = sector.number(place + 8, 4)
            count = sector.number(place + 12, 4)
        }
        var isExtended: Bool { [0x05, 0x0F, 0x85].contains(type) }
    }

    /// - Returns: nil if there is no table: no mark, or nothing in it that could be one.
    init?(_ disk: any ByteSource, _ first: [UInt8]) throws(Failure) {
        guard first[510] == 0x55, first[511] == 0xAA else { return nil }
        let entries = (0..<4).map { Entry(first, $0) }
        // A flag is 0x80 or 0; anything else is code of a boot sector.
        guard entries.allSatisfy({ $0.flag & 0x7F == 0 }), entries.contains(where: { $0.type != 0 && $0.count > 0 })
        else { return nil }
        let signature = String(first.number(440, 4), radix: 16)
        let disk8 = String(repeating: "0", count: max(0, 8 - signature.count)) + signature
        for (index, entry) in entries.enumerated() where entry.type != 0 && entry.count > 0 {
            add(entry, number: index + 1, base: 0, disk8)
            if entry.isExtended { try followChain(disk, entry.start, disk8) }
        }
        partitions.sort { $0.number < $1.number }
        if entries.contains(where: { $0.type == 0xEE && $0.count > 0 }) {
            defects.append("sector 0 says that there is a GPT beside this table, and there is none")
        }
    }

    private mutating func add(_ entry: Entry, number: Int, base: UInt64, _ signature: String) {
        let sector = Self.sector
        let digits = String(number, radix: 16)
        partitions.append(
            Partition(
                number: number, start: (base + entry.start) * sector, size: entry.count * sector,
                type: String(entry.type, radix: 16), role: Self.role(entry.type),
                uuid: "\(signature)-\(digits.count < 2 ? "0" : "")\(digits)", isBootable: entry.flag == 0x80))
    }

    private mutating func followChain(_ disk: any ByteSource, _ extended: UInt64, _ signature: String) throws(Failure) {
        var place = extended
        var seen: Set<UInt64> = []
        var number = 5
        while true {
            guard seen.insert(place).inserted, seen.count <= Self.logicalLimit else {
                return defects.append("the chain of logical partitions leads in a circle, or is endless")
            }
            guard place < disk.size / Self.sector else {
                return defects.append("the chain of logical partitions leads past the disk's end")
            }
            let sector = try disk.bytes(at: place * Self.sector, count: 512)
            guard sector[510] == 0x55, sector[511] == 0xAA else {
                return defects.append("a link in the chain of logical partitions has no mark")
            }
            let (logical, next) = (Entry(sector, 0), Entry(sector, 1))
            if logical.type != 0, logical.count > 0 {
                add(logical, number: number, base: place, signature)
                number += 1
            }
            guard next.isExtended, next.count > 0 else { return }
            place = extended + next.start
        }
    }

    private static func role(_ type: UInt8) -> Partition.Role? {
        switch type {
        case 0xEF: .efiSystem
        case 0x83: .linux
        case 0x82: .swap
        case 0x8E: .lvm
        case 0xFD: .raid
        case 0x05, 0x0F, 0x85: .extended
        default: nil
        }
    }
}
