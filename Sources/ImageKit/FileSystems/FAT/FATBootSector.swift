import Documents

/// The first sector of a FAT file system, each number held against the others.
///
/// Layout: Microsoft's FAT specification (fatgen103), "Boot Sector and BPB"; which of the three widths it is, as Linux
/// decides it (fs/fat/inode.c).
struct FATBootSector: Sendable, Equatable {
    enum Width: Int, Sendable {
        case fat12 = 12
        case fat16 = 16
        case fat32 = 32
    }

    var width: Width
    var sectorSize: Int
    /// In bytes.
    var clusterSize: Int
    /// Numbered from 2 on.
    var clusterCount: UInt32
    /// In bytes from the start, as the next three.
    var tableStart: UInt64
    var tableSize: UInt64
    var rootStart: UInt64
    /// Of FAT12 and FAT16, whose root is no chain of clusters.
    var rootSize: UInt64
    var dataStart: UInt64
    var rootCluster: UInt32
    var size: UInt64
    var serial: String?
    var isDirty: Bool

    /// Whether the sector is the first of a FAT file system, and not boot code that ends in the same two bytes.
    static func isOne(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 512, bytes.matches([0x55, 0xAA], at: 510), bytes[0] == 0xEB || bytes[0] == 0xE9,
            !bytes.matches("NTFS    ".utf8, at: 3), !bytes.matches("EXFAT   ".utf8, at: 3)
        else { return false }
        let sector = Int(bytes[11]) | Int(bytes[12]) << 8
        let media = bytes[21]
        return [512, 1024, 2048, 4096].contains(sector) && bytes[13] != 0 && bytes[13] & (bytes[13] - 1) == 0
            && (bytes[14] != 0 || bytes[15] != 0) && bytes[16] != 0 && (media == 0xF0 || media >= 0xF8)
    }

    /// - Parameters:
    ///   - bytes: the first 512.
    ///   - room: how many bytes the partition has.
    init(_ bytes: [UInt8], room: UInt64) throws(Failure) {
        func refuse(_ what: String) -> Failure {
            Failure(
                .refused, what, place: "boot sector of FAT",
                hint: "the file system is damaged: run fsck.fat on the image's copy")
        }
        sectorSize = Int(try bytes.u16(11))
        guard [512, 1024, 2048, 4096].contains(sectorSize) else { throw refuse("sectors of \(sectorSize) bytes") }
        let perCluster = Int(try bytes.u8(13))
        guard perCluster > 0, perCluster & (perCluster - 1) == 0 else {
            throw refuse("\(perCluster) sectors a cluster are not possible")
        }
        clusterSize = sectorSize * perCluster
        let sector = UInt64(sectorSize)
        let reserved = UInt64(try bytes.u16(14))
        let tables = UInt64(try bytes.u8(16))
        guard reserved > 0, tables > 0 else { throw refuse("no room for a boot sector or a table") }
        let rootEntries = UInt64(try bytes.u16(17))
        let short = UInt64(try bytes.u16(19))
        let total = short != 0 ? short : UInt64(try bytes.u32(32))
        let narrow = UInt64(try bytes.u16(22))
        let wide = UInt64(try bytes.u32(36))
        let isWide = narrow == 0 && wide != 0
        guard narrow != 0 || isWide else { throw refuse("its table has no length") }
        size = total * sector
        guard size <= room else {
            throw Failure(
                .refused, "\(total) sectors of \(sector) bytes are more than the \(room) bytes that are there",
                place: "boot sector of FAT", hint: "the image was cut, or its partition is smaller than its file system"
            )
        }
        tableStart = reserved * sector
        tableSize = (isWide ? wide : narrow) * sector
        rootStart = tableStart + tables * tableSize
        rootSize = (rootEntries * 32 + sector - 1) / sector * sector
        dataStart = rootStart + rootSize
        guard dataStart < size else { throw refuse("its tables leave no room for files") }
        let clusters = (size - dataStart) / UInt64(clusterSize)
        width = isWide ? .fat32 : clusters > 0xFF4 ? .fat16 : .fat12
        // A table that is too short, and one of numbers that its width can't hold, end the clusters.
        let entries = tableSize * 8 / UInt64(width.rawValue)
        guard entries > 2, clusters > 0 else { throw refuse("it has no clusters") }
        let most: UInt64 =
            switch width {
            case .fat12: 0xFF4
            case .fat16: 0xFFF4
            case .fat32: 0x0FFF_FFF4
            }
        clusterCount = UInt32(min(clusters, entries - 2, most))
        let isFAT32 = width == .fat32
        if isFAT32 {
            let version = try bytes.u16(42)
            guard version == 0 else { throw refuse("version \(version) of FAT32 is not known") }
        } else {
            guard rootEntries > 0 else { throw refuse("its root has no room for names") }
        }
        rootCluster = isFAT32 ? try bytes.u32(44) : 0
        guard !isFAT32 || rootCluster >= 2 && rootCluster - 2 < clusterCount else {
            throw refuse("its root can't begin at cluster \(rootCluster)")
        }
        let extended = isFAT32 ? 64 : 36
        isDirty = try bytes.u8(extended + 1) & 1 == 1
        let signature = try bytes.u8(extended + 2)
        let number = try bytes.u32(extended + 3)
        serial = signature == 0x28 || signature == 0x29 || isFAT32 ? Self.serial(number) : nil
    }

    /// As blkid prints it: `1234-ABCD`.
    private static func serial(_ number: UInt32) -> String? {
        guard number != 0 else { return nil }
        let text = [24, 16, 8, 0].map { hexadecimal(UInt8(truncatingIfNeeded: number >> $0)).uppercased() }
        return text[0] + text[1] + "-" + text[2] + text[3]
    }
}
