import Digest
public import Documents
import Files
public import ProviderKit

/// Publishes to a directory, the target's address: container images to an OCI image layout (image-spec 1.1,
/// image-layout.md), disk images to a catalogue of files with checksums and an index. Several publications share one
/// directory, at once too. A target of the scheme `docker-archive` is a file, and gets a container image of one platform.
public struct Local: Provider {
    let host: Host

    public init(host: Host, configuration: JSON) throws { self.host = host }

    /// The rules as data: what any disk image should be.
    public func requirements(_ request: OperationRequest) async throws -> OperationResult {
        LocalRules.all.requirements
    }

    /// A directory takes every container image, and disk images that the host could not read, such as those of CDs.
    public func check(_ request: OperationRequest) async throws -> OperationResult {
        guard request.facts != nil else { return OperationResult() }
        return try LocalRules.all.check(request, host: host)
    }

    /// What is there and what is missing, without effect.
    public func plan(_ request: OperationRequest) async throws -> OperationResult { try place(request).plan() }

    /// Copies what is missing to where nobody looks for it yet.
    public func upload(_ request: OperationRequest) async throws -> OperationResult { try place(request).upload() }

    /// Puts it under its own name (a digest, a version), which no tag or alias names yet.
    public func register(_ request: OperationRequest) async throws -> OperationResult { try place(request).register() }

    /// Reads everything back and hashes it.
    public func verify(_ request: OperationRequest) async throws -> OperationResult { try place(request).verify() }

    /// Moves the tags or aliases, all in one step.
    public func release(_ request: OperationRequest) async throws -> OperationResult { try place(request).release() }

    /// What stands under the target's tags, or under the image's name and version.
    public func status(_ request: OperationRequest) async throws -> OperationResult { try place(request).status() }

    /// What carries our mark in this directory: tags of the layout and images of the catalogue.
    public func inventory(_ request: OperationRequest) async throws -> OperationResult {
        var result = OperationResult()
        result.items = try LayoutPlace.inventory(request.target.address).map(\.json)
        result.items! += try CataloguePlace.inventory(request.target.address).map(\.json)
        return result
    }

    /// Puts an old tag or alias back, or removes bytes that nothing refers to.
    public func undo(_ request: OperationRequest) async throws -> OperationResult {
        guard let entry = try request.ledgerEntry() else { throw Failure(.usage, "undo needs an entry of the ledger") }
        // Everything here is recorded as created before it is done: without an id nothing was.
        if let undo = entry.id == nil ? [:] : entry.undo {
            switch entry.kind {
            case ArchivePlace.kind: try ArchivePlace.undo(undo, in: request.target.address)
            case LayoutPlace.tagKind, LayoutPlace.imageKind:
                try LayoutPlace.undo(entry, undo, in: request.target.address)
            case CataloguePlace.fileKind, CataloguePlace.aliasKind:
                try CataloguePlace.undo(entry, undo, in: request.target.address)
            default: throw Failure(.usage, "the ledger's entry is of the unknown kind \(entry.kind)")
            }
        }
        var result = OperationResult()
        result.gone = true
        return result
    }

    private func place(_ request: OperationRequest) throws -> any Place {
        guard let artifact = request.artifact else {
            throw Failure(.usage, "\(request.operation) needs an artifact", place: request.target.name)
        }
        if request.target.scheme == ArchivePlace.scheme {
            guard artifact.kind == "container" else {
                throw Failure(.usage, "a \(artifact.kind) image is no container image", place: request.target.name)
            }
            return try ArchivePlace(host: host, request: request, artifact: artifact)
        }
        if let option = request.target.options.keys.min() {
            throw Failure(
                .usage, "the option \(option) means nothing for a directory", place: request.target.name,
                hint: "it is for \(ArchivePlace.scheme):FILE")
        }
        switch artifact.kind {
        case "container": return try LayoutPlace(host: host, request: request, artifact: artifact)
        case "disk": return try CataloguePlace(host: host, request: request, artifact: artifact)
        default:
            throw Failure(
                .usage, "a \(artifact.kind) is neither a container nor a disk image", place: request.target.name)
        }
    }
}

/// One artifact at one directory: what each operation does there.
protocol Place {
    func plan() throws -> OperationResult
    func upload() throws -> OperationResult
    func register() throws -> OperationResult
    func verify() throws -> OperationResult
    func release() throws -> OperationResult
    func status() throws -> OperationResult
}
