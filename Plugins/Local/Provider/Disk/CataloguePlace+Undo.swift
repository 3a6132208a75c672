import Digest
import Documents
import Files
import Glibc

extension CataloguePlace {
    static func undo(_ entry: LedgerEntry, _ undo: [String: JSON], in root: String) throws {
        guard File.exists(root) else { return }
        guard let path = entry.find["path"]?.string, let text = entry.find["digest"]?.string,
            case let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init),
            parts.count == 3
        else { throw Failure(.usage, "the ledger's entry names no path and digest") }
        // The ledger is a file that people can edit: what it names must still be inside.
        _ = try (Names.directory(parts[0], "name"), Names.directory(parts[1], "version"), Names.file(parts[2]))
        let digest = try Digest(parsing: text)
        try Catalogue(path: root).change { document in
            if entry.kind == aliasKind {
                guard let alias = entry.find["alias"]?.string else {
                    throw Failure(.usage, "the ledger's entry names no alias")
                }
                putBack(alias, path, text, undo["from"]?.string, &document)
            } else {
                if undo[listed]?.bool == true {
                    document.images.removeAll { $0.path == path && $0.digest == text }
                }
                // What is listed now somebody published, whoever copied the bytes first.
                if document.image(at: path)?.digest != text { try remove(path, digest, root) }
            }
        }
    }

    /// The alias gets its old holder if the image still has it: whoever moved it since wants that.
    private static func putBack(
        _ alias: String, _ path: String, _ digest: String, _ old: String?, _ document: inout Catalogue.Document
    ) {
        guard let image = document.image(at: path), image.digest == digest, image.aliases.contains(alias) else {
            return
        }
        document.point(alias, to: old, like: image)
    }

    /// Removes the image's file and its line, and directories that are empty then.
    private static func remove(_ path: String, _ digest: Digest, _ root: String) throws {
        let full = "\(root)/\(path)"
        let folder = String(full[..<full.lastIndex(of: "/")!])
        var sums = try Checksums(in: folder)
        let name = String(full[full.lastIndex(of: "/")!...].dropFirst())
        var gone = [partialPath(of: full, digest)]
        // Without its line the file is not one that we named.
        if sums[name] == digest.hex { gone.append(full) }
        for path in gone where unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR {
            throw File.failure("remove", path)
        }
        if sums[name] == digest.hex { try sums.set(name, to: nil) }
        if rmdir(folder) == 0 { rmdir(String(folder[..<folder.lastIndex(of: "/")!])) }
    }
}
