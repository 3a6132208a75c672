import Documents
import Foundation
import Testing

@testable import Plans

/// A plan that somebody wrote: what is right is read, what is wrong is named with its line and column.
@Suite struct PlanTests {
    private func read(_ text: String) throws -> LocatedPlan {
        let path = NSTemporaryDirectory() + "plan-\(UUID().uuidString).yaml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try LocatedPlan(reading: path)
    }

    private let good = """
        format: 1
        artifacts:
          base: {kind: container, release: 24.03}
          server: {kind: disk, file: ./server.raw, format: raw, version: 24.03-LTS-SP2}
        targets:
          - {name: one, artifact: base, to: "local:./out", tags: [24.03, 20.10]}
          - artifact: server
            to: local:/srv/images
        options: {tag_when: all}
        """

    @Test func numbersThatAreNamesStayText() throws {
        let plan = try read(good)
        #expect(plan.plan.artifacts["base"]?.release == "24.03")
        #expect(plan.plan.targets[0].tags == ["24.03", "20.10"])
        #expect(plan.plan.targets[1].title == "local:/srv/images" && plan.plan.targets[1].address == "/srv/images")
        #expect(plan.plan.options?.tagWhen == .all)
        #expect(plan.absolute("./server.raw") == "\(plan.directory)/server.raw")
        #expect(try plan.only(["one"]).plan.artifacts.keys.sorted() == ["base"])
        #expect(throws: Failure.self) { try plan.only(["two"]) }
    }

    @Test func aPathIsWrittenOneWay() throws {
        let plan = try read(good)
        #expect(!plan.directory.contains("/./"))
        #expect(plan.absolute("./a//./b/") == "\(plan.directory)/a/b")
        #expect(plan.absolute(".") == plan.directory)
        #expect(plan.absolute("/./x/./y") == "/x/y" && plan.absolute("/") == "/")
        // What .. means depends on links: that is for the kernel to say.
        #expect(plan.absolute("../x/..") == "\(plan.directory)/../x/..")
        #expect(plan.absolute("https://mirror.example/./a") == "https://mirror.example/./a")
        let home = try #require(ProcessInfo.processInfo.environment["HOME"])
        #expect(plan.absolute("~/x") == "\(home)/x" && plan.absolute("~") == home)
        #expect(plan.absolute("~x") == "\(plan.directory)/~x")
        let before = FileManager.default.currentDirectoryPath
        try #require(FileManager.default.changeCurrentDirectoryPath(NSTemporaryDirectory()))
        defer { _ = FileManager.default.changeCurrentDirectoryPath(before) }
        let name = "plan-\(UUID().uuidString).yaml"
        try good.write(toFile: name, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: name) }
        #expect(try LocatedPlan(reading: "./\(name)").directory == FileManager.default.currentDirectoryPath)
        #expect(try LocatedPlan(reading: name).directory == FileManager.default.currentDirectoryPath)
    }

    /// They would end paths early, and forge lines of what is shown.
    @Test(arguments: [
        ("\"local:./out\"", #""local:out\0/x""#, ":6:", "targets.0.to"),
        ("./server.raw", #""./server.raw\0.bak""#, ":4:", "artifacts.server.file"),
        ("name: one", #"name: "one\npublished""#, ":6:", "targets.0.name"),
        ("[24.03, 20.10]", #"[24.03, "20\e"]"#, ":6:", "targets.0.tags.1"),
        ("release: 24.03", #"release: "24.03\x9b""#, ":3:", "artifacts.base.release"),
        ("  base:", #"  "ba\nse":"#, ":3:", "artifacts"),
        (
            "to: local:/srv/images", #"to: local:/srv/images"# + "\n    options: {a: \"b\\0\"}", ":9:",
            "targets.1.options.a"
        ),
        ("format: 1\n", "format: 1\nname: \"a\\rb\"\n", ":2:", "name"),
    ])
    func controlCharactersAreRefused(old: String, new: String, place: String, words: String) throws {
        let text = good.replacingOccurrences(of: old, with: new)
        try #require(text != good)
        let failure = #expect(throws: Failure.self) { try read(text) }
        #expect(
            failure?.code == .usage && failure?.place?.contains(".yaml\(place)") == true,
            "\(String(describing: failure))")
        #expect(failure?.message.hasPrefix(words + " ") == true, "\(String(describing: failure))")
        #expect(failure?.message.contains("control character") == true, "\(String(describing: failure))")
    }

    @Test func whatIsForAProviderMayHaveLines() throws {
        let lines = "    options: {key: \"a\\n\\tb\\n\"}"
        let plan = try read(good.replacingOccurrences(of: "local:/srv/images", with: "local:/srv/images\n\(lines)"))
        #expect(plan.plan.targets[1].options?["key"] == "a\n\tb\n")
    }

    @Test func optionsThatAreFilesStartFromThePlan() throws {
        let plan = try read(good)
        let schema: JSON = [
            "type": "object",
            "properties": ["readme": ["type": "string", "format": "path"], "note": ["type": "string"]],
        ]
        let options: [String: JSON] = ["readme": "./README.md", "note": "./README.md", "other": 1]
        #expect(
            plan.absolute(options, by: schema) == [
                "readme": "\(plan.directory)/README.md", "note": "./README.md", "other": 1,
            ])
        #expect(plan.absolute(["readme": "/a"], by: schema) == ["readme": "/a"])
        #expect(plan.absolute(options, by: nil) == options)
    }

    @Test func aPlaceIsThatOfTheTargetWhateverIsLeftOut() throws {
        let plan = try read(good)
        #expect(plan.place(ofTarget: 1, "to")?.hasSuffix(".yaml:8:9") == true, "\(plan.place(ofTarget: 1, "to") ?? "")")
        let rest = try plan.only(["local:/srv/images"])
        #expect(rest.place(ofTarget: 0, "to") == plan.place(ofTarget: 1, "to"))
    }

    @Test(arguments: [
        ("artifact: base, to:", "artefact: base, to:", ":6:17", "unknown key \"artefact\""),
        ("tag_when: all", "tag_when: some", ":9:", "tag_when"),
        ("format: 1\n", "format: 2\n", ":1:9", "format"),
        ("artifact: server", "artifact: sever", ":7:15", "sever"),
        ("\"local:./out\"", "local", ":6:", "is no target"),
        ("release: 24.03", "index: docker_img", ":3:", "needs \"release\""),
        (", format: raw,", ",", ":4:", "needs \"format\""),
        ("kind: disk,", "kind: disk, release: x,", ":4:", "means nothing for a disk"),
        ("- artifact: server", "- name: one\n    artifact: server", ":7:", "two targets are called one"),
    ])
    func whatIsWrongIsNamedWithItsPlace(old: String, new: String, place: String, words: String) throws {
        let text = good.replacingOccurrences(of: old, with: new)
        try #require(text != good)
        let failure = #expect(throws: Failure.self) { try read(text) }
        #expect(failure?.code == .usage)
        #expect(
            failure?.place?.contains(".yaml\(place)") == true,
            "\(failure?.place ?? "nowhere"): \(failure?.message ?? "")")
        #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    }
}
