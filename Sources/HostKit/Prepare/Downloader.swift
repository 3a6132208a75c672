import Documents
import Files
import Glibc
import OCI

/// What became of a download.
public enum DownloadResult: Sendable, Equatable {
    /// The descriptor now holds the whole file, of that many bytes; `kept` of them were there before.
    case complete(bytes: Int64, kept: Int64 = 0)
    /// The source says that there is no such file (HTTP 404).
    case notFound
}

/// Fetches one file. An implementation appends to what the descriptor holds, or truncates it and starts over when the source
/// cannot continue at that byte.
public protocol Downloader: Sendable {
    /// - Parameters:
    ///   - descriptor: a regular file open for reading and writing; the callee may seek and truncate it.
    ///   - resumingAt: how many bytes of the file are there already; 0 for none.
    ///   - limit: the bytes that the whole file may have.
    ///   - attempt: told the number of each attempt as it begins, from 1; any thread.
    /// - Throws: `Failure` with code `network` when it may work later, `refused` over the limit; `CancellationError`.
    func download(
        url: String, toDescriptor descriptor: Int32, resumingAt: Int64, limit: Int64,
        attempt: @escaping @Sendable (Int) -> Void
    ) async throws -> DownloadResult
}

/// A mirror that is a directory: urls are paths, or `file://` and a path.
public struct DirectoryDownloader: Downloader {
    public init() {}

    public static func path(_ url: String) -> String { url.hasPrefix("file://") ? String(url.dropFirst(7)) : url }

    public func download(
        url: String, toDescriptor descriptor: Int32, resumingAt: Int64, limit: Int64,
        attempt: @escaping @Sendable (Int) -> Void
    ) async throws -> DownloadResult {
        let path = Self.path(url)
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return .notFound }
            throw File.failure("read", path)
        }
        let source = try File(path, O_RDONLY)
        let size = try source.size()
        guard size <= limit else { throw Failure(.refused, "the file has \(size) bytes, over \(limit)", place: path) }
        let kept = resumingAt <= size ? resumingAt : 0
        var offset = kept
        guard ftruncate(descriptor, off_t(offset)) == 0, lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else {
            throw File.failure("write what is read from", path)
        }
        while true {
            try Task.checkCancellation()
            let bytes = try source.read(count: 1 << 20, at: offset)
            if bytes.isEmpty { return .complete(bytes: offset, kept: kept) }
            var done = 0
            while done < bytes.count {
                let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, $0.count - done) }
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { throw File.failure("write what is read from", path) }
                done += count
            }
            offset += Int64(bytes.count)
        }
    }
}
