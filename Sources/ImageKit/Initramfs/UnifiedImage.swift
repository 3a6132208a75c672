import Blocks
public import Documents
public import FileSystems

/// A unified kernel image: one program for UEFI with a kernel, its initramfs and its command line in sections
/// (uapi-group.org/specifications/specs/unified_kernel_image).
public struct UnifiedImage: Sendable {
    /// In bytes, of each section of text.
    static let textLimit = 64 << 10
    /// How many sections a program may have that is read.
    static let sectionLimit = 96

    /// As `uname -r` prints it: what `.uname` says; nil without that section.
    public let version: String?
    /// All that the kernel is given; empty if firmware or its loader brings it.
    public let commandLine: String
    /// PRETTY_NAME of the system that it belongs to, from `.osrel`.
    public let title: String?
    /// Where the kernel and its initramfs lie in the file.
    let kernel: (offset: UInt64, size: UInt64)
    let initramfs: (offset: UInt64, size: UInt64)?
    public var hasInitramfs: Bool { initramfs != nil }

    /// - Parameter place: names the file in errors.
    /// - Returns: nil if it is no such program: another one, or none at all.
    /// - Throws: `Failure` if it is one, and its sections lie outside of the file.
    public init?(_ found: GuestTree.Found, place: String) throws(Failure) {
        try self.init(try GuestFile(found), place: place)
    }

    /// - Returns: nil if it is no such program: another one, or none at all.
    /// - Throws: `Failure` if it is one, and its sections lie outside of the file.
    init?(_ file: some ByteSource, place: String) throws(Failure) {
        let head = try file.bytes(at: 0, count: Int(min(file.size, 64 << 10)))
        guard let found = Self.sections(head), let kernel = found[".linux"] else { return nil }
        for (name, section) in found where section.size > file.size || section.offset > file.size - section.size {
            throw Failure(
                .refused, "its section \(name) lies outside of the file", place: place,
                hint: "the image is damaged: make it again")
        }
        func text(_ name: String) throws(Failure) -> String? {
            guard let section = found[name] else { return nil }
            guard section.size <= Self.textLimit else {
                throw Failure(.refused, "its section \(name) is longer than \(Self.textLimit) bytes", place: place)
            }
            let bytes = try file.bytes(at: section.offset, count: Int(section.size)).prefix { $0 != 0 }
            return Self.trimmed(String(decoding: bytes, as: UTF8.self))
        }
        version = try text(".uname").flatMap { $0.isEmpty || $0.contains(where: \.isWhitespace) ? nil : $0 }
        commandLine = try text(".cmdline") ?? ""
        title = try text(".osrel").flatMap(Self.prettyName)
        self.kernel = kernel
        initramfs = found[".initrd"]
    }

    /// The sections of a PE program by name; of two of one name the first counts, and what comes after `.profile` is of another
    /// profile. Nil if it is no PE program. ("PE Format", Section Table.)
    private static func sections(_ head: [UInt8]) -> [String: (offset: UInt64, size: UInt64)]? {
        func number(_ offset: Int, _ width: Int) -> Int? {
            guard offset >= 0, offset <= head.count - width else { return nil }
            return (0..<width).reduce(0) { $0 | Int(head[offset + $1]) << (8 * $1) }
        }
        guard number(0, 2) == 0x5a4d, let header = number(0x3c, 4), number(header, 4) == 0x4550,
            let count = number(header + 6, 2), let optional = number(header + 20, 2)
        else { return nil }
        var sections: [String: (offset: UInt64, size: UInt64)] = [:]
        for index in 0..<min(count, sectionLimit) {
            let at = header + 24 + optional + index * 40
            guard let virtual = number(at + 8, 4), let stored = number(at + 16, 4), let offset = number(at + 20, 4)
            else { break }
            let name = String(decoding: head[at..<at + 8].prefix { $0 != 0 }, as: UTF8.self)
            if name == ".profile" { break }
            // The stored size is padded; the other is the content's own, where it is told.
            let size = virtual > 0 ? min(virtual, stored) : stored
            guard size > 0, sections[name] == nil else { continue }
            sections[name] = (UInt64(offset), UInt64(size))
        }
        return sections
    }

    private static func trimmed(_ text: String) -> String {
        let blank: (Character) -> Bool = { $0.isWhitespace || $0.isNewline }
        return String(text.drop(while: blank).reversed().drop(while: blank).reversed())
    }

    private static func prettyName(_ release: String) -> String? {
        for line in release.split(whereSeparator: \.isNewline) where line.hasPrefix("PRETTY_NAME=") {
            let value = line.dropFirst(12).filter { $0 != "\"" && $0 != "'" }
            return value.isEmpty ? nil : String(value.prefix(200))
        }
        return nil
    }
}

extension UnifiedImage {
    /// The folders that hold them, below where a guest mounts what firmware reads.
    static let folders = ["/boot/efi/EFI/Linux", "/efi/EFI/Linux", "/boot/EFI/Linux", "/boot/efi/efi/linux"]
    /// How many files of such a folder are looked at.
    static let fileLimit = 64

    /// Those of a guest's tree, each once.
    static func all(in tree: GuestTree) throws(Failure) -> [(found: GuestTree.Found, image: UnifiedImage)] {
        var all: [(GuestTree.Found, UnifiedImage)] = []
        var seen: Set<String> = []
        for folder in folders {
            guard let start = try tree.find(folder), start.status.kind == .directory, seen.insert(start.path).inserted
            else { continue }
            for name in try tree.list(start.path).sorted().prefix(fileLimit) where name.lowercased().hasSuffix(".efi") {
                guard let found = try tree.find("\(start.path)/\(name)"), found.status.kind == .file,
                    let image = try UnifiedImage(found, place: found.path)
                else { continue }
                all.append((found, image))
            }
        }
        return all
    }
}
