import Foundation
import TestSupport

/// The tree that this test was built from.
enum Repository {
    static let root = URL(fileURLWithPath: TestSupport.root)

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    static func names(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(path).path).sorted()
    }

    /// Every Markdown file, without what was built.
    static func documents() throws -> [String] {
        let folders = ["", "docs", "Sources", "Plugins", "Templates", "Tests"]
        var found: [String] = []
        for folder in folders {
            if folder.isEmpty {
                found += try names("").filter { $0.hasSuffix(".md") }
            } else {
                let walk = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)
                found += (walk?.allObjects as? [String] ?? []).filter { $0.hasSuffix(".md") }.map { "\(folder)/\($0)" }
            }
        }
        return found.sorted()
    }

    /// Runs a program in the tree's root.
    static func run(_ command: [String]) throws -> Answer { try TestSupport.run(command, in: root.path) }
}

/// The chapters of a Markdown page: heading (as written) to the text below it, up to the next heading.
func sections(_ page: String) -> [String: String] {
    var found: [String: String] = [:]
    var heading = ""
    var isCode = false
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
        if line.hasPrefix("```") { isCode.toggle() }
        if !isCode, line.hasPrefix("#"), let space = line.firstIndex(of: " ") {
            heading = String(line[line.index(after: space)...])
            found[heading] = ""
        } else {
            found[heading, default: ""] += line + "\n"
        }
    }
    return found
}

/// The fragment by which a heading is linked to: lower case, spaces as dashes, punctuation gone.
func anchor(_ heading: String) -> String {
    String(
        heading.lowercased().unicodeScalars.compactMap { scalar -> Character? in
            if scalar == " " { return "-" }
            let isKept =
                scalar.properties.isAlphabetic || (0x30...0x39).contains(scalar.value) || scalar == "-" || scalar == "_"
            return isKept ? Character(scalar) : nil
        })
}
