import Documents
import Settings
import TestSupport
import Testing

@Suite struct TagsFileTests {
    private func read(_ text: String) throws -> TagsFile { try TagsFile(text: text, name: "tags.yaml") }

    private let whole = """
        20.03-LTS: [20.10, 1e3, 007, true, "20.03"]
        24.03-LTS:
        24.03-LTS-SP2:
          - 24.03
          - latest
          - 24.03-lts-sp2
        25.09: []
        """

    @Test func whatYAMLTakesForNumbersStaysAsItIsWritten() throws {
        let file = try read(whole)
        #expect(file.versions.map(\.name) == ["20.03-LTS", "24.03-LTS", "24.03-LTS-SP2", "25.09"])
        #expect(file.versions[0].aliases == ["20.10", "1e3", "007", "true", "20.03"])
        #expect(file.versions[2].aliases == ["24.03", "latest"] && file.versions[2].place == "tags.yaml:3:1")
    }

    @Test func aVersionsOwnTagComesFirst() throws {
        let file = try read(whole)
        #expect(file.tags(of: "24.03-lts-SP2") == ["24.03-lts-sp2", "24.03", "latest"])
        #expect(file.tags(of: "24.03-LTS") == ["24.03-lts"])
        #expect(file.tags(of: "23.09") == ["23.09"])
    }

    @Test func aTagLeadsBackToItsVersion() throws {
        let file = try read(whole)
        #expect(file.owner(of: "latest") == "24.03-LTS-SP2" && file.owner(of: "20.10") == "20.03-LTS")
        #expect(file.owner(of: "24.03-lts") == "24.03-LTS")
        #expect(file.owner(of: "20.1") == nil)
    }

    @Test(arguments: [
        ("A: [latest]\nB:\n- latest", "tags.yaml:3:3", "belongs to A already, at tags.yaml:1:5"),
        ("A: [b]\nB: []", "tags.yaml:1:5", "belongs to B already"),
        ("a: []\nA: []", "tags.yaml:2:1", "stands here twice"),
        ("A: [x, a b]", "tags.yaml:1:8", "a b cannot be a tag"), ("A: [-x]", "tags.yaml:1:5", "-x cannot be a tag"),
        ("A: [~]", "tags.yaml:1:5", "cannot be a tag"), ("A: [[x]]", "tags.yaml:1:5", "cannot be a tag"),
        ("A: latest", "tags.yaml:1:4", "are not a list"), ("- A", "tags.yaml:1:1", "does not map"),
        ("'A/B': []", "tags.yaml:1:1", "A/B cannot be a tag"),
    ])
    func whatIsWrongHasItsPlace(text: String, place: String, words: String) {
        let failure = failure { try read(text) }
        #expect(failure.code == .usage && failure.place == place, "\(failure)")
        #expect(failure.message.contains(words), "\(failure)")
    }
}
