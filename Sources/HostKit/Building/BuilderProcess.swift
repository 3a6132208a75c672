import CSystem
import Changing
import Documents
import Files
import FoundationEssentials
import Glibc
import Programs
import ProviderAPI
import ProviderRuntime
import Workers

/// The process that changes a working image: started in namespaces of its own, it holds nothing when it is gone.
enum BuilderProcess {
    /// Carries out a request.
    /// - Parameters:
    ///   - executable: `eulerpublisher-builder`, beside the host's other programs.
    ///   - report: told of each step, on another thread.
    /// - Returns: what it left to people and to the guest's own programs.
    /// - Throws: `Failure` of the step that failed; `CancellationError`, with the process killed.
    static func carryOut(
        _ request: ChangeRequest, executable: String, report: @escaping @Sendable (String) -> Void
    ) async throws -> ChangeReply {
        let process = try WorkerProcess(executable, environment: [:])
        defer { end(process) }
        return try await withTaskCancellationHandler {
            try await map(process, asRoot: request.way == .loop)
            let payload = Array(try DocumentCoding.encode(request))
            return try await withCheckedThrowingContinuation { continuation in
                DedicatedThread {
                    continuation.resume(with: Result { try converse(process, payload, report) })
                }.detach()
            }
        } onCancel: {
            process.kill()
        }
    }

    private static func end(_ process: WorkerProcess) {
        process.kill()
        for descriptor in [process.socket, process.output, process.errors, process.end] where descriptor >= 0 {
            close(descriptor)
        }
        var status: Int32 = 0
        if let pid = process.pid { while waitpid(pid, &status, 0) < 0 && errno == EINTR {} }
    }

    /// Gives its namespace the users that guests have: for root all, for others their subordinate ones (subuid(5)).
    /// - Parameter asRoot: it has no such namespace, and stays this machine's root.
    private static func map(_ process: WorkerProcess, asRoot: Bool) async throws {
        guard let pid = process.pid else { throw Failure(.internal, "unreachable") }
        var item = pollfd(fd: process.socket, events: Int16(POLLIN), revents: 0)
        var word = UInt8(ascii: asRoot ? "r" : "u")
        guard send(process.socket, &word, 1, Int32(MSG_NOSIGNAL)) == 1 else {
            throw Failure(.crashed, "the builder ended: \(words(process))")
        }
        if asRoot { return }
        guard poll(&item, 1, 10_000) == 1, recv(process.socket, &word, 1, 0) == 1 else {
            throw Failure(
                .refused, "no namespaces can be made: \(words(process))",
                hint: "allow user namespaces: sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone")
        }
        if geteuid() == 0 {
            let status = eps_map_all_ids(pid)
            guard status == 0 else {
                throw Failure(.refused, "users cannot be mapped: \(String(cString: strerror(-status)))")
            }
        } else {
            try await map("newuidmap", pid, own: geteuid(), "/etc/subuid")
            try await map("newgidmap", pid, own: getegid(), "/etc/subgid")
        }
        guard send(process.socket, &word, 1, Int32(MSG_NOSIGNAL)) == 1 else {
            throw Failure(.crashed, "the builder ended: \(words(process))")
        }
    }

    /// 65536 ids that none of the files (subuid(5)) gives to somebody, as `usermod` wants them.
    static func freeIDs(_ files: [String]) -> String {
        let ends = files.flatMap { $0.split(separator: "\n") }.compactMap { line -> UInt64? in
            let fields = line.split(separator: ":")
            guard fields.count == 3, let first = UInt64(fields[1]), let count = UInt64(fields[2]) else { return nil }
            return first.addingReportingOverflow(count).partialValue
        }
        let first = max(100_000, ends.max() ?? 0)
        return "\(first)-\(first + 65_535)"
    }

    private static func map(_ name: String, _ pid: pid_t, own: UInt32, _ file: String) async throws {
        let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? ""
        let text = String(decoding: (try? File.contents(file)) ?? [], as: UTF8.self)
        let lines: [[Substring]] = text.split(separator: "\n").map { $0.split(separator: ":") }
        let names: Set<String> = [user, "\(geteuid())"]
        let fields = lines.first { $0.count == 3 && names.contains(String($0[0])) }
        let free = freeIDs(
            ["/etc/subuid", "/etc/subgid"].map { String(decoding: (try? File.contents($0)) ?? [], as: UTF8.self) })
        guard let fields, let first = UInt32(fields[1]), let count = UInt32(fields[2]), count >= 65_535 else {
            throw Failure(
                .refused, "\(user.isEmpty ? "this user" : user) has no 65536 subordinate ids", place: file,
                hint: "give some: usermod --add-subuids \(free) --add-subgids \(free) \(user)")
        }
        let program = try Program(name, apt: "uidmap", dnf: "shadow-utils", search: Program.search)
        let answer = try await program.run(
            ["\(pid)", "0", "\(own)", "1", "1", "\(first)", "\(count)"], environment: Program.environment(home: "/"),
            within: 30)
        guard answer.end.isSuccess else {
            throw Failure(.refused, "\(name) refused: \(answer.lastWords ?? "no word")", place: file)
        }
    }

    private static func converse(
        _ process: WorkerProcess, _ payload: [UInt8], _ report: (String) -> Void
    ) throws -> ChangeReply {
        let connection = Connection(descriptor: process.socket)
        do {
            try connection.send(Message(.imageChange, payload: payload))
            while let message = try connection.receive() {
                guard message.kind == .reply else {
                    report(Printable.line(String(decoding: message.payload, as: UTF8.self)))
                    continue
                }
                var reader = FieldReader(message.payload)
                let status = Int32(truncatingIfNeeded: try reader.number())
                let document = Data(try reader.field())
                if status == EP_OK { return try DocumentCoding.decode(ChangeReply.self, from: document) }
                throw (try? DocumentCoding.decode(Failure.self, from: document))
                    ?? Failure(.internal, "the builder gave no reason")
            }
        } catch let error as ProtocolError {
            throw Failure(.crashed, "the builder \(error.reason): \(words(process))")
        }
        throw Failure(.crashed, "the builder ended before its work: \(words(process))")
    }

    /// The last that it said.
    private static func words(_ process: WorkerProcess) -> String {
        var text = [UInt8](repeating: 0, count: 4096)
        let count = max(0, read(process.errors, &text, text.count))
        let last = String(decoding: text[..<count], as: UTF8.self).split(separator: "\n").last.map(String.init)
        return Printable.line(last ?? "it said nothing")
    }
}
