import Documents
import Foundation
import TestSupport
import Testing

@Suite("Hostile images", .enabled(if: stage != nil && canMake, "needs a staged tree, root, and tools that make images"))
struct HostileTests {
    private static let parts = 4

    @Test("Each is refused or read, in less than 5 s and 256 MiB, and tells nothing that steers", arguments: 0..<parts)
    func bounded(_ part: Int) async throws {
        let images = try await HostileImages.shared.all()
        #expect(images.verdicts.count > 70)
        for (number, image) in images.verdicts.enumerated() where number % Self.parts == part {
            let path = images.path(image.name)
            try judge(image.name, image.verdict, try await measured(["image", "inspect", path]))
            let check = try await measured(
                ["check", path, "--json", "--sarif", "a.sarif", "--junit", "a.xml", "--html", "a.html"],
                files: image.verdict == .refused ? [] : ["a.sarif", "a.xml", "a.html"])
            try judge(image.name, image.verdict, check)
        }
    }

    private func judge(_ name: String, _ verdict: HostileImages.Verdict, _ run: Measured) throws {
        let statuses: [Int32] =
            switch verdict {
            case .refused: [6]
            case .read: [0, 3]
            case .any: [0, 3, 6]
            }
        #expect(statuses.contains(run.status), "\(name): exit \(run.status): \(run.told["err"] ?? "")")
        #expect(run.seconds < 5, "\(name): \(run.seconds) s")
        #expect(run.memory < 256, "\(name): \(run.memory) MiB")
        for (place, text) in run.told {
            #expect(Steering.first(in: text) == nil, "\(name): \(place) holds \(Steering.first(in: text) ?? "")")
            #expect(!text.contains(HostileImages.word), "\(name): \(place) tells of a file of this machine")
        }
    }

    @Test("Names and texts that steer a terminal, or are markup, are told as what they are")
    func steering() async throws {
        let path = try await HostileImages.shared.all().path("steering.raw")
        let files = ["a.sarif", "a.xml", "a.html"]
        let check = try await measured(
            ["check", path, "-v", "--sarif", "a.sarif", "--junit", "a.xml", "--html", "a.html"], files: files)
        let inspected = try await measured(["image", "inspect", path, "--json"])
        let market = try await measured(["check", path, "--for", "marketplace", "--json"])
        for told in [check.told, inspected.told, market.told] {
            for (place, text) in told { #expect(Steering.first(in: text) == nil, "\(place)") }
        }
        // They are there, and the documents are what they were meant to be.
        #expect(check.told["out"]?.contains("\\u{1b}") == true && check.told["a.html"]?.contains("\\u{1b}") == true)
        #expect(check.told["a.html"]?.contains("<script") == false)
        for text in [inspected.told["out"], market.told["out"], check.told["a.sarif"]] {
            let document = try JSONDecoder().decode(JSON.self, from: Data((text ?? "").utf8))
            #expect(document.object != nil)
        }
        for text in [inspected.told["out"], market.told["out"]] {
            #expect(text?.contains("\\u009b") == true && text?.contains("\\u202e") == true)
        }
        #expect(check.told["a.sarif"]?.contains("u{9b}") == true)
        let scratch = try Scratch()
        try scratch.write("a.xml", check.told["a.xml"] ?? "")
        let parsed = try run([
            "python3", "-c", "import sys, xml.etree.ElementTree as t; t.parse(sys.argv[1])", "\(scratch.path)/a.xml",
        ])
        #expect(parsed.status == 0, "\(parsed.output)")
    }
}

/// Characters that a terminal obeys, and those that turn the direction of a text.
enum Steering {
    /// The first one in the text, by its number.
    static func first(in text: String) -> String? {
        let found = text.unicodeScalars.first { scalar in
            switch scalar.value {
            case 9, 10: false
            case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
            default: false
            }
        }
        return found.map { "U+\(String($0.value, radix: 16))" }
    }
}
