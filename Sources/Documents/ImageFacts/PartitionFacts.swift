/// How a disk is divided.
public struct PartitionFacts: Sendable, Codable, Equatable {
    /// Absent if there is no table: one file system may fill the disk.
    public var table: Fact<PartitionTable>
    /// In the order of their numbers; empty where there is no table.
    public var partitions: Fact<[Partition]>
    /// What does not agree: a checksum, a missing second table, partitions that overlap. Empty if all does.
    public var defects: Fact<[String]>
    /// Bytes of a sector, which the table counts in: 512, or 4096 of a disk that was divided for such sectors. Clouds give machines
    /// disks of 512. Absent if there is no table.
    public var sectorSize: Fact<Int>

    enum CodingKeys: String, CodingKey {
        case table, partitions, defects
        case sectorSize = "sector_size"
    }

    /// The one defect that harms nothing: the system that starts moves the GPT's copy to the end of a disk that was grown.
    public static let grown =
        "the GPT's copy is not in the disk's last sector: the disk was grown after it was divided"

    public init(
        table: Fact<PartitionTable>, partitions: Fact<[Partition]>, defects: Fact<[String]>,
        sectorSize: Fact<Int> = .known(512)
    ) {
        (self.table, self.partitions, self.defects, self.sectorSize) = (table, partitions, defects, sectorSize)
    }
}

public enum PartitionTable: String, Sendable, Codable, CaseIterable { case gpt, mbr }

public struct Partition: Sendable, Codable, Equatable {
    /// Counted from 1; of MBR, 5 and up are logical ones.
    public var number: Int
    /// In bytes, as all offsets and sizes here.
    public var start: UInt64
    public var size: UInt64
    /// As sfdisk prints it: a GUID in capitals (GPT), hexadecimal digits without a prefix (MBR: `83`, `c`, `ef`).
    public var type: String
    /// What the type stands for, for the types that matter to an image; nil of others.
    public var role: Role?
    /// Of GPT; nil if it has none.
    public var name: String?
    /// As PARTUUID: GPT's own in small letters, MBR's disk signature and number.
    public var uuid: String
    /// The MBR's active flag, GPT's legacy-BIOS-bootable attribute.
    public var isBootable: Bool
    /// What its first bytes say is in it, as blkid's TYPE; nil if no known magic number is there.
    public var content: String?

    public enum Role: String, Sendable, Codable, CaseIterable {
        case efiSystem = "efi-system"
        case biosBoot = "bios-boot"
        case linux, swap, lvm, raid, extended, reserved
    }

    enum CodingKeys: String, CodingKey {
        case number, start, size, type, role, name, uuid, content
        case isBootable = "is_bootable"
    }

    public init(
        number: Int, start: UInt64, size: UInt64, type: String, role: Role?, name: String? = nil, uuid: String,
        isBootable: Bool = false, content: String? = nil
    ) {
        self.number = number
        self.start = start
        self.size = size
        self.type = type
        self.role = role
        self.name = name
        self.uuid = uuid
        self.isBootable = isBootable
        self.content = content
    }

    /// Past its last byte.
    public var end: UInt64 { start &+ size }
}
