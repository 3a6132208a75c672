import Digest
import Documents
import FoundationEssentials
import Glibc
import HTTP
import ProviderKit

/// Brings one blob to the repository: asks whether it is there, mounts it from another repository, or sends it.
struct BlobPush: Sendable {
    let client: RegistryClient
    let profile: UploadProfile
    /// Repositories of the same registry that may hold it.
    let mountSources: [String]
    let checkpoints: Checkpoints
    /// Told how many bytes of the blob are behind it.
    let progress: @Sendable (_ digest: String, _ done: Int64) -> Void

    enum Outcome: Sendable, Equatable {
        case present
        case mounted(from: String)
        /// Bytes that went out in uploads that counted, and that an earlier attempt had sent.
        case sent(Int64, continued: Int64)
    }

    /// Uploads that are begun for a blob before it is given up.
    private static let attempts = 4
    /// Above this many bytes a blob that broke twice goes on in chunks.
    private static let patience: Int64 = 256 << 20

    func push(_ file: OperationRequest.File) async throws -> Outcome {
        if try await isPresent(file) { return .present }
        return try await send(file)
    }

    /// Mounts or sends it, without asking whether it is there.
    func send(_ file: OperationRequest.File) async throws -> Outcome {
        var open: BlobUpload.Position?
        do { return try await send(file, &open) } catch {
            if let open { await abandon(open) }
            throw error
        }
    }

    /// - Parameter open: the upload under way, as long as no later attempt can continue it.
    private func send(_ file: OperationRequest.File, _ open: inout BlobUpload.Position?) async throws -> Outcome {
        var reached = checkpoints.value(BlobUpload.Position.self, for: BlobUpload.Position.key(file.digest))
        // Of what an earlier run has got somewhere with, no repository had it to mount.
        var (begun, source) = reached == nil ? try await begin(file) : (nil, nil)
        open = begun
        if let source { return .mounted(from: source) }
        let upload = BlobUpload(push: self, blob: try SourceBlob(client.host, file))
        var takesChunks = profile.chunk != nil
        var isChunked = file.size > profile.chunksAbove
        for attempt in 1... {
            do {
                let first = begun
                begun = nil
                if isChunked, let chunk = profile.chunk {
                    return try await upload.inChunks(of: chunk, begun: first, reached: &reached, open: &open)
                }
                let position: BlobUpload.Position
                if let first { position = first } else { position = try await start(file) }
                open = position
                return try await upload.whole(to: position)
            } catch let interrupted as UploadBroken {
                let isHopeless = interrupted.wantsChunks == true && !takesChunks
                guard attempt < Self.attempts, !isHopeless else { throw interrupted.failure }
                client.host.log(.warning, "\(file.digest): \(interrupted.failure.message); trying again")
                begun = interrupted.begun
                if begun == nil, let lost = open {
                    open = nil
                    await abandon(lost)
                }
                takesChunks = takesChunks && interrupted.wantsChunks != false
                let isWorthChunks = interrupted.wantsChunks == true || attempt >= 2 && file.size > Self.patience
                isChunked = takesChunks && (isChunked || isWorthChunks)
                try await Task.sleep(for: .seconds(Double.random(in: 0.5...1) * pow(3, Double(attempt - 1))))
                // What was lost may have been the answer alone.
                if try await isPresent(file) { return .sent(file.size, continued: 0) }
            }
        }
        throw Failure(.internal, "unreachable")
    }

    /// 200 means present, 404 absent. Anything else but a refusal is no proof of absence, and the upload will tell.
    func isPresent(_ file: OperationRequest.File) async throws -> Bool {
        let response = try await client.send("HEAD", "blobs/\(file.digest)")
        switch response.status {
        case 200: return response.headers["Content-Length"].flatMap { Int64($0) } ?? file.size == file.size
        case 401, 403, 429: throw response.refusal("the question for \(file.digest)", client)
        default: return false
        }
    }

    /// A mount if a source is known, else nothing yet. A mount that is not granted leaves an upload, which is used.
    private func begin(_ file: OperationRequest.File) async throws -> (begun: BlobUpload.Position?, mounted: String?) {
        for source in mountSources where source != client.repository.path {
            let query = "mount=\(file.digest.percentEncoded)&from=\(source.percentEncoded)"
            // Mounted twice is mounted, and an upload that nobody uses does no harm.
            let response = try await opening("blobs/uploads/?\(query)")
            switch response.status {
            case 201: return (nil, source)
            case 202: return (try BlobUpload.Position(begun: response), nil)
            default: continue
            }
        }
        return (nil, nil)
    }

    /// Tells the registry that nothing more will come (distribution specification, "Cancelling an upload"), so that it need
    /// not keep what it has. A courtesy: it takes a moment at most, and whatever comes of it changes nothing.
    private func abandon(_ position: BlobUpload.Position) async {
        var request = HTTPRequest("DELETE", position.location)
        request.retry = HTTPRetryPolicy.none
        var timeouts = HTTPTimeouts()
        // Whoever interrupts a publication is not to wait longer than the host does.
        timeouts.total = .seconds(2)
        request.timeouts = timeouts
        let (client, final) = (client, request)
        // A task of its own, since ours may be cancelled already.
        await Task { _ = try? await client.send(final) }.value
    }

    /// Asks for an upload, and waits for the answer a moment longer than the task lives: only who knows where an upload is
    /// can give it up.
    private func opening(_ path: String) async throws -> HTTPResponse {
        try Task.checkCancellation()
        let client = client
        let asked = Task { try await client.send("POST", path) { $0.isIdempotent = true } }
        return try await withTaskCancellationHandler {
            try await asked.value
        } onCancel: {
            Task {
                try? await Task.sleep(for: .seconds(2))
                asked.cancel()
            }
        }
    }

    /// A new upload.
    func start(_ file: OperationRequest.File) async throws -> BlobUpload.Position {
        // One of which the answer is lost does no harm: registries drop it in time.
        let response = try await opening("blobs/uploads/")
        guard response.status == 202 else { throw response.refusal("the upload of \(file.digest)", client) }
        guard let begun = try BlobUpload.Position(begun: response) else {
            throw Failure(
                .refused, "the registry began an upload and did not say where", place: response.place,
                hint: "this is the registry's defect: report it there")
        }
        return begun
    }
}

/// An upload that came to nothing; another may do better.
struct UploadBroken: Error {
    var failure: Failure
    /// True: only chunks may help; false: the registry's chunks do not work.
    var wantsChunks: Bool?
    /// Where another attempt may begin.
    var begun: BlobUpload.Position?
}

/// A blob's open file, closed with the value.
final class SourceBlob: Sendable {
    let file: OperationRequest.File
    let descriptor: Int32

    init(_ host: Host, _ file: OperationRequest.File) throws {
        self.file = file
        descriptor = try host.open(file.name)
    }

    deinit { close(descriptor) }

    /// Whether the bytes are still those of the digest.
    func isIntact() throws -> Bool {
        var hasher = Hasher()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while true {
            try Task.checkCancellation()
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
        return "\(hasher.finalize())" == file.digest && offset == file.size
    }
}
