public import Documents

/// The guest's files as the running system will see them: its root, and what its fstab mounts below.
///
/// Paths are absolute and inside the image; each symbolic link is resolved inside it, never on this machine.
/// Absent files are nil and no error; an error means that it can't be told. Safe to use from any thread.
public struct GuestTree: Sendable {
    /// How many links one path may lead through, as in the kernel (path_resolution(7)).
    public static let linkLimit = 40
    /// What `read` takes of a file of configuration, in bytes.
    public static let readLimit = 1 << 20

    public struct Mount: Sendable {
        /// Absolute, without a slash at its end (but for the root): `/boot`.
        public var point: String
        public var fileSystem: any FileSystem
        public init(point: String, fileSystem: any FileSystem) {
            (self.point, self.fileSystem) = (point, fileSystem)
        }
    }

    /// A file that was found: where it is, under its resolved path.
    public struct Found: Sendable {
        public let path: String
        public let fileSystem: any FileSystem
        public let number: FileNumber
        public let status: FileStatus
        /// Which of `mounts` it lies in.
        let mount: Int
    }

    public let mounts: [Mount]
    /// Places where the running system will see a file system that can't be read, each with the reason: what lies there
    /// can't be told, and what the root has at that place is not it.
    public let unread: [String: String]
    private let below: [String: Int]
    /// Of places in file systems that ignore case, in lower case.
    private let belowInLowerCase: [String: String]

    public init(root: any FileSystem, mounts: [Mount] = [], unread: [String: String] = [:]) {
        self.mounts = [Mount(point: "/", fileSystem: root)] + mounts
        self.unread = unread
        below = Dictionary(self.mounts.enumerated().map { ($1.point, $0) }) { $1 }
        let places = Array(below.keys) + Array(unread.keys)
        belowInLowerCase = Dictionary(places.map { ($0.lowercased(), $0) }) { first, _ in first }
    }

    /// The place that something is mounted at, if it is one; in a file system that ignores case, whatever its case.
    func mountPoint(_ path: String, in fileSystem: any FileSystem) -> String? {
        if below[path] != nil || unread[path] != nil { return path }
        return fileSystem.ignoresCase ? belowInLowerCase[path.lowercased()] : nil
    }

    /// The root of what is mounted at a mount point.
    func mounted(at point: String) throws(Failure) -> Found {
        if let why = unread[point] {
            throw Failure(.refused, "what the guest sees at \(point) can't be read: \(why)", place: point)
        }
        let mount = below[point] ?? 0
        let fileSystem = mounts[mount].fileSystem
        return Found(
            path: point, fileSystem: fileSystem, number: fileSystem.root,
            status: try fileSystem.status(of: fileSystem.root), mount: mount)
    }

    /// Mount points right below a directory.
    func mountPoints(in directory: String) -> [String] {
        let prefix = directory == "/" ? "/" : directory + "/"
        return (Array(below.keys) + Array(unread.keys)).filter {
            $0 != "/" && $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains("/")
        }.sorted()
    }

    /// The file at the path; nil if a part of it is absent.
    /// - Parameter following: whether a link at the path's end is followed.
    public func find(_ path: String, following: Bool = true) throws(Failure) -> Found? {
        var rest = components(path)[...]
        var stack: [Found] = [try mounted(at: "/")]
        var links = 0
        while let name = rest.popFirst() {
            if name == "." { continue }
            if name == ".." {
                if stack.count > 1 { stack.removeLast() }
                continue
            }
            let directory = stack[stack.count - 1]
            guard directory.status.kind == .directory else { return nil }
            let joined = directory.path == "/" ? "/" + name : directory.path + "/" + name
            if let point = mountPoint(joined, in: directory.fileSystem) {
                stack.append(try mounted(at: point))
                continue
            }
            let fileSystem = directory.fileSystem
            guard let number = try fileSystem.entry(Array(name.utf8), in: directory.number) else { return nil }
            let status = try fileSystem.status(of: number)
            if status.kind == .symlink && (following || !rest.isEmpty) {
                links += 1
                guard links <= Self.linkLimit else {
                    throw Failure(
                        .refused, "more than \(Self.linkLimit) symbolic links on the way", place: path,
                        hint: "they lead in a circle: remove one in the image")
                }
                let target = String(decoding: try fileSystem.target(of: number), as: UTF8.self)
                if target.hasPrefix("/") { stack.removeSubrange(1...) }
                rest = (components(target) + rest)[...]
                continue
            }
            stack.append(
                Found(path: joined, fileSystem: fileSystem, number: number, status: status, mount: directory.mount))
        }
        return stack[stack.count - 1]
    }

    /// The names in a directory, sorted; empty if there is none. Names that are no UTF-8 are left out: no path leads there.
    public func list(_ path: String) throws(Failure) -> [String] {
        guard let found = try find(path), found.status.kind == .directory else { return [] }
        return try found.fileSystem.entries(of: found.number)
            .compactMap { String(validating: $0.name, as: UTF8.self) }.sorted()
    }

    /// A regular file's bytes; nil if there is none.
    /// - Throws: `Failure` if it is longer than the limit, no regular file (a FIFO, a device), or can't be read.
    public func read(_ path: String, limit: Int = readLimit) throws(Failure) -> [UInt8]? {
        guard let found = try find(path) else { return nil }
        return try read(found, limit: limit)
    }

    public func read(_ found: Found, limit: Int = readLimit) throws(Failure) -> [UInt8] {
        guard found.status.kind == .file else {
            throw Failure(.refused, "a \(found.status.kind) stands where a file belongs", place: found.path)
        }
        guard found.status.size <= UInt64(limit) else {
            throw Failure(
                .refused, "\(found.status.size) bytes are more than the \(limit) that are read of such a file",
                place: found.path)
        }
        return try beginning(of: found, limit: limit)
    }

    /// As much of a file as the limit allows, from its begin.
    public func beginning(of found: Found, limit: Int) throws(Failure) -> [UInt8] {
        guard found.status.kind == .file else { throw Failure(.refused, "no regular file", place: found.path) }
        let count = Int(min(found.status.size, UInt64(max(0, limit))))
        var failure: Failure?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let buffer = UnsafeMutableRawBufferPointer(buffer)
            do throws(Failure) {
                while filled < count {
                    let got = try found.fileSystem.read(
                        found.number, at: UInt64(filled),
                        into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<count]))
                    guard got > 0 else { break }
                    filled += got
                }
            } catch {
                failure = error
                filled = 0
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// A file of configuration as text; bytes that are no UTF-8 are replaced.
    public func text(_ path: String, limit: Int = readLimit) throws(Failure) -> String? {
        try read(path, limit: limit).map { String(decoding: $0, as: UTF8.self) }
    }

    func components(_ path: String) -> [String] {
        path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    }
}
