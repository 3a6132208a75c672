import Documents
import FoundationEssentials
import Glibc
import ProviderKit

extension Place {
    /// Reads the index and every manifest back by digest and compares their bytes; asks for every blob and its size. Where
    /// everybody may pull, as somebody whom the registry does not know.
    func verify() async throws -> OperationResult {
        let client = client(.pull)
        try await readBack(client)
        let push = BlobPush(
            client: client, profile: UploadProfile(repository, chunkMiB: nil), mountSources: [],
            checkpoints: Checkpoints.none, progress: { _, _ in })
        _ = try await Concurrent.map(blobs, limit: options.parallel) { file in
            try await eventually("the blob \(file.digest)") { try await push.isPresent(file) }
        }
        if options.isPublic {
            do { try await readBack(stranger) } catch var failure as Failure where failure.code == .authentication {
                failure.message = "the image is meant to be public, and nobody can pull it without logging in"
                failure.hint = "make the repository \(repository) public, or drop the option public"
                throw failure
            }
        }
        var result = OperationResult()
        result.digest = artifact.digest
        return result
    }

    private func readBack(_ client: RegistryClient) async throws {
        let documents = Manifests(client: client)
        _ = try await Concurrent.map(manifests + attached + [try index], limit: options.parallel) { file in
            try await eventually("the manifest \(file.digest)") {
                guard let found = try await documents.get(file.digest) else { return false }
                guard found.bytes == (try bytes(file)) else {
                    throw Failure(
                        .refused, "\(repository) gives other bytes for \(file.digest) than it was sent",
                        hint: "a proxy or the registry is broken: pull through another way and compare")
                }
                return true
            }
        }
    }

    /// The small file's bytes.
    func bytes(_ file: OperationRequest.File) throws -> [UInt8] {
        guard file.size <= Manifests.limit else {
            throw Failure(
                .refused, "\(file.digest) is over \(Manifests.limit) bytes", hint: "no registry takes it",
                retryable: false)
        }
        let source = try SourceBlob(host, file)
        return [UInt8](unsafeUninitializedCapacity: Int(file.size)) { buffer, count in
            while count < buffer.count {
                let read = pread(source.descriptor, buffer.baseAddress! + count, buffer.count - count, off_t(count))
                guard read > 0 else { break }
                count += read
            }
        }
    }

    /// Registries have been seen to take half a minute until what they stored is found everywhere.
    private static let patience = Duration.seconds(30)

    /// What was stored may take a while to be found everywhere: asked for again until it is, ever less often.
    private func eventually(_ what: String, _ isThere: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + Self.patience
        var pause = 0.5
        while try await !isThere() {
            let left = (end - .now) / .seconds(1)
            guard left > 0 else {
                throw Failure(
                    .notFound, "\(repository) took \(what) and does not have it", hint: "publish again",
                    retryable: true)
            }
            try host.checkCancelled()
            // The last question is asked at the end, not before.
            try await Task.sleep(for: .seconds(min(pause, left)))
            pause = min(pause * 2, 4)
        }
    }
}
