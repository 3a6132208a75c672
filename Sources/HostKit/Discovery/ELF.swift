import Documents
import Files
import Glibc

/// A shared library as bytes: what it holds is read here without loading it. 64-bit, little-endian. Every offset and count is
/// checked against the file, since whoever made it may have meant harm.
///
/// Formats: the System V ABI, chapters 4 and 5, and its GNU extensions (the DT_GNU_HASH table).
struct ELF {
    /// How large a table or section may be.
    static let limit = 32 << 20

    let path: String
    let machine: UInt16
    private let file: File
    private let size: UInt64
    private let header: [UInt8]

    /// - Throws: `Failure` (usage) when the file cannot be read or is no shared library of that kind.
    init(_ path: String) throws {
        self.path = path
        file = try File(path, O_RDONLY | O_NONBLOCK)
        size = UInt64(max(0, try file.size()))
        guard size >= 64 else { throw ELF.refusal(path, "it is too short") }
        header = try file.read(count: 64, at: 0)
        guard header.count == 64, header.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
            throw ELF.refusal(path, "it does not begin as one")
        }
        guard header[4] == 2, header[5] == 1 else { throw ELF.refusal(path, "it is not 64-bit little-endian") }
        guard header.number(16, 2) == 3 else { throw ELF.refusal(path, "it is no shared object") }
        machine = UInt16(header.number(18, 2))
    }

    private static func refusal(_ path: String, _ reason: String) -> Failure {
        Failure(.usage, "the file is not a shared library: \(reason)", place: path, hint: "install the provider again")
    }

    func refusal(_ reason: String) -> Failure {
        Failure(.usage, "the library is damaged: \(reason)", place: path, hint: "install the provider again")
    }

    /// Exactly those bytes, or a refusal.
    func bytes(at offset: UInt64, count: UInt64, of what: String) throws -> [UInt8] {
        guard count <= UInt64(ELF.limit) else { throw refusal("\(what) is larger than \(ELF.limit) bytes") }
        guard offset <= size, count <= size - offset else { throw refusal("\(what) lies outside of the file") }
        let bytes = try file.read(count: Int(count), at: Int64(offset))
        guard bytes.count == Int(count) else { throw refusal("\(what) lies outside of the file") }
        return bytes
    }

    // MARK: Sections

    private struct Section {
        var name: UInt64
        var type, flags, offset, size, link: UInt64
    }

    private func sections() throws -> [Section] {
        let offset = header.number(40, 8)
        guard offset != 0 else { return [] }
        guard header.number(58, 2) == 64 else { throw refusal("its section headers are not 64 bytes long") }
        var count = header.number(60, 2)
        if count == 0 { count = try bytes(at: offset, count: 64, of: "the first section header").number(32, 8) }
        guard count <= 1 << 17 else { throw refusal("it has too many sections") }
        let table = try bytes(at: offset, count: count * 64, of: "the section table")
        return (0..<Int(count)).map { index in
            let at = index * 64
            return Section(
                name: table.number(at, 4), type: table.number(at + 4, 4), flags: table.number(at + 8, 8),
                offset: table.number(at + 24, 8), size: table.number(at + 32, 8), link: table.number(at + 40, 4))
        }
    }

    /// The content of the section of that name, or nil.
    /// - Throws: `Failure` (usage) for a damaged file, and for two sections of that name: which is meant?
    func section(_ name: String) throws -> [UInt8]? {
        let sections = try sections()
        guard !sections.isEmpty else { return nil }
        var index = header.number(62, 2)
        if index == 0xFFFF { index = sections[0].link }
        guard index < UInt64(sections.count) else { throw refusal("its section names lie in no section") }
        let names = sections[Int(index)]
        let texts = try bytes(at: names.offset, count: names.size, of: "the table of section names")
        let found = sections.dropFirst().filter { texts.isText(name, at: $0.name) }
        guard let section = found.first else { return nil }
        guard found.count == 1 else { throw refusal("it has \(found.count) sections \(name)") }
        guard section.type == 1, section.flags & 0x800 == 0 else {
            throw refusal("its section \(name) holds no plain bytes")
        }
        return try bytes(at: section.offset, count: section.size, of: "the section \(name)")
    }

    // MARK: Segments

    struct Segment {
        var type, offset, address, fileSize: UInt64
    }

    func segments() throws -> [Segment] {
        let count = header.number(56, 2)
        guard count == 0 || header.number(54, 2) == 56 else {
            throw refusal("its program headers are not 56 bytes long")
        }
        let table = try bytes(at: header.number(32, 8), count: count * 56, of: "the program headers")
        return (0..<Int(count)).map { index in
            let at = index * 56
            return Segment(
                type: table.number(at, 4), offset: table.number(at + 8, 8), address: table.number(at + 16, 8),
                fileSize: table.number(at + 32, 8))
        }
    }
}

extension [UInt8] {
    /// The little-endian number of `count` bytes at `offset`, which the caller has checked.
    func number(_ offset: Int, _ count: Int) -> UInt64 {
        self[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Whether that text stands there with a zero after it.
    func isText(_ text: String, at offset: UInt64) -> Bool {
        guard offset < UInt64(count) else { return false }
        let rest = self[Int(offset)...]
        return rest.starts(with: text.utf8) && rest.dropFirst(text.utf8.count).first == 0
    }

    /// The text that ends in a zero, of at most 4096 bytes.
    func text(at offset: UInt64) -> String? {
        guard offset < UInt64(count) else { return nil }
        let rest = self[Int(offset)...].prefix(4097)
        guard let end = rest.firstIndex(of: 0) else { return nil }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
