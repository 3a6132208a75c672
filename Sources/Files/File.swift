public import Documents
public import Glibc

/// A file descriptor that closes itself, and the few system calls of this module with their errors as `Failure`.
public final class File: Sendable {
    public let descriptor: Int32
    public let path: String

    /// - Throws: `Failure` naming the path.
    public init(_ path: String, _ flags: Int32, mode: mode_t = 0o644) throws {
        descriptor = open(path, flags | O_CLOEXEC, mode)
        self.path = path
        guard descriptor >= 0 else { throw File.failure("open", path) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What `errno` says about the path. Most of it is not a fault of ours: the path was named to us, and can be mended.
    public static func failure(_ verb: String, _ path: String) -> Failure {
        let number = errno
        let (code, hint): (Failure.Code, String?) =
            switch number {
            case ENOSPC, EDQUOT: (.quota, "make room there, or name another place")
            case EFBIG: (.quota, "let this user's files be larger (ulimit -f)")
            case EMFILE, ENFILE: (.quota, "let this user have more open files (ulimit -n)")
            case ENOENT: (.usage, "check the path: that, or the directory that it lies in, is not there")
            case EEXIST: (.usage, "name another path, or remove what is there")
            case EACCES, EPERM, EROFS: (.usage, "name a place that you may use so, or change who may")
            case ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG: (.usage, "check the path")
            default: (.internal, nil)
            }
        return Failure(code, "cannot \(verb): \(String(cString: strerror(number)))", place: path, hint: hint)
    }

    public func size() throws -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw File.failure("stat", path) }
        return Int64(status.st_size)
    }

    /// Fills as much of the buffer as there is before the end of the file. The count is short only there.
    public func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw File.failure("read", path) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    public func read(count: Int, at offset: Int64) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = try read(UnsafeMutableRawBufferPointer(buffer), at: offset)
        }
    }

    /// Appends at the descriptor's own position.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw File.failure("write", path) }
            done += count
        }
    }

    public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// The whole of a small file.
    /// - Throws: `Failure` when it cannot be read, is no plain file or is larger than `limit` bytes.
    public static func contents(_ path: String, limit: Int = 16 << 20) throws -> [UInt8] {
        // A pipe in a stranger's directory would be waited for until somebody writes to it.
        let file = try File(path, O_RDONLY | O_NONBLOCK)
        var status = stat()
        guard fstat(file.descriptor, &status) == 0 else { throw failure("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(.usage, "this is not a file", place: path, hint: "name a plain file")
        }
        let size = Int64(status.st_size)
        guard size <= limit else {
            throw Failure(.usage, "the file is larger than \(limit) bytes", place: path)
        }
        return try file.read(count: Int(size), at: 0)
    }

    /// Replaces the file in one step: a reader sees the old bytes or the new ones, also after a power loss.
    public static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o644) throws {
        let temporary = "\(path).\(getpid()).\(UInt64.random(in: 0 ... .max))"
        do {
            let file = try File(temporary, O_WRONLY | O_CREAT | O_EXCL)
            try file.write(bytes)
            guard fchmod(file.descriptor, mode) == 0, fsync(file.descriptor) == 0, rename(temporary, path) == 0 else {
                throw failure("write", path)
            }
        } catch var failure as Failure {
            unlink(temporary)
            // The other name says nothing to whoever named this one.
            failure.place = path
            throw failure
        }
    }

    public static func makeDirectories(_ path: String) throws {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw failure("make the directory", path)
        }
        try makeDirectories(String(path[..<slash]))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure("make the directory", path) }
    }

    /// Waits for the lock of a file that is made when absent, and holds it as long as the value lives. Waiting polls, so that it
    /// blocks no thread.
    /// - Throws: `CancellationError`; `Failure` when the file cannot be made.
    public static func locked(_ path: String) async throws -> File {
        while true {
            let file = try File(path, O_RDWR | O_CREAT)
            while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
                guard errno == EWOULDBLOCK || errno == EINTR else { throw failure("lock", path) }
                try await Task.sleep(nanoseconds: 50_000_000)
            }
            // The holder before us may have removed the file, or renamed it: then others lock another one of that name.
            var (held, named) = (stat(), stat())
            if fstat(file.descriptor, &held) == 0, stat(path, &named) == 0, held.st_ino == named.st_ino { return file }
        }
    }

    /// Removes a directory that holds only files and empty directories: what we made for ourselves.
    public static func removeFlatDirectory(_ path: String) {
        for name in (try? names(in: path)) ?? [] where unlink("\(path)/\(name)") != 0 { rmdir("\(path)/\(name)") }
        rmdir(path)
    }

    /// The names in a directory, sorted, without `.` and `..`.
    public static func names(in path: String) throws -> [String] {
        guard let directory = opendir(path) else { throw failure("list", path) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
