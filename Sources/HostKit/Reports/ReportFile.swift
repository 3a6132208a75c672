public import Documents
import Files
import Glibc

/// A file that somebody named for a report. What stands there may be anything: only a plain file is replaced.
///
/// A symbolic link stays, and what it leads to is written. A device, a pipe and an open descriptor (`/dev/stdout`, `/dev/fd/3`) are
/// written into.
public struct ReportFile: Sendable {
    /// As it was named.
    public let path: String
    private let place: Place

    /// Where a path leads once its symbolic links are followed.
    private enum Place: Sendable, Equatable {
        /// A plain file, or nothing yet.
        case file(String)
        case stream(String)
        /// One of this process's own.
        case descriptor(Int32)
    }

    /// What makes two paths one thing.
    private enum Identity: Hashable {
        case node(dev_t, ino_t)
        case blocks(dev_t)
        /// Nothing is there yet.
        case name(String)
    }

    /// Nothing is written yet.
    /// - Throws: `Failure(.usage)` if no report can be written there.
    public init(_ path: String) throws(Failure) {
        self.path = path
        place = try Self.follow(path)
        guard case .file(let name) = place else { return }
        let folder = Self.folder(of: name)
        guard access(folder, W_OK | X_OK) == 0 else { throw File.failure("write", path) }
        var status = stat()
        if stat(name, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw Failure(.usage, "this is a directory", place: path, hint: "name a file in it")
        }
    }

    /// - Throws: `Failure(.usage)` if two of the reports are one file, or one is the image.
    public static func checkApart(_ reports: [ReportFile], image: String) throws(Failure) {
        let own = identity(of: image)
        var seen: [Identity: String] = [:]
        for report in reports {
            guard let identity = report.identity else { continue }
            guard identity != own else {
                throw Failure(
                    .usage, "this is the image: a report would overwrite it", place: report.path,
                    hint: "name another file")
            }
            if let other = seen.updateValue(report.path, forKey: identity) {
                throw Failure(
                    .usage, "two reports can't be one file: \(other)", place: report.path,
                    hint: "name a file for each")
            }
        }
    }

    /// - Throws: `Failure` if it could not be written whole.
    public func write(_ text: String) throws {
        let bytes = Array(text.utf8)
        do {
            switch place {
            case .file(let name): try File.replace(name, with: bytes)
            case .stream(let name): try File(name, O_WRONLY | O_NOCTTY).write(bytes)
            case .descriptor(let number): try Self.write(bytes[...], to: number, path)
            }
        } catch let failure as Failure {
            throw Failure(
                .internal, "the report could not be written: \(failure.message)", place: path,
                hint: failure.hint ?? "make room there, or name another file; then check again")
        }
    }

    /// At the descriptor's own position, which what it was opened for goes on from.
    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32, _ path: String) throws(Failure) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw File.failure("write", path) }
            rest = rest.dropFirst(count)
        }
    }

    private var identity: Identity? {
        switch place {
        case .file(let name), .stream(let name): Self.identity(of: name) ?? .name(name)
        case .descriptor(let number): Self.identity { fstat(number, &$0) }
        }
    }

    private static func identity(of path: String) -> Identity? { identity { stat(path, &$0) } }

    private static func identity(_ read: (inout stat) -> Int32) -> Identity? {
        var status = stat()
        guard read(&status) == 0 else { return nil }
        return status.st_mode & S_IFMT == S_IFBLK ? .blocks(status.st_rdev) : .node(status.st_dev, status.st_ino)
    }

    /// As many links as the kernel follows (path_resolution(7)).
    private static let linkLimit = 40

    private static func follow(_ path: String) throws(Failure) -> Place {
        var name = path
        for _ in 0..<linkLimit {
            // Opened by its name, a descriptor's file would be another description of it, or be replaced.
            if let number = descriptor(name) { return .descriptor(number) }
            var status = stat()
            guard lstat(name, &status) == 0 else {
                guard errno == ENOENT, let whole = whole(name) else { throw File.failure("write", path) }
                return .file(whole)
            }
            switch status.st_mode & S_IFMT {
            case S_IFLNK:
                let target = try target(of: name, path)
                name = target.hasPrefix("/") ? target : "\(folder(of: name))/\(target)"
            case S_IFREG, S_IFDIR: return .file(name)
            case S_IFBLK:
                throw Failure(
                    .usage, "this is a disk: a report would overwrite what is on it", place: path,
                    hint: "name a file")
            default: return .stream(name)
            }
        }
        errno = ELOOP
        throw File.failure("write", path)
    }

    /// The number of an own descriptor that a path names (proc_pid_fd(5)).
    private static func descriptor(_ path: String) -> Int32? {
        switch path {
        case "/dev/stdin": return STDIN_FILENO
        case "/dev/stdout": return STDOUT_FILENO
        case "/dev/stderr": return STDERR_FILENO
        default:
            for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
                if let number = Int32(path.dropFirst(folder.count)), number >= 0 { return number }
            }
            return nil
        }
    }

    private static func target(of link: String, _ path: String) throws(Failure) -> String {
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            count = buffer.withMemoryRebound(to: CChar.self) {
                max(0, readlink(link, $0.baseAddress!, $0.count))
            }
        }
        guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else {
            throw File.failure("write", path)
        }
        return text
    }

    /// The path by the folder that really holds it, so that two names of a file that is not there yet are known to be one.
    private static func whole(_ path: String) -> String? {
        guard let real = realpath(folder(of: path), nil) else { return nil }
        defer { free(real) }
        let folder = String(cString: real)
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard !name.isEmpty else {
            errno = EISDIR
            return nil
        }
        return (folder == "/" ? "" : folder) + "/" + name
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
