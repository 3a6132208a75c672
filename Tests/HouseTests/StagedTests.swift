import Foundation
import TestSupport
import Testing

/// What `make stage` laid out is what users get: one symbol a plugin, known libraries, nothing of the machine that built it.
@Suite(.enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct StagedTests {
    /// What every Swift program with its runtime inside needs of the system.
    private static let system: Set<String> = [
        "libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1",
    ]
    private static let host = system.union([
        "libcurl.so.4", "libcrypto.so.3", "libxml2.so.2", "libarchive.so.13", "libz.so.1", "liblzma.so.5",
        "libzstd.so.1",
        "liblz4.so.1", "libcrypt.so.1",
    ])
    private static let plugin = system.union(["libcurl.so.4", "libcrypto.so.3", "libxml2.so.2", "libz.so.1"])

    private func files(_ folder: String = "") throws -> [String] {
        try run(["find", "\(stage!)/\(folder)", "-type", "f"]).output.split(separator: "\n").map(String.init)
    }

    private func libraries() throws -> [String] {
        let found = try files("lib/eulerpublisher/providers").filter { $0.hasSuffix(".so") }
        try #require(!found.isEmpty)
        return found
    }

    private func programs() throws -> [String] {
        [
            "\(stage!)/bin/eulerpublisher", "\(stage!)/libexec/eulerpublisher/eulerpublisher-worker",
        ] + (try libraries())
    }

    private func dynamic(_ file: String, _ tag: String) throws -> [String] {
        try run(["readelf", "-d", "-W", file]).output.split(separator: "\n").filter { $0.contains("(\(tag))") }
            .compactMap { $0.split(separator: "[").last.map { String($0.prefix { $0 != "]" }) } }
    }

    @Test func aPluginExportsOneSymbol() throws {
        for library in try libraries() {
            // `d` and `t` are local: gold leaves protected ones in the table.
            let symbols = try run(["nm", "-D", "--defined-only", library]).output.split(separator: "\n")
                .filter { $0.split(separator: " ")[1].first!.isUppercase }
            #expect(symbols.map { $0.split(separator: " ")[2] } == ["eulerpublisher_provider_v1"], "\(library)")
        }
    }

    @Test func onlyKnownLibrariesAreNeeded() throws {
        let worker = try dynamic("\(stage!)/libexec/eulerpublisher/eulerpublisher-worker", "NEEDED")
        #expect(!worker.isEmpty && Self.system.isSuperset(of: worker), "\(worker)")
        let host = try dynamic("\(stage!)/bin/eulerpublisher", "NEEDED")
        #expect(!host.isEmpty && Self.host.isSuperset(of: host), "\(host)")
        for library in try libraries() {
            let needed = try dynamic(library, "NEEDED")
            #expect(!needed.isEmpty && Self.plugin.isSuperset(of: needed), "\(library): \(needed)")
        }
    }

    @Test func aPluginStaysLoaded() throws {
        for library in try libraries() {
            #expect(try run(["readelf", "-d", "-W", library]).output.contains("NODELETE"), "\(library)")
            let sections = try run(["readelf", "-S", "-W", library]).output
            #expect(sections.contains(".eulerpublisher.manifest"), "\(library)")
            #expect(!sections.contains(".symtab"), "\(library) is not stripped")
        }
    }

    @Test func noPathOfThisMachineIsLeft() throws {
        let swift = try run(["readlink", "-f", try run(["which", "swift"]).output.trimmed]).output.trimmed
        let toolchain = swift.components(separatedBy: "/usr/bin/")[0]
        try #require(toolchain.count > 3)
        for file in try programs() {
            for tag in ["RUNPATH", "RPATH"] {
                for path in try dynamic(file, tag) { #expect(path == "$ORIGIN", "\(file): \(path)") }
            }
            // grep reads the whole file; the text in it may be anywhere.
            // /root is also a folder of guests, which rules name.
            for path in [root, toolchain, NSHomeDirectory() + "/"] where !["/", "/root/"].contains(path) {
                let found = try run(["grep", "-a", "-o", "-m", "1", "-F", path, file])
                #expect(found.status == 1, "\(file) names \(path)")
            }
        }
    }

    @Test func modesDoNotDependOnTheUmask() throws {
        let listing = try run(["find", stage!, "-printf", "%m %y %p\n"]).output.split(separator: "\n")
        for line in listing {
            let parts = line.split(separator: " ", maxSplits: 2)
            let path = String(parts[2])
            let program = path.hasSuffix(".so") || path.contains("/bin/") || path.contains("/libexec/")
            #expect(parts[0] == (parts[1] == "d" || program ? "755" : "644"), "\(line)")
        }
    }

    @Test func everyManifestNamesTheLibraryBesideIt() throws {
        for library in try libraries() {
            let folder = URL(fileURLWithPath: library).deletingLastPathComponent().path
            let manifest = try JSONSerialization.jsonObject(
                with: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/provider.json")))
            let stated = ((manifest as? [String: Any])?["library"] as? [String: Any])?["sha256"] as? String
            #expect(try run(["sha256sum", library]).output.prefix(64) == stated ?? "", "\(library)")
        }
    }

    @Test func whatUsersLookForIsThere() throws {
        for file in [
            "include/eulerpublisher/provider.h", "share/doc/eulerpublisher/README.md",
            "share/eulerpublisher/completions/eulerpublisher.bash",
        ] {
            let size = try Data(contentsOf: URL(fileURLWithPath: "\(stage!)/\(file)")).count
            #expect(size > 300, "\(file)")
        }
    }

    @Test func stagingAgainTouchesWhatChangedAndNothingElse() throws {
        let scratch = try Scratch()
        let copy = "\(scratch.path)/stage"
        try run(["cp", "-a", stage!, copy])
        func times() throws -> Set<Substring> {
            Set(try run(["find", copy, "-type", "f", "-printf", "%T@ %P\n"]).output.split(separator: "\n"))
        }
        func staged() throws {
            let answer = try run(["\(root)/scripts/stage", "\(root)/.build/release", copy])
            #expect(answer.status == 0, "\(answer.output)")
        }
        let before = try times()
        try staged()
        #expect(try times() == before)
        // What nothing puts there goes; what is gone or was made wrong comes back.
        try Data("x".utf8).write(to: URL(fileURLWithPath: "\(copy)/lib/stranger"))
        try run(["rm", "\(copy)/include/eulerpublisher/provider.h"])
        try run(["chmod", "0700", "\(copy)/bin/eulerpublisher"])
        try staged()
        let changed = try times().symmetricDifference(before).map { $0.split(separator: " ")[1] }
        #expect(Set(changed) == ["include/eulerpublisher/provider.h"])
        #expect(try run(["stat", "-c", "%a", "\(copy)/bin/eulerpublisher"]).output.trimmed == "755")
    }

    @Test func installingKeepsDirectoriesAndModes() throws {
        let scratch = try Scratch()
        let prefix = "\(scratch.path)/root/usr"
        // A directory of the system, with a mode of its own.
        try FileManager.default.createDirectory(
            atPath: "\(prefix)/bin", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        let answer = try run(["sh", "-c", "umask 077; exec \"$0\" \"$@\"", "\(root)/scripts/install", stage!, prefix])
        #expect(answer.status == 0, "\(answer.output)")
        func modes(_ folder: String) throws -> [String] {
            try run(["find", folder, "-type", "f", "-printf", "%m %s %P\n"]).output.split(separator: "\n").sorted()
                .map(String.init)
        }
        #expect(try modes(prefix) == modes(stage!))
        #expect(try run(["stat", "-c", "%a", "\(prefix)/bin"]).output.trimmed == "711")
        #expect(try run(["stat", "-c", "%a", "\(prefix)/lib/eulerpublisher"]).output.trimmed == "755")
        let listed = try run(["\(prefix)/bin/eulerpublisher", "provider", "list"])
        #expect(listed.status == 0 && listed.output.contains("local"), "\(listed.output)")
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
