import CSystem
import Documents
import FoundationEssentials
import Glibc
import Programs
import ProviderAPI

/// Runs a helper program that a manifest declares (a credential helper, say) in the provider's stead: no shell, a timeout, a
/// bounded answer. The document is schemas/helper.schema.json.
enum Helper {
    private struct Request: Decodable {
        var name: String
        var arguments: [String]?
        var input: String?
        var environment: [String: String]?
    }

    struct Answer: Sendable {
        /// On its standard output.
        var output: [UInt8]
        var isTool = false
        /// Lines of a tool's standard error.
        var said: [String] = []
    }

    /// Seconds.
    private static let timeout: Int64 = 60
    private static let limit = 1 << 20
    /// Bytes that a pipe takes while nobody reads it.
    private static let inputLimit = 64 << 10

    /// - Throws: `Failure` when it is not declared, not there, too slow, too loud or unsuccessful. A helper's output is never in
    ///   it; the last line that a tool wrote on its standard error is.
    static func run(
        _ document: [UInt8], declared: [String: String], tools: [String: Tool] = [:], environment: [String: String]
    ) throws -> Answer {
        guard let request = try? DocumentCoding.decode(Request.self, from: Data(document)) else {
            throw Failure(.usage, "the request for a helper cannot be read")
        }
        let tool = tools[request.name]
        guard let program = tool?.program ?? program(request.name, declared) else {
            throw Failure(.policy, "the helper \(request.name) is not declared in the provider's manifest")
        }
        for name in (request.environment ?? [:]).keys where tool?.given.contains(name) != true {
            throw Failure(.policy, "the manifest does not let the provider give \(name) to \(request.name)")
        }
        try tool?.check()
        guard let path = find(program, in: environment["PATH"] ?? "/usr/bin:/bin") else {
            throw Failure(
                .refused, "the helper program \(program) is not on the PATH", place: program, hint: "install it")
        }
        let bytes = Array((request.input ?? "").utf8)
        guard bytes.count <= inputLimit else {
            throw Failure(.usage, "a helper's input is at most \(inputLimit) bytes, and this has \(bytes.count)")
        }
        var (input, output, errors) = (
            [Int32](repeating: -1, count: 2), [Int32](repeating: -1, count: 2), [Int32](repeating: -1, count: 2)
        )
        defer { for descriptor in input + output + errors where descriptor >= 0 { close(descriptor) } }
        guard eps_pipe(&input) == 0, eps_pipe(&output) == 0, tool == nil || eps_pipe(&errors) == 0 else {
            throw Failure(.internal, "no pipe can be made")
        }
        if tool == nil { errors[1] = open("/dev/null", O_WRONLY | O_CLOEXEC) }
        var child: pid_t = 0
        let kept = environment.filter { ["PATH", "HOME", "USER", "LANG", "XDG_RUNTIME_DIR"].contains($0.key) }
            .merging(tool?.environment ?? [:]) { $1 }.merging(request.environment ?? [:]) { $1 }
        let status = withCStrings([path] + (request.arguments ?? [])) { arguments in
            withCStrings(kept.map { "\($0.key)=\($0.value)" }) {
                eps_spawn(path, arguments, $0, input[0], output[1], errors[1], &child)
            }
        }
        guard status == 0 else {
            throw Failure(.internal, "the helper cannot be started: \(String(cString: strerror(-status)))", place: path)
        }
        for descriptor in [input[0], output[1], errors[1]] { close(descriptor) }
        (input[0], output[1], errors[1]) = (-1, -1, -1)
        // It fits the pipe, so that a helper that does not read it cannot stop us.
        _ = eps_nonblocking(input[1])
        _ = bytes.withUnsafeBytes { write(input[1], $0.baseAddress, $0.count) }
        close(input[1])
        input[1] = -1
        var answer = Answer(output: [], isTool: tool != nil)
        try collect(child, output[0], errors[0], tool?.timeout ?? timeout, path, &answer)
        return answer
    }

    /// What the manifest declares under that name: itself, if a pattern of the manifest's stands for it.
    private static func program(_ name: String, _ declared: [String: String]) -> String? {
        if let program = declared[name] { return program }
        let isBare = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || [0x2d, 0x2e, 0x5f].contains($0)
        }
        return isBare && declared.keys.contains { $0.hasSuffix("*") && name.hasPrefix($0.dropLast()) } ? name : nil
    }

    private static func collect(
        _ child: pid_t, _ output: Int32, _ errors: Int32, _ timeout: Int64, _ path: String, _ answer: inout Answer
    ) throws {
        var said: [UInt8] = []
        var open = [output, errors].filter { $0 >= 0 }
        let start = eps_monotonic()
        var problem: String?
        while problem == nil, !open.isEmpty {
            var items = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            poll(&items, nfds_t(items.count), 200)
            for item in items where item.revents != 0 {
                let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                    count = max(0, read(item.fd, buffer.baseAddress, buffer.count))
                }
                if bytes.isEmpty { open.removeAll { $0 == item.fd } }
                // Of what it says to people, the last words count.
                if item.fd == output { answer.output += bytes } else { said = (said + bytes).suffix(wordsLimit) }
            }
            if answer.output.count > limit { problem = "answered more than \(limit) bytes" }
            if eps_monotonic() - start > timeout * 1_000_000_000 { problem = "took longer than \(timeout) s" }
        }
        if problem != nil { kill(-child, SIGKILL) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        answer.said = lines(said)
        if problem == nil, eps_status_exit(status) != 0 || eps_status_signal(status) != 0 {
            if !answer.isTool, saysNotFound(answer.output) {
                throw Failure(.notFound, "the helper has no such credentials", place: path)
            }
            let last = answer.said.last.map { ": \($0)" } ?? ""
            problem = "ended with status \(eps_status_exit(status))\(last)"
        }
        if let problem {
            throw Failure(
                .authentication, "the helper \(problem)", place: path, hint: "run it by hand to see what it says")
        }
    }

    /// Bytes of a tool's standard error that are kept.
    private static let wordsLimit = 16 << 10

    /// Without what steers a terminal.
    private static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }).suffix(50).map { line in
            String(
                String.UnicodeScalarView(
                    String(decoding: line.prefix(1000), as: UTF8.self).unicodeScalars.filter {
                        $0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value)
                    }))
        }
    }

    /// Credential helpers say by these words on their standard output that all is well and they have nothing
    /// (github.com/docker/docker-credential-helpers, credentials/error.go); some go on with where they looked.
    private static func saysNotFound(_ answer: [UInt8]) -> Bool {
        let start = answer.drop { $0 == 0x20 || $0 == 0x0a || $0 == 0x0d }.prefix(64)
        return String(decoding: start, as: UTF8.self).lowercased().hasPrefix("credentials not found")
    }

    /// What the provider gets for a failure of `run`.
    static func status(of failure: Failure) -> ep_status {
        switch failure.code {
        case .policy: EP_DENIED
        case .usage: EP_INVALID
        case .notFound: EP_NOT_FOUND
        case .refused: EP_UNSUPPORTED
        case .internal: EP_INTERNAL
        default: EP_AUTH
        }
    }

    private static func find(_ program: String, in search: String) -> String? {
        if program.hasPrefix("/") { return access(program, X_OK) == 0 ? program : nil }
        guard !program.contains("/") else { return nil }
        return search.split(separator: ":").filter { $0.hasPrefix("/") }.map { "\($0)/\(program)" }
            .first { access($0, X_OK) == 0 }
    }
}
