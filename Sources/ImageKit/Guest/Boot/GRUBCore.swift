import CLzma
import Documents

/// What GRUB's core for BIOS holds: its modules, its prefix, its first commands.
///
/// The core is lzma_decompress.img (grub-core/boot/i386/pc/startup_raw.S) and a packed kernel.img, whose end are the modules
/// (include/grub/kernel.h).
struct GRUBCore {
    /// Where the core runs: GRUB_BOOT_MACHINE_KERNEL_ADDR plus its first sector.
    private static let address: UInt64 = 0x8200
    /// More than any core has, packed and unpacked.
    static let packedLimit = 4 << 20
    static let unpackedLimit = 16 << 20

    private(set) var modules: Set<String> = []
    private(set) var embedded = GRUBEmbedded()

    /// - Parameter bytes: the core without its first sector.
    /// - Returns: nil if it can't be unpacked.
    init?(_ bytes: [UInt8]) {
        let head = LittleEndian(bytes)
        guard let packed = head.u32(8).map(Int.init), let size = head.u32(12).map(Int.init), packed > 0,
            packed <= Self.packedLimit, size > 0, size <= Self.unpackedLimit
        else { return nil }
        for begin in Self.beginnings(bytes).prefix(4) {
            guard begin < bytes.count, packed <= bytes.count - begin,
                let kernel = Self.unpacked(bytes[begin..<begin + packed], size: size), read(kernel)
            else { continue }
            return
        }
        return nil
    }

    /// Where the packed part may begin. The unpacker ends on a multiple of 16, and loads its end's address into %esi.
    private static func beginnings(_ bytes: [UInt8]) -> [Int] {
        let code = LittleEndian(Array(bytes.prefix(8192)))
        var found: [Int] = []
        for place in 0..<code.bytes.count where code.bytes[place] == 0xbe {
            guard let end = code.u32(place + 1), let begin = UInt64(end).subtracting(address), begin % 16 == 0,
                begin >= 512, begin <= 8192, !found.contains(Int(begin))
            else { continue }
            found.append(Int(begin))
        }
        return found
    }

    /// LZMA without a header: GRUB leaves out what never changes (lc 3, lp 0, pb 2), so one is put in front.
    private static func unpacked(_ packed: ArraySlice<UInt8>, size: Int) -> [UInt8]? {
        guard let unxz = ep_unxz_open(1, UInt64(2 * unpackedLimit)) else { return nil }
        defer { ep_unxz_close(unxz) }
        var input: [UInt8] = [0x5d, 0, 0, 0x10, 0]
        for index in 0..<8 { input.append(UInt8(truncatingIfNeeded: UInt64(size) >> UInt64(8 * index))) }
        input += packed
        var output = [UInt8](repeating: 0, count: size)
        var (read, filled) = (0, 0)
        while filled < size {
            var (used, written) = (0, 0)
            let (from, at, capacity) = (read, filled, size - filled)
            let status = input.withUnsafeBufferPointer { input in
                output.withUnsafeMutableBufferPointer { output -> Int32 in
                    guard let source = input.baseAddress, let target = output.baseAddress else { return -1 }
                    return ep_unxz_step(
                        unxz, source + from, input.count - from, &used, target + at, capacity, &written)
                }
            }
            guard status >= 0, used > 0 || written > 0 else { return nil }
            read += used
            filled += written
            if status == 1 { break }
        }
        return filled == size ? output : nil
    }

    /// - Returns: whether there are modules in it.
    private mutating func read(_ kernel: [UInt8]) -> Bool {
        let bytes = LittleEndian(kernel)
        // The magic number stands in the code too; the real one is followed by where and how long.
        var place = kernel.count - 12
        while place >= 0 {
            defer { place -= 1 }
            guard kernel[place] == 0x6d, bytes.u32(place) == GRUBEmbedded.magic, let offset = bytes.u32(place + 4),
                let size = bytes.u32(place + 8), offset >= 12, offset <= size, Int(size) <= kernel.count - place
            else { continue }
            let section = Array(kernel[place..<place + Int(size)])
            for (type, body) in GRUBEmbedded.objects(section, from: Int(offset)) {
                if type == GRUBEmbedded.moduleType {
                    if let name = Self.moduleName(LittleEndian(Array(body))) { modules.insert(name) }
                } else {
                    embedded.take(type, body)
                }
            }
            return !modules.isEmpty || embedded.prefix != nil
        }
        return false
    }

    /// What an ELF module's section .modname says.
    private static func moduleName(_ elf: LittleEndian) -> String? {
        guard elf.u32(0) == 0x464c_457f, let table = elf.u32(32).map(Int.init), let width = elf.u16(46).map(Int.init),
            let count = elf.u16(48), let names = elf.u16(50).map(Int.init), width >= 40,
            let nameOffset = elf.u32(table + names * width + 16).map(Int.init)
        else { return nil }
        func text(_ place: Int, _ limit: Int) -> String? {
            guard place >= 0, place < elf.bytes.count else { return nil }
            return String(decoding: elf.bytes[place...].prefix(limit).prefix { $0 != 0 }, as: UTF8.self)
        }
        for index in 0..<Int(min(count, 200)) {
            let header = table + index * width
            guard let name = elf.u32(header).map(Int.init), let offset = elf.u32(header + 16).map(Int.init),
                text(nameOffset + name, 16) == ".modname"
            else { continue }
            return text(offset, 64)
        }
        return nil
    }
}
