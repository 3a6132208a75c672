import Foundation

/// The tree that this test was built from.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

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

    struct Answer {
        var status: Int32
        var output: String
    }

    /// Runs a program in the tree's root; what it wrote on both its outputs.
    static func run(_ arguments: [String]) throws -> Answer {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = root
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Answer(status: process.terminationStatus, output: String(decoding: data, as: UTF8.self))
    }
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
