import Digest
import Documents
import Foundation
import OCI
import ProviderTesting
import RegistryPeers
import TestSupport
import Testing

@testable import DockerHubProvider

/// Signatures and the like go where the image goes: by the referrers API, by the tag that stands for it, by cosign's tags.
@Suite struct ReferrerTests {
    private static func listed(_ registry: String, _ digest: String) async throws -> [String] {
        let address = "http://\(registry)/v2/team/image/referrers/\(digest)"
        let answer = try await runApart(["curl", "-sS", "--fail", address])
        #expect(answer.status == 0, "\(answer.output)")
        return try DocumentCoding.decode(Index.self, from: Data(answer.output.utf8)).manifests.map { "\($0.digest)" }
    }

    /// A repository fetched into a new layout.
    private static func fetch(_ repository: String, _ name: String) async throws -> ([JSON], Layout) {
        let lab = try ReleaseLab("nothing")
        let layout = try Layout(creating: "\(lab.scratch.path)/fetched")
        var request = lab.request("ep.fetch/1", to: repository, tags: [name])
        request.artifact = nil
        request.into = layout.path
        let items = try await lab.provider([:]).fetch(request).items ?? []
        // What is listed is there, whole.
        for item in items {
            let descriptor = try item.decoded(Descriptor.self)
            guard MediaType.isManifest(descriptor.mediaType) else { continue }
            let manifest = try layout.manifest(descriptor)
            for part in manifest.layers + [manifest.config] { #expect(layout.has(part.digest, size: part.size)) }
        }
        return (items, layout)
    }

    private static func check(_ signed: Signed, _ repository: String) async throws {
        let (items, _) = try await fetch(repository, "v1")
        #expect(items.first?["digest"]?.string == signed.index)
        let found = Set(items.dropFirst().compactMap { $0["digest"]?.string })
        #expect(found == Set((signed.notes + [signed.signature]).map { "\($0.descriptor.digest)" }))
        let byTag = items.filter { $0["tag"] != nil }
        #expect(byTag.map { $0["tag"]?.string } == [signed.signatureTag])
        #expect(byTag.first?["subject"]?.string == signed.index)
        #expect(try await signed.lab.plan(to: repository).nothingToDo == true)
    }

    @Test(arguments: [true, false])
    func theyComeAlong(referrers: Bool) async throws {
        let registry = try await StrictRegistry.start(.init { $0.referrers = referrers })
        let signed = try Signed()
        let repository = "\(registry.host)/team/image"
        let done = try await signed.lab.publish(to: repository)
        #expect(done.plan.actions?.contains("attach 3 manifests to the image") == true)
        #expect(done.release.moves?.map(\.name) == ["v1"])
        #expect(signed.lab.fake.unsettled.isEmpty)
        let tags = try registry.contents()["team/image"]?.tags ?? [:]
        #expect(tags[signed.signatureTag] == "\(signed.signature.descriptor.digest)")
        // The list in a tag is only for those who keep none.
        #expect((tags[signed.fallback] == nil) == referrers)
        if referrers {
            let listed = try await Self.listed(registry.host, signed.index)
            #expect(listed == ["\(signed.notes[0].descriptor.digest)"])
        }
        // The image's own tag moves last.
        let puts = try registry.story().filter { $0.hasPrefix("PUT /v2/team/image/manifests/") }
        #expect(puts.last == "PUT /v2/team/image/manifests/v1 201")
        try await Self.check(signed, repository)
    }

    @Test(.enabled(if: DockerRegistry.isInstalled, "docker-registry is not installed"))
    func theyComeAlongWhereNobodyKnowsThem() async throws {
        let registry = try await DockerRegistry.start()
        let signed = try Signed()
        let repository = "\(registry.host)/team/image"
        _ = try await signed.lab.publish(to: repository)
        try await Self.check(signed, repository)
    }

    @Test func theListInATagKeepsWhatOthersWrote() async throws {
        let registry = try await StrictRegistry.start(.init { $0.referrers = false })
        let signed = try Signed()
        let repository = "\(registry.host)/team/image"
        _ = try await signed.lab.publish(to: repository)
        // Somebody else's list, with a field that we do not know.
        let note = signed.notes[1].descriptor
        let theirs = """
            {"schemaVersion":2,"mediaType":"\(MediaType.index)","x":1,"manifests":[{"mediaType":"\(note.mediaType)",\
            "digest":"\(note.digest)","size":\(note.size),"urls":["https://x.example"]}]}
            """
        let put = try await runApart([
            "curl", "-sS", "--fail", "-X", "PUT", "-H", "Content-Type: \(MediaType.index)", "--data-binary", theirs,
            "http://\(registry.host)/v2/team/image/manifests/\(signed.fallback)",
        ])
        #expect(put.status == 0, "\(put.output)")
        #expect(try await signed.lab.plan(to: repository).nothingToDo == false)
        _ = try await signed.lab.publish(to: repository)
        let kept = try await runApart([
            "curl", "-sS", "-H", "Accept: \(MediaType.index)",
            "http://\(registry.host)/v2/team/image/manifests/\(signed.fallback)",
        ])
        let document = try DocumentCoding.decode(JSON.self, from: Data(kept.output.utf8))
        #expect(document["x"] == 1 && document["manifests"]?.array?.count == 2)
        #expect(document["manifests"]?.array?.first?["urls"] == ["https://x.example"])
        let ours = document["manifests"]?.array?.last
        #expect(ours?["digest"]?.string == "\(signed.notes[0].descriptor.digest)")
        #expect(ours?["artifactType"]?.string == Signed.note && ours?["annotations"]?["x.note"]?.string == "one")
    }

    @Test func aListThatIsAPageForPeopleIsNone() async throws {
        let registry = try await StrictRegistry.start(.init { $0.referrers = false })
        let signed = try Signed()
        let repository = "\(registry.host)/team/image"
        try await registry.fault(.page(404), on: "GET", "/referrers/", times: nil)
        _ = try await signed.lab.publish(to: repository)
        try await Self.check(signed, repository)
    }

    @Test func whatIsListedInPagesIsFound() async throws {
        let registry = try await StrictRegistry.start(.init { $0.page = 1 })
        let repository = "\(registry.host)/team/image"
        var signed = try Signed()
        let second = try Signed("two")
        // A second note about the same index.
        var manifest = try signed.lab.layout.manifest(signed.notes[0].descriptor)
        manifest.annotations = ["x.note": "again"]
        let again = try Encoded(manifest, mediaType: MediaType.manifest)
        let index = signed.index
        try signed.lab.add(again) { $0.subject = index }
        signed.notes.append(again)
        _ = try await second.lab.publish(to: repository, tags: ["v2"])
        _ = try await signed.lab.publish(to: repository)
        try await Self.check(signed, repository)
    }

    @Test func undoneIsAsItWas() async throws {
        let registry = try await StrictRegistry.start(.init { $0.referrers = false })
        let signed = try Signed()
        let repository = "\(registry.host)/team/image"
        _ = try await signed.lab.publish(to: repository)
        let provider = try signed.lab.provider([:])
        for entry in signed.lab.fake.look({ $0.ledger }).reversed() {
            var request = signed.lab.request("ep.undo/1", to: repository, tags: ["v1"])
            request.artifact = nil
            request.entry = try JSON(encoding: entry)
            _ = try await provider.undo(request)
        }
        #expect(try registry.contents()["team/image"]?.tags == [:])
    }
}
