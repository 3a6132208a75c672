import Documents
import Foundation
import TestSupport
import Testing

/// The program as a user starts it, installed below a prefix of its own with a policy there.
@Suite struct CommandTests {
    private let scratch: Scratch
    private var prefix: String { "\(scratch.path)/usr" }
    private var home: String { "\(scratch.path)/home" }

    init() throws {
        scratch = try Scratch()
        try Products.install(at: "\(scratch.path)/usr")
        try FileManager.default.createDirectory(atPath: "\(scratch.path)/home", withIntermediateDirectories: true)
        try Provider.install("acme", in: "\(scratch.path)/usr/lib/eulerpublisher/providers")
    }

    private func start(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Answer {
        let variables = environment.merging(["HOME": home, "PATH": "/usr/bin:/bin"]) { first, _ in first }
        return try run(
            ["-i"] + variables.map { "\($0.key)=\($0.value)" } + ["timeout", "60", "\(prefix)/bin/eulerpublisher"]
                + arguments,
            in: scratch.path)
    }

    private func json(_ arguments: [String]) throws -> JSON {
        let answer = try start(arguments + ["--json"])
        return try DocumentCoding.decode(JSON.self, from: Data(answer.output.utf8))
    }

    @Test func theListIsATable() throws {
        try Provider.install("other", in: "\(prefix)/lib/eulerpublisher/providers")
        try scratch.write(
            "home/.config/eulerpublisher/config.yaml", "format: 1\nproviders:\n  other: {enabled: false}\n")
        let answer = try start(["provider", "list"])
        #expect(answer.status == 0)
        #expect(
            answer.output == """
                NAME   VERSION  KIND   TARGETS  STATE
                acme   1.2.0    cloud  acme     enabled
                other  1.2.0    cloud  other    off: settings \(home)/.config/eulerpublisher/config.yaml:3

                """)
        let document = try json(["provider", "list"])
        #expect(document["format"] == .integer(1) && document["providers"]?.array?.count == 2)
        #expect(document["providers"]?.array?[1]["by"] == .string("settings"))
    }

    @Test func aFileAVariableAndAFlagEachFailToEnableWhatPolicyForbids() throws {
        let policy = try scratch.write(
            "usr/etc/eulerpublisher/policy.yaml", "format: 1\nproviders:\n  deny:\n    - acme\n")
        let off = "off: policy \(policy):4\n"
        func expectOff(_ arguments: [String] = [], _ environment: [String: String] = [:]) throws {
            let list = try start(["provider", "list"] + arguments, environment)
            #expect(list.status == 0 && list.output.hasSuffix(off), "\(list.output)")
            try scratch.write(
                "plan.yaml",
                "format: 1\nartifacts: {d: {kind: disk, file: ./d.raw, format: raw, version: '1', platform: linux/amd64}}\n"
                    + "targets: [{artifact: d, to: 'acme:x'}]\n")
            try scratch.write("d.raw", String(repeating: "x", count: 512))
            let publish = try start(["publish", "\(scratch.path)/plan.yaml"] + arguments, environment)
            #expect(publish.status == 10, "\(publish.output)")
            #expect(
                publish.output.contains("policy forbids the provider acme") && publish.output.contains("\(policy):4"))
        }
        try expectOff()
        try expectOff([], ["EULERPUBLISHER_PROVIDERS_ACME_ENABLED": "true", "EULERPUBLISHER_TARGETS_ACME": "acme"])
        try expectOff(["--set", "providers.acme.enabled=true", "--set", "targets.acme=acme"])
        let copy = "\(scratch.path)/copy"
        try Provider.install("acme", in: copy)
        let list = try start(["provider", "list", "--provider-path", copy])
        #expect(!list.output.contains("enabled") && list.output.contains("off: policy \(policy):4"), "\(list.output)")
        try scratch.write("home/.config/eulerpublisher/config.yaml", "format: 1\nproviders: {acme: {enabled: true}}\n")
        try expectOff()
    }

    @Test func aPolicyThatOthersCanWriteStopsEverything() throws {
        let policy = try scratch.write("usr/etc/eulerpublisher/policy.yaml", "format: 1\n", mode: 0o666)
        for arguments in [["provider", "list"], ["provider", "verify", "acme"], ["config", "show"]] {
            let answer = try start(arguments)
            #expect(answer.status == 10 && answer.output.contains("chmod go-w \(policy)"), "\(answer.output)")
        }
    }

    @Test func aBrokenProviderIsListedWithItsRemedy() throws {
        chmod("\(prefix)/lib/eulerpublisher", 0o775)
        let answer = try start(["provider", "list"])
        #expect(answer.status == 0)
        #expect(
            answer.output.contains("broken\n")
                && answer.output.contains("fix  chmod g-w \(prefix)/lib/eulerpublisher\n"))
        #expect(try start(["provider", "verify"]).status == 3)
        #expect(try start(["provider", "describe", "acme"]).status == 2)
    }

    @Test(.enabled(if: access("/usr/bin/strace", X_OK) == 0, "strace is not installed"))
    func neitherListNorDescribeOpensALibrary() throws {
        for arguments in [["list"], ["list", "--json"], ["describe", "acme"], ["doctor"]] {
            let trace = "\(scratch.path)/trace"
            let answer = try run(
                ["-i", "HOME=\(home)", "strace", "-f", "-o", trace, "\(prefix)/bin/eulerpublisher", "provider"]
                    + arguments,
                in: scratch.path)
            let calls = try String(contentsOfFile: trace, encoding: .utf8)
            #expect(answer.status == 0 && calls.contains("acme/provider.json"), "\(answer.output)")
            let opened = calls.split(separator: "\n").filter { $0.contains("open") && $0.contains("libacme.so") }
            #expect(opened.isEmpty, "\(opened)")
        }
    }

    @Test func describeSaysWhatTheManifestSays() throws {
        let answer = try start(["provider", "describe", "acme"])
        #expect(answer.status == 0 && answer.output.hasPrefix("acme 1.2.0 · Acme\n"))
        #expect(
            answer.output.contains("ep.upload/1") && answer.output.contains("\n  network     none\n"),
            "\(answer.output)")
        let document = try json(["provider", "describe", "acme"])
        #expect(document["manifest"]?["id"] == .string("acme") && document["state"] == .string("enabled"))
        let none = try start(["provider", "describe", "acne"])
        #expect(none.status == 2 && none.output.contains("did you mean acme?"))
    }

    @Test func verifyTakesANameOrADirectory() throws {
        #expect(try start(["provider", "verify", "acme"]).status == 0)
        #expect(
            try start(["provider", "verify", "usr/lib/eulerpublisher/providers/acme"]).output.contains(
                "embeds the manifest"))
        let library = try #require(
            FileHandle(forWritingAtPath: "\(prefix)/lib/eulerpublisher/providers/acme/libacme.so"))
        try library.seekToEnd()
        library.write(Data([0]))
        try library.close()
        let answer = try start(["provider", "verify"])
        #expect(answer.status == 3 && answer.output.contains("failed  digest"), "\(answer.output)")
        #expect(try json(["provider", "verify"])["providers"]?.array?[0]["good"] == .bool(false))
    }

    @Test func doctorNamesWhatIsMissingAndNoValue() throws {
        try Provider.install(
            "needy", in: "\(prefix)/lib/eulerpublisher/providers",
            ", \"needs\": {\"secrets\": {\"key\": [\"env:NEEDY_KEY\"]}, \"hosts\": [\"a.example\", \"b.example\"]}")
        let policy = try scratch.write("usr/etc/eulerpublisher/policy.yaml", "format: 1\nendpoints: [a.example]\n")
        let without = try start(["provider", "doctor", "needy"])
        #expect(without.status == 0 && without.output.contains("missing"), "\(without.output)")
        #expect(without.output.contains("off: policy \(policy):2") && without.output.contains("\(home)/.local/lib"))
        let with = try start(["provider", "doctor"], ["NEEDY_KEY": "hunter2"])
        #expect(with.output.contains("there") && with.output.contains("the variable NEEDY_KEY"), "\(with.output)")
        let document = try start(["provider", "doctor", "--json"], ["NEEDY_KEY": "hunter2"])
        #expect(!with.output.contains("hunter2") && !document.output.contains("hunter2"))
    }

    @Test func policyBindsTheMirrorToo() throws {
        let policy = try scratch.write("usr/etc/eulerpublisher/policy.yaml", "format: 1\nendpoints: [a.example]\n")
        let answer = try start(["container", "prepare", "-v", "24.03", "--mirror", "http://127.0.0.1:1"])
        #expect(answer.status == 10 && answer.output.contains("\(policy):2"), "\(answer.output)")
        #expect(answer.output.contains("policy forbids to contact 127.0.0.1:1"))
    }

    @Test func whoClaimsTheSameSchemeIsNamed() throws {
        try Provider.install("twin", in: "\(prefix)/lib/eulerpublisher/providers", scheme: "acme")
        let disputed = try start(["provider", "list"]).output
        #expect(disputed.contains("enabled; twin serves acme too: set targets.acme\n"), "\(disputed)")
        #expect(disputed.contains("enabled; acme serves acme too: set targets.acme\n"))
        let settled = try start(["provider", "list", "--set", "targets.acme=twin"]).output
        #expect(!settled.contains("too"), "\(settled)")
    }

    @Test func settingsAreShownWithTheirOrigins() throws {
        let file = try scratch.write("home/.config/eulerpublisher/config.yaml", "format: 1\nlog_level: debug\n")
        let answer = try start(
            ["config", "show", "--origin", "--state-dir", "here"],
            ["EULERPUBLISHER_MIRROR": "https://me:hunter2@m.example/x", "EULERPUBLISHER_MIROR": "x"])
        #expect(answer.status == 0)
        for line in [
            ["log_level", "debug", "\(file):2"],
            ["mirror", "https://***@m.example/x", "variable EULERPUBLISHER_MIRROR"],
            ["state_dir", "\(scratch.path)/here", "flag --state-dir"], ["language", "en", "built in"],
        ] {
            let found = answer.output.split(separator: "\n").contains { row in
                row.split(separator: " ").joined(separator: " ") == line.joined(separator: " ")
            }
            #expect(found, "\(line): \(answer.output)")
        }
        #expect(
            answer.output.contains(
                "EULERPUBLISHER_MIROR: this variable sets nothing; did you mean EULERPUBLISHER_MIRROR?"))
        #expect(!answer.output.contains("hunter2"))
        try scratch.write("home/.config/eulerpublisher/config.yaml", "format: 1\nlog_levle: debug\n")
        let wrong = try start(["config", "show"])
        #expect(
            wrong.status == 2 && wrong.output.contains("\(file):2:1")
                && wrong.output.contains("did you mean \"log_level\"?"))
    }

    @Test func whatATerminalWouldObeyIsShown() throws {
        try FileManager.default.createDirectory(
            atPath: "\(prefix)/lib/eulerpublisher/providers/\u{1B}[31mred", withIntermediateDirectories: true)
        let answer = try start(["provider", "list"])
        #expect(answer.output.contains("\\u{1b}[31mred") && !answer.output.contains("\u{1B}"))
    }
}
