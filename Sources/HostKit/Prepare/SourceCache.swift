import Digest
import Documents
import Files
import Glibc
import Synchronization

/// A download under way.
public struct Fetching: Sendable {
    /// Without a user and password.
    public var url: String
    /// From 1.
    public var attempt: Int
    /// That are there by now.
    public var bytes: Int64
}

/// Downloads by their digest, shared by processes: a file appears under its name only when its bytes were verified.
struct SourceCache: Sendable {
    let directory: String
    let downloader: any Downloader
    private let telling: @Sendable (Fetching) -> Void

    /// Bytes of a root filesystem's archive: openEuler's are below 0.2 GiB.
    static let sizeLimit: Int64 = 4 << 30

    init(directory: String, downloader: any Downloader, telling: @escaping @Sendable (Fetching) -> Void) throws {
        self.telling = telling
        self.directory = "\(directory)/sources/sha256"
        self.downloader = downloader
        try File.makeDirectories(self.directory)
    }

    /// A small text, never kept. Nil when the source has none.
    func text(_ url: String, limit: Int) async throws -> String? {
        let path = "\(directory)/.text.\(getpid()).\(UInt64.random(in: 0 ... .max))"
        let file = try File(path, O_RDWR | O_CREAT | O_EXCL)
        unlink(path)
        guard
            case .complete(let size, _) = try await download(url, file, resumingAt: 0, limit: Int64(limit))
        else { return nil }
        return String(decoding: try file.read(count: Int(size), at: 0), as: UTF8.self)
    }

    /// Tells every second what is under way: a source that stalls is silent for minutes.
    private func download(_ url: String, _ file: File, resumingAt: Int64, limit: Int64) async throws -> DownloadResult {
        let current = Mutex(1)
        let attempt: @Sendable (Int) -> Void = { number in current.withLock { $0 = number } }
        let ticker = Task { [telling] in
            while true {
                try await Task.sleep(for: .seconds(1))
                telling(Fetching(url: url, attempt: current.withLock { $0 }, bytes: try file.size()))
            }
        }
        defer { ticker.cancel() }
        return try await downloader.download(
            url: url, toDescriptor: file.descriptor, resumingAt: resumingAt, limit: limit, attempt: attempt)
    }

    /// The verified file, from the cache or the source; what an earlier call began is continued.
    /// - Throws: `Failure` with code `refused` when the bytes are not of that digest.
    func fetch(_ url: String, _ digest: Digest) async throws -> (path: String, size: Int64, fetched: Int64)? {
        let path = "\(directory)/\(digest.hex)"
        if let size = try verified(path, digest) { return (path, size, 0) }
        let partial = try await File.locked("\(path).partial")
        // Another process may have finished while this one waited.
        if let size = try verified(path, digest) {
            unlink(partial.path)
            return (path, size, 0)
        }
        var found = digest
        for attempt in 0..<2 {
            var resume = try partial.size()
            if attempt > 0 { resume = 0 }
            guard ftruncate(partial.descriptor, off_t(resume)) == 0 else { throw File.failure("write", partial.path) }
            let result = try await download(url, partial, resumingAt: resume, limit: Self.sizeLimit)
            guard case .complete(let size, let kept) = result else {
                unlink(partial.path)
                return nil
            }
            found = try Digest.sha256(ofFile: partial.path)
            if found == digest {
                guard fchmod(partial.descriptor, 0o444) == 0, fsync(partial.descriptor) == 0,
                    rename(partial.path, path) == 0
                else {
                    throw File.failure("keep the download", path)
                }
                return (path, size, size - kept)
            }
            // A part of an older file at the same address explains one mismatch, not two.
            if resume == 0 { break }
        }
        unlink(partial.path)
        throw Failure(
            .refused, "the download's SHA-256 is \(found.hex), not \(digest.hex)", place: url,
            hint: "the mirror is damaged or in the middle of an update: try again later or name another mirror")
    }

    private func verified(_ path: String, _ digest: Digest) throws -> Int64? {
        guard File.exists(path) else { return nil }
        guard try Digest.sha256(ofFile: path) == digest else {
            unlink(path)
            return nil
        }
        return try File(path, O_RDONLY).size()
    }
}
