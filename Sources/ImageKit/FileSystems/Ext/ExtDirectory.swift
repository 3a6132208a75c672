import Blocks
public import Documents

/// Directories: lists of names in blocks, read from the first to the last. Indexed ones keep the same lists, and their
/// indices look like empty names (kernel documentation, filesystems/ext4/directory.rst).
extension ExtFileSystem {
    /// What ext4's index of two levels can address, in bytes; no directory is longer.
    static let directoryLimit: UInt64 = 1 << 31

    public func entries(of directory: FileNumber) throws(Failure) -> [DirectoryEntry] {
        var entries: [DirectoryEntry] = []
        try visit(directory) { entry throws(Failure) in
            guard entries.count < DirectoryEntry.limit else { throw DirectoryEntry.tooMany }
            entries.append(entry)
            return true
        }
        return entries
    }

    public func visit(_ directory: FileNumber, _ body: (DirectoryEntry) throws(Failure) -> Bool) throws(Failure) {
        try scan(try inode(directory)) { number, name, type throws(Failure) in
            guard !name.contains(0x2F), !name.contains(0) else {
                throw Failure(
                    .refused, "a name in it holds a slash or a zero", place: "inode \(directory.rawValue)",
                    hint: ExtInode.hint)
            }
            return try body(
                DirectoryEntry(
                    name: Array(name), file: FileNumber(rawValue: UInt64(number)), kind: Self.kinds[type] ?? nil))
        }
    }

    public func entry(_ name: [UInt8], in directory: FileNumber) throws(Failure) -> FileNumber? {
        var found: FileNumber?
        try scan(try inode(directory)) { number, bytes, _ in
            guard bytes.elementsEqual(name) else { return true }
            found = FileNumber(rawValue: UInt64(number))
            return false
        }
        return found
    }

    private static let kinds: [UInt8: FileStatus.Kind] = [
        1: .file, 2: .directory, 3: .characterDevice, 4: .blockDevice, 5: .fifo, 6: .socket, 7: .symlink,
    ]

    private typealias Visitor = (_ inode: UInt32, _ name: ArraySlice<UInt8>, _ type: UInt8) throws(Failure) -> Bool

    /// Each name but `.` and `..`, until the visitor has enough.
    private func scan(_ inode: ExtInode, _ visitor: Visitor) throws(Failure) {
        guard inode.status.kind == .directory else {
            throw Failure(.refused, "a \(inode.status.kind) is no directory", place: "inode \(inode.number)")
        }
        try refuseEncrypted(inode)
        if inode.isInline {
            // The first four bytes are the parent's number; the attribute that goes on is a list of its own.
            guard try scan(Array(try inode.map[4...]), inode, visitor) else { return }
            if let rest = try inlineAttribute(of: inode), !rest.isEmpty { _ = try scan(rest, inode, visitor) }
            return
        }
        let blockSize = UInt64(superblock.blockSize)
        guard inode.status.size <= Self.directoryLimit, inode.status.size % blockSize == 0 else {
            throw damaged("a directory of \(inode.status.size) bytes is not possible", inode)
        }
        let count = inode.status.size / blockSize
        var logical: UInt64 = 0
        while logical < count {
            let run = try run(at: logical, of: inode)
            let length = min(run.count, count - logical)
            guard let first = run.block else {
                throw damaged("a directory has a hole at its block \(logical)", inode)
            }
            for step in 0..<length {
                let bytes = try block(first + step, for: "inode \(inode.number)")
                try verifyNames(bytes, inode)
                guard try scan(bytes, inode, visitor) else { return }
            }
            logical += length
        }
    }

    /// - Returns: false if the visitor has enough.
    private func scan(_ list: [UInt8], _ inode: ExtInode, _ visitor: Visitor) throws(Failure) -> Bool {
        var place = 0
        while place < list.count {
            guard list.count - place >= 8 else { throw damaged("a name is cut at the end of its list", inode) }
            let number = try list.u32(place)
            var length = Int(try list.u16(place + 4))
            if superblock.blockSize == 65536 && (length == 65535 || length == 0) { length = 65536 }
            let nameLength =
                superblock.features.hasFileType ? Int(try list.u8(place + 6)) : Int(try list.u16(place + 6))
            guard length >= 8, length % 4 == 0, length <= list.count - place, nameLength <= length - 8 else {
                throw damaged("a name of \(nameLength) bytes in \(length) bytes is not possible", inode)
            }
            let name = try list.part(place + 8, nameLength)
            let type = superblock.features.hasFileType ? try list.u8(place + 7) : 0
            if number != 0 && !name.isEmpty && !Self.isDots(name) {
                guard try visitor(number, name, type) else { return false }
            }
            place += length
        }
        return true
    }

    private static func isDots(_ name: ArraySlice<UInt8>) -> Bool {
        name.count <= 2 && name.allSatisfy { $0 == 0x2E }
    }

    /// A block of an index is one name of no file, or `.` and `..`, up to its very end. Of a block that became one Linux leaves
    /// bytes of the old checksum (the kernel's fs/ext4/namei.c: dx_root, dx_node, dx_tail).
    private func isIndex(_ bytes: [UInt8]) throws(Failure) -> Bool {
        let (first, second) = (Int(try bytes.u16(4)), Int(try bytes.u16(16)))
        return first == bytes.count || first == 12 && second == bytes.count - 12
    }

    /// Blocks of names end in a name of no file that holds the block's checksum; blocks of an index do not.
    private func verifyNames(_ bytes: [UInt8], _ inode: ExtInode) throws(Failure) {
        guard superblock.features.hasChecksums else { return }
        let tail = bytes.count - 12
        guard bytes.matches([0, 0, 0, 0, 12, 0, 0, 0xDE], at: tail), !(try isIndex(bytes)) else { return }
        guard CRC32C.sum(inode.checksumSeed, try bytes.part(0, tail)) == (try bytes.u32(tail + 8)) else {
            throw damaged("the checksum of its names is wrong", inode)
        }
    }
}
