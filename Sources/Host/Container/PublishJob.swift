import Assemble
import Crypto
import Digest
import Discovery
import Documents
import FoundationEssentials
import ProviderAPI
import Workers

/// One provider, one image, one target: each operation in a worker of its own, in the order of a publication.
struct PublishJob {
    var workers: Workers
    var provider: InstalledProvider
    var image: AssembledImage
    var version: String
    var target: OperationRequest.Target

    func run() async throws {
        let identity = try provider.verifiedForLoading()
        try FileManager.default.createDirectory(atPath: target.address, withIntermediateDirectories: true)
        let plan = try await invoke("ep.plan/1", identity)
        if plan.nothingToDo == true {
            print("Nothing to do: \(target.name) already has \(image.indexDigest).")
            return
        }
        var sent: Int64 = 0
        var skipped: Int64 = 0
        for operation in ["ep.upload/1", "ep.register/1", "ep.verify/1", "ep.release/1"]
        where provider.manifest.operations.contains(operation) {
            let result = try await invoke(operation, identity)
            sent += result.sentBytes ?? 0
            skipped += result.skippedBytes ?? 0
        }
        print(
            Table.text([
                ["target", "result", "digest", "sent", "skipped"],
                [target.name, "published", "\(image.indexDigest)", "\(sent) B", "\(skipped) B"],
            ]))
    }

    private func invoke(_ operation: String, _ identity: LibraryIdentity) async throws -> OperationResult {
        let files = image.blobs.map {
            OperationRequest.File(
                name: "\($0.digest)", size: $0.size, digest: "\($0.digest)", mediaType: $0.mediaType, verified: true)
        }
        let seed = "\(provider.manifest.id)\0\(image.indexDigest)\0\(target.scheme):\(target.address)"
        let publication = SHA256.hash(data: Data(seed.utf8)).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
        let request = OperationRequest(
            operation: operation, run: "direct", publication: publication, target: target,
            artifact: .init(
                kind: "container", name: "base", version: version, digest: "\(image.indexDigest)",
                size: files.reduce(0) { $0 + $1.size }, platforms: image.platforms.map { "\($0)" }, files: files))
        var paths: [String: String] = [:]
        for blob in image.blobs { paths["\(blob.digest)"] = "\(image.layoutPath)/blobs/sha256/\(blob.digest.hex)" }
        let job = WorkerJob(
            providerID: provider.manifest.id, providerVersion: provider.manifest.version,
            libraryPath: provider.libraryPath, libraryIdentity: identity, profile: .publish, operation: operation,
            configuration: Array("{}".utf8), request: Array(try DocumentCoding.encode(request)), artifactFiles: paths,
            writableDirectories: [target.address])
        let outcome = await workers.run(job, services: DirectServices(), cancellation: Cancellation())
        switch outcome {
        case .done(let bytes):
            return try DocumentCoding.decode(OperationResult.self, from: Data(bytes))
        case .failed(_, let document):
            throw (try? DocumentCoding.decode(Failure.self, from: Data(document)))
                ?? Failure(.internal, "\(operation) failed without saying why", place: target.name)
        case .crashed(let failure): throw failure
        case .pending: throw Failure(.pending, "\(operation) is not finished yet", place: target.name)
        case .cancelled: throw Failure(.interrupted, "\(operation) was cancelled", place: target.name)
        }
    }
}

/// The services that a publication to a directory needs; what it does not offer is refused, not pretended.
struct DirectServices: HostServices {
    func log(level: Int32, message: String) {
        if level >= EP_LOG_WARNING { Output.error(message) }
    }
    func progress(done: UInt64, total: UInt64, step: String) {}
    func checkpoint(key: String, data: [UInt8], flags: UInt32) throws { throw ServiceRefusal(status: EP_UNSUPPORTED) }
    func intend(_ document: [UInt8]) throws -> UInt64 { throw ServiceRefusal(status: EP_UNSUPPORTED) }
    func created(_ intent: UInt64, document: [UInt8]) throws { throw ServiceRefusal(status: EP_UNSUPPORTED) }
    func settled(_ intent: UInt64) throws { throw ServiceRefusal(status: EP_UNSUPPORTED) }
    func secret(_ name: String) throws -> (value: [UInt8], expires: Int64) { throw ServiceRefusal(status: EP_AUTH) }
    func redact(_ secret: [UInt8]) {}
    func fileRead(_ name: String) throws -> [UInt8] { throw ServiceRefusal(status: EP_DENIED) }
    func runHelper(_ document: [UInt8]) throws -> [UInt8] { throw ServiceRefusal(status: EP_DENIED) }
    func cacheGet(_ key: String) -> [UInt8]? { nil }
    func cachePut(_ key: String, data: [UInt8]) {}
    func treeStat(_ path: String) throws -> TreeStat { throw ServiceRefusal(status: EP_UNSUPPORTED) }
    func treeRead(_ path: String, limit: UInt64) throws -> [UInt8] { throw ServiceRefusal(status: EP_UNSUPPORTED) }
    func treeList(_ path: String) throws -> [String] { throw ServiceRefusal(status: EP_UNSUPPORTED) }
}
