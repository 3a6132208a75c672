import Digest
import Documents
import Files
import Glibc
import OCI
import ProviderKit

/// A disk image in a catalogue: NAME is the artifact's name, VERSION its release, FILE its file's name. A version is never
/// replaced by other bytes; its aliases move.
struct CataloguePlace: Place {
    static let fileKind = "disk"
    static let aliasKind = "alias"
    /// In a file's undo: this publication put it on the catalogue's list, and not only its bytes there.
    static let listed = "listed"

    let host: Host
    let request: OperationRequest
    let artifact: OperationRequest.Artifact
    let file: OperationRequest.File
    let digest: Digest
    /// Relative to the catalogue.
    let relativePath: String
    let directory: String

    var catalogue: Catalogue { Catalogue(path: request.target.address) }
    var finalPath: String { "\(request.target.address)/\(relativePath)" }

    init(host: Host, request: OperationRequest, artifact: OperationRequest.Artifact) throws {
        self.host = host
        self.request = request
        self.artifact = artifact
        guard let file = artifact.files.first, artifact.files.count == 1 else {
            throw Failure(
                .usage, "a disk image is one file, and this has \(artifact.files.count)", place: artifact.name)
        }
        self.file = file
        digest = try Digest(parsing: file.digest)
        let name = try Names.directory(artifact.name, "name")
        let version = try Names.directory(artifact.version, "version")
        relativePath = "\(name)/\(version)/\(try Names.file(file.name))"
        directory = "\(request.target.address)/\(name)/\(version)"
        for alias in request.target.tags { _ = try Names.directory(alias, "alias") }
    }

    var partialPath: String { Self.partialPath(of: finalPath, digest) }

    /// Known by its digest, so that the next attempt continues there, and hidden.
    static func partialPath(of path: String, _ digest: Digest) -> String {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        return "\(path[..<slash])/.\(path[slash...].dropFirst()).\(digest.hex.prefix(16)).partial"
    }

    /// The image as the catalogue will list it.
    func entry(date: String) -> Catalogue.Image {
        let platform = artifact.platforms.first ?? "linux/amd64"
        return Catalogue.Image(
            name: artifact.name, version: artifact.version, platform: platform,
            arch: platform.split(separator: "/", maxSplits: 1).last.map(String.init) ?? platform,
            format: artifact.format ?? "raw", size: file.size, digest: file.digest, date: date, path: relativePath,
            aliases: [], publication: request.publication)
    }

    /// When the image was made, if it says so; else when the catalogue first had it; else now.
    func date(in document: Catalogue.Document) -> String {
        if let made = artifact.annotations[Annotation.created], !made.isEmpty { return made }
        if let known = document.image(at: relativePath), known.digest == file.digest { return known.date }
        return Timestamp.text(host.now / 1_000_000_000)
    }

    var hasFile: Bool { Self.size(of: finalPath) == file.size }

    static func size(of path: String) -> Int64? {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : nil
    }

    /// - Throws: `Failure(.conflict)` if other bytes stand under this version.
    func refuseOtherBytes(_ document: Catalogue.Document) throws {
        let listed = document.image(at: relativePath)
        let present = Self.size(of: finalPath)
        guard present != nil || File.exists(finalPath) else { return }
        guard listed.map({ $0.digest != file.digest }) ?? false || present != file.size else { return }
        throw otherBytes()
    }

    func otherBytes() -> Failure {
        Failure(
            .conflict, "\(artifact.name) \(artifact.version) is there already, with other bytes", place: finalPath,
            hint: "publish it as another version, or remove that file if nobody needs it", retryable: false)
    }

    func moves(in document: Catalogue.Document) -> [OperationResult.Move] {
        let entry = self.entry(date: "")
        return request.target.tags.compactMap { alias in
            let holder = document.holder(of: alias, like: entry)
            guard holder?.path != relativePath || holder?.digest != file.digest else { return nil }
            return .init(name: "\(artifact.name)/\(alias)", from: holder?.digest, to: file.digest)
        }
    }

    func plan() throws -> OperationResult {
        let document = try catalogue.read()
        try refuseOtherBytes(document)
        let isListed = document.image(at: relativePath)?.digest == file.digest
        let isSummed = try Checksums(in: directory)[file.name] == digest.hex
        let moves = self.moves(in: document)
        var result = OperationResult()
        result.moves = moves
        let isDone = hasFile && isListed && isSummed && moves.isEmpty
        if !isDone { try Room.check(request.target.address, host, for: hasFile ? [] : [file]) }
        result.nothingToDo = isDone
        if hasFile && isListed { result.digest = file.digest }
        result.skippedBytes = hasFile ? file.size : 0
        var actions: [String] = []
        if !hasFile {
            actions.append("copy \(file.name), \(file.size) bytes, to \(relativePath)")
        } else if !isListed {
            actions.append("verify \(relativePath), which is there and not listed")
        }
        if !isListed { actions.append("list \(artifact.name) \(artifact.version) in the catalogue") }
        actions += moves.map { move in
            move.from.map { "move the alias \(move.name) from \($0)" } ?? "set the alias \(move.name)"
        }
        result.actions = actions
        return result
    }

    func status() throws -> OperationResult {
        let document = try catalogue.read()
        var result = OperationResult()
        result.items = document.images.filter { $0.name == artifact.name && $0.version == artifact.version }
            .map { Self.resource($0).json }
        if hasFile, document.image(at: relativePath)?.digest == file.digest { result.digest = file.digest }
        return result
    }

    static func resource(_ image: Catalogue.Image) -> OperationResult.Resource {
        .init(
            kind: fileKind, id: image.path,
            name: ([image.name, image.version] + image.aliases).joined(separator: " "), digest: image.digest,
            publication: image.publication, created: image.date)
    }

    static func inventory(_ path: String) throws -> [OperationResult.Resource] {
        try Catalogue(path: path).read().images.filter { $0.publication != nil }.map(resource)
    }
}
