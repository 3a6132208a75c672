import Foundation
import RegistryPeers
import TestSupport

/// What curl was answered.
struct Reply: Sendable {
    /// 0: there was no answer.
    var status = 0
    var headers: [(name: String, value: String)] = []
    var body = ""
    /// curl's own.
    var exit: Int32

    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
    /// The `code` of the first error.
    var code: String? { body.firstMatch(of: /"code": ?"(\w+)"/).map { String($0.1) } }
}

/// curl, to one registry.
struct Curl: Sendable {
    var url: String
    var authority: String?
    var user: RegistryUser?
    var token: String?
    var options: [String] = []

    init(_ registry: StrictRegistry) { self.init(url: registry.url, authority: registry.authority) }
    init(_ registry: DockerRegistry) { self.init(url: registry.url, authority: registry.authority) }
    private init(url: String, authority: String?) {
        self.url = url
        self.authority = authority
    }

    func with(_ user: RegistryUser) -> Curl {
        var other = self
        other.user = user
        return other
    }

    func with(token: String) -> Curl {
        var other = self
        other.token = token
        return other
    }

    func with(_ options: String...) -> Curl {
        var other = self
        other.options = options
        return other
    }

    /// The arguments of a request to a path of the registry, or to a whole address.
    func arguments(_ method: String, _ target: String, _ headers: [String] = [], file: String? = nil) -> [String] {
        var arguments = ["curl", "-s", "-i", "--max-time", "60", "-H", "Accept:"]
        if !options.contains(where: { $0.hasPrefix("Expect:") }) { arguments += ["-H", "Expect:"] }
        arguments += method == "HEAD" ? ["-I"] : ["-X", method]
        if let authority { arguments += ["--cacert", authority] }
        if let user { arguments += ["-u", "\(user.name):\(user.password)"] }
        if let token { arguments += ["-H", "Authorization: Bearer \(token)"] }
        for header in headers { arguments += ["-H", header] }
        if let file { arguments += ["--data-binary", "@\(file)"] }
        return arguments + options + [target.hasPrefix("http") ? target : url + target]
    }

    func callAsFunction(
        _ method: String, _ target: String, _ headers: [String] = [], _ body: String? = nil
    ) async throws -> Reply {
        let scratch = try Scratch()
        var headers = headers
        if let body {
            try scratch.write("body", body)
            if !headers.contains(where: { $0.hasPrefix("Content-Type") }) {
                headers.append("Content-Type: application/octet-stream")
            }
        } else if ["POST", "PUT", "PATCH"].contains(method) {
            headers.append("Content-Length: 0")
        }
        let answer = try await runApart(
            arguments(method, target, headers, file: body == nil ? nil : "\(scratch.path)/body"))
        return Self.reply(answer)
    }

    static func reply(_ answer: Answer) -> Reply {
        var reply = Reply(exit: answer.status)
        var text = Substring(answer.output.replacing("\r\n", with: "\n"))
        // What comes before the last head is an interim answer or one that was redirected.
        while text.hasPrefix("HTTP/") {
            let end = text.range(of: "\n\n") ?? text.endIndex..<text.endIndex
            let lines = text[..<end.lowerBound].split(separator: "\n")
            reply.status = lines.first.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
            reply.headers = lines.dropFirst().compactMap { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                return parts.count == 2
                    ? (String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces)) : nil
            }
            text = text[end.upperBound...]
        }
        reply.body = String(text)
        return reply
    }
}

extension String {
    /// With a parameter more.
    func adding(_ parameter: String) -> String { self + (contains("?") ? "&" : "?") + parameter }
}
