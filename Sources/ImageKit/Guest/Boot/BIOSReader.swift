public import Blocks
import Documents
import FileSystems

/// The guest's disk as a BIOS sees it: what a boot reader is told of it.
public struct BootDisk: Sendable {
    public struct Partition: Sendable {
        /// Counted from 1, as in the table.
        public var number: Int
        /// In bytes.
        public var offset: UInt64
        public var size: UInt64
        /// A GPT partition of type 21686148-6449-6E6F-744E-656564454649, which is GRUB's own.
        public var isBIOSBoot: Bool

        public init(number: Int, offset: UInt64, size: UInt64, isBIOSBoot: Bool) {
            (self.number, self.offset, self.size, self.isBIOSBoot) = (number, offset, size, isBIOSBoot)
        }
    }

    /// Sectors of 512 bytes.
    public var source: any ByteSource
    public var partitions: [Partition]

    public init(source: any ByteSource, partitions: [Partition]) {
        (self.source, self.partitions) = (source, partitions)
    }
}

/// Reads a disk's first sector and the core that it loads: GRUB's grub-core/boot/i386/pc/{boot,diskboot}.S.
struct BIOSReader {
    let disk: BootDisk
    static let sector: UInt64 = 512

    /// - Parameter modules: the folder of GRUB's modules in the guest.
    /// - Returns: what a BIOS runs; and what GRUB's core holds, where that could be unpacked.
    func loader(modules: Fact<String>) -> (fact: Fact<BIOSLoader>, core: GRUBCore?) {
        var core: GRUBCore?
        let fact = Fact<BIOSLoader>.reading { () throws(Failure) -> Fact<BIOSLoader> in
            let place = Evidence("sector 0")
            guard disk.source.size >= Self.sector else { return .absent([place]) }
            let first = try disk.source.bytes(at: 0, count: 512)
            // Firmware runs it only with the mark at its end; a disk without code has zeros up to the table.
            guard first[510] == 0x55, first[511] == 0xaa, first[..<440].contains(where: { $0 != 0 }) else {
                return .absent([place])
            }
            switch Self.program(first) {
            case .grub:
                let sector = LittleEndian(first).u64(0x5c) ?? 0
                let found = try self.core(at: sector)
                core = found.core
                var modules = modules
                // With `normal` in the core the folder is not needed to come to the menu.
                if modules.value == nil, let core, core.modules.contains("normal") {
                    modules = .known("core image", found.fact.evidence)
                }
                return .known(
                    BIOSLoader(
                        program: .grub, coreSector: sector, core: found.fact,
                        corePlace: found.fact.value == true
                            ? .known(self.place(of: sector), found.fact.evidence) : .absent(found.fact.evidence),
                        modules: modules), [place])
            case .grubLegacy:
                return .known(
                    BIOSLoader(
                        program: .grubLegacy, coreSector: LittleEndian(first).u32(0x44).map(UInt64.init),
                        core: .unknown("GRUB Legacy's stage 2 is not read"), corePlace: .absent(), modules: modules),
                    [place])
            case let program:
                return .known(
                    BIOSLoader(
                        program: program, coreSector: nil, core: .unknown("what it loads is not read"),
                        corePlace: .absent(), modules: modules), [place])
            }
        }
        return (fact, core)
    }

    static func program(_ sector: [UInt8]) -> BIOSLoader.Program {
        let code = sector.prefix(440)
        func holds(_ text: String) -> Bool { code.firstRange(of: Array(text.utf8)) != nil }
        // Both of GRUB's generations jump over the BIOS parameter block, by their own distances.
        if code.starts(with: [0xeb, 0x63]) && holds("GRUB ") { return .grub }
        if code.starts(with: [0xeb, 0x48]) && holds("GRUB ") { return .grubLegacy }
        if code.dropFirst(6).starts(with: Array("LILO".utf8)) { return .lilo }
        if holds("SYSLINUX") || holds("EXTLINUX") { return .syslinux }
        if holds("perating system") || holds("artition table") { return .generic }
        return .other
    }

    /// Whether GRUB's core stands there: its first sector, the list of blocks at that sector's end, and what they hold.
    private func core(at sector: UInt64) throws(Failure) -> (fact: Fact<Bool>, core: GRUBCore?) {
        let evidence = [Evidence("sector \(sector)")]
        let (offset, isTooFar) = sector.multipliedReportingOverflow(by: Self.sector)
        guard !isTooFar, sector > 0, let room = disk.source.size.subtracting(offset), room >= 2 * Self.sector else {
            return (.known(false, evidence), nil)
        }
        let first = try disk.source.bytes(at: offset, count: 512)
        let fields = LittleEndian(first)
        // diskboot.img begins with `push %dx; push %si` or, without the latter, with the call that prints "loading".
        guard first[0] == 0x52, first.firstRange(of: Array("loading\0".utf8)) != nil,
            let next = fields.u64(0x1f4), let count = fields.u16(0x1fc), fields.u16(0x1fe) == 0x0820, count > 0
        else { return (.known(false, evidence), nil) }
        let (begin, isWrong) = next.multipliedReportingOverflow(by: Self.sector)
        let length = UInt64(count) * Self.sector
        guard !isWrong, let rest = disk.source.size.subtracting(begin), rest >= length else {
            return (.known(false, evidence), nil)
        }
        // lzma_decompress.img: a far jump over its own header, which tells how long the packed rest is.
        let head = LittleEndian(try disk.source.bytes(at: begin, count: 32))
        guard let packed = head.u32(8), head.bytes[0] == 0xea, packed > 0, UInt64(packed) <= length else {
            return (.known(false, evidence), nil)
        }
        // The rest of a core in pieces stays packed: only the first piece is read.
        let core = GRUBCore(
            try disk.source.bytes(at: begin, count: Int(min(length, UInt64(GRUBCore.packedLimit) + 8192))))
        return (.known(true, evidence), core)
    }

    private func place(of sector: UInt64) -> String {
        let offset = sector * Self.sector
        if let partition = disk.partitions.first(where: { $0.offset <= offset && offset - $0.offset < $0.size }) {
            return (partition.isBIOSBoot ? "BIOS boot partition " : "partition ") + "\(partition.number)"
        }
        let first = disk.partitions.map(\.offset).min() ?? UInt64.max
        return offset < first ? "before the first partition" : "between partitions"
    }
}
