import CSystem
import Documents
import Glibc

/// A port of 127.0.0.1: the one that leads to the guest's SSH server.
enum Port {
    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// One that nobody uses now.
    static func free() throws(Failure) -> UInt16 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { if socket >= 0 { close(socket) } }
        var address = address(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                socket >= 0 && bind(socket, $0, size) == 0 ? getsockname(socket, $0, &size) : -1
            }
        }
        guard status == 0 else {
            throw Failure(.internal, "no port of 127.0.0.1 is free: \(String(cString: strerror(errno)))")
        }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Waits for a server's first words without blocking: asked again and again.
    struct Knock: ~Copyable {
        private let port: UInt16
        private var socket: Int32 = -1
        private var begin: Int64 = 0
        /// A guest that is not there yet leaves a connection open without a word.
        private static let patience: Int64 = 8_000_000_000

        init(_ port: UInt16) { self.port = port }
        deinit { if socket >= 0 { close(socket) } }

        /// - Returns: what an SSH server says first (RFC 4253, 4.2), once it did.
        mutating func greeting() -> String? {
            let now = eps_monotonic()
            if socket < 0 {
                // Not more often than once a second.
                guard now - begin > 1_000_000_000 else { return nil }
                begin = now
                let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
                socket = Glibc.socket(AF_INET, Int32(kind), 0)
                guard socket >= 0 else { return nil }
                var address = Port.address(port)
                _ = withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                return nil
            }
            var buffer = [UInt8](repeating: 0, count: 255)
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EAGAIN || errno == ENOTCONN, now - begin < Self.patience { return nil }
            close(socket)
            socket = -1
            let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
            guard text.hasPrefix("SSH-") else { return nil }
            return Printable.line(String(text.prefix { !$0.isNewline }))
        }
    }
}
