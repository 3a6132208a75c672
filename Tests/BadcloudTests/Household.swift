import CSystem
import Foundation
import Glibc
import TestSupport
import Testing

/// A publication below a nurse (WorkersTestHost), whose child everything becomes that a killed host leaves behind: it ends when the
/// last of them did, whatever session or group that was in.
struct Household {
    let lab: Lab
    let nurse: pid_t
    let host: pid_t
    let workers: [pid_t]

    /// Starts publishing the lab's plan and waits until that many workers have the provider loaded.
    init(_ lab: Lab, workers count: Int) async throws {
        self.lab = lab
        var ends: [Int32] = [-1, -1]
        try #require(eps_pipe(&ends) == 0)
        defer { close(ends[0]) }
        nurse = try Self.spawn(
            ["\(Self.products)/WorkersTestHost", "--nurse"] + lab.command(["publish", "\(lab.path)/plan.yaml"]),
            output: ends[1])
        close(ends[1])
        var text = [UInt8](repeating: 0, count: 32)
        let size = read(ends[0], &text, text.count)
        host = try #require(
            pid_t(String(decoding: text.prefix { $0 != 10 && $0 != 0 }, as: UTF8.self)), "\(size) bytes")
        var found: [pid_t] = []
        for _ in 0..<200 where found.count != count {
            try await Task.sleep(for: .milliseconds(25))
            found = Self.processes(mapping: lab.library)
        }
        workers = found
        if found.count != count {
            Issue.record("\(found.count) workers instead of \(count)")
            for pid in found + [host] { kill(pid, SIGKILL) }
            throw CancellationError()
        }
    }

    /// Processes that map the provider now.
    var present: [pid_t] { Self.processes(mapping: lab.library) }

    /// - Returns: the host's exit status, or 128 and the signal that ended it.
    @discardableResult
    func expectNothingLeft(within limit: Duration = .seconds(2)) async throws -> Int32 {
        let started = ContinuousClock.now
        var ended: pid_t = 0
        var status: Int32 = 0
        while ended == 0, ContinuousClock.now - started < limit {
            try await Task.sleep(for: .milliseconds(20))
            ended = waitpid(nurse, &status, WNOHANG)
        }
        #expect(ended == nurse, "after \(limit) there were \(present)")
        #expect(present == [])
        if ended == 0 {
            for pid in present + [host] { kill(pid, SIGKILL) }
            waitpid(nurse, nil, 0)
        }
        return (status >> 8) & 0xff
    }

    /// The folder of the test bundle, which holds the other products.
    private static var products: String {
        let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
        let bundle = maps.split(separator: "\n").first { $0.hasSuffix(".xctest") } ?? ""
        guard let slash = bundle.firstIndex(of: "/"), let end = bundle.lastIndex(of: "/") else { return "." }
        return String(bundle[slash..<end])
    }

    /// With no other descriptor of this process, which would keep open what other tests read to its end.
    private static func spawn(_ arguments: [String], output: Int32) throws -> pid_t {
        var pid: pid_t = 0
        let words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        try #require(eps_spawn(arguments[0], words, environ, 0, output, output, &pid) == 0)
        return pid
    }

    static func processes(mapping library: String) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { pid in
            let maps = try? String(contentsOfFile: "/proc/\(pid)/maps", encoding: .utf8)
            return maps?.contains(library) == true
        }
    }
}
