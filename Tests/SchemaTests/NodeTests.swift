import Documents
import Foundation
import Schema
import Testing

/// The failure that the body throws, or a failed test.
func failure<Value>(_ body: () throws -> Value) -> Failure {
    do {
        _ = try body()
        Issue.record("nothing was thrown")
        return Failure(.internal, "")
    } catch let failure as Failure {
        return failure
    } catch {
        Issue.record("not a Failure: \(error)")
        return Failure(.internal, "")
    }
}

@Suite struct NodeTests {
    private func yaml(_ text: String) throws -> Node { try Node.parse(text: text, name: "a.yaml") }
    private func json(_ text: String) throws -> Node { try Node.parse(text: text, name: "a.json") }

    @Test func everyValueKnowsItsPlace() throws {
        let node = try yaml("a: 1\nb:\n  - x\n  - {c: true}\n")
        #expect(node["a"]?.place == "a.yaml:1:4")
        #expect(node["b"]?[0]?.place == "a.yaml:3:5")
        #expect(node["b"]?[1]?["c"]?.place == "a.yaml:4:9")
        #expect(node["b"]?[1]?.members?[0].place == "a.yaml:4:6")
        #expect(node["none"] == nil && node["b"]?[2] == nil && node["b"]?["x"] == nil)
        let other = try json("{\"ä\": 1,\n\t\"b\": [\"x\", {\"c\": true}]}")
        #expect(other["ä"]?.place == "a.json:1:7")
        #expect(other["b"]?[1]?["c"]?.place == "a.json:2:19")
    }

    @Test func membersKeepTheirOrder() throws {
        let keys = ["zz", "b", "a", "m", "c", "y"]
        let text = keys.map { "\($0): 1\n" }.joined()
        #expect(try yaml(text).members?.map(\.key) == keys)
        let members = keys.map { "\"\($0)\":1" }.joined(separator: ",")
        #expect(try json("{\(members)}").members?.map(\.key) == keys)
    }

    @Test(arguments: [
        ("~", JSON.null), ("", .null), ("null", .null), ("true", .bool(true)), ("False", .bool(false)),
        ("12", .integer(12)),
        ("-7", .integer(-7)), ("+7", .integer(7)), ("0", .integer(0)), ("1.5", .number(1.5)), ("1e3", .number(1000)),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("0644", .string("0644")),
        ("0x1f", .string("0x1f")),
        ("yes", .string("yes")), ("no", .string("no")), ("1_000", .string("1_000")), (".inf", .string(".inf")),
        ("\"12\"", .string("12")), ("'true'", .string("true")), ("12:30:45", .string("12:30:45")),
        ("2024-01-01", .string("2024-01-01")), ("1.2.3", .string("1.2.3")), ("|\n  12\n", .string("12\n")),
    ])
    func scalarsFollowTheCoreSchema(_ text: String, _ value: JSON) throws {
        #expect(try yaml("a: \(text)")["a"]?.json == value)
    }

    @Test(arguments: [
        ("1", JSON.integer(1)), ("-0", .integer(0)), ("1.25e2", .number(125)),
        ("\"a\\n\\u00e9\\ud83d\\ude00\"", .string("a\né😀")),
        ("[]", .array([])), (" { } ", .object([:])), ("[1,[2]]", .array([.integer(1), .array([.integer(2)])])),
    ])
    func jsonIsRead(_ text: String, _ value: JSON) throws { #expect(try json(text).json == value) }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1.", ".5", "+1", "1e", "nul", "tru", "\"", "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"a\nb\"", "1 2", "{\"a\" 1}", "[1 2]", "// no\n1", "NaN", "1e999", "-",
        "\u{FEFF}1",
        "\"\\u+123\"", "{\"a\":}", "1.e5",
    ])
    func whatIsNotJSONIsRefusedWithItsPlace(_ text: String) {
        let failure = failure { try json(text) }
        #expect(failure.code == .usage && failure.place?.hasPrefix("a.json:") == true, "\(failure)")
    }

    @Test(arguments: ["a: 1\nb: 2\na: 3\n", "{a: 1, \"a\": 2}", "? a\n: 1\n? 'a'\n: 2\n"])
    func aKeyStandsOnceInYAML(_ text: String) {
        let failure = failure { try yaml(text) }
        // The reader of YAML tells where the first one is, so that is what is said.
        #expect(failure.message == "the key \"a\", which stands here, stands in the same mapping once more")
        #expect(["a.yaml:1:1", "a.yaml:1:2", "a.yaml:1:3"].contains(failure.place), "\(failure)")
    }

    @Test func aKeyStandsOnceInJSON() {
        let failure = failure { try json("{\"a\": 1,\n \"b\": 2, \"\\u0061\": 3}") }
        #expect(failure.message == "the key \"a\" stands here twice" && failure.place == "a.json:2:10")
    }

    @Test(arguments: [
        ("a: &x 1\nb: 2\n", "anchors", "a.yaml:1:4"), ("a: [&x {c: 1}, *x]\n", "anchors", "a.yaml:1:5"),
        ("a: !!int 1\n", "tags", "a.yaml:1:4"), ("a: !custom {b: 1}\n", "tags", "a.yaml:1:4"),
        ("a: {<<: {b: 1}}\n", "merge keys", "a.yaml:1:5"), ("[a]: 1\n", "a key must be a plain word", "a.yaml:1:1"),
        ("&k a: 1\n", "a key must be a plain word", "a.yaml:1:1"),
    ])
    func whatNobodyReadsAtAGlanceIsRefused(_ text: String, _ words: String, _ place: String) {
        let failure = failure { try yaml(text) }
        #expect(failure.message.contains(words) && failure.place == place, "\(failure)")
    }

    @Test(arguments: [
        "a: [", "a: b: c\n", "\tb: 1", "a: *nobody\n", "a: 1\n---\nb: 2\n", "a: \"\n", "%YAML 3.0\n---\n", "\u{7}",
    ])
    func whatIsNotYAMLIsRefusedWithItsPlace(_ text: String) {
        let failure = failure { try yaml(text) }
        #expect(failure.code == .usage && failure.place?.hasPrefix("a.yaml") == true, "\(failure)")
        #expect(failure.message.hasPrefix("this is not YAML"), "\(failure)")
    }

    @Test func anErrorDoesNotRepeatTheDocument() {
        let failure = failure { try yaml("password: hunter2\nother: [\n") }
        #expect(!"\(failure)".contains("hunter2"))
    }

    @Test(arguments: [65, 900, 100_000, 1_500_000])
    func depthIsLimited(_ depth: Int) {
        let open = String(repeating: "[", count: depth)
        for text in [open, open + String(repeating: "]", count: depth)] {
            #expect(failure { try json(text) }.code == .usage)
            #expect(failure { try yaml(text) }.code == .usage)
        }
        #expect(failure { try yaml(String(repeating: "{a: ", count: depth)) }.code == .usage)
        #expect(failure { try yaml(String(repeating: "- ", count: depth) + "1") }.code == .usage)
    }

    /// The reader of YAML has a limit of its own, and words for its programmers.
    @Test(arguments: [900, 100_000])
    func depthIsTheDocumentsMatter(_ depth: Int) {
        let failure = failure { try yaml(String(repeating: "[", count: depth)) }
        if depth > 1000 { #expect(failure.message == "more than 64 levels", "\(failure)") }
        #expect(!failure.message.contains("yaml_"), "\(failure)")
    }

    @Test func aByteOrderMarkAndCarriageReturnsAreRead() throws {
        let node = try yaml("\u{FEFF}# plan\r\na: 1\r\nb:\r\n  - \"x\"\r\n  - y\r\n")
        #expect(node.json == ["a": 1, "b": ["x", "y"]])
        #expect(try yaml("\u{FEFF}a: 1\n")["a"]?.place == "a.yaml:1:4")
    }

    @Test(arguments: [
        "", "plain", "two words", "24.03", "20.10", "1", "true", "null", "~", "~/x", "yes", "a: b", "a #b", "#a", "- a",
        "[a", "{a", "<<", "&a", "*a", "!a", "%a", "@a", "`a", "'a'", "\"a\"", " a ", "a\nb", "a\n", "\t", "\u{7}", "日本",
        "local:./out", "https://a.example/b?c=d#e", "0644", "1e3", "2024-01-01", "=", "|", ">", "?", ":", ",", "-",
        "---",
        "...", "\u{85}", "a\u{FEFF}",
    ])
    func whatIsWrittenReadsBack(_ text: String) throws {
        let json: JSON = [
            "a": .string(text), "list": [.string(text), .integer(-7), .number(1.5), .bool(true), .null, [], [:]],
            "map": .object([text: ["b": .string(text)]]),
        ]
        let written = try YAML.text(json)
        #expect(try yaml(written).json == json, "\(written)")
        #expect(written.hasSuffix("\n"))
    }

    @Test func depthUpToTheLimitIsRead() throws {
        let text = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        _ = try json(text)
        _ = try yaml(text)
        #expect(failure { try json("[\(text)]") }.message == "more than 64 levels")
        #expect(failure { try yaml("[\(text)]") }.message == "more than 64 levels")
    }

    @Test func sizeIsLimited() throws {
        let large = String(repeating: " ", count: Node.sizeLimit - 1) + "1"
        #expect(try json(large).json == .integer(1))
        #expect(failure { try json(" " + large) }.message.contains("larger than"))
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ep-schema-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("large.yaml").path
        try Data(count: Node.sizeLimit + 1).write(to: URL(fileURLWithPath: file))
        #expect(failure { try Node.read(path: file) }.message.contains("larger than"))
        #expect(failure { try Node.read(path: "/dev/zero") }.message.contains("larger than"))
        #expect(failure { try Node.read(path: "\(folder.path)/none.yaml") }.place == "\(folder.path)/none.yaml")
        #expect(failure { try Node.read(path: folder.path) }.code == .usage)
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        #expect(failure { try Node.parse(bytes: [0x61, 0x3A, 0x20, 0xFF], name: "a.yaml") }.message.contains("UTF-8"))
        #expect(failure { try Node.parse(bytes: [0x22, 0xC3, 0x22], name: "a.json") }.message.contains("UTF-8"))
        #expect(
            failure { try Node.parse(bytes: [0x22, 0xED, 0xA0, 0x80, 0x22], name: "a.json") }.message.contains("UTF-8"))
    }

    @Test func anEmptyFileIsNothing() throws {
        #expect(try yaml("").json == .null)
        #expect(try yaml("# only a word\n").json == .null)
    }
}
