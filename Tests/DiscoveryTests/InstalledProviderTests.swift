import Documents
import Foundation
import Schema
import Settings
import TestSupport
import Testing

@testable import Discovery

@Suite struct InstalledProviderTests {
    private let scratch: Scratch
    private let directory: String

    init() throws {
        scratch = try Scratch()
        directory = try Provider.install("acme", in: "\(scratch.path)/providers")
    }

    private func write(_ manifest: String) throws { try scratch.write("providers/acme/provider.json", manifest) }

    @Test func aGoodProviderIsReadAndMayBeLoaded() throws {
        let provider = try InstalledProvider(reading: directory)
        #expect(provider.manifest.id == "acme" && provider.directory == directory)
        _ = try provider.verifiedForLoading()
    }

    @Test func aLibraryWithAnotherDigestIsNotLoaded() throws {
        let provider = try InstalledProvider(reading: directory)
        let library = try #require(FileHandle(forWritingAtPath: provider.libraryPath))
        try library.seekToEnd()
        library.write(Data([0]))
        try library.close()
        #expect(
            failure { try provider.verifiedForLoading() }.message.contains("is not the one that its manifest names"))
    }

    @Test(
        arguments: [
            ("\"version\": \"1.2.0\"", "\"version\": \"1.2.1\"", "version"),
            ("[\"blocks\"]", "[\"blocks\", \"tree\"]", "views"),
            ("\"minor\": 0", "\"minor\": 0 ", nil),
            ("\"views\"", "\"needs\": {\"hosts\": [\"evil.example\"]}, \"views\"", "needs"),
            ("\"title\": \"Acme\"", "\"title\": {\"en\": \"Acme\"}", "title"),
            ("\"disk\"", "\"container\"", "artifacts"),
        ] as [(String, String, String?)])
    func theManifestBesideMustBeTheOneEmbedded(_ old: String, _ new: String, _ key: String?) throws {
        let text = Provider.manifest("acme")
        try #require(text.contains(old))
        try Provider.writeManifest(text.replacingOccurrences(of: old, with: new), in: directory)
        let provider = try InstalledProvider(reading: directory)
        if let key {
            let failure = failure { try provider.verifiedForLoading() }
            #expect(
                failure.message.hasSuffix("they differ in \(key)") && failure.place == provider.libraryPath,
                "\(failure)")
        } else {
            _ = try provider.verifiedForLoading()
        }
    }

    @Test func aManifestWithoutADigestIsListedAndNotLoaded() throws {
        try write(Provider.manifest("acme"))
        let provider = try InstalledProvider(reading: directory)
        #expect(failure { try provider.verifiedForLoading() }.message == "the manifest names no digest of its library")
    }

    @Test(arguments: [(2, 0), (1, 1)]) func anotherABIIsNotLoaded(_ major: Int, _ minor: Int) throws {
        let text = Provider.manifest("acme").replacingOccurrences(
            of: "{\"major\": 1, \"minor\": 0}", with: "{\"major\": \(major), \"minor\": \(minor)}")
        try Provider.writeManifest(text, in: directory)
        let failure = failure { try InstalledProvider(reading: directory).verifiedForLoading() }
        #expect(failure.message == "acme needs ABI \(major).\(minor), this host has 1.0")
    }

    @Test(arguments: [
        ("", "expected a value"), ("{}", "lacks the key"), ("[]", "must be a mapping"), ("{\"format\": 2}", "format 2"),
        ("{\"format\": 1, \"format\": 1}", "stands here twice"), (String(repeating: "[", count: 100_000), "levels"),
        (String(repeating: " ", count: 5_000_000), "larger than"), ("\u{FEFF}{}", "expected a value"),
        (Provider.manifest("acme", ", \"colour\": 1"), "unknown key \"colour\""),
        (Provider.manifest("acme", ", \"id\": \"other\""), "the key \"id\" stands here twice"),
        (Provider.manifest("acme", ", \"needs\": {\"port\": [1]}"), "unknown key \"port\" in needs"),
        (Provider.manifest("acme", ", \"needs\": {\"ports\": [70000]}"), "needs.ports[0] must be at most 65535"),
        (Provider.manifest("acme", ", \"configuration\": {\"allOf\": []}"), "allOf"),
        (Provider.manifest("acme", ", \"configuration\": {\"properties\": {\"a\": {\"pattern\": \"(\"}}}"), "pattern"),
        (Provider.manifest("../x"), "id must match"), (Provider.manifest("Acme"), "id must match"),
        (
            Provider.manifest("acme").replacingOccurrences(of: "libacme.so", with: "../libacme.so"),
            "library.file must match"
        ),
        (Provider.manifest("acme").replacingOccurrences(of: "libacme.so", with: ".."), "must be a file's name"),
        (
            Provider.manifest("acme").replacingOccurrences(of: "libacme.so", with: "libacme.so\\u0000x"),
            "must be a file's name"
        ),
        (Provider.manifest("acme").replacingOccurrences(of: "libacme.so", with: "other.so"), "No such file"),
        (Provider.manifest("acme").replacingOccurrences(of: "1.2.0", with: "1.2"), "version must match"),
        (Provider.manifest("acme").replacingOccurrences(of: "\"1.2.0\"", with: "1.2"), "version must be a string"),
    ])
    func aHostileOrBrokenManifestIsRefused(_ text: String, _ words: String) throws {
        try write(text)
        let failure = failure { try InstalledProvider(reading: directory) }
        #expect(failure.code == .usage && failure.message.contains(words), "\(failure)")
        #expect(failure.place?.hasPrefix(directory) == true, "\(failure)")
    }

    @Test(
        arguments: [
            ("", 0o775, "chmod g-w"), ("/acme", 0o777, "chmod go-w"), ("/acme/provider.json", 0o664, "chmod g-w"),
            ("/acme/libacme.so", 0o757, "chmod o-w"),
        ] as [(String, mode_t, String)])
    func whatOthersCanWriteIsRefused(_ name: String, _ mode: mode_t, _ mend: String) throws {
        let path = "\(scratch.path)/providers\(name)"
        chmod(path, mode)
        let failure = failure { try InstalledProvider(reading: directory) }
        #expect(failure.place == path && failure.hint == "\(mend) \(path)", "\(failure)")
    }

    @Test(
        .enabled(if: isRoot, "only root can give files away"),
        arguments: ["", "/acme", "/acme/provider.json", "/acme/libacme.so"])
    func whatBelongsToSomebodyElseIsRefused(_ name: String) throws {
        let path = "\(scratch.path)/providers\(name)"
        #expect(chown(path, 65534, 65534) == 0)
        let failure = failure { try InstalledProvider(reading: directory) }
        #expect(failure.place == path && failure.hint?.contains("chown root \(path)") == true, "\(failure)")
    }

    @Test(.enabled(if: isRoot, "only root can become somebody else")) func anotherUserMayUseWhatIsRoots() throws {
        let owners = Ownership(owners: [0, 65534])
        #expect(chown("\(scratch.path)/providers/acme", 65534, 65534) == 0)
        _ = try InstalledProvider(reading: directory, ownership: owners)
    }

    @Test func linksStayWithinTheProvider() throws {
        let library = "\(directory)/libacme.so"
        try FileManager.default.moveItem(atPath: library, toPath: "\(directory)/libacme.so.1")
        symlink("libacme.so.1", library)
        _ = try InstalledProvider(reading: directory).verifiedForLoading()
        unlink(library)
        try FileManager.default.moveItem(atPath: "\(directory)/libacme.so.1", toPath: "\(scratch.path)/libacme.so")
        symlink("\(scratch.path)/libacme.so", library)
        #expect(
            failure { try InstalledProvider(reading: directory) }.message.contains(
                "leads out of the provider's directory"))
    }

    @Test(arguments: ["provider.json", "libacme.so"]) func whatIsNoFileIsRefused(_ name: String) throws {
        unlink("\(directory)/\(name)")
        #expect(mkfifo("\(directory)/\(name)", 0o600) == 0)
        #expect(failure { try InstalledProvider(reading: directory) }.message == "this is not a file")
    }
}
