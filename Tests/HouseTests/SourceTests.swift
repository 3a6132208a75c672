import Foundation
import TestSupport
import Testing

/// The rules of scripts/house.py: the house keeps them, and a house that breaks one is told so.
@Suite struct SourceTests {
    @Test func theHouseKeepsItsRules() throws {
        let answer = try run(["python3", "\(root)/scripts/house.py", root])
        #expect(answer.status == 0, "\(answer.output)")
    }

    /// A package in which everything is right, so that what a test adds is all that is wrong.
    private func house() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write(
            "Package.swift",
            """
            // swift-tools-version: 6.2
            import PackageDescription
            let package = Package(name: "small", targets: [
                .target(name: "Documents"),
                .target(name: "ProviderAPI"),
                .target(name: "ProviderKit", dependencies: ["Documents", "ProviderAPI"]),
                .target(name: "Plans", dependencies: ["Documents"], path: "Sources/HostKit/Plans"),
                .target(name: "LocalProvider", dependencies: ["ProviderKit"], path: "Plugins/Local/Provider"),
            ])
            """)
        try scratch.write(
            "Sources/Documents/A.swift", "import Glibc\n// Amazon's page, for example\nlet observer = 1\n")
        try scratch.write("Sources/ProviderAPI/a.c", "/* huawei */ int close_cosine;\n")
        try scratch.write("Sources/ProviderKit/A.swift", "public import Documents\n")
        try scratch.write("Sources/HostKit/Plans/A.swift", "import Documents\n")
        try scratch.write("Plugins/Local/Provider/A.swift", "import ProviderKit\nlet aws = 1\n")
        try scratch.write("Makefile", "test: ; true\n")
        try scratch.write("README.md", "Run `make test`; see [the code](Sources/Documents).\n")
        return scratch
    }

    private func breaches(_ house: Scratch) throws -> [String] {
        let answer = try run(["python3", "\(root)/scripts/house.py", house.path])
        #expect(answer.status == (answer.output.isEmpty ? 0 : 1), "\(answer.output)")
        return answer.output.split(separator: "\n").map(String.init)
    }

    @Test func aHouseInOrderIsLeftAlone() throws { #expect(try breaches(house()) == []) }

    @Test(arguments: [
        ("Sources/Documents/B.swift", "let awsRegion = 1", "word aws in 'awsRegion'"),
        ("Sources/Documents/B.swift", "let region = \"obs.example\"", "word obs"),
        ("Sources/Documents/B.swift", "let a = \"\\(one + \"x\") OSS\"", "word oss"),
        ("Sources/Documents/B.swift", "let a = #\"a \"quoted\" huaweicloud\"#", "word huawei"),
        ("Sources/Documents/B.swift", "let a = \"\"\"\n  docker.io\n  \"\"\"", "word docker.io"),
        ("Sources/Documents/B.swift", "/* a /* nested */ still */ let alibabaCloud = 0", "word alibaba"),
        ("Sources/Documents/B.swift", "let a = \"// no comment\"; let b = \"aliyun\"", "word aliyun"),
        ("Sources/ProviderAPI/cos_client.h", "", "file's name holds the vendor's word cos"),
        ("Sources/ProviderAPI/schemas/x.json", "{\"title\": \"Tencent\"}", "word tencent"),
        ("Sources/Documents/B.swift", "import ProviderKit", "imports ProviderKit, which Documents does not declare"),
        ("Sources/HostKit/Plans/B.swift", "import Foundation", "imports Foundation"),
        ("Sources/Documents/B.swift", String(repeating: "\n", count: 401), "401 lines"),
        ("Sources/Documents/B.swift", "// FIX" + "ME: later", "unfinished: FIX" + "ME"),
        ("Tests/x.py", "<<<<<<< ours", "unfinished: <<<<<<<"),
        ("CONTRIBUTING.md", "    make castles", "no verb castles"),
        ("CONTRIBUTING.md", "[there](docs/absent.md)", "docs/absent.md is not there"),
        ("docs/README.md", "nothing", ""),
        (
            "Sources/ProviderAPI/schemas/x.schema.json", "{\"properties\": {\"a\": {}}}",
            "properties/a has no description"
        ),
        ("Sources/ProviderAPI/schemas/x.schema.json", "{,}", "not JSON"),
    ])
    func aBreachIsNamed(_ file: String, _ text: String, _ words: String) throws {
        let house = try house()
        try house.write(file, text)
        let found = try breaches(house)
        if words.isEmpty {
            #expect(found == [])
        } else {
            #expect(found.count == 1 && found[0].contains(words) && found[0].hasPrefix(file), "\(found)")
        }
    }

    @Test func aDocumentThatTheIndexForgetsIsNamed() throws {
        let house = try house()
        try house.write("docs/README.md", "[one](one.md)")
        try house.write("docs/one.md", "")
        try house.write("docs/two.md", "")
        #expect(try breaches(house) == ["docs/README.md: does not list docs/two.md"])
    }

    @Test func aTargetThatTheMapForgetsIsNamed() throws {
        let house = try house()
        try house.write("docs/README.md", "[map](house.md)")
        try house.write("docs/house.md", "Documents, ProviderAPI and ProviderKit")
        #expect(try breaches(house) == ["docs/house.md: the map does not show Plans"])
    }

    @Test(arguments: [
        (#".target(name: "Documents")"#, #".target(name: "Documents", dependencies: ["ProviderAPI"])"#),
        (#"dependencies: ["ProviderKit"]"#, #"dependencies: ["ProviderKit", "Plans"]"#),
        (#".target(name: "ProviderAPI"),"#, #".target(name: "ProviderAPI", dependencies: ["Documents"]),"#),
    ])
    func anArrowTheWrongWayIsNamed(_ right: String, _ wrong: String) throws {
        let house = try house()
        let package = try String(contentsOfFile: "\(house.path)/Package.swift", encoding: .utf8)
        let changed = package.replacingOccurrences(of: right, with: wrong)
        #expect(changed != package)
        try house.write("Package.swift", changed)
        let found = try breaches(house)
        #expect(found.count == 1 && found[0].contains("against the arrows"), "\(found)")
    }

    @Test func aTargetThatNobodyPlacedIsNamed() throws {
        let house = try house()
        let package = try String(contentsOfFile: "\(house.path)/Package.swift", encoding: .utf8)
        try house.write(
            "Package.swift",
            package.replacingOccurrences(
                of: #".target(name: "Documents")"#, with: #".target(name: "Annex"), .target(name: "Documents")"#))
        try house.write("Sources/Annex/A.swift", "")
        let found = try breaches(house)
        #expect(found.count == 1 && found[0].contains("does not know what Annex is"), "\(found)")
    }
}
