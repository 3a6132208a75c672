import CSystem
import Documents
import Glibc

/// What was deleted is still there, in blocks that no file has any more: they become holes of the disk's file.
enum FreeBlocks {
    /// Makes them zero.
    /// - Parameters:
    ///   - volume: of ext2, ext3 or ext4, mounted nowhere.
    ///   - path: the disk's file.
    ///   - list: a file that is written and removed.
    /// - Throws: `Failure` if the file system's bitmaps can't be read, or the disk can't be written.
    static func clear(_ volume: ChangeRequest.Volume, in path: String, list: String) throws(Failure) {
        defer { unlink(list) }
        try Command.must([
            "sh", "-c", "exec dumpe2fs \"$0\" >\"$1\" 2>/dev/null", "\(path)?offset=\(volume.offset)", list,
        ])
        let disk = open(path, O_RDWR | O_CLOEXEC)
        guard disk >= 0 else { throw .guest("cannot be opened", path, errno) }
        defer { close(disk) }
        guard let stream = fopen(list, "re") else { throw .guest("cannot be read", list, errno) }
        defer { fclose(stream) }
        var (line, capacity): (UnsafeMutablePointer<CChar>?, Int) = (nil, 0)
        defer { free(line) }
        var blockSize: UInt64 = 0
        while getline(&line, &capacity, stream) > 0, let start = line {
            let text = String(cString: start)
            if text.hasPrefix("Block size:") { blockSize = UInt64(text.filter(\.isNumber)) ?? 0 }
            guard text.hasPrefix("  Free blocks: "), blockSize > 0 else { continue }
            for range in text.dropFirst(15).split(separator: ",") {
                let ends = range.split(separator: "-").compactMap { UInt64($0.filter(\.isNumber)) }
                guard let first = ends.first, let last = ends.last, first <= last, last < volume.size / blockSize
                else { continue }
                let status = eps_clear(
                    disk, volume.offset + first * blockSize, (last - first + 1) * blockSize)
                guard status == 0 else { throw .guest("cannot be written", path, -status) }
            }
        }
    }
}
