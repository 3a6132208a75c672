// Plays the host in the tests that kill it: runs jobs of the provider that its arguments name, and waits.
// Usage: WorkersTestHost WORKER LIBRARY REQUEST...
import Workers

struct Silent: HostServices {
    func log(level: Int32, message: String) {}
    func progress(done: UInt64, total: UInt64, step: String) {}
    func checkpoint(key: String, data: [UInt8], flags: UInt32) throws {}
    func intend(_ document: [UInt8]) throws -> UInt64 { 1 }
    func created(_ intent: UInt64, document: [UInt8]) throws {}
    func settled(_ intent: UInt64) throws {}
    func secret(_ name: String) throws -> (value: [UInt8], expires: Int64) { throw ServiceRefusal(status: 3) }
    func redact(_ secret: [UInt8]) {}
    func fileRead(_ name: String) throws -> [UInt8] { throw ServiceRefusal(status: 5) }
    func runHelper(_ document: [UInt8]) throws -> [UInt8] { throw ServiceRefusal(status: 5) }
    func cacheGet(_ key: String) -> [UInt8]? { nil }
    func cachePut(_ key: String, data: [UInt8]) {}
    func treeStat(_ path: String) throws -> TreeStat { throw ServiceRefusal(status: 5) }
    func treeRead(_ path: String, limit: UInt64) throws -> [UInt8] { throw ServiceRefusal(status: 5) }
    func treeList(_ path: String) throws -> [String] { throw ServiceRefusal(status: 5) }
}

let arguments = CommandLine.arguments
let workers = Workers(workerExecutable: arguments[1])
await withTaskGroup(of: Void.self) { group in
    for request in arguments.dropFirst(3) {
        group.addTask {
            guard let identity = try? LibraryIdentity(of: arguments[2]) else { return }
            let job = WorkerJob(
                providerID: "badcloud", providerVersion: "1.0.0", libraryPath: arguments[2],
                libraryIdentity: identity, profile: .publish, operation: "ep.upload/1", request: Array(request.utf8))
            print("\(request): \(await workers.run(job, services: Silent(), cancellation: Cancellation()))")
        }
    }
}
