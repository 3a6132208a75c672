import Digest
import Documents
import Files
import Glibc
import OCI
import ProviderKit

/// A container image of one platform in a file that `docker load` reads. It is written beside its place under a hidden name,
/// and appears there in one step.
struct ArchivePlace: Place {
    static let scheme = "docker-archive"
    static let kind = "archive"

    let host: Host
    let request: OperationRequest
    let artifact: OperationRequest.Artifact
    let image: ArchiveImage
    let list: ArchiveList
    var path: String { request.target.address }

    init(host: Host, request: OperationRequest, artifact: OperationRequest.Artifact) throws {
        self.host = host
        self.request = request
        self.artifact = artifact
        image = try ArchiveImage(artifact, host)
        let name = request.target.options["name"]?.string
        if let name, !Reference.isPath(name), (try? Reference(name)).map({ $0.tag == nil && $0.digest == nil }) != true
        {
            throw Failure(
                .usage, "\(name.prefix(300)) is not the name of a repository", place: request.target.name,
                hint: "write lower-case letters and digits, with or without a host before them")
        }
        for tag in request.target.tags where !Reference.isTag(tag) {
            throw Failure(.usage, "\(tag.prefix(200)) is not a tag", place: request.target.name)
        }
        list = ArchiveList(
            config: image.config.digest, names: name.map { name in request.target.tags.map { "\(name):\($0)" } } ?? [],
            layers: image.diffIDs)
    }

    private var replaces: Bool { request.target.options["update"]?.bool == true }

    // MARK: - Where it is

    static func folder(of path: String) -> String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }

    var folder: String { Self.folder(of: path) }

    /// The same for every attempt at this publication.
    var partialName: String { ".\(path.split(separator: "/").last ?? "").\(request.publication.prefix(16)).partial" }
    var partialPath: String { "\(folder)/\(partialName)" }

    private enum Present { case nothing, same, other }

    private func present() throws -> Present {
        var status = stat()
        // To write through it would leave the file half written where it leads, and to replace it would surprise.
        if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK {
            throw Failure(
                .usage, "this is a symbolic link, and an archive is a file", place: path,
                hint: "name the file that it leads to, or remove the link")
        }
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw File.failure("read", path) }
            return .nothing
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(.usage, "this is no file, and an archive is one", place: path, hint: "name a file")
        }
        // It names its content by digests, and never appears before it is whole.
        let file = try File(path, O_RDONLY)
        return try (try? ArchiveList.document(of: file)) == list.bytes() ? .same : .other
    }

    private func taken() -> Failure {
        Failure(
            .conflict, "the file is there and holds something else", place: path,
            hint: "--update replaces it, or name another file")
    }

    // MARK: - The steps

    func plan() throws -> OperationResult {
        var result = OperationResult()
        let present = try present()
        if present == .other && !replaces { throw taken() }
        result.nothingToDo = present == .same
        if present == .same {
            result.digest = artifact.digest
            return result
        }
        try Room.check(folder, host, for: [])
        result.moves = [.init(name: path, from: nil, to: artifact.digest)]
        result.actions = [
            "\(present == .other ? "replace" : "write") the archive \(path), \(image.layers.count) layers unpacked"
        ]
        return result
    }

    func upload() throws -> OperationResult {
        let intent = try host.intend(kind: Self.kind, find: find)
        try intent.created(.init(id: path, undo: ["partial": .string(partialName)]))
        var result = OperationResult()
        result.sentBytes = try write()
        result.digest = artifact.digest
        return result
    }

    private var find: [String: JSON] { ["archive": .string(path), "partial": .string(partialName)] }

    /// It is one file, and written by now.
    func register() throws -> OperationResult {
        var result = OperationResult()
        result.digest = artifact.digest
        return result
    }

    func verify() throws -> OperationResult {
        do { try readBack() } catch {
            unlink(partialPath)
            throw error
        }
        var result = OperationResult()
        result.digest = artifact.digest
        return result
    }

    func release() throws -> OperationResult {
        var result = OperationResult()
        result.digest = artifact.digest
        result.moves = []
        let intent = try host.intend(kind: Self.kind, find: find)
        if File.exists(partialPath) {
            try appear()
            result.moves = [.init(name: path, from: nil, to: artifact.digest)]
        } else if try present() != .same {
            throw Failure(
                .notFound, "what was written is no longer there", place: partialPath, hint: "publish again",
                retryable: true)
        }
        try intent.settled()
        return result
    }

    /// Gives the file its name. Whoever made another file of that name meanwhile keeps it.
    private func appear() throws {
        if replaces {
            guard rename(partialPath, path) == 0 else { throw File.failure("name the archive", path) }
        } else if link(partialPath, path) != 0 {
            // EPERM and EOPNOTSUPP: a file system without hard links.
            guard [EEXIST, EPERM, EOPNOTSUPP].contains(errno) else { throw File.failure("name the archive", path) }
            switch try present() {
            case .other: throw taken()
            case .same: break
            case .nothing:
                guard rename(partialPath, path) == 0 else { throw File.failure("name the archive", path) }
            }
        }
        unlink(partialPath)
        let directory = try File(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY)
        guard fsync(directory.descriptor) == 0 else { throw File.failure("keep the archive", path) }
    }

    func status() throws -> OperationResult {
        var result = OperationResult()
        result.items = []
        if try present() == .same {
            result.digest = artifact.digest
            result.items = [
                OperationResult.Resource(kind: Self.kind, id: path, name: path, digest: artifact.digest).json
            ]
        }
        return result
    }

    /// Removes what was being written.
    static func undo(_ undo: [String: JSON], in path: String) throws {
        guard let name = undo["partial"]?.string, name.hasPrefix("."), name.hasSuffix(".partial"), !name.contains("/")
        else { throw Failure(.usage, "the ledger's entry names no file that was being written") }
        let partial = "\(folder(of: path))/\(name)"
        guard unlink(partial) == 0 || errno == ENOENT else { throw File.failure("remove", partial) }
    }
}
