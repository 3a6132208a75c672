import Documents
import Foundation
import Settings
import TestSupport
import Testing
import Workers

@testable import Discovery

@Suite struct VerificationTests {
    private let scratch: Scratch
    private var directory: String { "\(scratch.path)/acme" }

    init() throws {
        scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: "\(scratch.path)/acme", withIntermediateDirectories: true)
    }

    private func install(
        _ flags: [String] = [], source: String = providerWithRules, rules: Bool = true, beside: String? = nil
    ) throws {
        var text = Provider.manifest("acme")
        if rules { text = text.replacingOccurrences(of: "\"ep.plan/1\"", with: "\"ep.requirements/1\", \"ep.plan/1\"") }
        try Provider.compile(directory, manifest: text, source: source, flags)
        try Provider.writeManifest(beside ?? text, in: directory)
    }

    private func verify(_ policy: Policy = Policy()) async -> Verification {
        var verification = Verification(of: directory, policy: policy)
        await verification.load(with: Workers(workerExecutable: Products.worker))
        return verification
    }

    private func outcome(_ verification: Verification, _ subject: String) -> String? {
        verification.findings.first { $0.subject == subject }.map { "\($0.outcome.rawValue): \($0.message)" }
    }

    @Test func aGoodProviderIsLoadedInAWorker() async throws {
        try install()
        let result = await verify()
        #expect(result.isGood, "\(result.findings)")
        #expect(
            result.findings.map(\.subject)
                == ["permissions", "manifest", "abi", "digest", "machine", "embedded", "exports", "needs", "load"])
        #expect(outcome(result, "load") == "ok: loaded in a worker; ep.requirements/1 names 2 rules")
        #expect(outcome(result, "needs") == "ok: libc.so.6")
    }

    @Test func oneWithoutRulesIsNotLoadedAndThatIsSaid() async throws {
        try install(["-DFAULT=CRASH"], rules: false)
        let result = await verify()
        #expect(
            result.isGood && outcome(result, "load")?.hasPrefix("note: not loaded: it has no ep.requirements/1") == true
        )
    }

    @Test(arguments: [
        ("CRASH", "SIGABRT"), ("GARBAGE", "unknown key \"itmes\""), ("REFUSE", "not today"), ("LIE", "9.9.9"),
    ])
    func oneThatMisbehavesIsFoundOut(_ fault: String, _ words: String) async throws {
        try install(["-DFAULT=\(fault)"])
        let result = await verify()
        #expect(!result.isGood && outcome(result, "load")?.hasPrefix("failed: ") == true)
        #expect(outcome(result, "load")?.contains(words) == true, "\(result.findings)")
    }

    @Test func moreThanOneExportFails() async throws {
        try install(source: providerWithRules + "\nEP_EXPORT int extra_one;\nEP_EXPORT int extra_two;\n")
        let result = await verify()
        #expect(
            outcome(result, "exports")
                == "failed: besides eulerpublisher_provider_v1 also extra_one extra_two is exported")
        #expect(outcome(result, "load") == "note: not loaded, since something failed before")
    }

    @Test func aLibraryThatEmbedsAnotherManifestFails() async throws {
        let text = Provider.manifest("acme").replacingOccurrences(of: "1.2.0", with: "1.3.0")
        try install(rules: false, beside: text)
        let result = await verify()
        #expect(outcome(result, "embedded")?.hasSuffix("they differ in version") == true && !result.isGood)
    }

    @Test func oneThatPolicyForbidsIsLookedAtButNotLoaded() async throws {
        try install(["-DFAULT=CRASH"])
        let file = try scratch.write("policy.yaml", "format: 1\nproviders: {deny: [acme]}\n")
        let result = await verify(try Policy(prefix: "/nowhere", systemFile: file, systemOwners: [0, geteuid()]))
        #expect(result.isGood && outcome(result, "load") == "note: not loaded, since policy forbids it")
        #expect(result.findings.first { $0.subject == "policy" }?.place == "\(file):2")
    }

    @Test func aDirectoryThatOthersCanWriteFailsAtOnce() async throws {
        try install()
        chmod(directory, 0o777)
        let result = await verify()
        #expect(result.findings.map(\.subject) == ["permissions", "load"] && !result.isGood)
        #expect(result.findings[0].hint == "chmod go-w \(directory)")
    }

    @Test func aDamagedLibraryFailsWithoutHarm() async throws {
        try install()
        try Data("no library".utf8).write(to: URL(fileURLWithPath: "\(directory)/libacme.so"))
        let result = await verify()
        #expect(outcome(result, "digest")?.hasPrefix("failed: the library is not the one") == true)
        #expect(outcome(result, "library")?.contains("not a shared library") == true)
    }

    @Test func aLibraryForAnotherCPUFails() async throws {
        try install()
        let library = "\(directory)/libacme.so"
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: library)))
        (bytes[18], bytes[19]) = (0x08, 0x00)
        try Data(bytes).write(to: URL(fileURLWithPath: library))
        try Provider.writeManifest(Provider.manifest("acme"), in: directory)
        #expect(
            outcome(await verify(), "machine")?.hasPrefix("failed: the library is for machine 8, this program for")
                == true)
    }
}

@Suite struct PresenceTests {
    private let scratch: Scratch
    init() throws { scratch = try Scratch() }

    @Test func whatIsThereIsNamedAndNothingOfItsValueIs() throws {
        try scratch.write(".acme/credentials", "hunter2-file")
        try scratch.write("bin/acme-helper", "#!/bin/sh\n", mode: 0o755)
        try scratch.write("token", "hunter2-token")
        let needs = """
            , "needs": {"environment": ["ACME_*", "PLAIN", "GONE"],
              "files": {"credentials": "~/.acme/credentials", "absent": "~/none", "target": "${options.key_file}"},
              "secrets": {"a": ["env:ACME_KEY"], "b": ["env:OTHER", "file:credentials"], "c": ["env:OTHER", "file:absent"],
                          "d": ["env:TOKEN"], "e": ["env:BAD"]},
              "helpers": {"h": "acme-helper", "i": "no-such-helper", "j": "/no/such/helper"}}
            """
        let manifest = try DocumentCoding.decode(
            ProviderManifest.self, from: Data(Provider.manifest("acme", needs).utf8))
        let found = Presence.all(
            of: manifest,
            environment: [
                "HOME": scratch.path, "PATH": "relative:\(scratch.path)/bin", "ACME_KEY": "hunter2-a",
                "ACME_REGION": "hunter2-b",
                "PLAIN": "hunter2-c", "TOKEN_FILE": "\(scratch.path)/token", "BAD_FILE": "\(scratch.path)/gone",
                "OTHER": "",
            ])
        let lines = found.map { item in
            "\(item.kind.rawValue) \(item.name) \(item.isThere.map { $0 ? "yes" : "no" } ?? "later") \(item.place)"
        }.map { $0.replacingOccurrences(of: scratch.path, with: "~") }
        #expect(
            lines == [
                "environment ACME_* yes set: ACME_KEY ACME_REGION", "environment PLAIN yes set",
                "environment GONE no not set",
                "file absent no ~/none: not there", "file credentials yes ~/.acme/credentials",
                "file target later ${options.key_file}, of the target", "secret a yes the variable ACME_KEY",
                "secret b yes ~/.acme/credentials",
                "secret c no looked for in the variables OTHER and OTHER_FILE, the file ~/none",
                "secret d yes ~/token, as the variable TOKEN_FILE says",
                "secret e no ~/gone, as the variable BAD_FILE says: it cannot be read",
                "helper h yes ~/bin/acme-helper", "helper i no no-such-helper: not found",
                "helper j no /no/such/helper: not found",
            ])
        #expect(!"\(found)".contains("hunter2"))
    }
}
