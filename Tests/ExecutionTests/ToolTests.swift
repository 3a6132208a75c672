import Documents
import Foundation
import TestSupport
import Testing

@testable import Execution

/// Programs of `needs.tools`: their environment, their words, and who may have put them there.
@Suite struct ToolTests {
    private let scratch: Scratch
    init() throws { scratch = try Scratch() }

    private func run(
        _ document: String, _ tool: ProviderManifest.Tool, _ environment: [String: String] = [:]
    ) throws -> Helper.Answer {
        let whole = environment.merging(["PATH": "/usr/bin:/bin", "SECRET": "no"]) { one, _ in one }
        return try Helper.run(
            Array(document.utf8), declared: [:],
            tools: ["it": Tool(tool, folder: "\(scratch.path)/provider", environment: whole)], environment: whole)
    }

    private func folder(mode: Int = 0o755) throws {
        try scratch.write("provider/bin/tool", "#!/bin/sh\necho \"$WHO $IT\"\necho words >&2\n", mode: 0o755)
        try FileManager.default.setAttributes(
            [.posixPermissions: mode], ofItemAtPath: "\(scratch.path)/provider/bin")
    }

    @Test func itGetsWhatTheManifestSaysAndNothingElse() throws {
        try folder()
        let answer = try run(
            #"{"name":"it","environment":{"GIVEN":"secret"}}"#,
            .init(
                program: "env", environment: ["KEY_*"], given: ["GIVEN", "OTHER"],
                set: ["WHERE": "${folder}/x:${env.PATH}"]), ["KEY_A": "a", "KEX": "b"])
        let lines = Set(String(decoding: answer.output, as: UTF8.self).split(separator: "\n").map(String.init))
        #expect(answer.isTool)
        #expect(
            lines.isSuperset(of: ["KEY_A=a", "GIVEN=secret", "WHERE=\(scratch.path)/provider/x:/usr/bin:/bin"]))
        #expect(!lines.contains { $0.hasPrefix("SECRET") || $0.hasPrefix("KEX") || $0.hasPrefix("OTHER") })
    }

    @Test func nothingElseMayBeGiven() throws {
        let failure = #expect(throws: Failure.self) {
            try run(#"{"name":"it","environment":{"LD_PRELOAD":"x"}}"#, .init(program: "env", given: ["GIVEN"]))
        }
        #expect(failure?.code == .policy)
        // A helper gets none.
        #expect(throws: Failure.self) {
            try Helper.run(
                Array(#"{"name":"env","environment":{"A":"x"}}"#.utf8), declared: ["env": "env"],
                environment: ["PATH": "/usr/bin:/bin"])
        }
    }

    @Test func itsWordsAreHeardAndSteerNothing() throws {
        try scratch.write("talk", "#!/bin/sh\nprintf 'one\\r\\033[31mtwo\\n' >&2\nexit $1\n", mode: 0o755)
        let tool = ProviderManifest.Tool(program: "\(scratch.path)/talk")
        #expect(try run(#"{"name":"it","arguments":["0"]}"#, tool).said == ["one", "[31mtwo"])
        let failure = #expect(throws: Failure.self) { try run(#"{"name":"it","arguments":["3"]}"#, tool) }
        #expect(failure?.message == "the helper ended with status 3: [31mtwo")
    }

    @Test func itIsEndedInTime() throws {
        let begun = ContinuousClock.now
        #expect(throws: Failure.self) {
            try run(#"{"name":"it","arguments":["30"]}"#, .init(program: "sleep", timeout: 1))
        }
        #expect(ContinuousClock.now - begun < .seconds(10))
    }

    @Test func whatLiesBesideTheManifestIsNobodyElses() throws {
        let tool = ProviderManifest.Tool(
            program: "tool", set: ["PATH": "${folder}/bin:${env.PATH}", "WHO": "${folder}"])
        try folder()
        let whole = ["PATH": "\(scratch.path)/provider/bin:/usr/bin:/bin"]
        #expect(String(decoding: try run(#"{"name":"it"}"#, tool, whole).output, as: UTF8.self).hasPrefix(scratch.path))
        try folder(mode: 0o777)
        let failure = #expect(throws: Failure.self) { try run(#"{"name":"it"}"#, tool, whole) }
        #expect(failure?.place == "\(scratch.path)/provider/bin" && failure?.code == .usage)
    }
}
