public import Blocks
public import Documents

/// ext2, ext3 and ext4, read from the bytes of their partition.
///
/// What is on the disk is read as it stands: a journal that waits to be replayed is told by `facts`, not replayed.
/// Checksums of the superblock, descriptors, inodes, extents and directories are held where the file system has them.
/// Sources: kernel documentation, filesystems/ext4/; ext4(5).
public struct ExtFileSystem: FileSystem {
    let superblock: ExtSuperblock
    let cache: PageCache

    public var kind: String { superblock.features.kind }
    public var label: String? { superblock.label }
    public var uuid: String? { superblock.uuid }
    public var root: FileNumber { FileNumber(rawValue: ExtInode.root) }

    /// - Returns: nil if no superblock is there.
    /// - Throws: `Failure` if it can't be true, or the file system uses what this reader does not know (by name).
    public init?(_ source: any ByteSource) throws(Failure) {
        guard source.size >= ExtSuperblock.offset + UInt64(ExtSuperblock.length) else { return nil }
        let bytes = try source.bytes(at: ExtSuperblock.offset, count: ExtSuperblock.length)
        guard ExtSuperblock.isOne(bytes) else { return nil }
        superblock = try ExtSuperblock(bytes, room: source.size)
        cache = PageCache(source)
    }

    public func status(of file: FileNumber) throws(Failure) -> FileStatus { try inode(file).status }

    public func target(of link: FileNumber) throws(Failure) -> [UInt8] {
        let inode = try inode(link)
        let place = "inode \(inode.number)"
        guard inode.status.kind == .symlink else {
            throw Failure(.refused, "a \(inode.status.kind) is no symbolic link", place: place)
        }
        try refuseEncrypted(inode)
        let size = inode.status.size
        // PATH_MAX of Linux, limits.h.
        guard size > 0, size < 4096 else {
            throw Failure(
                .refused, "a symbolic link of \(size) bytes is not possible", place: place, hint: ExtInode.hint)
        }
        if size < 60 && !inode.isInline && !inode.usesExtents { return Self.text(try inode.map.prefix(Int(size))) }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        try fill(&bytes, from: inode)
        return Self.text(bytes)
    }

    public func read(_ file: FileNumber, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure)
        -> Int
    {
        let inode = try inode(file)
        guard inode.status.kind == .file else {
            throw Failure(.refused, "a \(inode.status.kind) has no contents", place: "inode \(inode.number)")
        }
        return try read(inode, at: offset, into: buffer)
    }

    func inode(_ file: FileNumber) throws(Failure) -> ExtInode {
        guard file.rawValue >= 1, file.rawValue <= UInt64(superblock.inodeCount) else {
            throw Failure(
                .refused, "there is no inode \(file.rawValue) among \(superblock.inodeCount)", hint: ExtInode.hint)
        }
        let index = file.rawValue - 1
        let table = try inodeTable(of: index / UInt64(superblock.inodesPerGroup))
        let offset = index % UInt64(superblock.inodesPerGroup) * UInt64(superblock.inodeSize)
        let block = table + offset / UInt64(superblock.blockSize)
        let place = try self.place(of: block, for: "inode \(file.rawValue)") + offset % UInt64(superblock.blockSize)
        let inode = try ExtInode(
            try cache.bytes(at: place, count: superblock.inodeSize), number: UInt32(file.rawValue), in: superblock)
        guard inode.status.links > 0 || inode.flags & ExtInode.Flags.holdsAttribute != 0 else {
            throw Failure(.refused, "it is named, and was freed", place: "inode \(inode.number)", hint: ExtInode.hint)
        }
        return inode
    }

    /// The byte that a block begins at.
    func place(of block: UInt64, for what: @autoclosure () -> String) throws(Failure) -> UInt64 {
        guard block > 0, block < superblock.blockCount else {
            throw Failure(
                .refused, "block \(block) is none of the file system's \(superblock.blockCount)", place: what(),
                hint: ExtInode.hint)
        }
        return block * UInt64(superblock.blockSize)
    }

    func block(_ number: UInt64, for what: @autoclosure () -> String) throws(Failure) -> [UInt8] {
        try cache.bytes(at: try place(of: number, for: what()), count: superblock.blockSize)
    }

    func refuseEncrypted(_ inode: ExtInode) throws(Failure) {
        let isEncrypted = inode.flags & ExtInode.Flags.encrypted != 0
        guard isEncrypted || inode.flags & ExtInode.Flags.compressed != 0 else { return }
        throw Failure(
            .refused, isEncrypted ? "it is encrypted, and the key is not in the image" : "it is compressed by ext2",
            place: "inode \(inode.number)")
    }

    func fill(_ bytes: inout [UInt8], from inode: ExtInode) throws(Failure) {
        var failure: Failure?
        var filled = 0
        bytes.withUnsafeMutableBytes { buffer in
            do throws(Failure) { filled = try read(inode, at: 0, into: buffer) } catch { failure = error }
        }
        if let failure { throw failure }
        bytes.removeSubrange(filled...)
    }

    private func inodeTable(of group: UInt64) throws(Failure) -> UInt64 {
        let (block, offset) = superblock.descriptorPlace(group)
        var bytes = try cache.bytes(
            at: try place(of: block, for: "descriptor of group \(group)") + UInt64(offset),
            count: superblock.descriptorSize)
        let table =
            UInt64(try bytes.u32(0x08)) | (superblock.descriptorSize >= 64 ? UInt64(try bytes.u32(0x28)) << 32 : 0)
        if superblock.features.hasChecksums {
            let stored = try bytes.u16(0x1E)
            (bytes[0x1E], bytes[0x1F]) = (0, 0)
            let seed = CRC32C.sum(superblock.checksumSeed, UInt32(truncatingIfNeeded: group))
            guard UInt16(truncatingIfNeeded: CRC32C.sum(seed, bytes[...])) == stored else {
                throw Failure(
                    .refused, "its checksum is wrong", place: "descriptor of group \(group)", hint: ExtInode.hint)
            }
        }
        guard table < superblock.blockCount else {
            throw Failure(
                .refused, "its inodes can't begin at block \(table)", place: "descriptor of group \(group)",
                hint: ExtInode.hint)
        }
        return table
    }

    /// What a symbolic link says ends at a zero, as for the kernel.
    private static func text(_ bytes: some Collection<UInt8>) -> [UInt8] { Array(bytes.prefix { $0 != 0 }) }
}
