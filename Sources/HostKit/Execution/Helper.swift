import CSystem
import Documents
import FoundationEssentials
import Glibc
import ProviderAPI
import Workers

/// Runs a helper program that a manifest declares (a credential helper, say) in the provider's stead: no shell, a timeout, a
/// bounded answer. The document is schemas/helper.schema.json.
enum Helper {
    private struct Request: Decodable {
        var name: String
        var arguments: [String]?
        var input: String?
    }

    /// Seconds.
    private static let timeout: Int64 = 60
    private static let limit = 1 << 20
    /// Bytes that a pipe takes while nobody reads it.
    private static let inputLimit = 64 << 10

    /// - Returns: the program's standard output.
    /// - Throws: `Failure` when it is not declared, not there, too slow, too loud or unsuccessful. Its output is never in it.
    static func run(_ document: [UInt8], declared: [String: String], environment: [String: String]) throws -> [UInt8] {
        guard let request = try? DocumentCoding.decode(Request.self, from: Data(document)) else {
            throw Failure(.usage, "the request for a helper cannot be read")
        }
        guard let program = program(request.name, declared) else {
            throw Failure(.policy, "the helper \(request.name) is not declared in the provider's manifest")
        }
        guard let path = find(program, in: environment["PATH"] ?? "/usr/bin:/bin") else {
            throw Failure(
                .refused, "the helper program \(program) is not on the PATH", place: program, hint: "install it")
        }
        let bytes = Array((request.input ?? "").utf8)
        guard bytes.count <= inputLimit else {
            throw Failure(.usage, "a helper's input is at most \(inputLimit) bytes, and this has \(bytes.count)")
        }
        var (input, output) = ([Int32](repeating: -1, count: 2), [Int32](repeating: -1, count: 2))
        defer { for descriptor in input + output where descriptor >= 0 { close(descriptor) } }
        guard eps_pipe(&input) == 0, eps_pipe(&output) == 0 else { throw Failure(.internal, "no pipe can be made") }
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(null) }
        var child: pid_t = 0
        let kept = environment.filter { ["PATH", "HOME", "USER", "LANG", "XDG_RUNTIME_DIR"].contains($0.key) }
        let status = withCStrings([path] + (request.arguments ?? [])) { arguments in
            withCStrings(kept.map { "\($0.key)=\($0.value)" }) {
                eps_spawn(path, arguments, $0, input[0], output[1], null, &child)
            }
        }
        guard status == 0 else {
            throw Failure(.internal, "the helper cannot be started: \(String(cString: strerror(-status)))", place: path)
        }
        close(input[0])
        input[0] = -1
        close(output[1])
        output[1] = -1
        // It fits the pipe, so that a helper that does not read it cannot stop us.
        _ = eps_nonblocking(input[1])
        _ = bytes.withUnsafeBytes { write(input[1], $0.baseAddress, $0.count) }
        close(input[1])
        input[1] = -1
        return try collect(child, output[0], path)
    }

    /// What the manifest declares under that name: itself, if a pattern of the manifest's stands for it.
    private static func program(_ name: String, _ declared: [String: String]) -> String? {
        if let program = declared[name] { return program }
        let isBare = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || [0x2d, 0x2e, 0x5f].contains($0)
        }
        return isBare && declared.keys.contains { $0.hasSuffix("*") && name.hasPrefix($0.dropLast()) } ? name : nil
    }

    private static func collect(_ child: pid_t, _ descriptor: Int32, _ path: String) throws -> [UInt8] {
        var answer: [UInt8] = []
        let start = eps_monotonic()
        var problem: String?
        while problem == nil {
            var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&item, 1, 200)
            if item.revents != 0 {
                let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                    count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
                }
                if bytes.isEmpty { break }
                answer += bytes
            }
            if answer.count > limit { problem = "answered more than \(limit) bytes" }
            if eps_monotonic() - start > timeout * 1_000_000_000 { problem = "took longer than \(timeout) s" }
        }
        if problem != nil { kill(-child, SIGKILL) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        if problem == nil, eps_status_exit(status) != 0 || eps_status_signal(status) != 0 {
            if saysNotFound(answer) {
                throw Failure(.notFound, "the helper has no such credentials", place: path)
            }
            problem = "ended with status \(eps_status_exit(status))"
        }
        if let problem {
            throw Failure(
                .authentication, "the helper \(problem)", place: path, hint: "run it by hand to see what it says")
        }
        return answer
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
