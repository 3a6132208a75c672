import Documents

/// What the dynamic linker will see of a library: found by way of the program headers, as it does, not by section names.
struct DynamicSection {
    /// Libraries that it needs, in order.
    var needed: [String] = []
    var runpath: String?
    /// Whether dlclose leaves it loaded.
    var isNeverUnloaded = false
    /// Names that other libraries can bind to.
    var exported: [String] = []

    init(of elf: ELF) throws {
        let segments = try elf.segments()
        guard let dynamic = segments.first(where: { $0.type == 2 }) else {
            throw elf.refusal("it has no dynamic section")
        }
        let table = try elf.bytes(at: dynamic.offset, count: dynamic.fileSize, of: "the dynamic section")
        var values: [UInt64: UInt64] = [:]
        var names: [UInt64] = []
        for at in stride(from: 0, to: table.count - 15, by: 16) {
            let (tag, value) = (table.number(at, 8), table.number(at + 8, 8))
            if tag == Tag.end { break }
            if tag == Tag.needed { names.append(value) } else { values[tag] = value }
        }
        let memory = Memory(elf: elf, segments: segments.filter { $0.type == 1 })
        guard let address = values[Tag.strings], let size = values[Tag.stringsSize] else {
            throw elf.refusal("its dynamic section names no texts")
        }
        let texts = try memory.bytes(at: address, count: size, of: "the dynamic texts")
        func text(_ offset: UInt64, _ what: String) throws -> String {
            guard let text = texts.text(at: offset) else { throw elf.refusal("\(what) has no name") }
            return text
        }
        needed = try names.map { try text($0, "a needed library") }
        runpath = try (values[Tag.runpath] ?? values[Tag.rpath]).map { try text($0, "the search path") }
        isNeverUnloaded = (values[Tag.flags1] ?? 0) & 0x8 != 0
        exported = try Self.symbols(values, memory).map { try text($0, "an exported symbol") }.sorted()
    }

    private enum Tag {
        static let end: UInt64 = 0, needed: UInt64 = 1, hash: UInt64 = 4, strings: UInt64 = 5, symbols: UInt64 = 6
        static let stringsSize: UInt64 = 10, rpath: UInt64 = 15, runpath: UInt64 = 29
        static let gnuHash: UInt64 = 0x6FFF_FEF5, flags1: UInt64 = 0x6FFF_FFFB
    }

    /// The names' offsets of the defined symbols that are global, weak or unique and not hidden.
    private static func symbols(_ values: [UInt64: UInt64], _ memory: Memory) throws -> [UInt64] {
        guard let address = values[Tag.symbols] else { return [] }
        let count = try self.count(values, memory)
        let table = try memory.bytes(at: address, count: count * 24, of: "the dynamic symbols")
        return stride(from: 0, to: table.count, by: 24).compactMap { at in
            let (binding, visibility, section) = (table[at + 4] >> 4, table[at + 5] & 3, table.number(at + 6, 2))
            guard section != 0, [1, 2, 10].contains(binding), visibility == 0 || visibility == 3 else { return nil }
            return table.number(at, 4)
        }
    }

    /// How many symbols there are is written only in the hash tables.
    private static func count(_ values: [UInt64: UInt64], _ memory: Memory) throws -> UInt64 {
        if let hash = values[Tag.hash] {
            return try memory.bytes(at: hash, count: 8, of: "the symbols' hash table").number(4, 4)
        }
        guard let hash = values[Tag.gnuHash] else { throw memory.elf.refusal("it has no hash table of symbols") }
        let what = "the symbols' hash table"
        let head = try memory.bytes(at: hash, count: 16, of: what)
        let (buckets, first, words) = (head.number(0, 4), head.number(4, 4), head.number(8, 4))
        let start = hash &+ 16 &+ words * 8
        let table = try memory.bytes(at: start, count: buckets * 4, of: what)
        var last = stride(from: 0, to: table.count, by: 4).reduce(0) { max($0, table.number($1, 4)) }
        guard last >= first, last > 0 else { return first }
        let chain = start &+ buckets * 4
        // The last chain ends with a hash whose lowest bit is set.
        for _ in 0..<1 << 20 {
            let entry = try memory.bytes(at: chain &+ (last - first) * 4, count: 4, of: what)
            last += 1
            if entry[0] & 1 != 0 { return last }
        }
        throw memory.elf.refusal("it has too many symbols")
    }

    /// The file as it will lie in memory.
    private struct Memory {
        let elf: ELF
        let segments: [ELF.Segment]

        func bytes(at address: UInt64, count: UInt64, of what: String) throws -> [UInt8] {
            for segment in segments where address >= segment.address {
                let offset = address - segment.address
                guard offset <= segment.fileSize, count <= segment.fileSize - offset else { continue }
                let (start, overflow) = segment.offset.addingReportingOverflow(offset)
                guard !overflow else { break }
                return try elf.bytes(at: start, count: count, of: what)
            }
            throw elf.refusal("\(what) lies in no part of it that is loaded")
        }
    }
}
