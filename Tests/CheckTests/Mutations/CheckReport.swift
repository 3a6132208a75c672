import Documents
import Foundation
import TestSupport

/// What `check --json` says of one image, what it took, and how it ended.
struct CheckReport: Sendable {
    /// `fail error RULE`, `unknown info RULE`: what did not pass.
    let findings: Set<String>
    let providers: Set<String>
    let status: Int32
    /// Of processors: all its processes together, whatever else the machine does.
    let seconds: Double
    /// Of the largest of its processes, in KiB: the program, its reader, its workers.
    let peak: Int

    private struct Document: Decodable {
        struct Provider: Decodable {
            var id: String
            var findings: [OperationResult.Finding]
        }
        var providers: [Provider]
    }

    private struct End: Decodable {
        var status: Int32
        var seconds: Double
        var peak: Int
    }

    /// - Parameters:
    ///   - folder: for what the program writes.
    ///   - isMarket: for the marketplaces, which not all providers have.
    static func of(_ image: String, in folder: String, isMarket: Bool = false) throws -> CheckReport {
        let output = "\(folder)/report.json"
        let answer = try run(
            ["python3", "-S", "-c", measured, output, "\(stage ?? "")/bin/eulerpublisher", "check", image, "--json"]
                + (isMarket ? ["--for", "marketplace"] : []),
            environment: [
                "HOME": folder, "XDG_STATE_HOME": folder, "XDG_CACHE_HOME": folder, "XDG_CONFIG_HOME": folder,
            ])
        let data = try Data(contentsOf: URL(fileURLWithPath: output))
        guard let line = answer.output.split(separator: "\n").last, !data.isEmpty,
            let end = try? JSONDecoder().decode(End.self, from: Data(line.utf8))
        else { throw ImageFailure(description: answer.output) }
        let document = try JSONDecoder().decode(Document.self, from: data)
        let findings = document.providers.flatMap(\.findings).filter { $0.outcome != "pass" }
        return CheckReport(
            findings: Set(findings.map { "\($0.outcome) \($0.severity) \($0.rule)" }),
            providers: Set(document.providers.map(\.id)), status: end.status, seconds: end.seconds, peak: end.peak)
    }

    /// Between the tests and the program stands a small process: what is started by a large one counts that one's memory
    /// as its own until it runs (getrusage(2), exec).
    private static let measured = """
        import os, sys
        output = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        program = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, output, 1)])
        _, status, usage = os.wait4(program, 0)
        print('{"status": %d, "seconds": %f, "peak": %d}' % (
            os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss))
        """
}

/// The clean image and what is said of it, once for all tests of this process.
actor CleanReports {
    static let shared = CleanReports()
    private let scratch = Result { try Scratch() }
    private var making: Task<String, any Error>?
    private var checking: Task<(plain: CheckReport, market: CheckReport), any Error>?
    private var items: Task<[String: Bool], any Error>?

    /// As raw bytes.
    func disk() async throws -> String {
        if let making { return try await making.value }
        let path = "\(try scratch.get().path)/clean.raw"
        let task = Task {
            let answer = try await runApart(["\(root)/Tests/Images/make-image", "tiny-clean", path])
            guard answer.status == 0 else { throw ImageFailure(description: answer.output) }
            return path
        }
        making = task
        return try await task.value
    }

    func reports() async throws -> (plain: CheckReport, market: CheckReport) {
        let disk = try await disk()
        if let checking { return try await checking.value }
        let folder = try scratch.get().path
        let task = Task {
            (
                plain: try CheckReport.of(disk, in: folder),
                market: try CheckReport.of(disk, in: folder, isMarket: true)
            )
        }
        checking = task
        return try await task.value
    }

    /// Every rule's id, and whether only the marketplace asks for it.
    private func table() async throws -> [String: Bool] {
        if let items { return try await items.value }
        let task = Task {
            var rules: [String: Bool] = [:]
            for id in ["aws", "huaweicloud", "tencentcloud", "aliyun", "local"] {
                let answer = try await euler(["requirements", "-p", id, "--json"])
                let document = try JSONDecoder().decode(JSON.self, from: Data(answer.output.utf8))
                for rule in document["rules"]?.array ?? [] {
                    if let id = rule["id"]?.string { rules[id] = rule["purpose"]?.string == "marketplace" }
                }
            }
            return rules
        }
        items = task
        return try await task.value
    }

    func rules() async throws -> Set<String> { Set(try await table().keys) }
    func marketplaceRules() async throws -> Set<String> { Set(try await table().filter(\.value).keys) }
}
