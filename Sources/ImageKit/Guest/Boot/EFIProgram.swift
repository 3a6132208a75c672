import Documents
import FileSystems

/// What the header of a program for UEFI tells: PE/COFF (Microsoft "PE Format"; UEFI 2.10, 2.1.1).
struct EFIProgram {
    /// How much of a file is read for it.
    static let headerLimit = 1 << 16
    /// How large an embedded prefix and configuration may be.
    static let textLimit = 1 << 16

    let machine: UInt16
    let isSigned: Bool
    /// GRUB's `mods` section: where its prefix and configuration lie; nil of other programs.
    let modules: (offset: UInt64, size: UInt64)?

    /// - Returns: nil if the bytes are no PE program.
    init?(_ bytes: [UInt8]) {
        let bytes = LittleEndian(bytes)
        guard bytes.u16(0) == 0x5a4d, let header = bytes.u32(0x3c).map(Int.init), header <= Self.headerLimit,
            bytes.u32(header) == 0x0000_4550, let machine = bytes.u16(header + 4),
            let sections = bytes.u16(header + 6), let optionalSize = bytes.u16(header + 20),
            let magic = bytes.u16(header + 24)
        else { return nil }
        self.machine = machine
        let directories = header + 24 + (magic == 0x20b ? 112 : 96)
        isSigned = (bytes.u32(directories + 4 * 8 + 4) ?? 0) > 0 && (bytes.u32(directories - 4) ?? 0) > 4
        var modules: (UInt64, UInt64)?
        for index in 0..<Int(min(sections, 96)) {
            let at = header + 24 + Int(optionalSize) + index * 40
            guard bytes.name(at) == "mods", let size = bytes.u32(at + 16), let offset = bytes.u32(at + 20) else {
                continue
            }
            modules = (UInt64(offset), UInt64(size))
        }
        self.modules = modules
    }

    /// As uname -m names the machine.
    var architecture: String? {
        switch machine {
        case 0x8664: "x86_64"
        case 0xaa64: "aarch64"
        case 0x014c: "i386"
        case 0x01c0, 0x01c2, 0x01c4: "arm"
        case 0x5064: "riscv64"
        case 0x6264: "loongarch64"
        case 0x6232: "loongarch32"
        default: nil
        }
    }

    /// The names in EFI/BOOT that firmware starts of its own accord (UEFI 2.10, 3.5.1.1), and older ones.
    var fallbackNames: [String] {
        switch architecture {
        case "x86_64": ["bootx64.efi"]
        case "aarch64": ["bootaa64.efi"]
        case "i386": ["bootia32.efi"]
        case "arm": ["bootarm.efi"]
        case "riscv64": ["bootriscv64.efi"]
        case "loongarch64": ["bootloongarch64.efi", "bootloongarch.efi"]
        default: []
        }
    }
}

/// What grub-mkimage put into a GRUB program: include/grub/kernel.h, struct grub_module_info and grub_module_header.
struct GRUBEmbedded {
    static let magic: UInt32 = 0x676d_696d
    static let moduleType: UInt32 = 0

    var prefix: String?
    var configuration: String?

    init() {}

    /// - Returns: nil if the section is no GRUB's.
    init?(_ program: EFIProgram, _ found: GuestTree.Found) throws(Failure) {
        guard let modules = program.modules else { return nil }
        let head = LittleEndian(try found.bytes(at: modules.offset, count: 24))
        guard head.u32(0) == Self.magic else { return nil }
        // The first module's place hangs on the width of the program's words.
        let isWide = program.architecture.map { ["x86_64", "aarch64", "riscv64", "loongarch64"].contains($0) } ?? true
        guard let begin = isWide ? head.u64(8) : head.u32(4).map(UInt64.init) else { return nil }
        var (at, steps) = (begin, 0)
        while steps < 1000 {
            steps += 1
            guard let room = modules.size.subtracting(at), room >= 8 else { return }
            let header = LittleEndian(try found.bytes(at: modules.offset + at, count: 8))
            guard let type = header.u32(0), let size = header.u32(4), size >= 8, UInt64(size) <= room else { return }
            if type == 2 || type == 3, Int(size) <= EFIProgram.textLimit {
                take(type, try found.bytes(at: modules.offset + at + 8, count: Int(size) - 8)[...])
            }
            at += UInt64(size)
        }
    }

    /// The type and bytes of each object of a section that is in memory.
    static func objects(_ section: [UInt8], from begin: Int) -> [(type: UInt32, body: ArraySlice<UInt8>)] {
        let bytes = LittleEndian(section)
        var objects: [(UInt32, ArraySlice<UInt8>)] = []
        var at = begin
        while objects.count < 1000, let type = bytes.u32(at), let size = bytes.u32(at + 4).map(Int.init), size >= 8,
            size <= section.count - at
        {
            objects.append((type, section[(at + 8)..<(at + size)]))
            at += size
        }
        return objects
    }

    mutating func take(_ type: UInt32, _ body: ArraySlice<UInt8>) {
        guard type == 2 || type == 3, body.count <= EFIProgram.textLimit else { return }
        let text = String(decoding: body.prefix { $0 != 0 }, as: UTF8.self)
        if type == 3 { prefix = text } else { configuration = text }
    }
}

/// Numbers in bytes, the least significant first; nil where there are none.
struct LittleEndian {
    let bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private func number(_ offset: Int, _ count: Int) -> UInt64? {
        guard offset >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
        return bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    func u16(_ offset: Int) -> UInt16? { number(offset, 2).map { UInt16(truncatingIfNeeded: $0) } }
    func u32(_ offset: Int) -> UInt32? { number(offset, 4).map { UInt32(truncatingIfNeeded: $0) } }
    func u64(_ offset: Int) -> UInt64? { number(offset, 8) }

    /// Eight bytes of text, filled up with zeros.
    func name(_ offset: Int) -> String? {
        guard number(offset, 8) != nil else { return nil }
        return String(decoding: bytes[offset..<offset + 8].prefix { $0 != 0 }, as: UTF8.self)
    }
}

extension UInt64 {
    /// The difference; nil below zero.
    func subtracting(_ other: UInt64) -> UInt64? { self >= other ? self - other : nil }
}

extension GuestTree.Found {
    /// Bytes of a file from an offset on; fewer at its end.
    func bytes(at offset: UInt64, count: Int) throws(Failure) -> [UInt8] {
        guard let room = status.size.subtracting(offset), room > 0, count > 0 else { return [] }
        var buffer = [UInt8](repeating: 0, count: Int(min(UInt64(count), room)))
        var filled = 0
        while filled < buffer.count {
            var failure: Failure?
            let (from, size) = (filled, buffer.count)
            let got = buffer.withUnsafeMutableBytes { whole -> Int in
                do throws(Failure) {
                    return try fileSystem.read(
                        number, at: offset + UInt64(from),
                        into: UnsafeMutableRawBufferPointer(rebasing: whole[from..<size]))
                } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            guard got > 0 else { break }
            filled += got
        }
        return Array(buffer.prefix(filled))
    }
}
