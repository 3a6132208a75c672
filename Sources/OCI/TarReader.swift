import Documents
public import Files
import Glibc

/// Where a tar's bytes come from, asked for with rising offsets only.
public protocol TarSource {
    /// What a failure names.
    var path: String { get }
    /// In bytes; nil of a stream, whose end shows when it comes.
    func length() throws -> Int64?
    /// Fewer bytes than asked for only at the end.
    func read(count: Int, at offset: Int64) throws -> [UInt8]
    /// Whether there are so many bytes. Asked of sources that do not know their length.
    func reaches(_ offset: Int64) throws -> Bool
}

extension File: TarSource {
    public func length() throws -> Int64? { try size() }
    public func reaches(_ offset: Int64) throws -> Bool { try size() >= offset }
}

/// Reads the members of a plain tar: ustar, pax and GNU long names. Every length that it states is checked against the source
/// before it is believed.
public struct TarReader {
    private let file: any TarSource
    private let size: Int64
    private let isStream: Bool
    private var position: Int64 = 0
    /// The end of the content of the member before.
    private var due: Int64 = 0
    private var global: [String: String] = [:]
    /// Names and pax records longer than this are no honest tar's.
    static let recordLimit: Int64 = 1 << 20
    /// Records for all members: more would be merged into each of them.
    static let globalLimit = 64

    public init(_ source: any TarSource) throws {
        file = source
        let length = try source.length()
        isStream = length == nil
        // Far beyond every stream, and far below where sums of lengths overflow.
        size = length ?? 1 << 62
    }

    private func refuse(_ why: String) -> Failure {
        Failure(.refused, "the tar is damaged: \(why) at byte \(position)", place: file.path)
    }

    /// The next member, or nil at the end.
    /// - Throws: `Failure` when the file is no tar or ends early.
    public mutating func next() throws -> TarEntry? {
        var records: [String: String] = [:]
        var longName: String?
        var longLink: String?
        while true {
            guard position < size else { return nil }
            guard size - position >= 512 else { throw refuse("a header is cut off") }
            if isStream {
                guard try file.reaches(due) else { throw refuse("a member is longer than the file") }
            }
            let header = try file.read(count: 512, at: position)
            if isStream && header.isEmpty { return nil }
            guard header.count == 512 else { throw refuse("a header is cut off") }
            if header.allSatisfy({ $0 == 0 }) { return nil }
            try check(header)
            let type = header[156]
            let stated = try records["size"].map(decimal) ?? number(header[124..<136])
            let isLink = type == 0x31 || type == 0x32
            let content = isLink || (0x33...0x36).contains(type) ? 0 : stated
            let start = position + 512
            guard content >= 0, content <= size - start else { throw refuse("a member is longer than the file") }
            let end = start + content
            due = end
            let padded = (512 - content % 512) % 512
            switch type {
            case UInt8(ascii: "x"): records = try parse(record(start, content))
            case UInt8(ascii: "g"):
                global.merge(try parse(record(start, content))) { _, new in new }
                guard global.count <= Self.globalLimit else { throw refuse("there are too many global records") }
            case UInt8(ascii: "L"): longName = text(try record(start, content)[...])
            case UInt8(ascii: "K"): longLink = text(try record(start, content)[...])
            default:
                let merged = global.merging(records) { _, new in new }
                let entry = try entry(header, type, merged, longName, longLink, start, content)
                position = min(size, end + padded)
                return entry
            }
            position = min(size, end + padded)
        }
    }

    private func entry(
        _ header: [UInt8], _ type: UInt8, _ pax: [String: String], _ longName: String?, _ longLink: String?,
        _ start: Int64,
        _ content: Int64
    ) throws -> TarEntry {
        var name = text(header[0..<100])
        // The prefix field is POSIX's; old GNU headers keep times there.
        if header[257..<263].elementsEqual(Array("ustar\0".utf8)), header[345] != 0 {
            name = text(header[345..<500]) + "/" + name
        }
        var kind: TarEntry.Kind =
            switch type {
            case 0, 0x30, 0x37: .file
            case 0x31: .hardLink
            case 0x32: .symbolicLink
            case 0x33: .characterDevice
            case 0x34: .blockDevice
            case 0x35: .directory
            case 0x36: .fifo
            default: .other
            }
        name = pax["path"] ?? longName ?? name
        if type == 0 && name.hasSuffix("/") { kind = .directory }
        let known: Set<String> = [
            "path", "linkpath", "size", "uid", "gid", "mtime", "uname", "gname", "atime", "ctime",
        ]
        let seconds = pax["mtime"].map { $0.split(separator: ".", omittingEmptySubsequences: false)[0] }
        return TarEntry(
            name: name, kind: kind, mode: UInt32(truncatingIfNeeded: try number(header[100..<108])) & 0o7777,
            uid: UInt64(try pax["uid"].map(decimal) ?? number(header[108..<116])),
            gid: UInt64(try pax["gid"].map(decimal) ?? number(header[116..<124])), size: content,
            mtime: try seconds.map { Int64($0) ?? 0 } ?? number(header[136..<148], signed: true),
            link: pax["linkpath"] ?? longLink ?? text(header[157..<257]), pax: pax.filter { !known.contains($0.key) },
            offset: start)
    }

    private func check(_ header: [UInt8]) throws {
        let sum = header.enumerated().reduce(0) { $0 + Int64((148..<156).contains($1.offset) ? 0x20 : $1.element) }
        guard try number(header[148..<156]) == sum else { throw refuse("a header's checksum is wrong") }
    }

    private func record(_ start: Int64, _ length: Int64) throws -> [UInt8] {
        guard length <= Self.recordLimit else { throw refuse("a name record is over \(Self.recordLimit) bytes") }
        let bytes = try file.read(count: Int(length), at: start)
        guard Int64(bytes.count) == length else { throw refuse("a name record is cut off") }
        return bytes
    }

    /// Octal text, or GNU's base-256 where the first bit is set.
    private func number(_ field: ArraySlice<UInt8>, signed: Bool = false) throws -> Int64 {
        guard let first = field.first else { return 0 }
        if first & 0x80 != 0 {
            var value: Int64 = first & 0x40 != 0 ? -1 : 0
            for (position, byte) in field.enumerated() {
                let (shifted, overflow) = value.multipliedReportingOverflow(by: 256)
                guard !overflow || position == 0 else { throw refuse("a number is too large") }
                value =
                    position == 0
                    ? (first & 0x40 != 0 ? Int64(first & 0x7f) - 128 : Int64(first & 0x7f)) : shifted | Int64(byte)
            }
            guard signed || value >= 0 else { throw refuse("a number is negative") }
            return value
        }
        var value: Int64 = 0
        for byte in field.drop(while: { $0 == 0x20 }) {
            if byte == 0 || byte == 0x20 { break }
            guard (0x30...0x37).contains(byte) else { throw refuse("a number is not octal") }
            value = value << 3 | Int64(byte - 0x30)
        }
        return value
    }

    private func decimal(_ text: String) throws -> Int64 {
        guard let value = Int64(text), value >= 0 else { throw refuse("a pax number is not a number") }
        return value
    }

    private func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// pax records: `length key=value\n`, the length counting itself.
    private func parse(_ bytes: [UInt8]) throws -> [String: String] {
        var records: [String: String] = [:]
        var rest = bytes[...]
        while let space = rest.firstIndex(of: 0x20), rest.first != 0 {
            guard let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
                length > space - rest.startIndex + 1,
                length <= rest.count
            else { throw refuse("a pax record's length is wrong") }
            let end = rest.startIndex + length
            let line = rest[(space + 1)..<(end - 1)]
            guard rest[end - 1] == 0x0a, let equals = line.firstIndex(of: 0x3d) else {
                throw refuse("a pax record is no key=value")
            }
            records[String(decoding: line[..<equals], as: UTF8.self)] = String(
                decoding: line[(equals + 1)...], as: UTF8.self)
            rest = rest[end...]
        }
        return records
    }
}
