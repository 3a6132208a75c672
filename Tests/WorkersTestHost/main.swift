// Plays the host in the tests that kill it: runs jobs of the provider that its arguments name, and waits. A request that
// begins with "unfiltered " runs without the filter of system calls, so that the provider can start processes.
// Usage: WorkersTestHost WORKER LIBRARY REQUEST...
//
// With --nurse it starts another program and becomes the parent of all that this one, killed, leaves behind; it prints the
// program's process id, and ends, with the program's exit status, once the last of them did: the test's own process never has a
// child that it does not know.
// Usage: WorkersTestHost --nurse PROGRAM ARGUMENT...
import Glibc
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
if arguments[1] == "--nurse" {
    // Making Workers makes this process a subreaper.
    _ = Workers(workerExecutable: "")
    var child: pid_t = 0
    var words = arguments.dropFirst(2).map { strdup($0) } + [nil]
    guard posix_spawn(&child, arguments[2], nil, nil, &words, environ) == 0 else { exit(1) }
    print(child)
    fflush(nil)
    var (status, ended): (Int32, Int32) = (0, 0)
    while true {
        let pid = wait(&ended)
        if pid == child { status = ended & 0x7f == 0 ? (ended >> 8) & 0xff : 128 + (ended & 0x7f) }
        if pid < 0 && errno != EINTR { break }
    }
    exit(status)
}

let workers = Workers(workerExecutable: arguments[1])
await withTaskGroup(of: Void.self) { group in
    for request in arguments.dropFirst(3) {
        group.addTask {
            guard let identity = try? LibraryIdentity(of: arguments[2]) else { return }
            let isFiltered = !request.hasPrefix("unfiltered ")
            var job = WorkerJob(
                providerID: "badcloud", providerVersion: "1.0.0", libraryPath: arguments[2],
                libraryIdentity: identity, profile: .publish, operation: "ep.upload/1",
                request: Array(request.dropFirst(isFiltered ? 0 : 11).utf8))
            job.filterSystemCalls = isFiltered
            print("\(request): \(await workers.run(job, services: Silent(), cancellation: Cancellation()))")
        }
    }
}
