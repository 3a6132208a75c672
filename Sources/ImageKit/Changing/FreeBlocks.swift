import CSystem
import Documents
import Glibc

/// What was deleted is still there, in blocks that no file has any more. Whole pieces of the disk are given back by e2fsck; what
/// shares a piece with something that is used has to be written over.
enum FreeBlocks {
    /// Bytes of the pieces that a qcow2 file gives back (docs/interop/qcow2.txt of qemu, cluster_bits as qemu-img makes them).
    private static let piece: UInt64 = 64 << 10

    /// Makes them zero.
    /// - Parameters:
    ///   - volume: of ext2, ext3 or ext4, mounted nowhere.
    ///   - view: the disk's file.
    ///   - list: a file that is written and removed.
    /// - Throws: `Failure` if the file system's bitmaps can't be read, or the disk can't be written.
    static func clear(_ volume: ChangeRequest.Volume, in view: String, list: String) throws(Failure) {
        defer { unlink(list) }
        try Command.must([
            "sh", "-c", "exec dumpe2fs \"$0\" >\"$1\" 2>/dev/null", "\(view)?offset=\(volume.offset)", list,
        ])
        let disk = open(view, O_RDWR | O_CLOEXEC)
        guard disk >= 0 else { throw .guest("cannot be opened", view, errno) }
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
                try clear(volume.offset + first * blockSize, volume.offset + (last + 1) * blockSize, disk, view)
            }
        }
    }

    /// The parts of a stretch, from its first byte to that after its last, that are less than a piece.
    private static func clear(_ first: UInt64, _ end: UInt64, _ disk: Int32, _ view: String) throws(Failure) {
        let afterHead = min(end, (first + piece - 1) / piece * piece)
        let tail = max(afterHead, end / piece * piece)
        for (from, to) in [(first, afterHead), (tail, end)] where from < to {
            var bytes = [UInt8](repeating: 0, count: Int(to - from))
            guard pread(disk, &bytes, bytes.count, off_t(from)) == bytes.count else {
                throw .guest("cannot be read", view, errno)
            }
            guard bytes.contains(where: { $0 != 0 }) else { continue }
            let zeros = [UInt8](repeating: 0, count: bytes.count)
            guard pwrite(disk, zeros, zeros.count, off_t(from)) == zeros.count else {
                throw .guest("cannot be written", view, errno)
            }
        }
    }
}
