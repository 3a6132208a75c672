import Documents
import Files
import Glibc
import Programs

/// A file that takes its name when it is whole: written beside it under another, which is removed if that never comes.
final class Replacement: Sendable {
    /// Where it is written: empty at first, its user's alone.
    let path: String
    private let target: String
    private let isForced: Bool
    private let lock: File

    /// - Parameters:
    ///   - target: the name that it takes; there, only a file that was there before `isForced`.
    ///   - source: what it is made of, which it never replaces, by whatever name.
    /// - Throws: `Failure` if something stands there, or the folder can't be written.
    init(_ target: String, of source: QemuImage, isForced: Bool, kind: String = "part") throws {
        var status = stat()
        if stat(target, &status) == 0 {
            var other = stat()
            guard stat(source.path, &other) != 0 || (other.st_dev, other.st_ino) != (status.st_dev, status.st_ino)
            else {
                throw Failure(.usage, "source and target are the same file", place: target, hint: "name another file")
            }
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw Failure(.usage, "this is not a file", place: target, hint: "name a file")
            }
            guard isForced else { throw Self.taken(target) }
        }
        (self.target, self.isForced) = (target, isForced)
        let slash = target.lastIndex(of: "/")
        let folder = slash.map { String(target[...$0]) } ?? "./"
        let name = ".\(slash.map { String(target[target.index(after: $0)...]) } ?? target)."
        Self.sweep(folder, name, kind)
        path = "\(folder)\(name)\(UInt64.random(in: 0 ... .max)).\(kind)"
        do { lock = try File(path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600) } catch var failure as Failure {
            // The other name says nothing to whoever named this one.
            failure.place = target
            throw failure
        }
        flock(lock.descriptor, LOCK_EX | LOCK_NB)
    }

    deinit { unlink(path) }

    private static func taken(_ target: String) -> Failure {
        Failure(.usage, "something stands there already", place: target, hint: "name another file, or use --force")
    }

    /// What processes left that were killed: nobody holds its lock.
    private static func sweep(_ folder: String, _ name: String, _ kind: String) {
        for entry in (try? File.names(in: folder)) ?? [] where entry.hasPrefix(name) && entry.hasSuffix(".\(kind)") {
            guard entry.dropFirst(name.count).dropLast(kind.count + 1).allSatisfy(\.isNumber),
                let file = try? File("\(folder)\(entry)", O_RDWR | O_NOFOLLOW),
                flock(file.descriptor, LOCK_EX | LOCK_NB) == 0
            else { continue }
            unlink("\(folder)\(entry)")
        }
    }

    /// A failure of the writing, by which it is told if there was no room.
    func explained(_ failure: Failure) -> Failure {
        let folder = target.lastIndex(of: "/").map { String(target[...$0]) } ?? "."
        return failure.lacksRoom(in: folder, named: folder)
    }

    /// Gives it its name; also after a power loss it is whole then.
    /// - Throws: `Failure` if something came to stand there meanwhile.
    func commit() throws {
        let mask = umask(0)
        umask(mask)
        let file = try File(path, O_RDWR)
        guard fchmod(file.descriptor, 0o666 & ~mask) == 0, fsync(file.descriptor) == 0 else {
            throw File.failure("write", target)
        }
        if isForced {
            guard rename(path, target) == 0 else { throw File.failure("write", target) }
        } else if link(path, target) == 0 {
            unlink(path)
        } else {
            if errno == EEXIST { throw Self.taken(target) }
            // A file system without links.
            guard access(target, F_OK) != 0 else { throw Self.taken(target) }
            guard rename(path, target) == 0 else { throw File.failure("write", target) }
        }
    }
}
