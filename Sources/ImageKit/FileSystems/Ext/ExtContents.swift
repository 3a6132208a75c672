import Blocks
import Documents

/// A stretch of a file's blocks: where it is on the disk, or that it is a hole.
struct ExtRun: Sendable, Equatable {
    /// nil for a hole, and for blocks that were reserved and never written: both read as zeros.
    var block: UInt64?
    /// In blocks; never zero.
    var count: UInt64
}

/// The contents of files: holes, extents, the older lists of blocks, and what fits into the inode.
extension ExtFileSystem {
    /// Reads contents of any kind of file that has some, and tells how many bytes; less than asked only at the end.
    func read(_ inode: ExtInode, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        try refuseEncrypted(inode)
        let size = inode.status.size
        guard offset < size else { return 0 }
        let count = Int(min(UInt64(buffer.count), size - offset))
        if inode.isInline {
            let bytes = try inlineContents(of: inode)
            for place in 0..<count {
                let source = offset + UInt64(place)
                buffer[place] = source < UInt64(bytes.count) ? bytes[Int(source)] : 0
            }
            return count
        }
        let blockSize = UInt64(superblock.blockSize)
        var filled = 0
        while filled < count {
            let at = offset + UInt64(filled)
            let run = try run(at: at / blockSize, of: inode)
            let skipped = at % blockSize
            let room = run.count.multipliedReportingOverflow(by: blockSize)
            let wanted = UInt64(count - filled)
            let length = Int(room.overflow ? wanted : min(wanted, room.partialValue - skipped))
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + length])
            if let block = run.block {
                let place = try place(of: block, for: "inode \(inode.number)") + skipped
                // Long reads would only push out what is asked for again.
                if length > PageCache.pageSize {
                    try cache.source.read(at: place, into: part)
                } else {
                    try cache.read(at: place, into: part)
                }
            } else {
                part.initializeMemory(as: UInt8.self, repeating: 0)
            }
            filled += length
        }
        return count
    }

    /// What lies at a file's block, and for how many blocks at least that goes on.
    func run(at logical: UInt64, of inode: ExtInode) throws(Failure) -> ExtRun {
        let run = inode.usesExtents ? try extent(at: logical, of: inode) : try listed(at: logical, of: inode)
        if let block = run.block {
            guard block > 0, block < superblock.blockCount, run.count <= superblock.blockCount - block else {
                throw damaged("its blocks from \(block) on are none of the file system's", inode)
            }
        }
        return run
    }

    /// What lies in the inode itself: the sixty bytes of its map, and an attribute that goes on from there.
    func inlineContents(of inode: ExtInode) throws(Failure) -> [UInt8] {
        try inode.map + (try inlineAttribute(of: inode) ?? [])
    }

    func damaged(_ what: String, _ inode: ExtInode) -> Failure {
        Failure(.refused, what, place: "inode \(inode.number)", hint: ExtInode.hint)
    }

    // MARK: Extents: kernel documentation, filesystems/ext4/ifork.rst

    /// Deeper trees can't be: five levels lead to 2^32 blocks already.
    private static let depthLimit: UInt16 = 5

    private func extent(at logical: UInt64, of inode: ExtInode) throws(Failure) -> ExtRun {
        // Extents count blocks of a file in 32 bits.
        let end: UInt64 = 1 << 32
        guard logical < end else { return ExtRun(block: nil, count: .max - logical) }
        var next = end
        var node = try inode.map
        var expected: UInt16?
        while true {
            let (entries, depth) = try header(of: node, inode)
            guard depth == expected ?? depth, depth <= Self.depthLimit else {
                throw damaged("its extents are \(depth) levels deep where that can't be", inode)
            }
            // The last entry that begins at the block or before it.
            var (low, high) = (0, entries)
            while low < high {
                let middle = (low + high) / 2
                if UInt64(try node.u32(12 + middle * 12)) <= logical { low = middle + 1 } else { high = middle }
            }
            if low < entries { next = min(next, UInt64(try node.u32(12 + low * 12))) }
            guard next > logical else { throw damaged("its extents are out of order", inode) }
            guard low > 0 else { return ExtRun(block: nil, count: next - logical) }
            let place = 12 + (low - 1) * 12
            if depth == 0 {
                let first = UInt64(try node.u32(place))
                var length = UInt64(try node.u16(place + 4))
                // Longer than 32768: reserved, and never written.
                let isWritten = length <= 32768
                if !isWritten { length -= 32768 }
                guard logical - first < length else { return ExtRun(block: nil, count: next - logical) }
                let start = UInt64(try node.u32(place + 8)) | UInt64(try node.u16(place + 6)) << 32
                return ExtRun(
                    block: isWritten ? start + (logical - first) : nil,
                    count: min(length - (logical - first), next - logical))
            }
            let child = UInt64(try node.u32(place + 4)) | UInt64(try node.u16(place + 8)) << 32
            node = try block(child, for: "extents of inode \(inode.number)")
            try verifyExtents(node, inode)
            expected = depth - 1
        }
    }

    private func header(of node: [UInt8], _ inode: ExtInode) throws(Failure) -> (entries: Int, depth: UInt16) {
        let entries = Int(try node.u16(2))
        guard try node.u16(0) == 0xF30A, entries <= Int(try node.u16(4)), 12 + entries * 12 <= node.count else {
            throw damaged("its extents do not begin as extents do", inode)
        }
        return (entries, try node.u16(6))
    }

    private func verifyExtents(_ node: [UInt8], _ inode: ExtInode) throws(Failure) {
        guard superblock.features.hasChecksums else { return }
        let tail = 12 + Int(try node.u16(4)) * 12
        guard try node.u32(tail) == CRC32C.sum(inode.checksumSeed, try node.part(0, tail)) else {
            throw damaged("the checksum of its extents is wrong", inode)
        }
    }

    // MARK: Lists of blocks, as of ext2

    private func listed(at logical: UInt64, of inode: ExtInode) throws(Failure) -> ExtRun {
        let width = UInt64(superblock.blockSize / 4)
        let map = try inode.map
        if logical < 12 { return try listedRun(in: map, from: Int(logical), to: 12) }
        var (index, span) = (logical - 12, width)
        var slot = 12
        while index >= span {
            index -= span
            slot += 1
            guard slot < 15 else { return ExtRun(block: nil, count: .max - logical) }
            span *= width
        }
        var pointer = UInt64(try map.u32(slot * 4))
        while true {
            guard pointer > 0 else { return ExtRun(block: nil, count: span - index) }
            let list = try block(pointer, for: "list of blocks of inode \(inode.number)")
            span /= width
            let place = index / span
            index %= span
            if span == 1 { return try listedRun(in: list, from: Int(place), to: Int(width)) }
            pointer = UInt64(try list.u32(Int(place) * 4))
        }
    }

    /// The blocks that follow each other on the disk, or the holes.
    private func listedRun(in list: [UInt8], from first: Int, to end: Int) throws(Failure) -> ExtRun {
        let block = try list.u32(first * 4)
        var count: UInt64 = 1
        while first + Int(count) < end {
            let next = try list.u32((first + Int(count)) * 4)
            guard block == 0 ? next == 0 : UInt64(next) == UInt64(block) + count else { break }
            count += 1
        }
        return ExtRun(block: block == 0 ? nil : UInt64(block), count: count)
    }
}
