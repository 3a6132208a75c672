import Digest
import Documents
import Files
import Glibc
import OCI
import ProviderKit

/// A container image in an OCI image layout. Its tags are the names in index.json.
struct LayoutPlace: Place {
    static let imageKind = "image"
    static let tagKind = "tag"
    /// Who published what a tag points at: our mark, on the tag's entry in index.json, where no digest covers it.
    static let mark = "org.openeuler.eulerpublisher.publication"

    let host: Host
    let request: OperationRequest
    let artifact: OperationRequest.Artifact
    let index: OperationRequest.File
    let digest: Digest
    var path: String { request.target.address }

    init(host: Host, request: OperationRequest, artifact: OperationRequest.Artifact) throws {
        self.host = host
        self.request = request
        self.artifact = artifact
        digest = try Digest(parsing: artifact.digest)
        guard let index = artifact.files.first(where: { $0.digest == artifact.digest }) else {
            throw Failure(.internal, "the artifact's files do not hold its index \(artifact.digest)")
        }
        self.index = index
        for tag in request.target.tags where !Reference.isLayoutName(tag) {
            throw Failure(
                .usage, "\(tag.prefix(200)) is not a tag", place: request.target.name,
                hint: "letters and digits, joined by one of - . _ : @ + or by slashes")
        }
    }

    private func missing(in layout: Layout) throws -> [OperationRequest.File] {
        try artifact.files.filter { !layout.has(try Digest(parsing: $0.digest), size: $0.size) }
    }

    private func moves(in index: Index) -> [OperationResult.Move] {
        request.target.tags.compactMap { tag in
            let present = index.find(tag: tag).map { "\($0.digest)" }
            return present == artifact.digest ? nil : .init(name: tag, from: present, to: artifact.digest)
        }
    }

    func plan() throws -> OperationResult {
        var result = OperationResult()
        guard File.exists("\(path)/oci-layout") else {
            _ = try Layout.index(of: path)
            try Room.check(path, host, for: artifact.files)
            result.nothingToDo = false
            result.actions = [
                "create the layout \(path)", "copy \(artifact.files.count) blobs, \(artifact.size) bytes",
            ]
            result.actions! += request.target.tags.map { "set the tag \($0)" }
            result.moves = request.target.tags.map { .init(name: $0, from: nil, to: artifact.digest) }
            return result
        }
        let layout = try Layout(opening: path)
        let missing = try self.missing(in: layout)
        let moves = self.moves(in: try layout.index())
        let isDone = missing.isEmpty && moves.isEmpty
        if isDone { result.digest = artifact.digest } else { try Room.check(path, host, for: missing) }
        result.moves = moves
        let unattached = unattached(in: try layout.index())
        result.nothingToDo = isDone && unattached == 0
        result.skippedBytes = artifact.size - missing.reduce(0) { $0 + $1.size }
        result.actions =
            missing.map { "copy \($0.digest), \($0.size) bytes" }
            + moves.map { move in
                move.from.map { "move the tag \(move.name) from \($0)" } ?? "set the tag \(move.name)"
            } + (unattached > 0 ? ["attach \(unattached) manifests to the image"] : [])
        return result
    }

    /// Configurations and layers.
    func upload() throws -> OperationResult {
        let layout = try Layout(creating: path)
        let missing = try self.missing(in: layout)
        if !missing.isEmpty {
            let intent = try host.intend(kind: Self.imageKind, find: imageFind)
            try intent.created(
                .init(id: artifact.digest, undo: ["blobs": .array(missing.map { .string($0.digest) })]))
        }
        return try copy(to: layout) { !Self.isDocument($0) }
    }

    /// Manifests and the index, which no tag names yet.
    func register() throws -> OperationResult { try copy(to: try Layout(creating: path)) { Self.isDocument($0) } }

    private var imageFind: [String: JSON] { ["image": .string(artifact.digest)] }

    private static func isDocument(_ file: OperationRequest.File) -> Bool {
        MediaType.isManifest(file.mediaType ?? "") || MediaType.isIndex(file.mediaType ?? "")
    }

    private func copy(to layout: Layout, where wanted: (OperationRequest.File) -> Bool) throws -> OperationResult {
        let files = artifact.files.filter(wanted)
        let total = UInt64(files.reduce(0) { $0 + $1.size })
        var sent: Int64 = 0
        var skipped: Int64 = 0
        for file in files {
            let before = sent + skipped
            let blob = try Digest(parsing: file.digest)
            let report = { (done: Int64) in host.progress(UInt64(before + done), of: total, "copy") }
            var amount = PartialCopy.Amount()
            if !layout.has(blob, size: file.size) {
                let copy = PartialCopy(host: host, file: file, path: layout.partialPath(blob), progress: report)
                if let (target, copied) = try copy.fill(unless: { layout.has(blob, size: file.size) }) {
                    try layout.adopt(target, as: blob)
                    amount = copied
                }
            }
            sent += amount.sent
            // Holes and what was there: neither was sent.
            skipped += file.size - amount.sent
            report(file.size)
        }
        var result = OperationResult()
        result.sentBytes = sent
        result.skippedBytes = skipped
        result.digest = artifact.digest
        return result
    }

    func verify() throws -> OperationResult {
        let layout = try Layout(opening: path)
        var before: Int64 = 0
        for file in artifact.files {
            let blob = try Digest(parsing: file.digest)
            guard layout.has(blob, size: file.size) else { throw lost(layout.blobPath(blob)) }
            let done = before
            try ReadBack(host: host, path: layout.blobPath(blob)) {
                host.progress(UInt64(done + $0), of: UInt64(artifact.size), "read back")
            }.verify(file)
            before += file.size
        }
        var result = OperationResult()
        result.digest = artifact.digest
        return result
    }

    private func lost(_ place: String) -> Failure {
        Failure(
            .notFound, "what was copied is no longer there", place: place,
            hint: "publish again: what is missing is copied again", retryable: true)
    }

    /// Each tag's old value stands in the ledger before it moves; index.json then changes in one step.
    func release() throws -> OperationResult {
        let layout = try Layout(opening: path)
        let descriptor = Descriptor(
            mediaType: index.mediaType ?? MediaType.index, digest: digest, size: index.size,
            annotations: [Self.mark: request.publication])
        var intents = [try host.intend(kind: Self.imageKind, find: imageFind)]
        let moves = try layout.change { index in
            if let gone = try missing(in: layout).first {
                throw lost(layout.blobPath(try Digest(parsing: gone.digest)))
            }
            let moves = self.moves(in: index)
            for tag in request.target.tags {
                let intent = try host.intend(
                    kind: Self.tagKind, find: ["tag": .string(tag), "to": .string(artifact.digest)])
                intents.append(intent)
                guard moves.contains(where: { $0.name == tag }) else { continue }
                let old = try index.find(tag: tag).map { try JSON(encoding: $0) } ?? .null
                try intent.created(.init(id: tag, undo: ["from": old]))
                index.point(tag, to: descriptor)
            }
            try attach(to: &index)
            return moves
        }
        for intent in intents { try intent.settled() }
        var result = OperationResult()
        result.moves = moves
        result.digest = artifact.digest
        return result
    }

    func status() throws -> OperationResult {
        var result = OperationResult()
        guard File.exists("\(path)/oci-layout") else {
            result.items = []
            return result
        }
        let layout = try Layout(opening: path)
        let index = try layout.index()
        result.items = request.target.tags.compactMap { tag in index.find(tag: tag).map { Self.resource(tag, $0).json }
        }
        result.digest = try missing(in: layout).isEmpty ? artifact.digest : nil
        return result
    }

    private static func resource(_ tag: String, _ descriptor: Descriptor) -> OperationResult.Resource {
        .init(
            kind: tagKind, id: tag, name: tag, digest: "\(descriptor.digest)",
            publication: descriptor.annotations?[mark])
    }

    static func inventory(_ path: String) throws -> [OperationResult.Resource] {
        guard File.exists("\(path)/oci-layout") else { return [] }
        return try Layout(opening: path).index().manifests.compactMap { entry in
            guard let tag = entry.annotations?[Annotation.refName], entry.annotations?[mark] != nil else { return nil }
            return resource(tag, entry)
        }
    }
}
