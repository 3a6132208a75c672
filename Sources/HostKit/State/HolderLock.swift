import Documents
import Files
import FoundationEssentials
import Glibc

/// Who holds a lock: the lock file's content, for the words of a refusal.
public struct LockHolder: Sendable, Equatable, Codable {
    public var format = Format.current
    public var run: String
    public var pid: Int32
    public var host: String
    public var since: String
}

/// A lock that says who holds it. The kernel gives it up with its process, so that a dead holder is taken over at once.
public final class HolderLock: Sendable {
    private let file: File

    /// Takes the lock or says who has it; never waits.
    /// - Throws: `Failure` with code `busy` naming the holder.
    public init(_ path: String, run: String, what: String) throws {
        let file = try File(path, O_RDWR | O_CREAT, mode: 0o600)
        guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.holder(path)
            let words = holder.map { "run \($0.run) (process \($0.pid) on \($0.host), since \($0.since))" }
            throw Failure(
                .busy, "\(what) is being worked on by \(words ?? "another run")", place: path,
                hint: "wait for it, or end that process and run the command again", retryable: true)
        }
        let holder = LockHolder(run: run, pid: getpid(), host: Machine.hostName, since: Timestamp.now())
        guard ftruncate(file.descriptor, 0) == 0 else { throw File.failure("write", path) }
        try file.write([UInt8](try DocumentCoding.encode(holder)))
        self.file = file
    }

    /// Whether somebody holds it now, and who.
    public static func holder(_ path: String) -> LockHolder? {
        guard let file = try? File(path, O_RDONLY) else { return nil }
        guard flock(file.descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        guard let bytes = try? File.contents(path, limit: 4096) else { return nil }
        return try? DocumentCoding.decode(LockHolder.self, from: Data(bytes))
    }
}

/// Who and where, for locks and records.
public enum Machine {
    public static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    public static var userName: String {
        guard let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name else { return "\(geteuid())" }
        return String(cString: name)
    }
}
