public import Documents
import Schemas

/// A JSON Schema (draft 2020-12, a subset) that documents are held against.
///
/// Known keywords: `type`, `properties`, `required`, `additionalProperties`, `items`, `enum`, `const`, `pattern`, `minimum`,
/// `maximum`, `minLength`, `maxLength`, `minItems`, `maxItems`, `uniqueItems`, `minProperties`, `maxProperties`, `anyOf`,
/// `oneOf`, `$ref` to `#/$defs/NAME`; for the host, `format` with the value `path`; and, for people, `title`, `description`,
/// `default`, `examples`, `deprecated`, `$schema`, `$id`, `$comment`. `check()` refuses a schema with others.
public struct Schema: Sendable {
    public let json: JSON

    public init(_ json: JSON) { self.json = json }

    /// The schema of Sources/ProviderAPI/schemas with that name, without `.schema.json`. Asking for one that is not
    /// embedded is a defect of the host and ends it.
    public static func embedded(_ name: String) -> Schema {
        var size: UInt64 = 0
        guard let text = ep_schema(name, &size) else { fatalError("no schema named \(name) is embedded") }
        let bytes = Array(UnsafeRawBufferPointer(start: text, count: Int(size)))
        do {
            return Schema(try Node.parse(bytes: bytes, name: "\(name).schema.json").json)
        } catch {
            fatalError("the embedded schema \(name) cannot be read: \(error)")
        }
    }

    /// The names of all embedded schemas.
    public static var embeddedNames: [String] {
        (0...).lazy.map { ep_schema_name(UInt32($0)) }.prefix { $0 != nil }.compactMap {
            $0.map { String(cString: $0) }
        }
    }

    /// Holds the document against the schema and returns it as the schema reads it: a plain YAML scalar is its source text
    /// where the schema wants a string (`20.10` stays `20.10`), and a number without a fraction is an integer where it wants one.
    /// - Throws: `Failure` (usage) for the first violation, with `file:line:column` and, where there is one, the likely remedy.
    ///   The document's values are not repeated in it, since they may be secret; keys are.
    @discardableResult
    public func validate(_ node: Node) throws -> JSON {
        try Validator(root: json).validate(node, json, at: "", coercing: true, depth: 0)
    }
}
