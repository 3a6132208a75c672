import Foundation
import Glibc

/// A request to a port here, without the client under test, so that no fault of it hides.
enum Loopback {
    static func post(_ port: Int, _ path: String, _ body: Data) throws -> Data {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw RegistryFailure(description: "nothing listens at port \(port)") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        let head = "POST \(path) HTTP/1.1\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        try file.write(contentsOf: Data(head.utf8) + body)
        let answer = try file.readToEnd() ?? Data()
        guard answer.starts(with: Data("HTTP/1.1 200 ".utf8)), let end = answer.range(of: Data("\r\n\r\n".utf8)) else {
            throw RegistryFailure(description: "\(path) was answered: \(String(decoding: answer, as: UTF8.self))")
        }
        return answer[end.upperBound...]
    }
}
