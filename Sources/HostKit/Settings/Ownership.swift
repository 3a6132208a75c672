import Documents
public import Glibc

/// Who may have written what the host trusts: a path is accepted when it and every directory above it belong to one of the
/// owners and only its owner can write it. A directory with the sticky bit that belongs to root, as /tmp, may be written by
/// all: nobody can replace another's entry there.
public struct Ownership: Sendable {
    public let owners: Set<uid_t>

    public init(owners: Set<uid_t>) { self.owners = owners }

    /// Root and whoever runs this process.
    public static var current: Ownership { Ownership(owners: [0, geteuid()]) }

    /// Walks from the root down, following links as the kernel does.
    /// - Returns: The path without links.
    /// - Throws: `Failure` (usage) for the first directory or file on the way that somebody else could have written, with that
    ///   path as its place and the command that mends it as its hint; for a path that is not there; for a relative one.
    @discardableResult
    public func check(_ path: String) throws -> String {
        guard path.hasPrefix("/") else {
            throw Failure(.usage, "the path is not absolute", place: path, hint: "write the whole path")
        }
        var resolved = ""
        var rest: [Substring] = path.split(separator: "/").reversed()
        var links = 0
        try inspect("/", try Self.status("/"))
        while let name = rest.popLast() {
            if name == "." { continue }
            if name == ".." {
                resolved = String(resolved[..<(resolved.lastIndex(of: "/") ?? resolved.startIndex)])
                continue
            }
            let next = "\(resolved)/\(name)"
            let status = try Self.status(next)
            guard status.st_mode & S_IFMT == S_IFLNK else {
                try inspect(next, status)
                resolved = next
                continue
            }
            links += 1
            guard links <= 40 else { throw Failure(.usage, "too many symbolic links", place: path) }
            guard owners.contains(status.st_uid) else { throw foreign(next, status.st_uid, "symbolic link") }
            let target = try Self.target(of: next)
            if target.hasPrefix("/") { resolved = "" }
            rest += target.split(separator: "/").reversed()
        }
        return resolved.isEmpty ? "/" : resolved
    }

    private func inspect(_ path: String, _ status: stat) throws {
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        let kind = isDirectory ? "directory" : "file"
        guard owners.contains(status.st_uid) else { throw foreign(path, status.st_uid, kind) }
        let open = status.st_mode & (S_IWGRP | S_IWOTH)
        guard open != 0, !(isDirectory && status.st_uid == 0 && status.st_mode & S_ISVTX != 0) else { return }
        let (who, change) =
            switch open {
            case S_IWGRP: ("its group", "g-w")
            case S_IWOTH: ("everybody", "o-w")
            default: ("its group and everybody", "go-w")
            }
        throw Failure(
            .usage, "the \(kind) can be written by \(who), so what lies there cannot be trusted", place: path,
            hint: "chmod \(change) \(Self.quoted(path))")
    }

    private func foreign(_ path: String, _ owner: uid_t, _ kind: String) -> Failure {
        let others = owners.subtracting([0]).sorted().map { $0 == geteuid() ? "you" : "uid \($0)" }
        let allowed = others.isEmpty ? "not to root" : "neither to root nor to " + others.joined(separator: " nor to ")
        return Failure(
            .usage, "the \(kind) belongs to uid \(owner), \(allowed), so what lies there cannot be trusted",
            place: path,
            hint: "if you trust it: chown \(kind == "symbolic link" ? "-h " : "")root \(Self.quoted(path))")
    }

    private static func status(_ path: String) throws -> stat {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw Failure(.usage, "cannot look at it: \(String(cString: strerror(errno)))", place: path)
        }
        return status
    }

    private static func target(of path: String) throws -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes {
            readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        guard count > 0, count < buffer.count else {
            throw Failure(.usage, "cannot read the symbolic link", place: path)
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// As a shell reads it.
    public static func quoted(_ path: String) -> String {
        let plain = path.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || "/._-+:@%,".utf8.contains($0)
        }
        return plain ? path : "'" + path.replacing("'", with: "'\\''") + "'"
    }
}
