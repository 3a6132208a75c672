import CSystem
import Digest
import Documents
import Files
import Glibc
import ProviderKit

/// Copies one file of the artifact to a partial file beside its goal. Holes stay holes. A partial file that an earlier
/// attempt left is compared with the source and continued; one that somebody else is at work on is waited for.
struct PartialCopy {
    let host: Host
    let file: OperationRequest.File
    let path: String
    /// Is told how many bytes of the file are behind it.
    let progress: (Int64) -> Void

    /// Bytes of data that were written, and of those that an earlier attempt had written.
    struct Amount {
        var sent: Int64 = 0
        var skipped: Int64 = 0
    }

    private static let step = 1 << 20

    /// Fills the partial file and makes it durable. It keeps its partial name.
    /// - Parameter isThere: whether the goal exists by now; asked again once the partial file is ours.
    /// - Returns: nil if the goal was there after all.
    /// - Throws: `Pending` while another process copies the same; `Failure` if the bytes are not those of the digest.
    func fill(unless isThere: () throws -> Bool) throws -> (File, Amount)? {
        let source = try SourceFile(host.open(file.name))
        guard eps_size(source.number) == file.size else { throw SourceFile.changed(file) }
        guard let target = try claim(unless: isThere) else { return nil }
        var amount = Amount()
        do {
            var hasher: Hasher? = file.verified ? nil : Hasher()
            let start = try commonStart(source, target, &hasher)
            amount.skipped = start
            guard ftruncate(target.descriptor, off_t(start)) == 0 else { throw File.failure("write", path) }
            amount.sent = try copy(source, target, from: start, &hasher)
            guard ftruncate(target.descriptor, off_t(file.size)) == 0, fsync(target.descriptor) == 0 else {
                throw File.failure("write", path)
            }
            if let hasher, "\(hasher.finalize())" != file.digest { throw SourceFile.changed(file) }
        } catch let failure as Failure where failure.code == .usage {
            unlink(path)
            throw failure
        }
        return (target, amount)
    }

    /// Opens the partial file with its lock. Its last holder may have given it its final name meanwhile: then the file
    /// that was locked is not the one of that name, and the answer is looked for anew.
    private func claim(unless isThere: () throws -> Bool) throws -> File? {
        while true {
            let target = try File(path, O_RDWR | O_CREAT | O_NOFOLLOW)
            guard flock(target.descriptor, LOCK_EX | LOCK_NB) == 0 else {
                guard errno == EWOULDBLOCK || errno == EINTR else { throw File.failure("lock", path) }
                throw Pending(.init(resumeAfter: 2, note: "another publication copies the same file"))
            }
            var (ours, named) = (stat(), stat())
            guard fstat(target.descriptor, &ours) == 0 else { throw File.failure("stat", path) }
            guard stat(path, &named) == 0, named.st_ino == ours.st_ino, named.st_dev == ours.st_dev else { continue }
            if try isThere() {
                unlink(path)
                return nil
            }
            return target
        }
    }

    /// How many bytes from the start are the same in both, as far as the partial file goes.
    private func commonStart(_ source: SourceFile, _ target: File, _ hasher: inout Hasher?) throws -> Int64 {
        let end = min(try target.size(), file.size)
        let (one, other) = (Buffer(Self.step), Buffer(Self.step))
        var offset: Int64 = 0
        while offset < end {
            try host.checkCancelled()
            let count = Int(min(Int64(Self.step), end - offset))
            let theirs = UnsafeMutableRawBufferPointer(rebasing: one.bytes[..<count])
            let ours = UnsafeMutableRawBufferPointer(rebasing: other.bytes[..<count])
            guard try source.read(theirs, at: offset) == count, try target.read(ours, at: offset) == count,
                memcmp(theirs.baseAddress!, ours.baseAddress!, count) == 0
            else { return offset }
            hasher?.update(UnsafeRawBufferPointer(theirs))
            offset += Int64(count)
            progress(offset)
        }
        return offset
    }

    private func copy(
        _ source: SourceFile, _ target: File, from start: Int64, _ hasher: inout Hasher?
    ) throws -> Int64 {
        let buffer = Buffer(Self.step)
        let zeros = Buffer(hasher == nil ? 0 : Self.step)
        var canShare = hasher == nil
        var offset = start
        var sent: Int64 = 0
        while offset < file.size {
            var length: UInt64 = 0
            let kind = eps_extent(source.number, UInt64(offset), &length)
            guard kind > 0 else { throw SourceFile.changed(file) }
            let end = min(offset + Int64(clamping: length), file.size)
            while offset < end {
                try host.checkCancelled()
                let count: Int
                if kind == 2 {
                    count = hasher == nil ? Int(end - offset) : Int(min(end - offset, Int64(Self.step)))
                    if hasher != nil { hasher?.update(UnsafeRawBufferPointer(rebasing: zeros.bytes[..<count])) }
                } else if canShare, let shared = share(source, target, offset, end - offset) {
                    count = shared
                    sent += Int64(count)
                } else {
                    canShare = false
                    let wanted = Int(min(end - offset, Int64(Self.step)))
                    let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<wanted])
                    count = try source.read(bytes, at: offset)
                    guard count == wanted else { throw SourceFile.changed(file) }
                    hasher?.update(UnsafeRawBufferPointer(bytes))
                    try target.write(UnsafeRawBufferPointer(bytes), at: offset)
                    sent += Int64(count)
                }
                offset += Int64(count)
                progress(offset)
            }
        }
        return sent
    }

    /// Lets the kernel copy, which may share the bytes instead. Nil if it cannot between these two files.
    private func share(_ source: SourceFile, _ target: File, _ offset: Int64, _ length: Int64) -> Int? {
        let count = eps_copy_range(source.number, target.descriptor, UInt64(offset), Int(min(length, 32 << 20)))
        return count > 0 ? count : nil
    }
}
