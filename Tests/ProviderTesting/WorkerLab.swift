public import Documents
import Foundation
import ProviderAPI
public import Synchronization
public import Workers

/// The services of a host for jobs in real workers: ledger in memory, nothing else. What it does not offer it refuses.
public final class WorkerServices: HostServices {
    public struct Memory: Sendable {
        public var lines: [String] = []
        public var ledger: [LedgerEntry] = []
        public var settled: Set<UInt64> = []
    }
    public let memory = Mutex(Memory())
    /// Called with each step of progress, on the job's own thread.
    private let onProgress: @Sendable (UInt64) -> Void

    public init(onProgress: @escaping @Sendable (UInt64) -> Void = { _ in }) { self.onProgress = onProgress }

    public func log(level: Int32, message: String) { memory.withLock { $0.lines.append(message) } }
    public func progress(done: UInt64, total: UInt64, step: String) { onProgress(done) }
    public func checkpoint(key: String, data: [UInt8], flags: UInt32) throws {}

    public func intend(_ document: [UInt8]) throws -> UInt64 {
        let intent = try DocumentCoding.decode(LedgerIntent.self, from: Data(document))
        return memory.withLock { memory in
            let number = UInt64(memory.ledger.count + 1)
            memory.ledger.append(
                LedgerEntry(intent: number, kind: intent.kind, region: intent.region, find: intent.find))
            return number
        }
    }

    public func created(_ intent: UInt64, document: [UInt8]) throws {
        let created = try DocumentCoding.decode(LedgerCreated.self, from: Data(document))
        memory.withLock { memory in
            guard let index = memory.ledger.firstIndex(where: { $0.intent == intent }) else { return }
            memory.ledger[index].id = created.id
            memory.ledger[index].undo = created.undo
        }
    }

    public func settled(_ intent: UInt64) throws { memory.withLock { _ = $0.settled.insert(intent) } }
    public func secret(_ name: String) throws -> (value: [UInt8], expires: Int64) {
        throw ServiceRefusal(status: EP_AUTH)
    }
    public func redact(_ secret: [UInt8]) {}
    public func fileRead(_ name: String) throws -> [UInt8] { throw ServiceRefusal(status: EP_DENIED) }
    public func runHelper(_ document: [UInt8]) throws -> [UInt8] { throw ServiceRefusal(status: EP_DENIED) }
    public func cacheGet(_ key: String) -> [UInt8]? { nil }
    public func cachePut(_ key: String, data: [UInt8]) {}
    public func treeStat(_ path: String) throws -> TreeStat { throw ServiceRefusal(status: EP_UNSUPPORTED) }
    public func treeRead(_ path: String, limit: UInt64) throws -> [UInt8] {
        throw ServiceRefusal(status: EP_UNSUPPORTED)
    }
    public func treeList(_ path: String) throws -> [String] { throw ServiceRefusal(status: EP_UNSUPPORTED) }
}

/// Where the programs and libraries of this build lie: beside the test bundle.
public enum BuildProducts {
    public static let directory: String = {
        let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
        for line in maps.split(separator: "\n") where line.hasSuffix(".xctest") {
            guard let slash = line.firstIndex(of: "/"), let end = line.lastIndex(of: "/") else { continue }
            return String(line[slash..<end])
        }
        return "."
    }()

    public static var workers: Workers { Workers(workerExecutable: "\(directory)/eulerpublisher-worker") }
}

extension WorkerOutcome {
    /// The result of a job that is done.
    public var result: OperationResult? {
        guard case .done(let bytes) = self else { return nil }
        return try? DocumentCoding.decode(OperationResult.self, from: Data(bytes))
    }

    /// The error of a job that failed or crashed.
    public var failure: Failure? {
        switch self {
        case .failed(_, let bytes): try? DocumentCoding.decode(Failure.self, from: Data(bytes))
        case .crashed(let failure): failure
        default: nil
        }
    }
}
