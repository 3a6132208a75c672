import Documents
import Schema
import Testing

@Suite struct ValidationTests {
    private func schema(_ text: String) throws -> Schema {
        Schema(try Node.parse(text: text, name: "schema.json").json)
    }

    private func validate(_ yaml: String, _ text: String) throws -> JSON {
        try schema(text).validate(try Node.parse(text: yaml, name: "a.yaml"))
    }

    static let plan = """
        {"type": "object", "additionalProperties": false, "required": ["targets"], "properties": {
          "artifacts": {"type": "object", "additionalProperties": {"oneOf": [
            {"type": "object", "additionalProperties": false, "required": ["release"],
             "properties": {"kind": {"const": "container"}, "release": {"type": "string"}}},
            {"type": "object", "additionalProperties": false, "required": ["file"],
             "properties": {"kind": {"const": "disk"}, "file": {"type": "string"}}}]}},
          "targets": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/target"}}},
         "$defs": {"target": {"type": "object", "additionalProperties": false, "required": ["to"], "properties": {
            "to": {"type": "string", "minLength": 1}, "regions": {"type": "array", "items": {"type": "string"}},
            "when": {"enum": ["each", "all"]}}}}}
        """

    @Test func anUnknownKeyIsNamedWithItsPlaceAndTheLikelyOne() {
        let failure = failure {
            try validate("targets:\n  - to: x:y\n  - to: x:y\n  - to: x:y\n    regoins: [a]\n", Self.plan)
        }
        #expect(failure.code == .usage)
        #expect(failure.message == "unknown key \"regoins\" in targets[2]")
        #expect(failure.place == "a.yaml:5:5")
        #expect(failure.hint == "did you mean \"regions\"?")
    }

    @Test func aKeyThatResemblesNoneGetsTheList() {
        let failure = failure { try validate("targets: [{to: x, colour: red}]\n", Self.plan) }
        #expect(failure.hint == "known are regions, to, when")
        #expect(Nearest.word(to: "mirorr", among: ["mirror", "format"]) == "mirror")
        #expect(Nearest.word(to: "ab", among: ["xy"]) == nil)
    }

    @Test func aMissingKeyIsNamed() {
        #expect(failure { try validate("targets: [{}]", Self.plan) }.message == "targets[0] lacks the key \"to\"")
        #expect(failure { try validate("{}", Self.plan) }.message == "the document lacks the key \"targets\"")
    }

    @Test func aPlainScalarIsTextWhereTextIsWanted() throws {
        let text = #"{"type": "object", "properties": {"v": {"type": "string", "pattern": "^[0-9]+[.][0-9]+$"}}}"#
        #expect(try validate("v: 20.10", text)["v"] == .string("20.10"))
        #expect(try validate("v: '20.10'", text)["v"] == .string("20.10"))
        #expect(failure { try validate("v: true", text) }.message.hasPrefix("v must match"))
        #expect(failure { try validate("v:", text) }.message == "v must be a string, but nothing stands here")
        let list = #"{"type": "array", "items": {"enum": ["20.03", "24.03", 7]}}"#
        #expect(try validate("[20.03, 7]", list) == .array([.string("20.03"), .integer(7)]))
        #expect(failure { try validate("[24.04]", list) }.hint == "did you mean \"24.03\"?")
    }

    @Test func aValueAsWrittenComesBeforeItsText() throws {
        let text = #"{"anyOf": [{"type": "string"}, {"type": "integer"}]}"#
        #expect(try validate("7", text) == .integer(7))
        #expect(try validate("7.5", text) == .string("7.5"))
        #expect(try validate("7", #"{"type": ["string", "integer"]}"#) == .integer(7))
    }

    @Test func aNumberInJSONIsNoText() throws {
        let schema = try schema(#"{"type": "string"}"#)
        let failure = failure { try schema.validate(try Node.parse(text: "20.10", name: "a.json")) }
        #expect(failure.message == "the document must be a string, not a number")
    }

    @Test func ofSeveralFormsTheOneThatIsMeantSaysWhatIsWrong() throws {
        let good = try validate("artifacts: {a: {kind: disk, file: 7}}\ntargets: [{to: x}]", Self.plan)
        #expect(good["artifacts"]?["a"]?["file"] == .string("7"))
        let bad = failure { try validate("artifacts: {a: {kind: disk, fil: x}}\ntargets: [{to: x}]", Self.plan) }
        #expect(bad.message == "unknown key \"fil\" in artifacts.a" && bad.hint == "did you mean \"file\"?")
        let none = failure { try validate("artifacts: {a: 3}\ntargets: [{to: x}]", Self.plan) }
        #expect(none.message == "artifacts.a has none of the forms that are allowed here")
        #expect(
            failure { try validate("1", #"{"oneOf": [{"minimum": 0}, {"maximum": 5}]}"#) }.message.contains("two ways"))
    }

    @Test(arguments: [
        (#"{"type": "integer"}"#, "1.5", "the document must be a whole number, not a number"),
        (#"{"type": "boolean"}"#, "yes", "the document must be true or false, not a string"),
        (#"{"type": "string"}"#, "[]", "the document must be a string, not a list"),
        (#"{"type": "array"}"#, "a", "the document must be a list, not a string"),
        (#"{"minimum": 3}"#, "2", "the document must be at least 3"),
        (#"{"maximum": 3}"#, "4", "the document must be at most 3"),
        (#"{"minLength": 2}"#, "a", "the document must have at least 2 characters"),
        (#"{"maxLength": 2}"#, "äöü", "the document must have at most 2 characters"),
        (#"{"minItems": 1}"#, "[]", "the document must not be empty"),
        (#"{"maxItems": 1}"#, "[1, 2]", "the document must have at most 1 elements"),
        (#"{"uniqueItems": true, "items": {}}"#, "[1, 2, 1.0]", "[2] stands in the list twice"),
        (#"{"uniqueItems": true}"#, "[{a: 1, b: 2}, {b: 2, a: 1}]", "[1] stands in the list twice"),
        (#"{"const": 1}"#, "2", "the document must be 1"),
        (#"{"enum": ["a", "b"]}"#, "c", "the document must be one of a, b"),
        (#"{"items": {"type": "integer"}}"#, "[1, x]", "[1] must be a whole number, not a string"),
        (#"{"additionalProperties": {"type": "integer"}}"#, "{a: x}", "a must be a whole number, not a string"),
        (#"{"properties": {"a": false}}"#, "{a: x}", "a is not allowed here"),
        (#"{"pattern": "^[a-z]+$"}"#, "\"abc\\n\"", "the document must match ^[a-z]+$"),
        (#"{"pattern": "b"}"#, "acd", "the document must match b"),
        (#"{"minProperties": 1}"#, "{}", "the document must not be empty"),
    ])
    func everyKeywordRefuses(_ schema: String, _ document: String, _ message: String) {
        #expect(failure { try validate(document, schema) }.message == message)
    }

    @Test(arguments: [
        (#"{"type": "integer"}"#, "2.0"), (#"{"type": "number"}"#, "2"), (#"{"minimum": 3}"#, "3"),
        (#"{"maxLength": 2}"#, "äö"),
        (#"{"uniqueItems": true, "items": {}}"#, "[1, '1', true]"), (#"{"const": 1}"#, "1.0"),
        (#"{"pattern": "b"}"#, "abc"),
        (#"{}"#, "{a: [1, {b: ~}]}"), ("true", "x"), (#"{"properties": {"a": {}}}"#, "{b: 1}"),
        (#"{"type": ["null", "string"]}"#, "~"),
    ])
    func everyKeywordAccepts(_ schema: String, _ document: String) throws { _ = try validate(document, schema) }

    @Test func aWrongValueIsNotRepeated() {
        let failure = failure { try validate("a: hunter2-the-secret", #"{"additionalProperties": {"enum": ["x"]}}"#) }
        #expect(!"\(failure)".contains("hunter2"))
    }

    @Test func aSchemaThatRefersToItselfWithoutEndIsRefused() {
        let text = ##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}"##
        #expect(failure { try validate("1", text) }.code == .internal)
        #expect(failure { try validate("1", ##"{"$ref": "#/$defs/none"}"##) }.code == .internal)
    }
}
