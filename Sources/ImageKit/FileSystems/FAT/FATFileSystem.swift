public import Blocks
public import Documents
import Synchronization

/// FAT12, FAT16 and FAT32 with long names (vfat), read from the bytes of their partition.
///
/// FAT keeps no owners and no permissions: everything is root's and 0755, as Linux shows it when mounted without options;
/// 0555 if marked read-only. Its times are of no known zone and read as UTC; a directory's size is that of its clusters.
/// Sources: Microsoft's FAT specification (fatgen103); Linux, Documentation/filesystems/vfat.rst.
public struct FATFileSystem: FileSystem {
    let boot: FATBootSector
    let cache: PageCache
    public private(set) var label: String?
    private let memory = Memory()

    /// Where the last read ended, so that a file read piece by piece is not walked from its start for each.
    private final class Memory: Sendable {
        let chain = Mutex<(first: UInt32, chain: FATChain)?>(nil)
    }

    public var kind: String { "vfat" }
    public var uuid: String? { boot.serial }
    public var root: FileNumber { FileNumber(rawValue: 0) }
    public var ignoresCase: Bool { true }

    static let hint = "the file system is damaged: run fsck.fat on the image's copy"

    /// - Returns: nil if it is no FAT file system.
    /// - Throws: `Failure` if it is one that can't be true.
    public init?(_ source: any ByteSource) throws(Failure) {
        guard source.size >= 512 else { return nil }
        let bytes = try source.bytes(at: 0, count: 512)
        guard FATBootSector.isOne(bytes) else { return nil }
        boot = try FATBootSector(bytes, room: source.size)
        cache = PageCache(source, capacity: 128)
        label = nil
        label = try readLabel()
    }

    public func status(of file: FileNumber) throws(Failure) -> FileStatus {
        if file == root {
            return FileStatus(
                kind: .directory, permissions: 0o755,
                size: boot.width == .fat32 ? try directorySize(boot.rootCluster) : boot.rootSize)
        }
        let bytes = try entryBytes(file)
        let attributes = try bytes.u8(11)
        let isDirectory = attributes & FATEntry.Attributes.directory != 0
        return FileStatus(
            kind: isDirectory ? .directory : .file,
            permissions: attributes & FATEntry.Attributes.readOnly != 0 && !isDirectory ? 0o555 : 0o755,
            size: isDirectory ? try directorySize(try firstCluster(of: file)) : UInt64(try bytes.u32(28)),
            modified: Self.seconds(date: try bytes.u16(24), time: try bytes.u16(22)))
    }

    public func target(of link: FileNumber) throws(Failure) -> [UInt8] {
        throw Failure(.refused, "FAT has no symbolic links", place: "entry at \(link.rawValue)")
    }

    public func read(_ file: FileNumber, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure)
        -> Int
    {
        let status = try status(of: file)
        guard status.kind == .file else {
            throw Failure(.refused, "a directory has no contents", place: "entry at \(file.rawValue)")
        }
        guard offset < status.size else { return 0 }
        let count = Int(min(UInt64(buffer.count), status.size - offset))
        let size = UInt64(boot.clusterSize)
        let first = try firstCluster(of: file)
        var chain = memory.chain.withLock { kept in
            if let kept, kept.first == first, kept.chain.index <= offset / size { kept.chain } else { FATChain(first) }
        }
        func advance() throws(Failure) {
            guard try chain.advance(in: self) else {
                throw Failure(
                    .refused, "its clusters end before its \(status.size) bytes do",
                    place: "entry at \(file.rawValue)", hint: Self.hint)
            }
        }
        while chain.index < offset / size { try advance() }
        var filled = 0
        while filled < count {
            let skipped = (offset + UInt64(filled)) % size
            let place = try place(of: chain.cluster) + skipped
            var length = Int(min(size - skipped, UInt64(count - filled)))
            // Clusters that follow each other are read at once.
            while filled + length < count {
                let last = chain.cluster
                try advance()
                guard chain.cluster == last + 1 else { break }
                length += Int(min(size, UInt64(count - filled - length)))
            }
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + length])
            if length > PageCache.pageSize {
                try cache.source.read(at: place, into: part)
            } else {
                try cache.read(at: place, into: part)
            }
            filled += length
        }
        memory.chain.withLock { [chain] in $0 = (first, chain) }
        return count
    }

    func firstCluster(of file: FileNumber) throws(Failure) -> UInt32 {
        let bytes = try entryBytes(file)
        let upper = boot.width == .fat32 ? UInt32(try bytes.u16(20)) << 16 : 0
        return UInt32(try bytes.u16(26)) | upper
    }

    private func entryBytes(_ file: FileNumber) throws(Failure) -> [UInt8] {
        let place = file.rawValue
        guard place >= boot.rootStart, place % 32 == 0, place < boot.size, boot.size - place >= 32 else {
            throw Failure(.refused, "no entry of a directory lies at \(place)", hint: Self.hint)
        }
        return try cache.bytes(at: place, count: 32)
    }

    /// Days and months of zero, which are no dates, read as one, as in Linux.
    static func seconds(date: UInt16, time: UInt16) -> Int64 {
        let year = 1980 + Int64(date >> 9)
        let month = min(max(Int64(date >> 5 & 15), 1), 12)
        let day = max(Int64(date & 31), 1)
        // Years that begin in March: a leap day is then a year's last (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
        let shifted = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        let seconds = Int64(time >> 11) * 3600 + Int64(time >> 5 & 63) * 60 + Int64(time & 31) * 2
        return days * 86400 + seconds
    }
}
