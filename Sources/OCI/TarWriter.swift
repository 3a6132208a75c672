import Documents

/// A tar as bytes that depend on the entries alone: sorted by name, numeric owners, one form (ustar, and pax records only where
/// ustar cannot say it). For small tars that fit in memory.
public enum TarWriter {
    /// - Parameter contents: by the entry's name, for files.
    /// - Throws: `Failure` when two entries have one name, or a device is asked for.
    public static func bytes(_ entries: [TarEntry], contents: [String: [UInt8]]) throws -> [UInt8] {
        var output: [UInt8] = []
        var previous: String?
        for entry in entries.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            guard entry.name != previous else {
                throw Failure(.internal, "two tar entries have one name", place: entry.name)
            }
            previous = entry.name
            let content = entry.kind == .file ? contents[entry.name] ?? [] : []
            var records = entry.pax
            if entry.name.utf8.count > 100 || !isASCII(entry.name) { records["path"] = entry.name }
            if entry.link.utf8.count > 100 || !isASCII(entry.link) { records["linkpath"] = entry.link }
            if entry.uid > 0o7777777 { records["uid"] = "\(entry.uid)" }
            if entry.gid > 0o7777777 { records["gid"] = "\(entry.gid)" }
            if !records.isEmpty {
                let lines = records.sorted { $0.key < $1.key }.flatMap { paxLine($0.key, $0.value) }
                output += header(
                    TarEntry(name: "PaxHeaders/entry", mtime: entry.mtime), type: UInt8(ascii: "x"), size: lines.count)
                append(lines, to: &output)
            }
            output += header(entry, type: try type(entry), size: content.count)
            append(content, to: &output)
        }
        // The end, filled to a record of 20 blocks as POSIX has it.
        output += [UInt8](repeating: 0, count: 1024)
        return output + [UInt8](repeating: 0, count: (10240 - output.count % 10240) % 10240)
    }

    private static func append(_ bytes: [UInt8], to output: inout [UInt8]) {
        output += bytes
        output += [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }

    private static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

    private static func type(_ entry: TarEntry) throws -> UInt8 {
        switch entry.kind {
        case .file: UInt8(ascii: "0")
        case .hardLink: UInt8(ascii: "1")
        case .symbolicLink: UInt8(ascii: "2")
        case .directory: UInt8(ascii: "5")
        default: throw Failure(.internal, "a tar entry that is neither file, directory nor link", place: entry.name)
        }
    }

    private static func paxLine(_ key: String, _ value: String) -> [UInt8] {
        let rest = key.utf8.count + value.utf8.count + 3
        var length = rest + "\(rest)".utf8.count
        if rest + "\(length)".utf8.count != length { length = rest + "\(length)".utf8.count }
        return Array("\(length) \(key)=\(value)\n".utf8)
    }

    // MARK: - Piece by piece, for tars that do not fit in memory

    /// What stands before a file's content.
    /// - Parameters:
    ///   - name: ASCII, at most 100 bytes.
    ///   - size: of the content, in bytes.
    public static func header(ofFile name: String, size: Int64) -> [UInt8] {
        header(TarEntry(name: name), type: UInt8(ascii: "0"), size: Int(size))
    }

    /// Zeros after a content of that size.
    public static func padding(after size: Int64) -> [UInt8] { [UInt8](repeating: 0, count: Int(-size & 511)) }

    /// What ends a tar.
    public static let ending = [UInt8](repeating: 0, count: 1024)

    /// The largest size that the field has room for as octal digits.
    private static let octalLimit = 0o777_7777_7777

    private static func header(_ entry: TarEntry, type: UInt8, size: Int) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: some Sequence<UInt8>, _ start: Int, _ room: Int) {
            for (position, byte) in bytes.prefix(room).enumerated() { block[start + position] = byte }
        }
        func octal(_ value: UInt64, _ digits: Int) -> [UInt8] {
            let text = String(value, radix: 8)
            return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
        }
        put(entry.name.utf8, 0, 100)
        put(octal(UInt64(entry.mode & 0o7777), 7), 100, 8)
        put(octal(entry.uid > 0o7777777 ? 0 : entry.uid, 7), 108, 8)
        put(octal(entry.gid > 0o7777777 ? 0 : entry.gid, 7), 116, 8)
        if size > octalLimit {
            // Binary, as GNU tar and all that read its tars have it.
            put([0x80, 0, 0, 0] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: size >> ($0 * 8)) }, 124, 12)
        } else {
            put(octal(UInt64(size), 11), 124, 12)
        }
        put(octal(UInt64(max(0, entry.mtime)), 11), 136, 12)
        put([type], 156, 1)
        put(entry.link.utf8, 157, 100)
        put("ustar\u{0}00".utf8, 257, 8)
        put(octal(0, 7), 329, 8)
        put(octal(0, 7), 337, 8)
        let sum = block.reduce(UInt64(8 * 0x20)) { $0 + UInt64($1) }
        put(octal(sum, 6) + [0, 0x20], 148, 8)
        return block
    }
}
