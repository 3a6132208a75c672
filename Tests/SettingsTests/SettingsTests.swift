import Documents
import Foundation
import Settings
import TestSupport
import Testing

@Suite struct SettingsTests {
    private let scratch: Scratch
    private var system: String { "\(scratch.path)/etc/config.yaml" }
    private var user: String { "\(scratch.path)/home/.config/eulerpublisher/config.yaml" }

    init() throws { scratch = try Scratch() }

    private func load(
        system: String? = nil, user: String? = nil, _ environment: [String: String] = [:],
        flags: [String: [String]] = [:]
    ) throws -> Settings {
        if let system { try scratch.write("etc/config.yaml", system) }
        if let user { try scratch.write("home/.config/eulerpublisher/config.yaml", user) }
        var sources = Settings.Sources(
            environment: environment.merging(["HOME": "\(scratch.path)/home"]) { first, _ in first }, flags: flags,
            workingDirectory: "/here")
        sources.systemFile = self.system
        return try Settings(sources)
    }

    @Test func withoutAnySourceThereAreDefaults() throws {
        let settings = try load()
        #expect(settings.mirror == nil)
        #expect(settings.stateDirectory == Setting("\(scratch.path)/home/.local/state/eulerpublisher", .builtIn))
        #expect(settings.cacheDirectory.value == "\(scratch.path)/home/.cache/eulerpublisher")
        #expect(settings.language == Setting("en", .builtIn) && settings.logLevel == Setting("info", .builtIn))
        #expect(settings.isEnabled("acme") == Setting(true, .builtIn))
        #expect(settings.provider(forScheme: "registry") == nil && settings.providerPath == [] && settings.files == [])
    }

    @Test("Base directories are the environment's, unless it names relative ones")
    func baseDirectories() throws {
        let settings = try load(["XDG_STATE_HOME": "/s", "XDG_CACHE_HOME": "cache"])
        #expect(settings.stateDirectory == Setting("/s/eulerpublisher", .builtIn))
        #expect(settings.cacheDirectory.value == "\(scratch.path)/home/.cache/eulerpublisher")
    }

    @Test func laterSourcesOverrideEarlierOnesAndAreRemembered() throws {
        let keys = ["mirror: https://SOURCE.example", "state_dir: /SOURCE", "language: en", "log_level: debug"]
        let first = (["format: 1"] + keys).joined(separator: "\n").replacingOccurrences(of: "SOURCE", with: "system")
        let second = "format: 1\nmirror: https://user.example\nstate_dir: ~/state\nlanguage: zh-Hans\n"
        let settings = try load(
            system: first, user: second,
            ["EULERPUBLISHER_MIRROR": "https://variable.example", "EULERPUBLISHER_STATE_DIR": "/s"],
            flags: ["state_dir": ["t"]])
        #expect(settings.mirror == Setting("https://variable.example", .variable("EULERPUBLISHER_MIRROR")))
        #expect(settings.stateDirectory == Setting("/here/t", .flag("--state-dir")))
        #expect(settings.language == Setting("zh-Hans", .file("\(user):4")))
        #expect(settings.logLevel == Setting("debug", .file("\(system):5")))
        #expect(settings.files == [system, user])
        let fewer = try load(["EULERPUBLISHER_MIRROR": ""])
        #expect(fewer.mirror == Setting("https://user.example", .file("\(user):2")))
        #expect(fewer.stateDirectory == Setting("\(scratch.path)/home/state", .file("\(user):3")))
    }

    /// A variable holds wherever a command is given: what a file may not say, it may not say either.
    @Test(arguments: ["STATE_DIR", "CACHE_DIR", "MIRROR"])
    func aVariableIsNoRelativePath(_ name: String) {
        let refusal = failure { try load(["EULERPUBLISHER_\(name)": "here"]) }
        #expect(refusal.code == .usage && refusal.place == "variable EULERPUBLISHER_\(name)", "\(refusal)")
    }

    @Test func aFlagIsNamedAsItWasGiven() {
        #expect(failure { try load(flags: ["a": ["b"]]) }.place == "flag --set a")
        #expect(failure { try load(flags: ["insecure_tls": ["a b"]]) }.place == "flag --set insecure_tls")
    }

    @Test(arguments: ["-3", "fast", "inf"])
    func waitsAreMultipliedByANumber(_ value: String) {
        let refusal = failure { try load(["EULERPUBLISHER_WAIT_SCALE": value]) }
        #expect(refusal.code == .usage && refusal.place == "variable EULERPUBLISHER_WAIT_SCALE", "\(refusal)")
    }

    @Test func theUserFileFollowsXDG() throws {
        try scratch.write("xdg/eulerpublisher/config.yaml", "format: 1\nlog_level: error\n")
        #expect(try load(["XDG_CONFIG_HOME": "\(scratch.path)/xdg"]).logLevel.value == "error")
        #expect(try load(["XDG_CONFIG_HOME": "xdg"]).logLevel.value == "info")
    }

    @Test func providersAndSchemesAreSetByName() throws {
        let settings = try load(
            system:
                "format: 1\nproviders:\n  acme-cloud:\n    enabled: false\n  other: {enabled: false}\ntargets:\n  registry: acme\n",
            ["EULERPUBLISHER_PROVIDERS_OTHER_ENABLED": "true", "EULERPUBLISHER_TARGETS_MY_SCHEME": "other"],
            flags: ["providers.third.enabled": ["false"]])
        #expect(settings.isEnabled("acme-cloud") == Setting(false, .file("\(system):4")))
        #expect(settings.isEnabled("other") == Setting(true, .variable("EULERPUBLISHER_PROVIDERS_OTHER_ENABLED")))
        #expect(settings.isEnabled("third") == Setting(false, .flag("--set providers.third.enabled")))
        #expect(settings.provider(forScheme: "registry") == Setting("acme", .file("\(system):7")))
        #expect(settings.provider(forScheme: "my-scheme")?.value == "other")
    }

    @Test func directoriesOfProvidersAddUpNearestFirst() throws {
        let settings = try load(
            system: "format: 1\nprovider_path: [/system]\n", user: "format: 1\nprovider_path:\n  - ~/mine\n  - /b\n",
            ["EULERPUBLISHER_PROVIDER_PATH": "/v1:~/v2"], flags: ["provider_path": ["/f1", "/f2"]])
        #expect(
            settings.providerPath == [
                Setting("/f1", .flag("--provider-path")), Setting("/f2", .flag("--provider-path")),
                Setting("/v1", .variable("EULERPUBLISHER_PROVIDER_PATH")),
                Setting("\(scratch.path)/home/v2", .variable("EULERPUBLISHER_PROVIDER_PATH")),
                Setting("\(scratch.path)/home/mine", .file("\(user):3")), Setting("/b", .file("\(user):4")),
            ])
    }

    @Test(arguments: [".", "", "providers", "./x", "../x"])
    func theCurrentDirectoryIsNeverSearched(_ entry: String) throws {
        let byFlag = failure { try load(flags: ["provider_path": [entry]]) }
        #expect(byFlag.code == .usage && byFlag.place == "flag --provider-path", "\(byFlag)")
        for value in ["/a:\(entry)", "\(entry):/a"] {
            let byVariable = failure { try load(["EULERPUBLISHER_PROVIDER_PATH": value]) }
            #expect(byVariable.place == "variable EULERPUBLISHER_PROVIDER_PATH")
        }
        let byFile = failure { try load(user: "format: 1\nprovider_path: ['\(entry)']\n") }
        #expect(byFile.place == "\(user):2:17", "\(byFile)")
    }

    @Test(arguments: [
        ("format: 1\nmirorr: https://a.example\n", ":2:1", "unknown key \"mirorr\"", "did you mean \"mirror\"?"),
        (
            "format: 1\nproviders: {a: {enable: true}}\n", ":2:17", "unknown key \"enable\" in providers.a",
            "did you mean \"enabled\"?"
        ),
        (
            "format: 2\nnew: 1\n", ":1:9", "the file has format 2, and this version reads format 1",
            "install the version"
        ),
        ("mirror: https://a.example\n", ":1:1", "the document lacks the key \"format\"", "format: "),
        ("", ":1:1", "the document must be a mapping, but nothing stands here", ""),
        ("format: 1\nlanguage: zh-Hant\n", ":2:11", "language must be one of en, zh-Hans", "zh-Hans"),
        (
            "format: 1\nproviders: {a: {enabled: yes}}\n", ":2:26",
            "providers.a.enabled must be true or false, not a string", "true"
        ),
        ("format: 1\nstate_dir: here\n", ":2:12", "state_dir must match ^(/|~/)", "directory of runs"),
        ("format: 1\nmirror: ftp://a\n", ":2:9", "mirror must match", "Where releases"),
        ("format: 1\nlanguage: en\nlanguage: en\n", "", "stands in the same mapping once more", ""),
    ])
    func aMistakeInAFileHasItsPlace(_ text: String, _ place: String, _ message: String, _ hint: String) throws {
        for (system, user) in [(text, nil), (nil, text)] as [(String?, String?)] {
            let failure = failure { try load(system: system, user: user) }
            let file = system == nil ? self.user : self.system
            #expect(failure.code == .usage)
            #expect(
                failure.place == file + place || place.isEmpty && failure.place?.hasPrefix(file) == true, "\(failure)")
            #expect(
                failure.message.contains(message) && (hint.isEmpty || failure.hint?.contains(hint) == true),
                "\(failure)")
            try FileManager.default.removeItem(atPath: file)
        }
    }

    @Test func aMistakeInAVariableOrFlagNamesIt() {
        let variable = failure { try load(["EULERPUBLISHER_LANGUAGE": "de"]) }
        #expect(
            variable.place == "variable EULERPUBLISHER_LANGUAGE"
                && variable.message.hasPrefix("language must be one of"))
        let flag = failure { try load(flags: ["providers.a.enabled": ["maybe"]]) }
        #expect(flag.place == "flag --set providers.a.enabled" && flag.message.contains("true or false"))
        for key in [
            "colour", "providers", "providers.a", "providers.a.enabled.x", "format", "", "providers.a.colour",
            "mirror.x",
        ] {
            let unknown = failure { try load(flags: [key: ["1"]]) }
            #expect(unknown.message.hasPrefix("there is no setting"), "\(key): \(unknown)")
        }
        #expect(failure { try load(flags: ["stat_dir": ["x"]]) }.hint == "did you mean state_dir?")
    }

    @Test func aVariableThatSetsNothingIsNoticed() throws {
        let unknown = try load(["EULERPUBLISHER_MIROR": "x", "EULERPUBLISHER_WAIT_SCALE": "2", "OTHER": "x"])
            .unknownVariables
        #expect(unknown.map(\.name) == ["EULERPUBLISHER_MIROR"] && unknown[0].nearest == "EULERPUBLISHER_MIRROR")
    }

    @Test func textsAreNotReadAsNumbers() throws {
        let settings = try load(flags: ["state_dir": ["20.10"], "mirror": ["/1"]])
        #expect(settings.stateDirectory.value == "/here/20.10" && settings.mirror?.value == "/1")
    }

    @Test func aFileThatCannotBeReadIsNotTakenForNone() throws {
        try FileManager.default.createDirectory(atPath: system, withIntermediateDirectories: true)
        #expect(failure { try load() }.place == system)
        try FileManager.default.removeItem(atPath: system)
        symlink("/nowhere/at/all", system)
        #expect(failure { try load() }.place == system)
    }

    @Test func verificationOfACertificateIsTurnedOffForTheEndpointAlone() throws {
        let settings = try load(
            user: "format: 1\ninsecure_tls: [lab.example, 'other.example:5000', '[::1]:5000']\n")
        #expect(settings.insecureTLS("https://lab.example/v2/?x=y")?.origin == .file("\(user):2"))
        #expect(settings.insecureTLS("LAB.example.:8443") != nil)
        #expect(settings.insecureTLS("other.example:5000") != nil && settings.insecureTLS("[::1]:5000") != nil)
        for other in [
            "other.example", "other.example:5001", "x.lab.example", "lab.example.org",
            "https://lab.example@evil.example/",
        ] {
            #expect(settings.insecureTLS(other) == nil, "\(other)")
        }
        let replaced = try load(["EULERPUBLISHER_INSECURE_TLS": "a.example, b.example"])
        #expect(replaced.insecureTLS("b.example") != nil && replaced.insecureTLS("lab.example") == nil)
    }
}
