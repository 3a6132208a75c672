import Documents
import ProviderKit
import Synchronization

extension Place {
    /// Configurations and layers: asked for, mounted or sent, several at once.
    func upload() async throws -> OperationResult {
        let blobs = blobs
        let sources = Dictionary(
            uniqueKeysWithValues: Set(blobs.map(\.digest)).map {
                ($0, locations.sources(of: $0).prefix(1) + options.mountFrom)
            })
        let readable = Set(sources.values.flatMap(\.self)).subtracting([repository.path]).sorted()
        let client = client(.push, mountSources: Array(readable.prefix(8)))
        let meter = Meter(host, total: blobs.reduce(0) { $0 + $1.size })
        let checkpoints = try host.checkpoints()
        let known = fresh?.missing.map(Set.init)
        let outcomes = try await Concurrent.map(blobs, limit: options.parallel) { file in
            let push = BlobPush(
                client: client, profile: UploadProfile(repository, chunkMiB: options.chunkMiB),
                mountSources: sources[file.digest].map { Array($0) } ?? [], checkpoints: checkpoints,
                progress: { meter.set($0, $1) })
            let outcome: BlobPush.Outcome
            switch Known(file, missing: known) {
            case .present: outcome = .present
            case .absent: outcome = try await push.send(file)
            case .unknown: outcome = try await push.push(file)
            }
            meter.set(file.digest, file.size)
            locations.remember(file.digest)
            return (file, outcome)
        }
        var result = OperationResult()
        result.sentBytes = 0
        result.skippedBytes = 0
        for (file, outcome) in outcomes {
            switch outcome {
            case .present: result.skippedBytes! += file.size
            case .mounted(let from):
                host.log(.info, "\(file.digest) was mounted from \(from)")
                result.skippedBytes! += file.size
            case .sent(let bytes, let continued):
                result.sentBytes! += bytes
                result.skippedBytes! += continued
            }
        }
        return result
    }

    /// Manifests by digest, then the index, which no tag names yet.
    func register() async throws -> OperationResult {
        let client = client(.push)
        let documents = Manifests(client: client)
        var result = OperationResult()
        result.sentBytes = 0
        result.skippedBytes = 0
        for file in manifests + [try index] {
            if try await documents.head(file.digest)?.digest == file.digest {
                result.skippedBytes! += file.size
                continue
            }
            for attempt in 1... {
                guard let missing = try await documents.put(file.digest, try SourceBlob(host, file)) else { break }
                // The registry knows no part that it was given a moment ago: some need that moment.
                guard attempt < 4 else { throw missing.failure }
                try await Task.sleep(for: .seconds(2))
                let again = blobs.filter { missing.digest == nil || missing.digest == $0.digest }
                let push = BlobPush(
                    client: client, profile: UploadProfile(repository, chunkMiB: options.chunkMiB), mountSources: [],
                    checkpoints: Checkpoints.none, progress: { _, _ in })
                for blob in again { _ = try await push.push(blob) }
            }
            result.sentBytes! += file.size
        }
        result.data = try await attach(client, &result)
        result.digest = artifact.digest
        return result
    }
}

/// What the preflight says about a blob.
private enum Known {
    case present, absent, unknown

    /// A blob above this many bytes is asked for again before it is sent: somebody else may have brought it meanwhile, and the
    /// question costs next to nothing then.
    private static let small: Int64 = 1 << 20

    init(_ file: OperationRequest.File, missing: Set<String>?) {
        guard let missing else {
            self = .unknown
            return
        }
        self = !missing.contains(file.digest) ? .present : file.size <= Self.small ? .absent : .unknown
    }
}

/// Adds up what several uploads have behind them.
final class Meter: Sendable {
    private let host: Host
    private let total: Int64
    private let done = Mutex<[String: Int64]>([:])

    init(_ host: Host, total: Int64) {
        self.host = host
        self.total = total
    }

    func set(_ digest: String, _ bytes: Int64) {
        let sum = done.withLock { done in
            done[digest] = bytes
            return done.values.reduce(0, +)
        }
        host.progress(UInt64(sum), of: UInt64(total), "upload")
    }
}
