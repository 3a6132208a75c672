import CSystem
import Documents
import Glibc

/// A folder that nobody else may look into, for as long as this value lives.
final class ScratchFolder {
    let path: String

    /// Below TMPDIR, or below /var/tmp, which is a disk where /tmp is memory.
    init(_ environment: [String: String]) throws {
        var parent = environment["TMPDIR"] ?? "/var/tmp"
        if !parent.hasPrefix("/") { parent = "/var/tmp" }
        var template = Array("\(parent)/eulerpublisher-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Self.failure("made", parent) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path, depth: 0) }

    /// A sparse file, open for reading and writing; it needs its name only until it was opened by whom it is for.
    func disk(size: UInt64) throws -> Int32 {
        var room = statvfs()
        if statvfs(path, &room) == 0, UInt64(room.f_bavail) * UInt64(room.f_frsize) < size / 4 {
            throw Failure(
                .refused, "there is too little room for a copy of its files: up to \(size >> 20) MiB", place: path,
                hint: "name a folder on a larger disk: TMPDIR=DIR")
        }
        let file = "\(path)/scratch"
        let descriptor = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0, ftruncate(descriptor, off_t(size)) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw Self.failure("made", file)
        }
        return descriptor
    }

    func file(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/\(name)"
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        defer { if descriptor >= 0 { close(descriptor) } }
        let bytes = Array(text.utf8)
        guard descriptor >= 0, write(descriptor, bytes, bytes.count) == bytes.count else {
            throw Self.failure("written", file)
        }
        return file
    }

    /// So that no letter of a path of the user's has a meaning to another program.
    func link(_ name: String, to path: String) throws {
        guard let whole = realpath(path, nil) else { throw Self.failure("found", path) }
        defer { free(whole) }
        guard symlink(whole, "\(self.path)/\(name)") == 0 else { throw Self.failure("made", "\(self.path)/\(name)") }
    }

    private static func failure(_ verb: String, _ path: String) -> Failure {
        Failure(.refused, "it can't be \(verb): \(String(cString: strerror(errno)))", place: path)
    }

    /// Links are removed and not followed.
    private static func remove(_ path: String, depth: Int) {
        guard depth < 8, unlink(path) != 0 else { return }
        if let folder = opendir(path) {
            var names: [String] = []
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { names.append(name) }
            }
            closedir(folder)
            for name in names { remove("\(path)/\(name)", depth: depth + 1) }
        }
        rmdir(path)
    }
}
