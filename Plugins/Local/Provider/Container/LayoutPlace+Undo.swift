import Digest
import Documents
import Files
import Glibc
import OCI

extension LayoutPlace {
    static func undo(_ entry: LedgerEntry, _ undo: [String: JSON], in path: String) throws {
        guard File.exists("\(path)/oci-layout") else { return }
        let layout = try Layout(opening: path)
        if entry.kind == tagKind {
            try putBack(entry, undo, in: layout)
        } else {
            try remove(
                try (undo["blobs"]?.array ?? []).compactMap { try $0.string.map { try Digest(parsing: $0) } }, layout)
        }
    }

    /// The tag gets its old value if it still has the one that was being given to it: whoever moved it since wants that.
    private static func putBack(_ entry: LedgerEntry, _ undo: [String: JSON], in layout: Layout) throws {
        guard let tag = entry.find["tag"]?.string, let to = entry.find["to"]?.string, let old = undo["from"] else {
            throw Failure(.usage, "the ledger's entry names no tag and old value")
        }
        try layout.change { index in
            guard index.find(tag: tag).map({ "\($0.digest)" }) == to else { return }
            index.point(tag, to: old == .null ? nil : try old.decoded(Descriptor.self))
        }
    }

    /// Removes blobs that nothing in the index reaches, and what was being copied to become one.
    private static func remove(_ blobs: [Digest], _ layout: Layout) throws {
        try layout.change { index in
            let wanted = layout.blobs(reachedFrom: index)
            for blob in blobs where !wanted.contains(blob) {
                for path in [layout.blobPath(blob), layout.partialPath(blob)] {
                    guard unlink(path) == 0 || errno == ENOENT else { throw File.failure("remove", path) }
                }
            }
        }
    }
}

extension Layout {
    /// Where a blob is copied to: known by its digest, so that the next attempt continues there, and hidden, so that no
    /// reader takes it for a blob.
    func partialPath(_ digest: Digest) -> String { "\(path)/blobs/.\(digest.hex).partial" }
}
