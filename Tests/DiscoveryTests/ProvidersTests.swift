import Documents
import Foundation
import Schema
import Settings
import TestSupport
import Testing

@testable import Discovery

@Suite struct ProvidersTests {
    private let scratch: Scratch
    private var prefix: String { "\(scratch.path)/usr" }
    private var home: String { "\(scratch.path)/home" }
    private var installed: String { "\(prefix)/lib/eulerpublisher/providers" }
    private var own: String { "\(home)/.local/lib/eulerpublisher/providers" }
    private var policyFile: String { "\(scratch.path)/policy.yaml" }

    init() throws { scratch = try Scratch() }

    private func providers(
        _ environment: [String: String] = [:], flags: [String: [String]] = [:], settings text: String? = nil,
        policy: String? = nil
    ) throws -> Providers {
        if let policy { try scratch.write("policy.yaml", policy) }
        if let text { try scratch.write("home/.config/eulerpublisher/config.yaml", text) }
        var sources = Settings.Sources(
            environment: environment.merging(["HOME": home]) { first, _ in first }, flags: flags, workingDirectory: "/")
        sources.systemFile = "\(scratch.path)/none.yaml"
        let settings = try Settings(sources)
        let policy = try Policy(prefix: prefix, systemFile: policyFile, systemOwners: [0, geteuid()])
        return Providers(Search(settings, prefix: prefix, home: home), settings: settings, policy: policy)
    }

    private func state(_ entry: Providers.Entry) -> String {
        switch entry.state {
        case .enabled: "enabled"
        case .forbidden(let failure): "forbidden \(failure.place ?? "")"
        case .disabled(let origin): "disabled \(origin)"
        case .shadowed(let path): "shadowed \(path)"
        case .broken(let failure): "broken \(failure.message)"
        }
    }

    @Test func theNearestOfAnIdWinsAndTheOthersAreShadowed() throws {
        let flag = "\(scratch.path)/flag"
        let variable = "\(scratch.path)/variable"
        let setting = "\(scratch.path)/setting"
        for folder in [flag, variable, setting, own, installed] { try Provider.install("acme", in: folder) }
        try Provider.install("other", in: installed)
        func all() throws -> Providers {
            try providers(
                ["EULERPUBLISHER_PROVIDER_PATH": variable], flags: ["provider_path": [flag]],
                settings: "format: 1\nprovider_path: [\(setting)]\n")
        }
        for (folder, next) in zip([flag, variable, setting, own], [variable, setting, own, installed]) {
            let found = try all().entries
            #expect(found.map(\.id).last == "other")
            #expect(found[0].directory == "\(folder)/acme" && found[0].isEnabled)
            #expect(found[1].directory == "\(next)/acme" && state(found[1]) == "shadowed \(folder)/acme")
            #expect(try all().provider(id: "acme").directory == "\(folder)/acme")
            try FileManager.default.removeItem(atPath: folder)
        }
        #expect(try all().entries.map { state($0) } == ["enabled", "enabled"])
    }

    @Test func aBrokenOneHindersNobodyAndShadowsNobody() throws {
        try Provider.install("acme", in: own)
        try Provider.install("acme", in: installed)
        try Provider.install("other", in: installed)
        try Data("{".utf8).write(to: URL(fileURLWithPath: "\(own)/acme/provider.json"))
        for name in ["empty", "Bad Name"] {
            try FileManager.default.createDirectory(atPath: "\(installed)/\(name)", withIntermediateDirectories: true)
        }
        try scratch.write("usr/lib/eulerpublisher/providers/README", "for people")
        try FileManager.default.createDirectory(atPath: "\(installed)/.hidden", withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: "\(installed)/acme", toPath: "\(installed)/renamed")
        symlink("/nowhere", "\(installed)/dangling")
        let found = try providers().entries
        #expect(found.map(\.id) == ["Bad Name", "acme", "acme", "dangling", "empty", "other", "renamed"])
        #expect(found.filter { $0.isEnabled }.map(\.directory) == ["\(installed)/acme", "\(installed)/other"])
        #expect(found.filter { state($0).hasPrefix("broken") }.count == 5, "\(found.map(state))")
        #expect(state(found[6]).contains("the manifest's id is acme, the directory's name renamed"))
    }

    @Test func aProviderBelowADirectoryThatOthersCanWriteIsBroken() throws {
        try Provider.install("acme", in: installed)
        chmod("\(prefix)/lib", 0o775)
        let found = try providers()
        guard case .broken(let failure) = found.entries[0].state else {
            return #expect(Bool(false), "\(found.entries)")
        }
        #expect(failure.place == "\(prefix)/lib" && failure.hint == "chmod g-w \(prefix)/lib")
        #expect(failure.code == .usage)
        #expect(throws: Failure.self) { try found.provider(forScheme: "acme") }
    }

    @Test func directoriesAreAccountedFor() throws {
        try Provider.install("acme", in: installed)
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        try scratch.write("file", "")
        let found = try providers(flags: [
            "provider_path": ["\(scratch.path)/absent", "\(scratch.path)/file", installed]
        ])
        let lines = found.directories.map { directory, condition in
            switch condition {
            case .searched(let count): "\(directory.reason): \(count)"
            case .absent: "\(directory.reason): absent"
            case .unreadable: "\(directory.reason): unreadable"
            }
        }
        #expect(
            lines == [
                "flag --provider-path: absent", "flag --provider-path: unreadable", "flag --provider-path: 1",
                "your own: 0",
            ])
        #expect(
            Search(try Settings(.init(environment: [:], workingDirectory: "/")), prefix: "/", home: "x").directories
                .map(\.path)
                == ["/lib/eulerpublisher/providers"])
    }

    // MARK: Policy

    @Test func nothingThatAUserSetsEnablesWhatPolicyForbids() throws {
        try Provider.install("acme", in: installed)
        let copy = "\(scratch.path)/copy"
        try Provider.install("acme", in: copy)
        let policy = "format: 1\nproviders:\n  deny: [acme]\n"
        let settings =
            "format: 1\nproviders: {acme: {enabled: true}}\ntargets: {acme: acme}\nprovider_path: [\(copy)]\n"
        let variables = [
            "EULERPUBLISHER_PROVIDERS_ACME_ENABLED": "true", "EULERPUBLISHER_TARGETS_ACME": "acme",
            "EULERPUBLISHER_PROVIDER_PATH": copy,
        ]
        let flags = ["providers.acme.enabled": ["true"], "targets.acme": ["acme"], "provider_path": [copy]]
        let attempts = [
            try providers(policy: policy), try providers(settings: settings), try providers(variables),
            try providers(flags: flags), try providers(variables, flags: flags, settings: settings),
        ]
        for found in attempts {
            #expect(!found.entries.contains { $0.isEnabled })
            for refusal in [
                failure { try found.provider(forScheme: "acme") }, failure { try found.provider(id: "acme") },
            ] {
                #expect(refusal.code == .policy && refusal.place == "\(policyFile):3", "\(refusal)")
            }
        }
    }

    @Test func policyComesBeforeSettings() throws {
        try Provider.install("acme", in: installed)
        let found = try providers(
            settings: "format: 1\nproviders: {acme: {enabled: false}}\n", policy: "format: 1\nproviders: {allow: []}\n")
        #expect(state(found.entries[0]) == "forbidden \(policyFile):2")
    }

    @Test func policyBindsDigestsAndFolders() throws {
        let directory = try Provider.install("acme", in: installed)
        let provider = try InstalledProvider(reading: directory)
        let digest = try #require(provider.manifest.library.sha256)
        #expect(
            try providers(
                policy: "format: 1\ndigests: {acme: [\(digest)]}\nfolders: [PREFIX/lib/eulerpublisher/providers]\n"
            )
            .entries[0].isEnabled)
        let other = String(digest.reversed())
        #expect(
            state(try providers(policy: "format: 1\ndigests: {acme: [\(other)]}\n").entries[0])
                == "forbidden \(policyFile):2")
        let copy = "\(scratch.path)/copy"
        try Provider.install("acme", in: copy)
        let found = try providers(
            flags: ["provider_path": [copy]], policy: "format: 1\nfolders: [PREFIX/lib/eulerpublisher/providers]\n")
        #expect(found.entries.map { state($0) } == ["forbidden \(policyFile):2", "shadowed \(copy)/acme"])
    }

    @Test func policyBindsEndpoints() throws {
        let found = try providers(policy: "format: 1\nendpoints: [a.example]\n")
        try found.check(endpoint: "https://a.example/x", provider: "acme")
        let refusal = failure { try found.check(endpoint: "b.example", provider: "acme") }
        #expect(refusal.code == .policy && refusal.message == "policy forbids to contact b.example, as acme would")
    }

    // MARK: Schemes

    @Test func twoClaimantsOfASchemeAreAnErrorUnlessSettingsChoose() throws {
        for id in ["one", "two", "three"] {
            let text = Provider.manifest(id).replacingOccurrences(of: "[\"\(id)\"]", with: "[\"registry\", \"\(id)\"]")
            let directory = "\(installed)/\(id)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try Provider.compile(directory, manifest: text)
            try Provider.writeManifest(text, in: directory)
        }
        let refusal = failure { try providers().provider(forScheme: "registry") }
        #expect(refusal.message == "one and three and two both serve targets of the scheme registry", "\(refusal)")
        #expect(refusal.hint?.contains("EULERPUBLISHER_TARGETS_REGISTRY=one") == true)
        #expect(try providers().provider(forScheme: "two").manifest.id == "two")
        #expect(
            try providers(flags: ["targets.registry": ["two"]]).provider(forScheme: "registry").manifest.id == "two")
        let settled = try providers(
            settings: "format: 1\nproviders: {one: {enabled: false}, three: {enabled: false}}\n")
        #expect(try settled.provider(forScheme: "registry").manifest.id == "two")
        let wrong = failure { try providers(flags: ["targets.registry": ["four"]]).provider(forScheme: "registry") }
        #expect(wrong.place == "flag --set targets.registry" && wrong.hint == "these do: one, three, two")
        let off = failure {
            try providers(["EULERPUBLISHER_TARGETS_REGISTRY": "one"]).provider(forScheme: "registry")
        }
        #expect(off.message == "the provider one is turned off")
    }

    @Test func aSchemeThatNobodyServesIsNamed() throws {
        try Provider.install("acme", in: installed)
        let near = failure { try providers().provider(forScheme: "acne") }
        #expect(near.code == .usage && near.hint == "did you mean acme?")
        #expect(failure { try providers().provider(id: "acne") }.hint == "did you mean acme?")
        #expect(failure { try providers().provider(forScheme: "elsewhere") }.hint?.hasPrefix("served are acme") == true)
    }

    @Test func optionsAreHeldAgainstTheConfiguration() throws {
        let more =
            ", \"configuration\": {\"type\": \"object\", \"additionalProperties\": false, \"properties\": "
            + "{\"region\": {\"type\": \"string\"}, \"release\": {\"type\": \"string\"}}}"
        let plain = try InstalledProvider(reading: try Provider.install("acme", in: installed))
        let provider = try InstalledProvider(reading: try Provider.install("other", in: installed, more))
        let found = try providers()
        try found.validate(["region": .string("a")], for: provider, place: "p.yaml:3:1")
        let refusal = failure { try found.validate(["regoin": .string("a")], for: provider, place: "p.yaml:3:1") }
        #expect(refusal.message == "unknown key \"regoin\" in options" && refusal.place == "p.yaml:3:1", "\(refusal)")
        #expect(throws: Failure.self) { try found.validate(["region": .string("a")], for: plain, place: nil) }
        let node = try Node.parse(text: "region: a\nrelease: 20.10\n", name: "p.yaml")
        #expect(try found.validate(node, for: provider)["release"] == .string("20.10"))
    }
}
