import Digest
public import Documents
import Files
import OCI
public import ProviderKit

/// Publishes container images to an OCI image layout directory: the target's address is the directory, its tags the
/// names in the layout's index.json (image-spec 1.1, image-layout.md). Several publications share one layout.
public struct Local: Provider {
    let host: Host

    public init(host: Host, configuration: JSON) throws { self.host = host }

    /// What is there and what is missing, without effect.
    public func plan(_ request: OperationRequest) async throws -> OperationResult {
        let artifact = try artifact(of: request)
        var result = OperationResult()
        guard File.exists("\(request.target.address)/oci-layout") else {
            result.nothingToDo = false
            result.actions = ["create the layout \(request.target.address)", "copy \(artifact.files.count) blobs"]
            result.moves = request.target.tags.map { .init(name: $0, from: nil, to: artifact.digest) }
            return result
        }
        let layout = try Layout(opening: request.target.address)
        let missing = try artifact.files.filter { !layout.has(try Digest(parsing: $0.digest), size: $0.size) }
        let moves = try moves(request.target.tags, to: artifact.digest, in: layout)
        result.moves = moves
        result.nothingToDo = missing.isEmpty && moves.isEmpty
        if missing.isEmpty && moves.isEmpty { result.digest = artifact.digest }
        result.skippedBytes = artifact.size - missing.reduce(0) { $0 + $1.size }
        result.actions = missing.map { "copy \($0.digest), \($0.size) bytes" } + moves.map { "move the tag \($0.name)" }
        return result
    }

    /// Copies configurations and layers that the layout lacks.
    public func upload(_ request: OperationRequest) async throws -> OperationResult {
        try copy(request) { !MediaType.isManifest($0.mediaType ?? "") && !MediaType.isIndex($0.mediaType ?? "") }
    }

    /// Writes the manifests and the index, which no tag names yet.
    public func register(_ request: OperationRequest) async throws -> OperationResult {
        try copy(request) { MediaType.isManifest($0.mediaType ?? "") || MediaType.isIndex($0.mediaType ?? "") }
    }

    /// Reads every file of the artifact back from the layout and hashes it.
    public func verify(_ request: OperationRequest) async throws -> OperationResult {
        let artifact = try artifact(of: request)
        let layout = try Layout(opening: request.target.address)
        for file in artifact.files {
            try host.checkCancelled()
            let digest = try Digest(parsing: file.digest)
            guard try Digest.sha256(ofFile: layout.blobPath(digest)) == digest else {
                throw Failure(
                    .refused, "a blob read back has other bytes than were written", place: layout.blobPath(digest),
                    hint: "check the disk, remove the file and publish again")
            }
        }
        var result = OperationResult()
        result.digest = artifact.digest
        return result
    }

    /// Moves the tags, under the layout's lock, one after the other.
    public func release(_ request: OperationRequest) async throws -> OperationResult {
        let artifact = try artifact(of: request)
        let layout = try Layout(opening: request.target.address)
        guard let index = artifact.files.first(where: { $0.digest == artifact.digest }) else {
            throw Failure(.internal, "the artifact's files do not hold its index \(artifact.digest)")
        }
        let digest = try Digest(parsing: index.digest)
        var result = OperationResult()
        result.moves = try moves(request.target.tags, to: artifact.digest, in: layout)
        for tag in request.target.tags {
            try layout.tag(
                Descriptor(mediaType: index.mediaType ?? MediaType.index, digest: digest, size: index.size), as: tag)
        }
        result.digest = artifact.digest
        return result
    }

    /// Which digest each of the target's tags has.
    public func status(_ request: OperationRequest) async throws -> OperationResult {
        let layout = try Layout(opening: request.target.address)
        var result = OperationResult()
        result.items = try request.target.tags.map { tag in
            .object(["tag": .string(tag), "digest": try layout.find(tag: tag).map { .string("\($0.digest)") } ?? .null])
        }
        return result
    }

    private func artifact(of request: OperationRequest) throws -> OperationRequest.Artifact {
        guard let artifact = request.artifact, artifact.kind == "container" else {
            throw Failure(.usage, "\(request.operation) needs a container image", place: request.target.name)
        }
        return artifact
    }

    private func moves(_ tags: [String], to digest: String, in layout: Layout) throws -> [OperationResult.Move] {
        try tags.compactMap { tag in
            let present = try layout.find(tag: tag).map { "\($0.digest)" }
            return present == digest ? nil : .init(name: tag, from: present, to: digest)
        }
    }
}
