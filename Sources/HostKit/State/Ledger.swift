public import Documents
import FoundationEssentials
import Synchronization

/// Everything that was made, or was about to be made, in a vendor's account for one publication. An intent is durable before
/// the request that makes the resource, so nothing is ever made that no line tells of.
public final class Ledger: Sendable {
    private struct Line: Codable {
        var time: String?
        var run: String?
        var intend: UInt64?
        var created: UInt64?
        var settled: UInt64?
        var undone: UInt64?
        var document: JSON?
    }

    /// One resource: intended, perhaps made, perhaps wanted, perhaps gone again.
    public struct Entry: Sendable, Equatable {
        public var intent: UInt64
        public var run: String
        /// When it was intended, RFC 3339.
        public var time: String
        public var kind: String
        public var region: String?
        public var find: JSON
        public var id: String?
        public var undo: JSON?
        public var isSettled = false
        public var isUndone = false

        /// What `ep.undo/1` is given (schemas/entry.schema.json).
        public var document: JSON {
            var members: [String: JSON] = [
                "intent": .integer(Int64(clamping: intent)), "kind": .string(kind), "find": find,
            ]
            if let region { members["region"] = .string(region) }
            if let id { members["id"] = .string(id) }
            if let undo { members["undo"] = undo }
            return .object(members)
        }

        /// Two intents of one thing: an interrupted attempt and the one that found its work.
        func isSame(as other: Entry) -> Bool {
            (kind, region, find) == (other.kind, other.region, other.find)
                || (id != nil && (kind, region, id) == (other.kind, other.region, other.id))
        }
    }

    private let log: AppendLog
    private let run: String
    private let next: Mutex<UInt64>

    /// - Parameter run: the run that writes to it now.
    public init(_ directory: String, run: String) throws {
        let path = "\(directory)/ledger.jsonl"
        let last = try Self.entries(of: directory).map(\.intent).max() ?? 0
        log = try AppendLog(path)
        self.run = run
        next = Mutex(last + 1)
    }

    /// Records durably what is about to be made.
    /// - Throws: `Failure` when the document is not an intent (schemas/intent.schema.json) or cannot be written.
    public func intend(_ document: JSON) throws -> UInt64 {
        guard document["kind"]?.string?.isEmpty == false, document["find"]?.object?.isEmpty == false else {
            throw Failure(.usage, "an intent needs a kind and what to find the resource by")
        }
        let number = next.withLock { number in
            defer { number += 1 }
            return number
        }
        try log.append(Line(time: Timestamp.now(), run: run, intend: number, document: document))
        return number
    }

    public func created(_ intent: UInt64, _ document: JSON) throws {
        guard document["id"]?.string?.isEmpty == false else {
            throw Failure(.usage, "what was created needs an id")
        }
        try log.append(Line(created: intent, document: document))
    }

    public func settled(_ intent: UInt64) throws { try log.append(Line(settled: intent)) }

    /// The resource no longer exists.
    public func undone(_ intent: UInt64) throws { try log.append(Line(undone: intent)) }

    /// All entries of a publication's ledger, oldest first. Several intents of one
    /// resource (an interrupted attempt, and the one that found its work) are settled by any of them: what is wanted is never
    /// undone for an attempt's sake.
    public static func entries(of directory: String) throws -> [Entry] {
        var entries: [UInt64: Entry] = [:]
        for line in try AppendLog.read(Line.self, from: "\(directory)/ledger.jsonl") {
            if let number = line.intend {
                entries[number] = Entry(
                    intent: number, run: line.run ?? "", time: line.time ?? "",
                    kind: line.document?["kind"]?.string ?? "", region: line.document?["region"]?.string,
                    find: line.document?["find"] ?? .null)
            } else if let number = line.created {
                entries[number]?.id = line.document?["id"]?.string
                entries[number]?.undo = line.document?["undo"]
            } else if let number = line.settled {
                entries[number]?.isSettled = true
            } else if let number = line.undone {
                entries[number]?.isUndone = true
            }
        }
        var sorted = entries.values.sorted { $0.intent < $1.intent }
        let wanted = sorted.filter { $0.isSettled && !$0.isUndone }
        for index in sorted.indices where !sorted[index].isSettled {
            sorted[index].isSettled = wanted.contains { $0.isSame(as: sorted[index]) }
        }
        return sorted
    }

    /// What cleanup has to undo: neither settled nor undone, newest first.
    public static func unsettled(of directory: String) throws -> [Entry] {
        try entries(of: directory).filter { !$0.isSettled && !$0.isUndone }.reversed()
    }
}
