import Foundation
import TestSupport
import Testing

@Suite("Pages")
struct PageTests {
    @Test("docs/documents.md is what the schemas say now")
    func current() throws {
        let answer = try Repository.run(["python3", "scripts/document-schemas", "--check"])
        #expect(answer.status == 0, "\(answer.output)")
    }

    @Test("Every property of every schema is in docs/documents.md")
    func properties() throws {
        let page = sections(try Repository.text("docs/documents.md"))
        let schemas = try Repository.names("Sources/ProviderAPI/schemas").filter { $0.hasSuffix(".schema.json") }
        #expect(schemas.count >= 9)
        for file in schemas {
            let name = String(file.dropLast(".schema.json".count))
            let chapter = try #require(page[name], "\(name) has no chapter")
            let data = Data(try Repository.text("Sources/ProviderAPI/schemas/\(file)").utf8)
            let schema = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            let found = properties(of: schema)
            #expect(!found.isEmpty)
            for (property, description) in found {
                #expect(!description.isEmpty, "\(name): \(property) has no description")
                #expect(
                    chapter.split(separator: "\n").contains { $0.hasPrefix("| `") && $0.contains("\(property)`") },
                    "\(name): \(property) is not told")
                #expect(
                    chapter.contains(description.replacingOccurrences(of: "|", with: "\\|")), "\(name): \(property)")
            }
        }
    }

    /// Name and description, at every depth; a reference has its target's description.
    private func properties(of schema: [String: Any], root: [String: Any]? = nil) -> [(String, String)] {
        let root = root ?? schema
        var found: [(String, String)] = []
        for (name, value) in schema["properties"] as? [String: [String: Any]] ?? [:] {
            let reference = (value["$ref"] as? String)?.split(separator: "/").last.map(String.init)
            let target = reference.flatMap { (root["$defs"] as? [String: [String: Any]])?[$0] }
            let description = value["description"] as? String ?? target?["description"] as? String ?? ""
            // What stands beside a reference narrows a property that the page tells once, where the reference leads.
            if schema["$ref"] == nil { found.append((name, description)) }
            found += properties(of: value, root: root)
        }
        for key in ["items", "additionalProperties"] {
            if let inner = schema[key] as? [String: Any] { found += properties(of: inner, root: root) }
        }
        if let definitions = schema["$defs"] as? [String: [String: Any]] {
            for inner in definitions.values { found += properties(of: inner, root: root) }
        }
        return found
    }

    @Test("Every relative link leads to a file, and every fragment to a heading")
    func links() throws {
        let documents = try Repository.documents()
        #expect(documents.contains("docs/operators.md") && documents.contains("README.md"))
        var count = 0
        for document in documents {
            let text = try Repository.text(document)
            for match in text.matches(of: /\]\(([^)\s]+)\)/) {
                let link = String(match.output.1)
                if link.contains("://") || link.hasPrefix("mailto:") { continue }
                count += 1
                let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                let folder = Repository.root.appendingPathComponent(document).deletingLastPathComponent()
                let target =
                    parts[0].isEmpty
                    ? Repository.root.appendingPathComponent(document) : folder.appendingPathComponent(parts[0])
                #expect(FileManager.default.fileExists(atPath: target.path), "\(document): \(link) leads nowhere")
                guard parts.count == 2, target.pathExtension == "md" else { continue }
                let page = try String(contentsOf: target, encoding: .utf8)
                let anchors = Set(sections(page).keys.map(anchor))
                #expect(anchors.contains(parts[1]), "\(document): \(link) names no heading")
            }
        }
        #expect(count > 30)
    }

    @Test("The index lists every page")
    func index() throws {
        let index = try Repository.text("docs/README.md")
        for page in try Repository.names("docs") where page.hasSuffix(".md") && page != "README.md" {
            #expect(index.contains("](\(page))"), "docs/README.md does not list \(page)")
        }
    }

    @Test("The plan that operators read about is valid, and the exit statuses are the program's")
    func operators() throws {
        let page = try Repository.text("docs/operators.md")
        let failure = try Repository.text("Sources/Documents/Failure.swift")
        let statuses = sections(page)["Exit statuses"] ?? ""
        for match in failure.matches(of: /case \.[^:]+: (\d+)/) {
            #expect(statuses.contains(match.output.1), "exit status \(match.output.1) is not told")
        }
        let settings = Data(try Repository.text("Sources/ProviderAPI/schemas/settings.schema.json").utf8)
        let schema = try #require(try JSONSerialization.jsonObject(with: settings) as? [String: Any])
        let table = sections(page)["Settings"] ?? ""
        for key in (schema["properties"] as? [String: Any] ?? [:]).keys where key != "format" {
            #expect(table.contains("| `\(key)"), "the setting \(key) is not told")
        }
    }
}
