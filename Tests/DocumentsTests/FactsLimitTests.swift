import Documents
import FoundationEssentials
import Testing

/// The facts go into a request, and a document has at most 4 MiB.
@Suite("Facts that are too long")
struct FactsLimitTests {
    private func facts(packages: Int, users: Int) -> ImageFacts {
        var facts = ImageFacts()
        facts.packages = PackageFacts(
            manager: .known(.rpm),
            packages: .known(
                (0..<packages).map {
                    Package(manager: .rpm, name: "package-\($0)", version: "1.0-\($0).oe2403", architecture: "noarch")
                }), databases: [])
        facts.sudo = SudoFacts(
            program: .known("/usr/bin/sudo"), rules: .known([]),
            administrators: .known(
                (0..<users).map {
                    Administrator(user: "u\($0)", withoutPassword: true, evidence: Evidence("/etc/sudoers"))
                }),
            defaults: .known([]), damaged: .known([]))
        return facts
    }

    @Test func whatFitsIsWhole() throws {
        let facts = facts(packages: 2000, users: 20)
        let bytes = try facts.encoded()
        #expect(bytes.count <= ImageFacts.limit)
        #expect(try DocumentCoding.decode(ImageFacts.self, from: bytes) == facts)
    }

    @Test func theLongestListIsUnknownAndSaysSo() throws {
        let facts = facts(packages: 60_000, users: 20)
        let bytes = try facts.encoded()
        #expect(bytes.count <= ImageFacts.limit)
        let read = try DocumentCoding.decode(ImageFacts.self, from: bytes)
        guard case .unknown(let why) = read.packages?.packages else {
            Issue.record("the packages are \(String(describing: read.packages?.packages.value?.count))")
            return
        }
        #expect(why.contains("60000 packages"), "\(why)")
        #expect(read.packages?.manager == .known(.rpm))
        #expect(read.sudo == facts.sudo)
    }

    @Test func noMoreIsLeftOutThanMustBe() throws {
        let facts = facts(packages: 300, users: 30)
        let whole = try DocumentCoding.encode(facts).count
        let read = try DocumentCoding.decode(ImageFacts.self, from: facts.encoded(limit: whole - 1000))
        #expect(read.packages?.packages.value == nil && read.sudo?.administrators.value?.count == 30)
        let less = try DocumentCoding.decode(ImageFacts.self, from: facts.encoded(limit: 1000))
        #expect(less.sudo?.administrators.value == nil && less.sudo?.program == .known("/usr/bin/sudo"))
    }

    @Test func whatCanNotBeMadeToFitIsRefused() throws {
        var facts = ImageFacts()
        facts.disk = DiskFacts(format: String(repeating: "x", count: 5000), variant: nil, fileSize: 1, virtualSize: 1)
        do {
            _ = try facts.encoded(limit: 4000)
            Issue.record("it fitted")
        } catch let failure as Failure {
            #expect(failure.code == .refused && failure.message.contains("4000"))
        }
    }
}
