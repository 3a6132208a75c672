import Documents
import Files
import Glibc

/// A FAT file system's files in a folder: what a kernel would mount, copied out by mtools and, where it was changed, back in.
final class FATFolder {
    private struct Entry: Equatable {
        var size: Int64
        var seconds: Int
        var nanoseconds: Int
        var isFolder: Bool
    }

    private let view: String
    private let copy: String
    private var before: [String: Entry] = [:]
    /// Links of our own.
    private var spellings: Set<String> = []

    init(view: String, copy: String) throws(Failure) {
        (self.view, self.copy) = (view, copy)
        // An empty file system has nothing that the pattern fits.
        let ended = try Command.run(["mcopy", "-n", "-s", "-p", "-m", "-i", view, "::/*", copy])
        guard ended.status == 0 || ended.output.last?.contains("not found") == true else {
            throw Failure(
                .refused, "the FAT file system cannot be read: \(ended.output.last ?? "")", place: "partition of FAT")
        }
        before = try entries()
        try addSpellings("")
    }

    /// FAT knows no case, and this folder does: what guests' fstab and tools call `efi` and `EFI` alike is there under both.
    private func addSpellings(_ folder: String) throws(Failure) {
        for name in try names(folder) where ["efi", "EFI", "boot", "BOOT"].contains(name) {
            let other = name.first!.isLowercase ? name.uppercased() : name.lowercased()
            if symlink(name, "\(copy)\(folder)/\(other)") == 0 { spellings.insert("\(folder)/\(other)") }
            try addSpellings("\(folder)/\(name)")
        }
    }

    private func entries() throws(Failure) -> [String: Entry] {
        var found: [String: Entry] = [:]
        try walk("", into: &found)
        return found
    }

    private func walk(_ folder: String, into found: inout [String: Entry]) throws(Failure) {
        for name in try names(folder) {
            let path = "\(folder)/\(name)"
            if spellings.contains(path) { continue }
            var status = stat()
            guard lstat(copy + path, &status) == 0 else { throw .guest("cannot be read", path, errno) }
            let kind = status.st_mode & S_IFMT
            guard kind == S_IFREG || kind == S_IFDIR else {
                throw Failure(
                    .refused, "FAT knows files and folders, and this is neither", place: path,
                    hint: "have the guest's packages not link in /boot")
            }
            found[path] = Entry(
                size: Int64(kind == S_IFDIR ? 0 : status.st_size), seconds: kind == S_IFDIR ? 0 : status.st_mtim.tv_sec,
                nanoseconds: kind == S_IFDIR ? 0 : status.st_mtim.tv_nsec, isFolder: kind == S_IFDIR)
            if kind == S_IFDIR { try walk(path, into: &found) }
        }
    }

    private func names(_ folder: String) throws(Failure) -> [String] {
        do { return try File.names(in: copy + folder) } catch { throw .guest("cannot be listed", folder, errno) }
    }

    /// What is gone is removed, what is new or another is written.
    func writeBack() throws(Failure) {
        let after = try entries()
        for path in before.keys.sorted().reversed() where after[path] == nil {
            try Command.must([before[path]!.isFolder ? "mdeltree" : "mdel", "-i", view, "::\(path)"])
        }
        for path in after.keys.sorted() where after[path] != before[path] {
            let entry = after[path]!
            if entry.isFolder {
                try Command.must(["mmd", "-i", view, "::\(path)"])
            } else {
                try Command.must(["mcopy", "-n", "-o", "-m", "-i", view, copy + path, "::\(path)"])
            }
        }
    }
}
