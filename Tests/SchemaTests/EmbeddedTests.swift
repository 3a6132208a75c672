import Documents
import Foundation
import Schema
import Testing

/// Sources/ProviderAPI/schemas as it lies in the tree.
private let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Sources/ProviderAPI/schemas")

@Suite struct EmbeddedTests {
    private static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".schema.json") }
            .map { String($0.dropLast(".schema.json".count)) }.sorted()
    }

    @Test func everySchemaOfTheFolderIsEmbeddedAsItIs() throws {
        let names = try Self.names()
        #expect(names.contains("manifest") && names.contains("settings") && names.contains("policy"))
        #expect(Schema.embeddedNames.sorted() == names)
        for name in names {
            let file = try Node.read(path: folder.appendingPathComponent("\(name).schema.json").path)
            #expect(Schema.embedded(name).json == file.json, "\(name)")
        }
    }

    @Test(arguments: Schema.embeddedNames)
    func everySchemaUsesOnlyWhatIsChecked(_ name: String) throws { try Schema.embedded(name).check() }

    @Test(arguments: Schema.embeddedNames)
    func everyPropertyIsDescribed(_ name: String) {
        func undescribed(_ schema: JSON, _ path: String) -> [String] {
            guard case .object(let keywords) = schema else { return [] }
            var found: [String] = []
            for (key, value) in keywords {
                if key == "properties" || key == "$defs" {
                    for (name, property) in value.object ?? [:] {
                        if (property["description"]?.string ?? "").isEmpty { found.append("\(path).\(name)") }
                        found += undescribed(property, "\(path).\(name)")
                    }
                } else if ["items", "additionalProperties"].contains(key) {
                    found += undescribed(value, "\(path)[]")
                } else if let branches = value.array, ["anyOf", "oneOf"].contains(key) {
                    found += branches.flatMap { undescribed($0, path) }
                }
            }
            return found
        }
        let schema = Schema.embedded(name).json
        #expect(undescribed(schema, name) == [])
        #expect(schema["description"]?.string != nil)
    }
}

@Suite struct SchemaCheckTests {
    private func check(_ text: String) throws { try Schema(try Node.parse(text: text, name: "s.json").json).check() }

    @Test(arguments: [
        (##"{"allOf": [{}]}"##, "allOf"), (##"{"properties": {"a": {"format": "uri"}}}"##, "format"),
        (##"{"type": "text"}"##, "type"), (##"{"type": 3}"##, "type"), (##"{"pattern": "("}"##, "pattern"),
        (##"{"items": 3}"##, "items"), (##"{"items": [{}]}"##, "items"), (##"{"required": "a"}"##, "required"),
        (##"{"$ref": "#/$defs/a"}"##, "#/$defs/a"), (##"{"$ref": "http://x.example/s"}"##, "$ref"),
        (##"{"enum": "a"}"##, "enum"), (##"{"minLength": "a"}"##, "minLength"), (##"{"anyOf": []}"##, "anyOf"),
        (##"{"$defs": {"a": {"patternProperties": {}}}}"##, "patternProperties"),
        (##"{"uniqueItems": 1}"##, "uniqueItems"),
        (##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##, "without end"),
        (##"{"anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"oneOf": [{"$ref": "#/$defs/a"}]}}}"##, "without end"),
        ("[]", "object"),
    ])
    func whatWouldNotBeCheckedIsRefused(_ text: String, _ word: String) {
        let failure = failure { try check(text) }
        #expect(failure.message.contains(word), "\(failure)")
    }

    @Test(.timeLimit(.minutes(1))) func aSchemaThatDoublesWithEveryReferenceIsCheckedOnce() throws {
        var definitions = (0..<60).map {
            ##""a\##($0)": {"anyOf": [{"$ref": "#/$defs/a\##($0 + 1)"}, {"$ref": "#/$defs/a\##($0 + 1)"}]}"##
        }
        definitions.append(##""a60": {"type": "string"}"##)
        let text = ##"{"$ref": "#/$defs/a0", "$defs": {\##(definitions.joined(separator: ", "))}}"##
        try check(text)
        let schema = Schema(try Node.parse(text: text, name: "s.json").json)
        let refusal = failure { try schema.validate(try Node.parse(text: "[]", name: "a.json")) }
        #expect(refusal.message.contains("too many"), "\(refusal)")
    }

    @Test(arguments: [
        "true", "{}",
        ##"{"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"next": {"$ref": "#/$defs/a"}}}}}"##,
        ##"{"type": ["string", "null"], "default": {"anything": 1}, "examples": [{"allOf": 1}], "enum": [{"allOf": 1}]}"##,
        ##"{"properties": {"allOf": {"type": "string"}}}"##,
    ])
    func aSchemaOfTheSubsetIsAccepted(_ text: String) throws { try check(text) }
}
