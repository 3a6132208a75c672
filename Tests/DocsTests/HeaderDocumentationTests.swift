import Foundation
import TestSupport
import Testing

/// The author's page for C says something of everything that the header has.
@Suite("Documentation of the header")
struct HeaderDocumentationTests {
    let header: String
    let page: String
    let chapters: [String: String]

    init() throws {
        header = try Repository.text("Sources/ProviderAPI/include/eulerpublisher/provider.h")
        page = try Repository.text("docs/providers-in-c.md")
        chapters = sections(page)
    }

    /// Function pointers of a struct: the names behind `(*`, its own ones only.
    private func functions(of type: String) throws -> [String] {
        let start = try #require(header.range(of: "typedef struct \(type) {"))
        let end = try #require(header.range(of: "} \(type);", range: start.upperBound..<header.endIndex))
        let body = String(header[start.upperBound..<end.lowerBound])
        let found = body.matches(of: #/\n    (?:const )?\w+ \*?\(\*(\w+)\)\(/#).map { String($0.output.1) }
        try #require(!found.isEmpty)
        return found
    }

    @Test("The header is read as it is: no function is overlooked")
    func counts() throws {
        #expect(try functions(of: "ep_host").count == 24)
        #expect(try functions(of: "ep_provider") == ["open", "close", "invoke", "extension"])
        #expect(try functions(of: "ep_sink") == ["write"])
    }

    @Test("Every function has a chapter with its signature, thread and errors")
    func functions() throws {
        var names = try functions(of: "ep_sink").map { ("ep_sink", $0) }
        names += try functions(of: "ep_host").map { ("ep_host", $0) }
        names += try functions(of: "ep_provider").map { ("ep_provider", $0) }
        for (type, name) in names {
            let heading = type == "ep_host" && name == "extension" ? "extension (of the host)" : name
            let chapter = chapters[heading] ?? ""
            #expect(chapter.count > 150, "\(type).\(name) has no chapter")
            #expect(chapter.contains("\(name)("), "\(name): no signature")
            if type != "ep_host" { #expect(chapter.contains("Thread: ["), "\(name): no thread") }
            // Those that return a status say which.
            if header.contains("ep_status (*\(name))("), name != "close" {
                #expect(chapter.contains("rrors"), "\(name): nothing about errors")
            }
        }
        #expect(chapters["eulerpublisher_provider_v1"]?.contains("Thread: [host]") == true)
        #expect(page.contains("The thread of all of them is [any]"))
    }

    @Test("A chapter's signature is the header's")
    func signatures() throws {
        let plain = header.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for name in try functions(of: "ep_host") + functions(of: "ep_provider") where name != "extension" {
            let chapter = try #require(chapters[name])
            let line = try #require(
                chapter.split(separator: "\n").first { $0.hasPrefix("    ") && $0.contains("\(name)(") })
            let signature = line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            guard !signature.contains("(...)") else { continue }
            let spelled = signature.replacingOccurrences(of: " \(name)(", with: " (*\(name))(")
                .replacingOccurrences(of: "*\(name)(", with: "*(*\(name))(")
            #expect(plain.contains(spelled), "\(name): the header has another signature than \(signature)")
        }
    }

    @Test("Every status, limit, operation and flag is told")
    func constants() throws {
        let defined = header.matches(of: #/#define (EP_[A-Z_]+) /#).map { String($0.output.1) }
            .filter { !["EP_ABI_MAJOR", "EP_ABI_MINOR", "EP_EXPORT"].contains($0) }
        #expect(defined.count > 45)
        for name in defined {
            if name.hasPrefix("EP_OP_") {
                let text = try #require(header.firstMatch(of: try Regex("#define \(name) \"([^\"]+)\"")))
                #expect(page.contains("`\(text.output[1].substring ?? "")`"), "\(name)")
            } else {
                #expect(page.contains(name), "\(name) is not in docs/providers-in-c.md")
            }
        }
        let statuses = chapters["Status codes"] ?? ""
        for name in defined where header.contains("#define \(name) ") && isStatus(name) {
            #expect(statuses.contains("| \(name) |"), "\(name) has no line of its own")
        }
        let limits = chapters["Limits"] ?? ""
        for name in defined where name.hasPrefix("EP_LIMIT_") { #expect(limits.contains("| \(name) |"), "\(name)") }
    }

    /// Between the typedef of ep_status and the next struct.
    private func isStatus(_ name: String) -> Bool {
        guard let start = header.range(of: "typedef int32_t ep_status;"),
            let end = header.range(of: "typedef struct ep_header", range: start.upperBound..<header.endIndex)
        else { return false }
        return header[start.upperBound..<end.lowerBound].contains("#define \(name) ")
    }

    @Test("A limit's figure is the header's")
    func figures() throws {
        let units = ["bytes": 1, "KiB": 1024, "MiB": 1 << 20, "s": 1, "levels": 1]
        for row in (chapters["Limits"] ?? "").split(separator: "\n") where row.hasPrefix("| EP_LIMIT_") {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            let words = cells[1].split(separator: " ").map(String.init)
            let value = try #require(Int(words[0])) * #require(words.count > 1 ? units[words[1]] : 1)
            #expect(header.contains("#define \(cells[0]) \(value)u "), "\(cells[0]) is not \(value)")
        }
    }
}
