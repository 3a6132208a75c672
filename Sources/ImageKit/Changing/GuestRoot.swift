import CSystem
public import Documents
import Glibc

/// The mounted root of a guest: its files, by the paths that the guest gives them.
///
/// Symbolic links lead inside the guest, never to this machine (openat2(2), RESOLVE_IN_ROOT). Files are replaced whole, so
/// that one is either the old or the new; owner and mode stay. Not for hostile images: their file systems are mounted here.
/// One thread at a time.
public final class GuestRoot {
    /// Bytes of a file of configuration.
    static let limit = 4 << 20

    /// Where it is mounted.
    public let path: String
    private var descriptor: Int32

    /// - Throws: `Failure` if it can't be opened.
    public init(_ path: String) throws(Failure) {
        self.path = path
        descriptor = eps_open_root(path)
        guard descriptor >= 0 else { throw .guest("the guest's root cannot be opened", path, -descriptor) }
    }

    deinit { leave() }

    /// An open folder would keep the file system mounted. Nothing can be done with this value afterwards.
    func leave() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// What is there, links followed; nil if nothing is.
    func status(_ path: String) -> stat? {
        let file = eps_look_in_root(descriptor, path)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var found = stat()
        return fstat(file, &found) == 0 ? found : nil
    }

    func exists(_ path: String) -> Bool { status(path) != nil }

    func isDirectory(_ path: String) -> Bool { status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }

    /// A file to be read; a negative error.
    func open(_ path: String) -> Int32 { eps_open_in_root(descriptor, path, O_RDONLY | O_NONBLOCK, 0) }

    /// The whole of a file; nil if there is none.
    /// - Throws: `Failure` if it is no file, or longer than 4 MiB.
    func read(_ path: String) throws(Failure) -> [UInt8]? {
        let file = eps_open_in_root(descriptor, path, O_RDONLY | O_NONBLOCK, 0)
        if file == -ENOENT || file == -ENOTDIR { return nil }
        guard file >= 0 else { throw .guest("cannot be read", path, -file) }
        defer { close(file) }
        var found = stat()
        guard fstat(file, &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
            throw Failure(.refused, "this is not a file", place: path)
        }
        guard found.st_size <= Self.limit else {
            throw Failure(.refused, "a file of configuration of \(found.st_size) bytes", place: path)
        }
        var bytes = [UInt8](repeating: 0, count: Int(found.st_size))
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + count, $0.count - count) }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw .guest("cannot be read", path, errno) }
            if got == 0 { break }
            count += got
        }
        return Array(bytes[..<count])
    }

    /// As lines, without their ends; nil if there is no such file.
    func lines(_ path: String) throws(Failure) -> [String]? {
        guard let bytes = try read(path) else { return nil }
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    func write(_ path: String, lines: [String], mode: UInt32? = nil) throws(Failure) {
        try write(path, Array(lines.map { $0 + "\n" }.joined().utf8), mode: mode)
    }

    /// Puts a whole file in the place of what is there, with its owner and mode; a new one is root's and has the mode (0644).
    /// Folders above it are made. Where the path is a symbolic link, what it leads to is replaced.
    func write(_ path: String, _ bytes: [UInt8], mode: UInt32? = nil) throws(Failure) {
        try replace(path, mode: mode, owner: nil, group: nil) { file throws(Failure) in
            try Self.write(bytes, to: file, path)
        }
    }

    /// The same, with what `fill` writes to a descriptor, for files of any length and owner.
    func replace(
        _ path: String, mode: UInt32?, owner: UInt32?, group: UInt32?, fill: (Int32) throws(Failure) -> Void
    ) throws(Failure) {
        let (folder, name) = try place(path)
        defer { close(folder) }
        let before = status(path)
        guard before == nil || before!.st_mode & S_IFMT == S_IFREG else {
            throw Failure(.refused, "this is not a file", place: path)
        }
        let temporary = ".eulerpublisher.new"
        unlinkat(folder, temporary, 0)
        let file = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .guest("cannot be written", path, errno) }
        defer { close(file) }
        do { try fill(file) } catch {
            unlinkat(folder, temporary, 0)
            throw error
        }
        let permissions = mode ?? before.map { $0.st_mode & 0o7777 } ?? 0o644
        guard fchown(file, owner ?? before?.st_uid ?? 0, group ?? before?.st_gid ?? 0) == 0,
            fchmod(file, permissions) == 0, renameat(folder, temporary, folder, name) == 0
        else {
            let error = errno
            unlinkat(folder, temporary, 0)
            throw .guest("cannot be written", path, error)
        }
    }

    static func write(_ bytes: [UInt8], to file: Int32, _ path: String) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + done, $0.count - done) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 && errno == ENOSPC {
                throw Failure(
                    .refused, "the guest's file system has no room for it", place: path,
                    hint: "make the disk larger first: eulerpublisher image resize")
            }
            guard count > 0 else { throw .guest("cannot be written", path, errno) }
            done += count
        }
    }

    /// The folder of what the path means, open, and its name there. Missing folders are made, root's and 0755.
    private func place(_ path: String) throws(Failure) -> (folder: Int32, name: String) {
        var path = path
        // A link is followed to what it names, at most as often as the kernel would.
        for _ in 0..<40 {
            let parts = path.split(separator: "/", omittingEmptySubsequences: true)
            guard path.hasPrefix("/"), let name = parts.last, name != "..", name != "." else {
                throw Failure(.usage, "this is no path of a file", place: path)
            }
            let folderPath = "/" + parts.dropLast().joined(separator: "/")
            try makeFolders(folderPath)
            let folder = eps_open_in_root(descriptor, folderPath, O_RDONLY | O_DIRECTORY, 0)
            guard folder >= 0 else { throw .guest("cannot be opened", folderPath, -folder) }
            var target = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlinkat(folder, String(name), &target, target.count - 1)
            guard count > 0 else { return (folder, String(name)) }
            close(folder)
            let link = String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
            path = link.hasPrefix("/") ? link : "\(folderPath == "/" ? "" : folderPath)/\(link)"
            path = Self.collapsed(path)
        }
        throw Failure(.refused, "symbolic links without end", place: path)
    }

    /// Without `.` and `..`: enough for links beside a file, whose folders are no links themselves.
    private static func collapsed(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    func makeFolders(_ path: String) throws(Failure) {
        var folder = ""
        for part in path.split(separator: "/") {
            let parent = eps_open_in_root(descriptor, folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY, 0)
            guard parent >= 0 else { throw .guest("cannot be opened", folder, -parent) }
            defer { close(parent) }
            folder += "/\(part)"
            if isDirectory(folder) { continue }
            guard mkdirat(parent, String(part), 0o755) == 0 else { throw .guest("cannot be made", folder, errno) }
        }
    }

    /// A symbolic link in the place of another, or of nothing; folders above it are made.
    func link(_ path: String, to target: String) throws(Failure) {
        let parts = path.split(separator: "/")
        guard path.hasPrefix("/"), let name = parts.last, name != "..", name != "." else {
            throw Failure(.usage, "this is no path of a link", place: path)
        }
        let above = "/" + parts.dropLast().joined(separator: "/")
        try makeFolders(above)
        let folder = eps_open_in_root(descriptor, above, O_RDONLY | O_DIRECTORY, 0)
        guard folder >= 0 else { throw .guest("cannot be opened", above, -folder) }
        defer { close(folder) }
        var old = [CChar](repeating: 0, count: 2)
        if readlinkat(folder, String(name), &old, 1) >= 0 { unlinkat(folder, String(name), 0) }
        guard symlinkat(target, folder, String(name)) == 0 else { throw .guest("cannot be linked", path, errno) }
    }

    func setMode(_ path: String, _ mode: UInt32) throws(Failure) {
        let file = eps_open_in_root(descriptor, path, O_RDONLY | O_NONBLOCK, 0)
        guard file >= 0 else { throw .guest("its mode cannot be set", path, -file) }
        defer { close(file) }
        guard fchmod(file, mode) == 0 else { throw .guest("its mode cannot be set", path, errno) }
    }

    /// Names in a folder, sorted; none if there is no such folder.
    func names(_ path: String) throws(Failure) -> [String] {
        let folder = eps_open_in_root(descriptor, path, O_RDONLY | O_DIRECTORY, 0)
        if folder == -ENOENT || folder == -ENOTDIR { return [] }
        guard folder >= 0 else { throw .guest("cannot be listed", path, -folder) }
        guard let stream = fdopendir(folder) else {
            close(folder)
            throw .guest("cannot be listed", path, errno)
        }
        defer { closedir(stream) }
        return Self.names(in: stream).sorted()
    }

    private static func names(in stream: OpaquePointer) -> [String] {
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes what the path names, a folder with all that is in it; a link, not what it leads to. Nothing there is no error.
    func remove(_ path: String) throws(Failure) {
        let parts = path.split(separator: "/")
        guard path.hasPrefix("/"), let name = parts.last, name != ".." else {
            throw Failure(.usage, "this is no path to remove", place: path)
        }
        let folder = eps_open_in_root(
            descriptor, "/" + parts.dropLast().joined(separator: "/"), O_RDONLY | O_DIRECTORY, 0)
        if folder == -ENOENT || folder == -ENOTDIR { return }
        guard folder >= 0 else { throw .guest("cannot be removed", path, -folder) }
        defer { close(folder) }
        try Self.remove(String(name), in: folder, path, depth: 0)
    }

    private static func remove(_ name: String, in folder: Int32, _ path: String, depth: Int) throws(Failure) {
        if unlinkat(folder, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM, depth < 200 else { throw .guest("cannot be removed", path, errno) }
        let inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard inner >= 0, let stream = fdopendir(inner) else { throw .guest("cannot be removed", path, errno) }
        defer { closedir(stream) }
        for name in names(in: stream) { try remove(name, in: inner, "\(path)/\(name)", depth: depth + 1) }
        guard unlinkat(folder, name, AT_REMOVEDIR) == 0 else { throw .guest("cannot be removed", path, errno) }
    }

    func setOwner(_ path: String, _ user: UInt32, _ group: UInt32) throws(Failure) {
        let file = eps_open_in_root(descriptor, path, O_RDONLY | O_NONBLOCK, 0)
        guard file >= 0 else { throw .guest("its owner cannot be set", path, -file) }
        defer { close(file) }
        guard fchown(file, user, group) == 0 else { throw .guest("its owner cannot be set", path, errno) }
    }

    /// Makes a file empty; nothing there is no error.
    func empty(_ path: String) throws(Failure) {
        let file = eps_open_in_root(descriptor, path, O_WRONLY | O_TRUNC | O_NONBLOCK, 0)
        if file == -ENOENT || file == -ENOTDIR { return }
        guard file >= 0 else { throw .guest("cannot be made empty", path, -file) }
        close(file)
    }
}

extension Failure {
    /// About a file of the guest.
    static func guest(_ what: String, _ path: String, _ error: Int32) -> Failure {
        Failure(.refused, "\(what): \(String(cString: strerror(error)))", place: path)
    }
}
