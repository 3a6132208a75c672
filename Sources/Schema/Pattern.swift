import Documents

/// A regular expression of a schema, searched for anywhere in a text as JSON Schema has it.
struct Pattern {
    private let expression: Regex<AnyRegexOutput>

    /// - Throws: `Failure` (internal) when it is not one.
    init(_ source: String) throws {
        do {
            expression = try Regex(source).matchingSemantics(.unicodeScalar).asciiOnlyDigits().asciiOnlyWordCharacters()
        } catch {
            throw Failure(.internal, "the schema's pattern \(source) is not a regular expression")
        }
    }

    func matches(_ text: String) -> Bool { (try? expression.firstMatch(in: text)) != nil }
}
