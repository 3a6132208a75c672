public import Blocks
public import Documents

/// What a partition holds, by the magic numbers that its kind is known by: also of kinds that are not read.
///
/// Names are blkid's TYPE. Places and numbers: util-linux, libblkid/src/superblocks/; each format's own documentation.
public struct Signature: Sendable, Equatable {
    public var kind: String
    public var label: String?
    /// As blkid's UUID.
    public var uuid: String?
    /// In bytes, where it tells.
    public var size: UInt64?
    /// In bytes, where it tells.
    public var blockSize: Int?
    /// In bytes, where it tells.
    public var used: UInt64?
    /// By the names of its mkfs(8), where they are known.
    var features: [String]?
    /// Whether a log waits to be replayed, where that is told in one place.
    var needsRecovery: Bool?
    /// Whether it notes that it is damaged.
    var hasErrors: Bool?

    init(_ kind: String, label: String? = nil, uuid: String? = nil, size: UInt64? = nil, blockSize: Int? = nil) {
        (self.kind, self.label, self.uuid, self.size, self.blockSize) = (kind, label, uuid, size, blockSize)
    }

    /// - Returns: nil if none is there that is known.
    /// - Throws: `Failure` if the bytes can't be read.
    public init?(of source: any ByteSource) throws(Failure) {
        guard let found = try Self.recognised(source) else { return nil }
        self = found
    }

    private static func recognised(_ source: any ByteSource) throws(Failure) -> Signature? {
        let head = try bytes(source, 0, 4096)
        if let found = try encrypted(head) { return found }
        if let found = try xfs(head) { return found }
        if let found = try volume(head) { return found }
        if let found = simple(head) { return found }
        if let found = try raid(source) { return found }
        if let found = try swap(head, source) { return found }
        if let found = try btrfs(source) { return found }
        if let found = try others(source) { return found }
        if let found = try ext(source) { return found }
        return FATBootSector.isOne(head) ? Signature("vfat") : nil
    }

    private static func ext(_ source: any ByteSource) throws(Failure) -> Signature? {
        let block = try bytes(source, ExtSuperblock.offset, ExtSuperblock.length)
        guard block.count == ExtSuperblock.length, ExtSuperblock.isOne(block) else { return nil }
        let features = ExtFeatures(
            compatible: try block.u32(0x5C), incompatible: try block.u32(0x60), readOnly: try block.u32(0x64))
        return Signature(
            features.isJournalDevice ? "jbd" : features.kind, label: fieldText(try block.part(0x78, 16)),
            uuid: uuidText(try block.part(0x68, 16)))
    }

    /// Fewer than asked where the source ends.
    private static func bytes(_ source: any ByteSource, _ offset: UInt64, _ count: Int) throws(Failure) -> [UInt8] {
        guard offset < source.size else { return [] }
        return try source.bytes(at: offset, count: Int(min(UInt64(count), source.size - offset)))
    }

    private static func encrypted(_ head: [UInt8]) throws(Failure) -> Signature? {
        guard head.matches([0x4C, 0x55, 0x4B, 0x53, 0xBA, 0xBE], at: 0) else { return nil }
        let isSecond = head.matches([0, 2], at: 6)
        return Signature(
            "crypto_LUKS", label: isSecond ? fieldText(try head.part(24, 48)) : nil,
            uuid: fieldText(try head.part(168, 40)))
    }

    private static func xfs(_ head: [UInt8]) throws(Failure) -> Signature? {
        guard head.matches("XFSB".utf8, at: 0) else { return nil }
        let blockSize = try head.big32(4)
        let size = try head.big64(8).multipliedReportingOverflow(by: UInt64(blockSize))
        var found = Signature(
            "xfs", label: fieldText(try head.part(108, 12)), uuid: uuidText(try head.part(32, 16)),
            size: size.overflow ? nil : size.partialValue, blockSize: Int(blockSize))
        let free = try head.big64(144).multipliedReportingOverflow(by: UInt64(blockSize))
        if let size = found.size, !free.overflow, free.partialValue <= size { found.used = size - free.partialValue }
        found.features = []
        found.hasErrors = false
        // The fifth version has checksums, and says what else it has (the kernel's fs/xfs/libxfs/xfs_format.h).
        guard try head.u16(100).byteSwapped & 0xF == 5 else { return found }
        let (readOnly, incompatible) = (try head.big32(212), try head.big32(216))
        found.features =
            ["crc"] + Self.names(of: UInt64(readOnly), ["finobt", "rmapbt", "reflink", "inobtcount"])
            + Self.names(
                of: UInt64(incompatible), ["ftype", "sparse", "meta_uuid", "bigtime", "needsrepair", "nrext64"])
        found.hasErrors = incompatible & 16 != 0
        return found
    }

    private static func names(of bits: UInt64, _ names: [String]) -> [String] {
        names.enumerated().filter { bits >> UInt64($0.offset) & 1 == 1 }.map(\.element)
    }

    /// What it tells of itself beside its kind.
    func tell(_ facts: inout VolumeFacts, _ place: VolumePlace) {
        let evidence = [Evidence(place.name)]
        facts.label = label.map { .known($0, evidence) } ?? .absent(evidence)
        facts.uuid = uuid.map { .known($0, evidence) } ?? .absent(evidence)
        if let size { facts.size = .known(size, evidence) }
        if let blockSize { facts.blockSize = .known(blockSize, evidence) }
        if let size, let used {
            facts.used = .known(used, evidence)
            facts.free = .known(size - min(used, size), evidence)
        }
        if let features { facts.features = .known(features, evidence) }
        if let needsRecovery {
            facts.needsRecovery = .known(needsRecovery, evidence)
            facts.clean = .known(!needsRecovery, evidence)
        }
        if let hasErrors { facts.hasErrors = .known(hasErrors, evidence) }
    }

    /// A physical volume of LVM: its label stands in one of the first four sectors.
    private static func volume(_ head: [UInt8]) throws(Failure) -> Signature? {
        for sector in stride(from: 0, to: 2048, by: 512)
        where head.matches("LABELONE".utf8, at: sector) && head.matches("LVM2 001".utf8, at: sector + 24) {
            let offset = Int(min(try head.u32(sector + 20), 4096))
            guard sector + offset + 40 <= head.count else { return Signature("LVM2_member") }
            let letters = Array(try head.part(sector + offset, 32))
            var text = ""
            for (place, letter) in letters.enumerated() {
                if [6, 10, 14, 18, 22, 26].contains(place) { text += "-" }
                text.unicodeScalars.append(Unicode.Scalar(letter))
            }
            return Signature("LVM2_member", uuid: text, size: try head.u64(sector + offset + 32))
        }
        return nil
    }

    /// Kinds that begin with their name.
    private static func simple(_ head: [UInt8]) -> Signature? {
        for (text, kind) in [("NTFS    ", "ntfs"), ("EXFAT   ", "exfat"), ("-FVE-FS-", "BitLocker")]
        where head.matches(text.utf8, at: 3) { return Signature(kind) }
        if head.matches("hsqs".utf8, at: 0) { return Signature("squashfs") }
        if head.matches([0xE2, 0xE1, 0xF5, 0xE0], at: 1024) { return Signature("erofs") }
        if head.matches([0x10, 0x20, 0xF5, 0xF2], at: 1024) { return Signature("f2fs") }
        return nil
    }

    /// Members of an md array: versions 1.1 and 1.2 begin there, 0.90 and 1.0 stand at the end.
    private static func raid(_ source: any ByteSource) throws(Failure) -> Signature? {
        let magic: [UInt8] = [0xFC, 0x4E, 0x2B, 0xA9]
        var places: [UInt64] = [0, 4096]
        if source.size >= 1 << 17 {
            places += [(source.size & ~0xFFFF) - 0x10000, (((source.size >> 9) - 16) & ~7) << 9]
        }
        for place in places where try bytes(source, place, 4) == magic { return Signature("linux_raid_member") }
        return nil
    }

    /// Swap ends its first page with its name, whatever the page's size was where it was made.
    private static func swap(_ head: [UInt8], _ source: any ByteSource) throws(Failure) -> Signature? {
        for page: UInt64 in [4096, 8192, 16384, 65536] {
            let name = try bytes(source, page - 10, 10)
            if name == Array("SWAP-SPACE".utf8) { return Signature("swap") }
            guard name == Array("SWAPSPACE2".utf8) else { continue }
            let last = UInt64(try head.u32(1028))
            return Signature(
                "swap", label: fieldText(try head.part(1052, 16)), uuid: uuidText(try head.part(1036, 16)),
                size: (last + 1) * page, blockSize: Int(page))
        }
        return nil
    }

    private static func btrfs(_ source: any ByteSource) throws(Failure) -> Signature? {
        let block = try bytes(source, 65536, 1024)
        if block.matches("_BHRfS_M".utf8, at: 64) {
            var found = Signature(
                "btrfs", label: fieldText(try block.part(299, 256)), uuid: uuidText(try block.part(32, 16)),
                size: try block.u64(112), blockSize: Int(try block.u32(144)))
            // The kernel's include/uapi/linux/btrfs_tree.h; names as mkfs.btrfs(8) has them.
            found.used = try block.u64(120)
            found.needsRecovery = try block.u64(96) != 0
            found.features =
                names(of: try block.u64(180), ["free-space-tree"])
                + names(
                    of: try block.u64(188),
                    [
                        "mixed-backref", "default-subvol", "mixed-bg", "compress-lzo", "compress-zstd", "big-metadata",
                        "extref", "raid56", "skinny-metadata", "no-holes", "metadata-uuid", "raid1c34", "zoned",
                    ])
            found.hasErrors = false
            return found
        }
        if block.matches("ReIsEr".utf8, at: 52) { return Signature("reiserfs") }
        return nil
    }

    private static func others(_ source: any ByteSource) throws(Failure) -> Signature? {
        let block = try bytes(source, 32768, 64)
        if block.matches("CD001".utf8, at: 1) { return Signature("iso9660") }
        if block.matches("JFS1".utf8, at: 0) { return Signature("jfs") }
        return nil
    }
}
