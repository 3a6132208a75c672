import Documents
import Foundation
import Testing

/// A schema of the contract as it lies in the tree, and the walk through a document beside it.
struct SchemaFile {
    let name: String
    let root: JSON

    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Sources/ProviderAPI/schemas")

    init(_ name: String) throws {
        self.name = name
        let data = try Data(contentsOf: Self.directory.appendingPathComponent("\(name).schema.json"))
        root = try DocumentCoding.decode(JSON.self, from: data)
    }

    init(_ name: String, definition: String) throws {
        self.name = "\(name) \(definition)"
        let file = try SchemaFile(name)
        root = try #require(file.root["$defs"]?[definition])
    }

    private func resolve(_ schema: JSON) -> JSON {
        guard let reference = schema["$ref"]?.string else { return schema }
        let name = reference.split(separator: "/").last.map(String.init) ?? ""
        return root["$defs"]?[name] ?? .null
    }

    /// Where the document's keys and the schema's differ, one sentence each. Maps and open objects end the walk.
    func differences(_ document: JSON, requiredOnly: Bool = false) -> [String] {
        differences(document, resolve(root), name, requiredOnly)
    }

    private func differences(_ document: JSON, _ schema: JSON, _ path: String, _ requiredOnly: Bool)
        -> [String]
    {
        let schema = resolve(schema)
        var found: [String] = []
        if let items = schema["items"], let first = document.array?.first {
            return differences(first, items, path + "[]", requiredOnly)
        }
        guard let properties = schema["properties"]?.object else { return [] }
        guard let members = document.object else { return ["\(path) is no object"] }
        let known =
            requiredOnly
            ? Set(schema["required"]?.array?.compactMap { $0.string } ?? []) : Set(properties.keys)
        for key in known.subtracting(members.keys).sorted() {
            found.append("\(path).\(key) is not in the document")
        }
        for key in Set(members.keys).subtracting(known).sorted() {
            found.append("\(path).\(key) is not in the schema")
        }
        for (key, value) in members {
            if let inner = properties[key] {
                found += differences(value, inner, "\(path).\(key)", requiredOnly)
            }
        }
        return found
    }

    /// Every property of the schema, `$defs` included, by its path.
    func properties() -> [(path: String, schema: JSON)] { properties(of: root, name) }

    private func properties(of schema: JSON, _ path: String) -> [(path: String, schema: JSON)] {
        var found: [(path: String, schema: JSON)] = []
        for (key, inner) in (schema["properties"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            found.append(("\(path).\(key)", inner))
            found += properties(of: inner, "\(path).\(key)")
        }
        for (key, inner) in (schema["$defs"]?.object ?? [:]) {
            found += properties(of: inner, "\(path)#\(key)")
        }
        for key in ["items", "additionalProperties"] {
            if let inner = schema[key] { found += properties(of: inner, "\(path)[]") }
        }
        return found
    }
}

/// The paths of properties that are nil or empty: a document with none of them shows every key that its type has.
func unpopulated(_ value: Any, _ path: String = "") -> [String] {
    let mirror = Mirror(reflecting: value)
    // Facts are a document of their own, and a remediation is one of many.
    if value is JSON || value is LocalizedText || value is ImageFacts || value is Remediation { return [] }
    switch mirror.displayStyle {
    case .optional:
        guard let inner = mirror.children.first else { return [path] }
        return unpopulated(inner.value, path)
    case .collection:
        guard let inner = mirror.children.first else { return [path] }
        return unpopulated(inner.value, path + "[]")
    case .dictionary:
        return mirror.children.isEmpty ? [path] : []
    default:
        return mirror.children.flatMap { unpopulated($0.value, "\(path).\($0.label ?? "")") }
    }
}
