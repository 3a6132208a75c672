import Foundation
import TestSupport
import Testing

/// What is attached to an image is published with it, and changes nothing of it.
@Suite(.enabled(if: stage != nil, "EULERPUBLISHER_STAGE names no staged tree"))
struct AttestTests {
    private func entries(_ work: Work, _ directory: String) throws -> [[String: Any]] {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(work.path)/\(directory)/index.json"))
        let json = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        return json?["manifests"] as? [[String: Any]] ?? []
    }

    @Test func theDocumentsComeAndTheDigestStays() throws {
        let work = try Work()
        defer { work.remove() }
        try work.makeMirror()
        let plain = try work.publish(to: "plain")
        try #require(plain.status == 0, "\(plain.output)")
        let attested = try work.publish(to: "attested", ["--attest"])
        try #require(attested.status == 0, "\(attested.output)")
        let (before, after) = (try entries(work, "plain"), try entries(work, "attested"))
        #expect(before.count == 1 && after.count == 3)
        let tagged = after.filter { $0["annotations"] != nil }
        #expect(tagged.count == 1 && tagged[0]["digest"] as? String == before[0]["digest"] as? String)
        // Again there is nothing to do, and to an image without them they are added.
        let again = try work.publish(to: "attested", ["--attest"])
        #expect(again.status == 0 && again.output.contains("nothing to do"), "\(again.output)")
        let added = try work.publish(to: "plain", ["--attest"])
        #expect(added.status == 0, "\(added.output)")
        #expect(
            try entries(work, "plain").compactMap { $0["digest"] as? String }.sorted()
                == after.compactMap { $0["digest"] as? String }.sorted())
    }

    @Test func aPlanAsksForThem() throws {
        let work = try Work()
        defer { work.remove() }
        try work.makeMirror()
        try work.write(
            """
            format: 1
            artifacts: {base: {kind: container, release: 24.03-LTS-SP2, mirror: ./mirror, attest: true}}
            targets: [{artifact: base, to: "local:./out"}]
            """, "plan.yaml")
        let answer = try work.command(["publish", "plan.yaml"])
        #expect(answer.status == 0, "\(answer.output)")
        #expect(try entries(work, "out").count == 3)
        try work.write(
            """
            format: 1
            artifacts: {base: {kind: container, images: ["oci:./out"], attest: true}}
            targets: [{artifact: base, to: "local:./other"}]
            """, "wrong.yaml")
        let wrong = try work.command(["publish", "wrong.yaml"])
        #expect(wrong.status == 2 && wrong.output.contains("attest"), "\(wrong.output)")
    }
}
