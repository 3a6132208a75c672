import Testing

@testable import Building

@Suite struct SubordinateIDTests {
    @Test(
        "Ids that a remedy names belong to nobody",
        arguments: [
            ([], "100000-165535"), (["a:100000:65536\n", ""], "165536-231071"),
            (["a:100000:65536\nb:3000000:65536\n", "a:4000000:10\nnonsense\n#c:x:1\n"], "4000010-4065545"),
            (["low:1000:10\n"], "100000-165535"),
        ] as [([String], String)])
    func free(_ files: [String], _ range: String) { #expect(BuilderProcess.freeIDs(files) == range) }
}
