import Documents
import Files
import Glibc
public import HTTP
import Synchronization

/// A mirror behind http or https. What is there of a file is continued by a range as long as the source still has the same
/// file, and fetched anew when it has not; `file://` and paths are read as by `DirectoryDownloader`.
public struct HTTPDownloader: Downloader {
    private let client: HTTPClient

    public init(_ client: HTTPClient) { self.client = client }

    /// Bytes by which a broken download must have grown to be continued without counting as an attempt.
    private static let progress: Int64 = 1 << 20

    public func download(
        url: String, toDescriptor descriptor: Int32, resumingAt: Int64, limit: Int64,
        attempt: @escaping @Sendable (Int) -> Void
    ) async throws -> DownloadResult {
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            return try await DirectoryDownloader().download(
                url: url, toDescriptor: descriptor, resumingAt: resumingAt, limit: limit, attempt: attempt)
        }
        let file = PartialFile(descriptor, limit: limit, place: HTTPRequest("GET", url).place)
        try file.truncate(to: resumingAt)
        var restarts = 0
        while true {
            let before = try file.size()
            do {
                switch try await fetch(url, file, attempt) {
                case .complete: return .complete(bytes: try file.size(), kept: file.kept)
                case .absent: return .notFound
                case .startOver:
                    // Once is an older file's part; twice is a server that does not know ranges.
                    restarts += 1
                    guard restarts <= 2 else {
                        throw Failure(
                            .refused, "the server's ranges are wrong", place: file.place,
                            hint: "name another mirror")
                    }
                    try file.truncate(to: 0)
                }
            } catch let failure as Failure
                where failure.retryable == true && failure.retryAfter == nil
                && (try? file.size()).map({ $0 - before >= Self.progress }) == true
            {
                continue
            }
        }
    }

    private enum Outcome {
        case complete, absent, startOver
    }

    private func fetch(_ url: String, _ file: PartialFile, _ attempt: @escaping @Sendable (Int) -> Void) async throws
        -> Outcome
    {
        var request = HTTPRequest("GET", url)
        request.prepare = { request, number in
            attempt(number)
            try file.ask(&request)
        }
        request.destination = .chosen { try file.receive($0) }
        do {
            let response = try await client.send(request)
            switch response.status {
            case 200, 206: return try file.isWhole() ? .complete : .startOver
            case 404, 410: return .absent
            case 416: return try PartialFile.total(response.headers) == file.size() ? .complete : .startOver
            default: throw Self.failure(response, of: url)
            }
        } catch is PartialFile.WrongRange {
            return .startOver
        }
    }

    private static func failure(_ response: HTTPResponse, of url: String) -> Failure {
        var failure = response.failure("the download")
        if [401, 403].contains(response.status), MirrorLocation(url).userInformation == nil {
            failure.hint =
                "nobody logged in: if the mirror asks for it, set EULERPUBLISHER_MIRROR=https://USER:PASSWORD@HOST/PATH"
        }
        return failure
    }
}

/// The file under way: how much is there, and of which version of the source.
private final class PartialFile: Sendable {
    struct WrongRange: Error {}

    private struct Source {
        /// An entity tag or a date by which the server knows its file again.
        var validator: String?
        /// In bytes, when the server said.
        var total: Int64?
        /// Bytes of before this download that still count.
        var kept = Int64.max
    }

    /// Of the source, for failures.
    let place: String

    private let descriptor: Int32
    private let limit: Int64
    private let source = Mutex(Source())

    init(_ descriptor: Int32, limit: Int64, place: String) {
        self.descriptor = descriptor
        self.limit = limit
        self.place = place
    }

    func size() throws -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw File.failure("stat the download", place) }
        return Int64(status.st_size)
    }

    var kept: Int64 { source.withLock { $0.kept } }

    func truncate(to size: Int64) throws {
        source.withLock { $0.kept = min($0.kept, size) }
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw File.failure("write the download", place) }
    }

    func ask(_ request: inout HTTPRequest) throws {
        // Ranges are of the file, not of a compressed form of it.
        request.headers["Accept-Encoding"] = "identity"
        let size = try size()
        guard size > 0 else { return }
        request.headers["Range"] = "bytes=\(size)-"
        if let validator = source.withLock({ $0.validator }) { request.headers["If-Range"] = validator }
    }

    /// Where the body of this answer goes.
    func receive(_ head: HTTPHead) throws -> HTTPDestination {
        let size = try size()
        var start: Int64 = 0
        let length = head.headers["Content-Length"].flatMap { Int64($0) }
        var total = length
        if head.status == 206 {
            guard let range = Self.range(head.headers), range.start == size else { throw WrongRange() }
            start = size
            total = range.total
        } else {
            // The whole file: the source has another one, or does not know ranges.
            try truncate(to: 0)
        }
        let tag = head.headers["ETag"].flatMap { $0.hasPrefix("W/") ? nil : $0 }
        source.withLock {
            $0.validator = tag ?? head.headers["Last-Modified"]
            $0.total = total
        }
        if let total, total > limit {
            throw Failure(.refused, "the file has \(total) bytes, over \(limit)", place: place)
        }
        return .file(descriptor: descriptor, offset: start, limit: limit - start)
    }

    func isWhole() throws -> Bool {
        guard let total = source.withLock({ $0.total }) else { return true }
        return try size() == total
    }

    /// `bytes 5-9/10`
    private static func range(_ headers: HTTPHeaders) -> (start: Int64, total: Int64?)? {
        guard let text = headers["Content-Range"], text.lowercased().hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split(separator: "/")
        guard parts.count == 2, let start = parts[0].split(separator: "-").first.flatMap({ Int64($0) }) else {
            return nil
        }
        return (start, Int64(parts[1]))
    }

    /// `bytes */10`, of an answer that a range is beyond the end.
    static func total(_ headers: HTTPHeaders) -> Int64? {
        headers["Content-Range"].flatMap { $0.split(separator: "/").last }.flatMap { Int64($0) }
    }
}
