import Documents
import Testing

/// facts.schema.json and the Swift types say the same, down to the last word of the last list.
@Suite("Schema of an image's facts")
struct FactsSchemaTests {
    @Test("Every fact is in the schema, and nothing else: keys, which of them are required, types, words")
    func sameAsTheTypes() throws {
        let schema = try SchemaFile("facts")
        #expect(differences(try Shape(of: ImageFacts.self), schema.root, in: schema.root, "facts") == [])
    }

    @Test("Every definition is used, or it would be of a type that is gone")
    func definitions() throws {
        let root = try SchemaFile("facts").root
        let used = references(root)
        for name in root["$defs"]?.object?.keys.sorted() ?? [] { #expect(used.contains(name), "\(name)") }
    }

    private func references(_ schema: JSON) -> Set<String> {
        switch schema {
        case .object(let members):
            members.reduce(into: []) { found, member in
                found.formUnion(references(member.value))
                if member.key == "$ref", let name = member.value.string?.split(separator: "/").last {
                    found.insert(String(name))
                }
            }
        case .array(let elements): elements.reduce(into: []) { $0.formUnion(references($1)) }
        default: []
        }
    }

    /// A sentence for each place where a type and its schema are not one.
    private func differences(_ shape: Shape, _ schema: JSON, in root: JSON, _ path: String) -> [String] {
        let reference = schema["$ref"]?.string.flatMap { $0.split(separator: "/").last }.map(String.init)
        if case .fact(let value) = shape {
            guard reference == "fact", let inner = schema["properties"]?["value"] else {
                return ["\(path) is a fact in Swift alone"]
            }
            return differences(value, inner, in: root, path)
        }
        if let reference {
            guard let definition = root["$defs"]?[reference] else { return ["\(path): there is no \(reference)"] }
            return differences(shape, definition, in: root, path)
        }
        let type = schema["type"]?.string
        func isType(_ name: String) -> [String] { type == name ? [] : ["\(path) is no \(name) in the schema"] }
        switch shape {
        case .fact: return []
        case .text: return isType("string")
        case .flag: return isType("boolean")
        case .integer:
            if path == "facts.format" { return schema["const"]?.integer == 1 ? [] : ["the format is not 1"] }
            return isType("integer")
        case .natural:
            return isType("integer") + (schema["minimum"]?.integer == 0 ? [] : ["\(path) has no minimum of 0"])
        case .words(let words):
            let known = schema["enum"]?.array?.compactMap(\.string) ?? []
            return Set(known) == Set(words) ? [] : ["\(path): \(known) in the schema, \(words) in Swift"]
        case .list(let element):
            return isType("array") + differences(element, schema["items"] ?? .null, in: root, "\(path)[]")
        case .map(let value):
            return isType("object")
                + differences(value, schema["additionalProperties"] ?? .null, in: root, "\(path).*")
        case .object(let members):
            let properties = schema["properties"]?.object ?? [:]
            let required = Set(schema["required"]?.array?.compactMap(\.string) ?? [])
            var found = isType("object")
            for key in Set(properties.keys).subtracting(members.keys).sorted() {
                found.append("\(path).\(key) is in the schema alone")
            }
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                guard let property = properties[key] else {
                    found.append("\(path).\(key) is in Swift alone")
                    continue
                }
                if required.contains(key) != member.isRequired {
                    found.append("\(path).\(key) is \(member.isRequired ? "always there" : "left out at times")")
                }
                found += differences(member.shape, property, in: root, "\(path).\(key)")
            }
            return found
        }
    }
}
