import Digest
import Documents
import Files
import Glibc
import ProviderKit

extension CataloguePlace {
    private var fileFind: [String: JSON] { ["path": .string(relativePath), "digest": .string(file.digest)] }

    func upload() throws -> OperationResult {
        let document = try catalogue.read()
        try refuseOtherBytes(document)
        try makeDirectory()
        if hasFile && document.image(at: relativePath) == nil { try recognize() }
        var amount = PartialCopy.Amount()
        if !hasFile {
            let intent = try host.intend(kind: Self.fileKind, find: fileFind)
            try intent.created(.init(id: relativePath, undo: [:]))
            let copy = PartialCopy(host: host, file: file, path: partialPath) {
                host.progress(UInt64($0), of: UInt64(file.size), "copy")
            }
            if let (target, copied) = try copy.fill(unless: { hasFile }) {
                guard fchmod(target.descriptor, 0o644) == 0 else { throw File.failure("write", partialPath) }
                amount = copied
            }
        }
        var result = OperationResult()
        result.sentBytes = amount.sent
        // Holes and what was there: neither was sent.
        result.skippedBytes = file.size - amount.sent
        result.digest = file.digest
        return result
    }

    /// A file of that size that the catalogue does not list: ours of an earlier attempt, or somebody's.
    private func recognize() throws {
        if try Checksums(in: directory)[file.name] == digest.hex { return }
        let found = try ReadBack(host: host, path: finalPath) {
            host.progress(UInt64($0), of: UInt64(file.size), "recognize")
        }.digest()
        if found != digest { throw otherBytes() }
    }

    /// Below the catalogue, without following a link out of it.
    private func makeDirectory() throws {
        try File.makeDirectories(directory)
        for path in [directory, String(directory[..<directory.lastIndex(of: "/")!])] {
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw Failure(.usage, "this is no directory", place: path, hint: "remove it, or use another name")
            }
        }
    }

    /// Gives the file its name. The catalogue does not list it yet.
    func register() throws -> OperationResult {
        try catalogue.change { document in
            try refuseOtherBytes(document)
            if !hasFile {
                guard Self.size(of: partialPath) == file.size else { throw lost(partialPath) }
                guard rename(partialPath, finalPath) == 0 else { throw File.failure("name the file", finalPath) }
                try syncDirectory(directory)
            }
            var sums = try Checksums(in: directory)
            try sums.set(file.name, to: digest.hex)
        }
        var result = OperationResult()
        result.digest = file.digest
        return result
    }

    private func syncDirectory(_ path: String) throws {
        let folder = try File(path, O_RDONLY | O_DIRECTORY)
        guard fsync(folder.descriptor) == 0 else { throw File.failure("write", path) }
    }

    private func lost(_ place: String) -> Failure {
        Failure(
            .notFound, "what was copied is no longer there", place: place,
            hint: "publish again: what is missing is copied again", retryable: true)
    }

    func verify() throws -> OperationResult {
        guard hasFile else { throw lost(finalPath) }
        try ReadBack(host: host, path: finalPath) {
            host.progress(UInt64($0), of: UInt64(file.size), "read back")
        }.verify(file)
        guard try Checksums(in: directory)[file.name] == digest.hex else {
            throw lost("\(directory)/\(Names.checksums)")
        }
        var result = OperationResult()
        result.digest = file.digest
        return result
    }

    /// Lists the image and moves its aliases, in one step. Old values stand in the ledger before.
    func release() throws -> OperationResult {
        var intents = [try host.intend(kind: Self.fileKind, find: fileFind)]
        let moves = try catalogue.change { document in
            guard hasFile else { throw lost(finalPath) }
            if document.image(at: relativePath)?.digest != file.digest {
                try intents[0].created(.init(id: relativePath, undo: [Self.listed: true]))
            }
            let moves = self.moves(in: document)
            var entry = self.entry(date: date(in: document))
            entry.aliases = document.image(at: relativePath)?.aliases ?? []
            let old = request.target.tags.map { document.holder(of: $0, like: entry)?.path }
            document.put(entry)
            for (alias, old) in zip(request.target.tags, old) {
                let intent = try host.intend(kind: Self.aliasKind, find: aliasFind(alias, entry))
                intents.append(intent)
                guard old != relativePath else { continue }
                try intent.created(
                    .init(id: "\(entry.name)/\(alias)", undo: ["from": old.map { .string($0) } ?? .null]))
                document.point(alias, to: relativePath, like: entry)
            }
            return moves
        }
        for intent in intents { try intent.settled() }
        var result = OperationResult()
        result.moves = moves
        result.digest = file.digest
        return result
    }

    private func aliasFind(_ alias: String, _ entry: Catalogue.Image) -> [String: JSON] {
        ["alias": .string(alias), "path": .string(relativePath), "digest": .string(file.digest)]
    }
}
