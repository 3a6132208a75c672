import Blocks
public import Documents

/// A name in a FAT directory.
struct FATEntry {
    enum Attributes {
        static let readOnly: UInt8 = 0x01
        static let label: UInt8 = 0x08
        static let directory: UInt8 = 0x10
        static let longName: UInt8 = 0x0F
    }

    var name: String
    /// The short name, where `name` is long.
    var alias: String
    /// The byte of the file system that it lies at.
    var place: UInt64
    var attributes: UInt8
}

extension FATFileSystem {
    /// What the specification allows a directory to have, in bytes; Linux refuses longer ones too.
    private static let directoryLimit: UInt64 = 65536 * 32

    public func entries(of directory: FileNumber) throws(Failure) -> [DirectoryEntry] {
        var entries: [DirectoryEntry] = []
        try visit(directory) { entry throws(Failure) in
            entries.append(entry)
            return true
        }
        return entries
    }

    public func visit(_ directory: FileNumber, _ body: (DirectoryEntry) throws(Failure) -> Bool) throws(Failure) {
        try scan(directory) { entry throws(Failure) in
            guard entry.attributes & FATEntry.Attributes.label == 0 else { return true }
            guard !entry.name.utf8.contains(0x2F), !entry.name.utf8.contains(0) else {
                throw Failure(
                    .refused, "a name holds a slash or a zero", place: "entry at \(entry.place)", hint: Self.hint)
            }
            return try body(
                DirectoryEntry(
                    name: Array(entry.name.utf8), file: FileNumber(rawValue: entry.place),
                    kind: entry.attributes & FATEntry.Attributes.directory != 0 ? .directory : .file))
        }
    }

    public func entry(_ name: [UInt8], in directory: FileNumber) throws(Failure) -> FileNumber? {
        let wanted = FATName.folded(String(decoding: name, as: UTF8.self))
        var found: FileNumber?
        try scan(directory) { entry in
            guard entry.attributes & FATEntry.Attributes.label == 0 else { return true }
            guard FATName.folded(entry.name) == wanted || FATName.folded(entry.alias) == wanted else { return true }
            found = FileNumber(rawValue: entry.place)
            return false
        }
        return found
    }

    /// The name that was given to the file system: an entry of its root (and not the boot sector's copy), as for blkid.
    func readLabel() throws(Failure) -> String? {
        var label: String?
        try scan(root) { entry throws(Failure) in
            guard entry.attributes & (FATEntry.Attributes.label | FATEntry.Attributes.directory) == 0x08 else {
                return true
            }
            var field = Array(try cache.bytes(at: entry.place, count: 11))
            if field.first == 0x05 { field[0] = 0xE5 }
            label = fieldText(field)
            return false
        }
        return label == "NO NAME" ? nil : label
    }

    /// Each entry in use but `.` and `..`, until the visitor has enough.
    private func scan(_ directory: FileNumber, _ visitor: (FATEntry) throws(Failure) -> Bool) throws(Failure) {
        var long = FATLongName()
        if directory == root && boot.width != .fat32 {
            _ = try scan(at: boot.rootStart, length: boot.rootSize, &long, visitor)
            return
        }
        var first = boot.rootCluster
        if directory != root {
            guard try status(of: directory).kind == .directory else {
                throw Failure(.refused, "a file is no directory", place: "entry at \(directory.rawValue)")
            }
            first = try firstCluster(of: directory)
        }
        var chain = FATChain(first)
        repeat {
            try holdLength(of: chain)
            let place = try place(of: chain.cluster)
            guard try scan(at: place, length: UInt64(boot.clusterSize), &long, visitor) else { return }
        } while try chain.advance(in: self)
    }

    /// What its clusters take, in bytes.
    func directorySize(_ first: UInt32) throws(Failure) -> UInt64 {
        _ = try place(of: first)
        var chain = FATChain(first)
        repeat { try holdLength(of: chain) } while try chain.advance(in: self)
        return (chain.index + 1) * UInt64(boot.clusterSize)
    }

    private func holdLength(of chain: FATChain) throws(Failure) {
        guard chain.index == 0 || (chain.index + 1) * UInt64(boot.clusterSize) <= Self.directoryLimit else {
            throw Failure(
                .refused, "a directory of more than 65536 entries is not possible", place: "cluster \(chain.cluster)",
                hint: Self.hint)
        }
    }

    /// - Returns: false at the directory's end, or if the visitor has enough.
    private func scan(
        at start: UInt64, length: UInt64, _ long: inout FATLongName, _ visitor: (FATEntry) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        var offset: UInt64 = 0
        while offset < length {
            let count = Int(min(length - offset, UInt64(PageCache.pageSize)))
            let bytes = try cache.bytes(at: start + offset, count: count)
            for place in stride(from: 0, to: count - 31, by: 32) {
                let entry = try bytes.part(place, 32)
                let mark = bytes[place]
                if mark == 0 { return false }
                let attributes = bytes[place + 11]
                if mark == 0xE5 {
                    long.drop()
                } else if attributes & 0x3F == FATEntry.Attributes.longName {
                    long.take(entry)
                } else {
                    let field = entry.prefix(11)
                    let alias = FATName.short(field, lowerCase: bytes[place + 12])
                    let name = long.finish(field) ?? alias
                    guard alias != ".", alias != "..", !alias.isEmpty else { continue }
                    let found = FATEntry(
                        name: name, alias: alias, place: start + offset + UInt64(place), attributes: attributes)
                    guard try visitor(found) else { return false }
                }
            }
            offset += UInt64(count)
        }
        return true
    }
}
