import CSystem
import Documents
import Glibc
import ProviderAPI
import Testing

@testable import Workers

/// Where the tests find the programs beside their own bundle, and the library that they let gcc build.
enum Lab {
    static let products: String = {
        // The bundle is mapped into the test runner; its folder holds the other products.
        guard let maps = fopen("/proc/self/maps", "r") else { return "." }
        defer { fclose(maps) }
        var line = [CChar](repeating: 0, count: 8192)
        while fgets(&line, Int32(line.count), maps) != nil {
            let text = String(
                decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasSuffix(".xctest"), let slash = text.firstIndex(of: "/"), let end = text.lastIndex(of: "/")
            else { continue }
            return String(text[slash..<end])
        }
        return "."
    }()

    static let worker = products + "/eulerpublisher-worker"
    static let host = products + "/WorkersTestHost"

    static let root: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    static let folder: String = {
        var template = Array("/tmp/workers-tests.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no temporary folder") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()

    /// Built once, with gcc and the header alone.
    static let library: String = build("libbadcloud.so", [])
    static let newer: String = build("libnewer.so", ["-DBADCLOUD_VERSION=\"2.0.0\""])

    static func build(_ name: String, _ options: [String]) -> String {
        let path = "\(folder)/\(name)"
        let status = run(
            ["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden"] + options + [
                "-I\(root)/Sources/ProviderAPI/include", "-o", path, "\(root)/Tests/Providers/badcloud/badcloud.c",
            ])
        precondition(status == 0, "gcc refused badcloud.c")
        return path
    }

    /// Starts a program with our standard streams and no other descriptor of this process: one that lives on would hold open the
    /// pipes that other tests read to their end. Found in /usr/bin when its name has no slash.
    /// - Parameter output: what becomes its standard output.
    static func spawn(_ arguments: [String], output: Int32 = 1) -> pid_t {
        var pid: pid_t = 0
        let pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        let path = arguments[0].contains("/") ? arguments[0] : "/usr/bin/\(arguments[0])"
        let status = eps_spawn(path, pointers, environ, 0, output, 2, &pid)
        precondition(status == 0, "\(path) cannot be started")
        return pid
    }

    /// - Returns: the process, and what to read its standard output from.
    static func spawnReading(_ arguments: [String]) throws -> (pid: pid_t, output: Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(eps_pipe(&ends) == 0)
        defer { close(ends[1]) }
        return (spawn(arguments, output: ends[1]), ends[0])
    }

    static func run(_ arguments: [String]) -> Int32 {
        var status: Int32 = 0
        waitpid(spawn(arguments), &status, 0)
        return status
    }

    static func job(_ request: String, library: String = library, profile: WorkerProfile = .publish) throws -> WorkerJob
    {
        WorkerJob(
            providerID: "badcloud", providerVersion: "1.0.0", libraryPath: library,
            libraryIdentity: try LibraryIdentity(of: library), profile: profile, operation: "ep.upload/1",
            request: Array(request.utf8))
    }

    static func outcome(
        _ job: WorkerJob, _ services: Recorder = Recorder(), _ cancellation: Cancellation = Cancellation()
    ) async -> WorkerOutcome {
        await Workers(workerExecutable: worker).run(job, services: services, cancellation: cancellation)
    }

    /// Processes that map the library: workers and whatever they forked.
    static func processes(mapping library: String) -> [pid_t] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var found: [pid_t] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let pid = pid_t(name), pid != getpid(), let maps = fopen("/proc/\(name)/maps", "r") else { continue }
            defer { fclose(maps) }
            var line = [CChar](repeating: 0, count: 4096)
            while fgets(&line, Int32(line.count), maps) != nil {
                let text = line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
                if String(decoding: text, as: UTF8.self).hasSuffix(library) {
                    found.append(pid)
                    break
                }
            }
        }
        return found
    }
}

extension WorkerOutcome {
    var document: String? {
        switch self {
        case .done(let bytes), .pending(let bytes), .failed(_, let bytes): String(decoding: bytes, as: UTF8.self)
        default: nil
        }
    }
    var crash: String? { if case .crashed(let failure) = self { failure.message } else { nil } }
}
