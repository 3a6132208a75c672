import CSystem
import Glibc

/// A guest's program and the server of its file system mostly take turns: one sleeps while the other works. On two processors each
/// turn wakes the other's, which takes longer than the turn itself; on one it is a switch. So the two that do take turns share a
/// processor, for as long as they do. One thread.
final class ProcessorSharing {
    /// Nanoseconds from one look to the next, at least.
    private static let period: Int64 = 100_000_000
    /// Who used less than this part of a period takes no turns.
    private static let part = 5

    private let root: GuestRoot
    private let servers: [pid_t]
    private var looked = eps_monotonic()
    private var used: [pid_t: Int64] = [:]
    private(set) var pair: [pid_t] = []

    /// - Parameters:
    ///   - root: whose /proc shows the guest's programs and the servers.
    ///   - servers: of its file systems.
    init(_ root: GuestRoot, servers: [pid_t]) { (self.root, self.servers) = (root, servers) }

    /// Sees who worked since the last time; to be called again and again while a program of the guest runs.
    func look() {
        let now = eps_monotonic()
        guard !servers.isEmpty, now - looked >= Self.period else { return }
        var worked: [pid_t: Int64] = [:]
        var times: [pid_t: Int64] = [:]
        for pid in ((try? root.names("/proc")) ?? []).compactMap({ pid_t($0) }) where pid != getpid() {
            let time = eps_processor_time(pid)
            guard time >= 0 else { continue }
            times[pid] = time
            worked[pid] = time - (used[pid] ?? 0)
        }
        let least = (now - looked) / Int64(Self.part)
        (used, looked) = (times, now)
        let programs = worked.keys.filter { !servers.contains($0) }
        func busiest(_ some: [pid_t]) -> pid_t? {
            some.max { worked[$0, default: 0] < worked[$1, default: 0] }.flatMap {
                worked[$0, default: 0] < least ? nil : $0
            }
        }
        var found: [pid_t] = []
        if let program = busiest(Array(programs)), let server = busiest(servers) { found = [program, server] }
        if found != pair {
            release()
            pair = found
            if let processor = found.last.flatMap(processor) { for pid in found { _ = eps_run_on(pid, processor) } }
        }
        // What a program starts would stay where that was.
        for pid in programs where !pair.contains(pid) { _ = eps_run_on(pid, -1) }
    }

    /// They run where they may again.
    func release() {
        for pid in pair { _ = eps_run_on(pid, -1) }
        pair = []
    }

    /// On which a process ran last: field 39 of its `stat` (proc_pid_stat(5)), counted behind its name, which may hold anything.
    private func processor(_ pid: pid_t) -> Int32? {
        let file = root.open("/proc/\(pid)/stat")
        guard file >= 0 else { return nil }
        defer { close(file) }
        let text = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, buffer.count))
        }
        guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[text.index(after: end)...].split(separator: UInt8(ascii: " "))
        return fields.count > 36 ? Int32(String(decoding: fields[36], as: UTF8.self)) : nil
    }
}
