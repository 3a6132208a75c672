import ProviderAPI
import Synchronization
import Workers

/// A host that remembers what it was asked.
final class Recorder: HostServices {
    struct Memory {
        var lines: [String] = []
        var records: [String] = []
        var ledger: [String] = []
    }
    let memory = Mutex(Memory())

    var lines: [String] { memory.withLock { $0.lines } }
    func log(level: Int32, message: String) { memory.withLock { $0.lines.append(message) } }
    func progress(done: UInt64, total: UInt64, step: String) {}
    func checkpoint(key: String, data: [UInt8], flags: UInt32) throws {
        memory.withLock { $0.records.append("\(key)=\(String(decoding: data, as: UTF8.self)) \(flags)") }
    }
    func intend(_ document: [UInt8]) throws -> UInt64 {
        memory.withLock { $0.ledger.append("intend") }
        return 42
    }
    func created(_ intent: UInt64, document: [UInt8]) throws {
        memory.withLock { $0.ledger.append("created \(intent)") }
    }
    func settled(_ intent: UInt64) throws { memory.withLock { $0.ledger.append("settled \(intent)") } }
    func secret(_ name: String) throws -> (value: [UInt8], expires: Int64) {
        guard name == "token" else { throw ServiceRefusal(status: EP_DENIED) }
        return (Array("s3cret".utf8), 7)
    }
    func redact(_ secret: [UInt8]) {}
    func fileRead(_ name: String) throws -> [UInt8] { throw ServiceRefusal(status: EP_DENIED) }
    func runHelper(_ document: [UInt8]) throws -> [UInt8] { throw ServiceRefusal(status: EP_DENIED) }
    func cacheGet(_ key: String) -> [UInt8]? { nil }
    func cachePut(_ key: String, data: [UInt8]) {}
    func treeStat(_ path: String) throws -> TreeStat { throw ServiceRefusal(status: EP_NOT_FOUND) }
    func treeRead(_ path: String, limit: UInt64) throws -> [UInt8] { throw ServiceRefusal(status: EP_NOT_FOUND) }
    func treeList(_ path: String) throws -> [String] { throw ServiceRefusal(status: EP_NOT_FOUND) }
}
