import Digest
import Documents
import Foundation
import OCI
import RegistryPeers
import TestSupport
import Testing

@testable import Import

/// The staged program copies an image with what is attached to it, from a layout to a registry and back.
@Suite struct AttachedCopyTests {
    private static func program(_ arguments: [String], _ home: String) async throws -> Answer {
        try await runApart(
            ["\(stage ?? "")/bin/eulerpublisher"] + arguments + [
                "--cache-dir", "\(home)/cache", "--state-dir", "\(home)/state",
            ], environment: ["HOME": home])
    }

    /// The layout of the image, with its attachments as other programs leave them there.
    private static func tagged(_ signed: Signed, asList: Bool) throws {
        let layout = signed.lab.layout
        try layout.tag(signed.lab.index.descriptor, as: "v1")
        try layout.tag(signed.signature.descriptor, as: signed.signatureTag)
        if asList {
            for (note, subject) in zip(signed.notes, [signed.lab.index, signed.lab.manifest]) {
                let list = try Encoded(Index(manifests: [note.descriptor]), mediaType: MediaType.index)
                try layout.add(list)
                try layout.tag(list.descriptor, as: "sha256-\(subject.descriptor.digest.hex)")
            }
        } else {
            try layout.change { index in index.manifests += signed.notes.map(\.descriptor) }
        }
    }

    private static func digests(_ signed: Signed) -> Set<Digest> {
        Set((signed.notes + [signed.signature]).map(\.descriptor.digest))
    }

    @Test(arguments: [true, false])
    func aLayoutSaysWhatIsAttached(asList: Bool) throws {
        let signed = try Signed()
        let layout = signed.lab.layout
        try Self.tagged(signed, asList: asList)
        var image = try ExistingImage(try layout.image(tag: nil), in: layout)
        #expect(image.root.digest == signed.lab.index.descriptor.digest)
        let found = try layout.attachments(of: image.documents)
        #expect(Set(found.map(\.descriptor.digest)) == Self.digests(signed))
        #expect(found.compactMap(\.tag) == [signed.signatureTag])
        try image.attach(found, in: layout)
        #expect(image.attachments.count == 3)
        #expect(image.platforms.map { "\($0)" } == ["linux/amd64"])
        #expect(Set(image.blobs.map(\.descriptor.digest)).count == image.blobs.count)
        // Nothing about another image comes along.
        var other = try ExistingImage(signed.lab.manifest.descriptor, in: layout)
        try other.attach(try layout.attachments(of: other.documents), in: layout)
        #expect(other.attachments.map(\.descriptor.digest) == [signed.notes[1].descriptor.digest])
    }

    @Test(.enabled(if: stage != nil, "EULERPUBLISHER_STAGE names no staged tree"), arguments: [true, false])
    func copyTakesThemAlong(referrers: Bool) async throws {
        let registry = try await StrictRegistry.start(.init { $0.referrers = referrers })
        let signed = try Signed()
        try Self.tagged(signed, asList: !referrers)
        let (home, image) = (signed.lab.scratch.path, "\(registry.host)/team/image:v1")
        let there = try await Self.program(["container", "copy", "oci:\(signed.lab.layout.path):v1", image], home)
        #expect(there.status == 0, "\(there.output)")
        let tags = try registry.contents()["team/image"]?.tags ?? [:]
        #expect(tags[signed.signatureTag] != nil && (tags[signed.fallback] == nil) == referrers)
        let back = try await Self.program(["container", "copy", image, "oci:\(home)/out:v1"], home)
        #expect(back.status == 0, "\(back.output)")
        let out = try Layout(opening: "\(home)/out")
        let root = try out.image(tag: "v1")
        #expect(root.digest == signed.lab.index.descriptor.digest)
        let copied = try ExistingImage(root, in: out)
        #expect(Set(try out.attachments(of: copied.documents).map(\.descriptor.digest)) == Self.digests(signed))
        for again in [["oci:\(home)/out:v1", image], [image, "oci:\(home)/out:v1"]] {
            let answer = try await Self.program(["container", "copy"] + again, home)
            #expect(answer.status == 0 && answer.output.contains("nothing to do"), "\(answer.output)")
        }
        if !referrers, try await runApart(["which", "skopeo"]).status == 0 {
            let seen = try await runApart(
                [
                    "skopeo", "inspect", "--raw", "--tls-verify=false",
                    "docker://\(registry.host)/team/image:\(signed.fallback)",
                ])
            #expect(seen.output.contains("\(signed.notes[0].descriptor.digest)"), "\(seen.output)")
        }
    }
}
