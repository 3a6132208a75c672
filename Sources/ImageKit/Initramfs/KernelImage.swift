import Blocks
import Documents
import Glibc

/// What the header of a kernel's file says of it: x86's boot protocol, the headers that arm64, RISC-V and LoongArch share with
/// PE, EFI's self-unpacking images, ELF. Packed ones are unpacked as far as that takes.
struct KernelImage {
    /// As `uname -m` prints it.
    private(set) var architecture: String?
    /// As `uname -r` prints it.
    private(set) var version: String?

    /// What is searched for the version, in bytes: the read-only data of a kernel begins well below that.
    private static let searched = 96 << 20

    /// - Throws: `Failure` if it can't be read, or nothing that a loader starts begins so.
    init(_ source: any ByteSource, place: String, _ allowance: Allowance) throws(Failure) {
        let head = try source.bytes(at: 0, count: Int(min(source.size, 64 << 10)))
        if Self.text(head, 0x202, 4) == "HdrS", head[0x1fe] == 0x55, head[0x1ff] == 0xaa {
            // docs.kernel.org/arch/x86/boot.html: kernel_version points from 0x200 on; xloadflags is there since protocol 2.12.
            if let pointer = Self.number(head, 0x20e, 2), pointer > 0 {
                version = Self.version(head.dropFirst(0x200 + pointer))
            }
            if let number = Self.number(head, 0x206, 2), number >= 0x20c, let flags = Self.number(head, 0x236, 2) {
                architecture = flags & 1 == 1 ? "x86_64" : "i686"
            }
        } else if Self.text(head, 0, 2) == "MZ", Self.text(head, 4, 4) == "zimg" {
            // drivers/firmware/efi/libstub/zboot-header.S
            architecture = Self.portable(head)
            guard let offset = Self.number(head, 8, 4), let size = Self.number(head, 12, 4) else { return }
            try unpack(try Slice(source, offset: UInt64(offset), size: UInt64(size)), place, allowance)
        } else if let machine = Self.machine(head) {
            architecture = machine
            version = try Self.search(SourceStream(source), allowance)
        } else if Compression(magic: head) != nil {
            try unpack(source, place, allowance)
        }
        guard architecture != nil || version != nil else {
            throw Failure(
                .refused, "its header is that of no kernel", place: place, hint: "install the guest's kernel again")
        }
    }

    /// Looks into a packed kernel.
    private mutating func unpack(
        _ source: any ByteSource, _ place: String, _ allowance: Allowance
    ) throws(Failure) {
        let stream = SourceStream(source)
        guard let compression = Compression(magic: try stream.peek(16)) else { return }
        let unpacker = try Unpacker(compression, stream, place: place)
        let head = try unpacker.bytes(64 << 10)
        if let machine = Self.machine(head) { architecture = machine }
        version = try Self.search(unpacker, allowance, after: head)
    }

    /// The machine that an unpacked image names in its header.
    private static func machine(_ head: [UInt8]) -> String? {
        // docs.kernel.org/arch/arm64/booting.html and arch/riscv/boot-image-header.html: the magic is at 56.
        switch text(head, 56, 4) {
        case "ARM\u{64}": return "aarch64"
        case "RSC\u{05}": return "riscv64"
        default: break
        }
        if head.starts(with: [0x7f, 0x45, 0x4c, 0x46]) { return elf(head) }
        return text(head, 0, 2) == "MZ" ? portable(head) : nil
    }

    /// The machine of an ELF header (the gABI's e_machine), as `uname -m` prints it.
    static func elf(_ head: [UInt8]) -> String? {
        guard head.count >= 20, head.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { return nil }
        let isLittle = head[5] == 1
        switch isLittle ? Int(head[18]) | Int(head[19]) << 8 : Int(head[18]) << 8 | Int(head[19]) {
        case 3: return "i686"
        case 21: return isLittle ? "ppc64le" : "ppc64"
        case 22: return "s390x"
        case 40: return "armv7l"
        case 62: return "x86_64"
        case 183: return "aarch64"
        case 243: return "riscv64"
        case 258: return "loongarch64"
        default: return nil
        }
    }

    /// The machine of a PE header ("PE Format", Machine Types), as `uname -m` prints it.
    private static func portable(_ head: [UInt8]) -> String? {
        guard let offset = number(head, 0x3c, 4), text(head, offset, 4) == "PE\0\0" else { return nil }
        switch number(head, offset + 4, 2) {
        case 0x14c: return "i686"
        case 0x1c2: return "armv7l"
        case 0x5064: return "riscv64"
        case 0x6264: return "loongarch64"
        case 0x8664: return "x86_64"
        case 0xaa64: return "aarch64"
        default: return nil
        }
    }

    /// The version in the kernel's banner, `Linux version 6.6.0 (...)`, wherever it stands.
    private static func search(
        _ stream: any ByteStream, _ allowance: Allowance, after head: [UInt8] = []
    ) throws(Failure) -> String? {
        let mark = Array("Linux version ".utf8)
        let overlap = 256
        var (window, searched) = (head, 0)
        while searched < Self.searched {
            let more = try stream.bytes(1 << 20)
            try allowance.spend(UInt64(more.count))
            window += more
            var from = 0
            while let at = first(mark[0], in: window, from: from), at + mark.count <= window.count {
                if window[at..<at + mark.count].elementsEqual(mark),
                    let version = version(window[(at + mark.count)...])
                {
                    return version
                }
                from = at + 1
            }
            if more.isEmpty { return nil }
            searched += more.count
            window.removeFirst(max(0, window.count - overlap))
        }
        return nil
    }

    private static func first(_ byte: UInt8, in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, start < bytes.count,
                let found = memchr(base + start, Int32(byte), bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// A word that begins with a digit, as every version does; nil if it doesn't end in time.
    private static func version(_ bytes: some Collection<UInt8>) -> String? {
        let word = bytes.prefix(65).prefix { $0 > 32 && $0 < 127 }
        guard let first = word.first, 48...57 ~= first, word.count <= 64 else { return nil }
        return String(decoding: word, as: UTF8.self)
    }

    private static func text(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> String? {
        guard offset >= 0, count <= bytes.count, offset <= bytes.count - count else { return nil }
        return String(decoding: bytes[offset..<offset + count], as: UTF8.self)
    }

    /// Little-endian, of up to four bytes.
    private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> Int? {
        guard offset >= 0, count <= bytes.count, offset <= bytes.count - count else { return nil }
        return bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
