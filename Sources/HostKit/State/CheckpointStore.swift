import Documents
import Files
import FoundationEssentials
import Glibc
import Synchronization

/// A provider's checkpoints for one publication and one revision of their meaning. Records are in the kernel's hands when
/// `store` returns, so a killed host loses none, and on the disk within a second, so a power loss loses a second's.
public final class CheckpointStore: Sendable {
    public struct Record: Sendable, Equatable, Codable {
        public var key: String
        public var data: [UInt8]
        /// Every record of the key is kept; else the newest replaces the older.
        public var append: Bool

        public init(key: String, data: [UInt8], append: Bool) {
            self.key = key
            self.data = data
            self.append = append
        }

        private enum CodingKeys: String, CodingKey {
            case key = "k"
            case data = "d"
            case append = "a"
        }
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            key = try container.decode(String.self, forKey: .key)
            data = [UInt8](try container.decode(Data.self, forKey: .data))
            append = try container.decodeIfPresent(Bool.self, forKey: .append) ?? false
        }
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(key, forKey: .key)
            try container.encode(Data(data), forKey: .data)
            if append { try container.encode(true, forKey: .append) }
        }
    }

    private static func path(_ directory: String, _ revision: Int) -> String {
        "\(directory)/checkpoints-\(revision).jsonl"
    }

    private let log: AppendLog
    /// When something was stored that is not on the disk yet, on the monotonic clock.
    private let dirtySince = Mutex<ContinuousClock.Instant?>(nil)

    /// Opens the store that records of `revision` go to, with those of it that still count.
    public init(_ directory: String, revision: Int) throws {
        let path = Self.path(directory, revision)
        let all = try AppendLog.read(Record.self, from: path)
        let kept = Self.counting(all)
        if all.count > 2 * kept.count + 1000 {
            // Most of the file is of records that newer ones replaced.
            var bytes: [UInt8] = Array("{\"format\":\(Format.current)}\n".utf8)
            for record in kept { bytes += [UInt8](try DocumentCoding.encode(record)) + [0x0a] }
            try File.replace(path, with: bytes, mode: 0o600)
        }
        log = try AppendLog(path)
    }

    /// - Parameter durable: on the disk before the call returns.
    public func store(_ record: Record, durable: Bool) throws {
        try log.append(record, durable: durable)
        if durable {
            dirtySince.withLock { $0 = nil }
            return
        }
        let now = ContinuousClock.now
        let isDue = dirtySince.withLock { since in
            guard let first = since else {
                since = now
                return false
            }
            guard now - first > .milliseconds(500) else { return false }
            since = nil
            return true
        }
        if isDue { try log.sync() }
    }

    /// Puts on the disk what is not there yet. Called twice a second while a job runs.
    public func flush() throws {
        let isDirty = dirtySince.withLock { since in
            defer { since = nil }
            return since != nil
        }
        if isDirty { try log.sync() }
    }

    /// The records that count, oldest first, of the first revision that has any.
    public static func records(of directory: String, revisions: [Int]) throws -> [Record] {
        for revision in revisions {
            let all = try AppendLog.read(Record.self, from: path(directory, revision))
            guard !all.isEmpty else { continue }
            return counting(all)
        }
        return []
    }

    /// Without those that newer ones replaced.
    private static func counting(_ all: [Record]) -> [Record] {
        var newest: [String: Int] = [:]
        for (index, record) in all.enumerated() where !record.append { newest[record.key] = index }
        return all.enumerated().filter { $1.append || newest[$1.key] == $0 }.map(\.element)
    }

    /// Forgets a publication's checkpoints: it is complete, and the remote knows the rest.
    public static func remove(from directory: String) {
        for name in (try? File.names(in: directory)) ?? [] where name.hasPrefix("checkpoints-") {
            unlink("\(directory)/\(name)")
        }
    }
}
