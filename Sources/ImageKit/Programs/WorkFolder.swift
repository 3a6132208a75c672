import Documents
import Files
import Glibc

/// A folder of this process's own, readable by its user alone, that is removed with the value; those that dead processes left
/// beside it are removed when the next is made.
///
/// It holds files, and folders that are empty.
public final class WorkFolder: Sendable {
    /// Absolute, without symbolic links.
    public let path: String
    private let lock: File

    /// - Parameters:
    ///   - parent: made if it is not there.
    ///   - name: what its name begins with: letters.
    /// - Throws: `Failure` if it can't be made.
    public init(in parent: String, named name: String) throws {
        try File.makeDirectories(parent)
        Self.sweep(parent, name)
        var template = Array("\(parent)/\(name)-XXXXXX".utf8CString)
        guard template.withUnsafeMutableBufferPointer({ $0.baseAddress.map { mkdtemp($0) != nil } ?? false }) else {
            throw File.failure("make a folder", parent)
        }
        // Programs that it is named to may stand elsewhere.
        guard let real = template.withUnsafeBufferPointer({ $0.baseAddress.flatMap { realpath($0, nil) } }) else {
            throw File.failure("make a folder", parent)
        }
        defer { free(real) }
        path = String(cString: real)
        do {
            lock = try File("\(path)/lock", O_RDWR | O_CREAT, mode: 0o600)
        } catch {
            rmdir(path)
            throw error
        }
        flock(lock.descriptor, LOCK_EX | LOCK_NB)
    }

    deinit { File.removeFlatDirectory(path) }

    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Seconds that one may take until it has its lock, and until that is held.
    private static let (making, locking) = (60, 2)

    /// A folder whose lock nobody holds is a dead process's, or one that is being made: that one is young.
    private static func sweep(_ parent: String, _ name: String) {
        for entry in (try? File.names(in: parent)) ?? [] where entry.hasPrefix("\(name)-") {
            let folder = "\(parent)/\(entry)"
            var status = stat()
            guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid()
            else { continue }
            guard let lock = try? File("\(folder)/lock", O_RDWR | O_NOFOLLOW) else {
                if time(nil) - status.st_mtim.tv_sec > making { File.removeFlatDirectory(folder) }
                continue
            }
            guard fstat(lock.descriptor, &status) == 0, time(nil) - status.st_mtim.tv_sec > locking else { continue }
            if flock(lock.descriptor, LOCK_EX | LOCK_NB) == 0 { File.removeFlatDirectory(folder) }
        }
    }
}
