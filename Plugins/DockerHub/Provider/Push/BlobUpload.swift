import Documents
import FoundationEssentials
import HTTP
import ProviderKit

/// The bytes' way to the registry (distribution specification 1.1, "Pushing blobs"): in one PUT, or in chunks that a later
/// attempt continues. The address to use is always that of the latest answer.
struct BlobUpload: Sendable {
    let push: BlobPush
    let blob: SourceBlob

    private var client: RegistryClient { push.client }
    private var file: OperationRequest.File { blob.file }
    private var what: String { "the upload of \(file.digest)" }

    // MARK: - In one piece

    func whole(to begun: Position) async throws -> BlobPush.Outcome {
        let response = try await put(begun.location, .file(descriptor: blob.descriptor, offset: 0, length: file.size))
        // A refusal of the request, and not of the upload, which can be used once more.
        if response.status == 429 || response.status == 413 {
            throw UploadBroken(
                failure: response.refusal(what, client), wantsChunks: response.status == 413 ? true : nil, begun: begun)
        }
        try await finish(response)
        return .sent(file.size, continued: 0)
    }

    private func put(_ location: String, _ body: HTTPBody) async throws -> HTTPResponse {
        var request = HTTPRequest(
            "PUT", Self.adding("digest=\(file.digest.percentEncoded)", to: location), body: body)
        request.headers["Content-Type"] = "application/octet-stream"
        let sent = file.size - body.length
        let (progress, digest) = (push.progress, file.digest)
        request.progress = { progress(digest, sent + $0) }
        // A half-sent upload is lost: it is begun again, not sent again.
        if body.length > 0 {
            request.retry = HTTPRetryPolicy.none
            request.isIdempotent = false
        }
        return try await send(request)
    }

    private func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        do { return try await client.send(request) } catch let failure as Failure
            where failure.code == .network && failure.retryable == true
        {
            throw UploadBroken(failure: failure)
        }
    }

    private func finish(_ response: HTTPResponse) async throws {
        switch response.status {
        case 201, 204:
            if let digest = response.headers["Docker-Content-Digest"], digest != file.digest {
                throw Failure(
                    .refused, "the registry stored \(digest.prefix(80)) in place of \(file.digest)",
                    place: response.place, hint: "this is the registry's defect: report it there")
            }
        case 404, 408, 416, 429, 500...599: throw UploadBroken(failure: response.refusal(what, client))
        case 400 where ["DIGEST_INVALID", "SIZE_INVALID"].contains(RegistryError(response).code):
            guard try blob.isIntact() else {
                throw Failure(
                    .refused, "the source's bytes are not those of its digest", place: file.digest,
                    hint: "it changed, or its cache is damaged: prepare it again")
            }
            throw UploadBroken(failure: response.refusal(what, client))
        default: throw response.refusal(what, client)
        }
    }

    // MARK: - In chunks

    /// Where an upload in chunks stands, kept for the next attempt.
    struct Position: Sendable, Codable {
        var location: String
        var offset: Int64 = 0
        /// Bytes that each chunk but the last must have.
        var least: Int64?

        static func key(_ digest: String) -> String { "upload/\(digest)" }

        /// Where nothing was sent to yet; nil if the answer does not say where that is.
        init?(begun response: HTTPResponse) throws {
            guard let location = try response.location() else { return nil }
            self.location = location
            least = response.headers["OCI-Chunk-Min-Length"].flatMap { Int64($0) }
        }

        /// After an answer that may name another place to go on at.
        func moved(to offset: Int64, _ response: HTTPResponse) throws -> Position {
            var next = self
            next.location = try response.location() ?? location
            next.offset = offset
            return next
        }
    }

    /// - Parameters:
    ///   - begun: an upload that nothing was sent to yet.
    ///   - reached: where an earlier attempt got to; moves on with each chunk.
    ///   - open: the upload, until the registry has a chunk of it: from then on a later attempt continues it.
    func inChunks(
        of size: Int64, begun: Position?, reached: inout Position?, open: inout Position?
    ) async throws -> BlobPush.Outcome {
        var position: Position
        if let earlier = try await continued(reached) {
            position = earlier
        } else if let begun {
            position = begun
        } else {
            position = try await push.start(file)
        }
        reached = position
        open = position.offset == 0 ? position : nil
        let start = position.offset
        let least = max(1 << 20, position.least ?? 0)
        var size = max(size, least)
        while position.offset < file.size {
            try Task.checkCancellation()
            let length = min(size, file.size - position.offset)
            let response = try await patch(position, length)
            switch response.status {
            case 202, 201, 204:
                position = try position.moved(to: end(response, position, length), response)
                reached = position
                open = nil
                // On the disk before the next chunk, which costs more than that.
                try client.host.checkpoint(Position.key(file.digest), value: position, barrier: true)
            case 413 where length > least: size = max(length / 2, least)
            case 404, 408, 416, 429, 500...599:
                throw UploadBroken(failure: response.refusal(what, client), wantsChunks: true)
            default: throw response.refusal(what, client)
            }
        }
        let response = try await put(position.location, .none)
        // Bytes that do not add up are not gone on with.
        if response.status == 400 {
            reached = nil
            open = position
        }
        try await finish(response)
        return .sent(file.size - start, continued: start)
    }

    private func patch(_ position: Position, _ length: Int64) async throws -> HTTPResponse {
        var request = HTTPRequest(
            "PATCH", position.location,
            body: .file(descriptor: blob.descriptor, offset: position.offset, length: length))
        request.headers["Content-Type"] = "application/octet-stream"
        request.headers["Content-Range"] = "\(position.offset)-\(position.offset + length - 1)"
        let (progress, digest) = (push.progress, file.digest)
        request.progress = { progress(digest, position.offset + $0) }
        request.retry = HTTPRetryPolicy.none
        return try await send(request)
    }

    /// Where the registry says that it is. Less than was sent is obeyed, since it may have taken a part; what makes no sense
    /// ends the upload.
    private func end(_ response: HTTPResponse, _ position: Position, _ length: Int64) throws -> Int64 {
        let end = position.offset + length
        guard let range = response.headers["Range"] else { return end }
        guard let reported = Self.end(of: range), reported > position.offset, reported <= end else {
            throw UploadBroken(
                failure: Failure(
                    .refused,
                    "the registry says that it holds \(range.prefix(40)) of a blob of which it was sent \(end)",
                    place: response.place, hint: "it takes no chunks as the specification has them: report it there"),
                wantsChunks: false)
        }
        return reported
    }

    /// The upload that an earlier attempt left, if the registry still has it. It may have got more of it than we know of,
    /// and with all of it only the end is missing.
    private func continued(_ known: Position?) async throws -> Position? {
        guard let known, known.offset > 0, known.offset <= file.size else { return nil }
        let request = HTTPRequest("GET", known.location)
        guard let response = try? await client.send(request), response.status == 204,
            let end = response.headers["Range"].flatMap(Self.end), end >= known.offset, end <= file.size
        else {
            client.host.log(.info, "\(file.digest): the earlier upload is gone; beginning again")
            return nil
        }
        return try known.moved(to: end, response)
    }

    /// The byte behind the last of `0-LAST`, with or without a unit before it. `0-0` may be nothing or one byte, which no
    /// chunk of ours ends at.
    static func end(of range: String) -> Int64? {
        let bounds = (range.split(separator: "=").last ?? "").split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, bounds[0] == "0", let last = Int64(bounds[1]), last >= 0, last < Int64.max else {
            return nil
        }
        return last + 1
    }

    static func adding(_ parameter: String, to address: String) -> String {
        address + (address.contains("?") ? "&" : "?") + parameter
    }
}
