import Foundation
import RegistryPeers
import TestSupport

/// One case under way: a repository, a folder, a state and a cache of its own.
final class Trial: Sendable {
    /// A repository that has the lab's image.
    static let stock = "team/stock"

    let lab: Lab
    let registry: StrictRegistry
    let repository: String
    let folder: String
    private let one: HostileCase

    init(_ one: HostileCase, _ lab: Lab, _ registry: StrictRegistry, number: Int) throws {
        (self.one, self.lab, self.registry) = (one, lab, registry)
        repository = "team/case-\(number)"
        folder = "\(lab.scratch.path)/case-\(number)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if one.source == .layout {
            try FileManager.default.copyItem(atPath: "\(lab.scratch.path)/image", toPath: layout)
        }
    }

    var layout: String { "\(folder)/layout" }
    var archive: String { "\(folder)/archive" }

    /// Something goes wrong with this case's requests.
    func fault(
        _ fault: Fault, on method: String? = nil, _ path: String = "", nth: Int = 1, times: Int? = nil,
        server: Request.Server = .registry
    ) async throws {
        let own = one.isAlone ? "" : server == .token ? "case-\(Self.number(repository))%3A" : "/\(repository)(?=/).*"
        try await registry.fault(fault, on: method, own + path, nth: nth, times: times, server: server)
    }

    private static func number(_ repository: String) -> Substring { repository.split(separator: "-").last ?? "" }

    /// Whether file systems can be mounted that nobody else sees.
    static let canMount =
        (try? run(["unshare", "-m", "/bin/sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]).status) == 0

    // MARK: - The program

    /// Ends it for good when it hangs.
    func ask() async throws -> Answer {
        let source =
            switch one.source {
            case .image: "oci:\(lab.scratch.path)/image:v1"
            case .layout: "oci:\(layout):v1"
            case .archive: "docker-archive:\(archive)"
            }
        var arguments: [String]
        switch one.question {
        case .publish: arguments = ["container", "copy", source, "\(registry.host)/\(repository):v1"]
        case .fetch: arguments = ["container", "copy", "\(registry.host)/\(repository):v1", "oci:\(folder)/copy:v1"]
        case .list: arguments = ["tag", "list", "\(registry.host)/\(repository)"]
        }
        if !one.options.isEmpty {
            try lab.scratch.write("\(folder.split(separator: "/").last ?? "")/plan.yaml", plan(source))
            arguments = ["publish", "\(folder)/plan.yaml"]
        }
        let around = ["/bin/sh", "-euc", one.shell + #"; exec env --default-signal=XFSZ "$@""#, "sh"]
        let command =
            (one.mounts ? ["unshare", "-m"] : []) + (one.shell.isEmpty ? [] : around) + [
                "\(stage ?? "")/bin/eulerpublisher"
            ] + arguments + [
                "--state-dir", "\(folder)/state", "--cache-dir", "\(folder)/cache",
            ]
        return try await runApart(
            ["timeout", "-s", "KILL", "\(one.seconds * 2)"] + command, in: folder, environment: lab.environment)
    }

    private func plan(_ source: String) -> String {
        one.question == .fetch
            ? """
            format: 1
            artifacts:
              image: {kind: container, images: ["registry:\(registry.host)/\(repository):v1"], options: {\(one.options)}}
            targets:
              - {name: here, artifact: image, to: "local:\(folder)/copy", tags: [v1]}

            """
            : """
            format: 1
            artifacts:
              image: {kind: container, images: ["\(source)"]}
            targets:
              - {name: there, artifact: image, to: "registry:\(registry.host)/\(repository)", tags: [v1], options: {\(one.options)}}

            """
    }

    // MARK: - What came of it

    /// Documented statuses of failures that are not our own defect (docs/operators.md).
    private static let failures: Set<Int32> = [2, 3, 4, 5, 6, 9, 10]

    func problems(_ answer: Answer, after time: Duration) throws -> [String] {
        var problems: [String] = []
        if let statuses = one.statuses, !statuses.contains(answer.status) {
            problems.append("it ended with \(answer.status), which is none of \(statuses.sorted())")
        }
        if time > .seconds(one.seconds) { problems.append("it took \(time)") }
        if answer.status == 0 {
            if let harm = try harm(answer) { problems.append("success, and \(harm)") }
        } else {
            problems += words(answer)
            let tags = try registry.contents()[repository]?.tags ?? [:]
            if one.question == .publish, let tag = tags["v1"], tag != (try expected()) {
                problems.append("the tag is \(tag)")
            }
        }
        if Self.hasControls(answer.output) { problems.append("it prints control characters") }
        if try recordsHaveEscapes() { problems.append("an escape character stands in its records") }
        return problems
    }

    /// One failure in our own words: what, where, and the exit status.
    private func words(_ answer: Answer) -> [String] {
        var problems: [String] = []
        if !Self.failures.contains(answer.status) { problems.append("it ended with \(answer.status)") }
        let lines = answer.output.split(separator: "\n")
        if lines.last?.hasSuffix("Exit \(answer.status).") != true { problems.append("the last line is no status") }
        if lines.count > 30 || lines.contains(where: { $0.utf8.count > 900 }) { problems.append("it says too much") }
        if ![registry.host, registry.tokenHost, registry.storageHost, "127.0.0.1", lab.scratch.path].contains(where: {
            answer.output.contains($0)
        }) {
            problems.append("it names no place")
        }
        return problems
    }

    private static func hasControls(_ text: String) -> Bool {
        text.unicodeScalars.contains {
            ($0.value < 0x20 && $0 != "\n" && $0 != "\t") || (0x7f..<0xa0).contains($0.value)
        }
    }

    private func recordsHaveEscapes() throws -> Bool {
        guard let files = FileManager.default.enumerator(atPath: "\(folder)/state") else { return false }
        for case let name as String in files {
            guard let bytes = FileManager.default.contents(atPath: "\(folder)/state/\(name)") else { continue }
            if bytes.contains(0x1b) { return true }
        }
        return false
    }

    /// What is wrong with a success, if anything.
    private func harm(_ answer: Answer) throws -> String? {
        switch one.question {
        case .publish:
            let there = try registry.contents()[repository]?.tags ?? [:]
            guard let expected = try expected() else { return "there was nothing to publish" }
            return there == ["v1": expected] ? nil : "the tags are \(there)"
        case .fetch:
            let index = try String(contentsOfFile: "\(folder)/copy/index.json", encoding: .utf8)
            guard index.contains(lab.digest) else { return "what came is not what was published" }
            let sums = try run(
                [
                    "/bin/sh", "-c",
                    #"cd copy/blobs/sha256 && for name in *; do echo "$name  $name"; done | sha256sum -c"#,
                ],
                in: folder)
            return sums.status == 0 ? nil : "bytes are not those of their digests"
        case .list:
            // What is shown are tags and digests, and nothing else that the registry may have said.
            let wrong = answer.output.split(separator: "\n").dropFirst().first {
                $0.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9._-]{0,127} +sha256:[0-9a-f]{64} */) == nil
            }
            let saysNone = answer.output.hasSuffix("has no tags.\n")
            return wrong == nil || saysNone ? nil : "this was shown: \(wrong ?? "")"
        }
    }

    /// The digest of what is to be published, if it is anything at all.
    func expected() throws -> String? {
        switch one.source {
        case .image: return lab.digest
        case .archive: return try? String(contentsOfFile: "\(folder)/expected", encoding: .utf8)
        case .layout:
            guard let bytes = FileManager.default.contents(atPath: "\(layout)/index.json"),
                let document = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any],
                let entries = document["manifests"] as? [[String: Any]]
            else { return nil }
            return entries.first {
                ($0["annotations"] as? [String: Any])?["org.opencontainers.image.ref.name"] as? String == "v1"
            }?["digest"] as? String
        }
    }
}
