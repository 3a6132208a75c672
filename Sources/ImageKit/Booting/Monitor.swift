import Documents
import Glibc

/// The machine's monitor: QMP (qemu's docs/interop/qmp-spec) over a pair of sockets that nobody else can reach.
final class Monitor: Sendable {
    private let ours: Int32

    /// - Returns: the monitor, and the descriptor that the emulator gets as its 0.
    /// - Throws: `Failure` if no sockets can be made.
    static func make() throws(Failure) -> (Monitor, Int32) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Failure(.quota, "no socket can be made: \(String(cString: strerror(errno)))")
        }
        let monitor = Monitor(ours: ends[0])
        monitor.send("qmp_capabilities")
        return (monitor, ends[1])
    }

    private init(ours: Int32) { self.ours = ours }
    deinit { close(ours) }

    /// Presses the machine's power button, as clouds do to switch off.
    func pressPower() { send("system_powerdown") }

    private func send(_ command: String) {
        let text = "{\"execute\":\"\(command)\"}\n"
        _ = text.withCString { Glibc.send(ours, $0, strlen($0), Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) }
        drain()
    }

    /// Answers and events are told on the console too, or by the emulator's end.
    func drain() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while recv(ours, &buffer, buffer.count, Int32(MSG_DONTWAIT)) > 0 {}
    }
}
