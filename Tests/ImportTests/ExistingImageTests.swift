import Digest
import Documents
import Import
import OCI
import TestSupport
import Testing

/// What is legal is taken as it is, and what two programs would read differently is refused.
@Suite struct ExistingImageTests {
    private let scratch: Scratch
    private let layout: Layout

    init() throws {
        scratch = try Scratch()
        layout = try Layout(creating: "\(scratch.path)/image")
    }

    private func add(_ text: String, _ type: String) throws -> Descriptor {
        let bytes = Array(text.utf8)
        let descriptor = Descriptor(mediaType: type, digest: sha256(bytes), size: Int64(bytes.count))
        try layout.add(Encoded(bytes: bytes, descriptor: descriptor))
        return descriptor
    }

    private func artifact() throws -> Descriptor {
        let config = try add("{}", MediaType.empty)
        var manifest = Manifest(config: config, layers: [try add("abc", "application/vnd.example.thing")])
        manifest.artifactType = "application/vnd.example.thing"
        let encoded = try Encoded(manifest, mediaType: MediaType.manifest)
        try layout.add(encoded)
        return encoded.descriptor
    }

    @Test func anArtifactIsTakenWithoutAPlatform() throws {
        let image = try ExistingImage(try artifact(), in: layout)
        #expect(image.platforms.isEmpty && image.blobs.count == 3)
    }

    @Test func anIndexOfNothingIsRefused() throws {
        let index = try Encoded(Index(manifests: []), mediaType: MediaType.index)
        try layout.add(index)
        #expect(throws: Failure.self) { try ExistingImage(index.descriptor, in: layout) }
    }

    @Test(arguments: [
        (#"{"schemaVersion":2,"config":C,"layers":[],"manifests":[]}"#, "both manifests and layers"),
        (#"{"schemaVersion":2,"config":C,"layers":[{"digest":"D","mediaType":"a/b","size":3.0}]}"#, "the size 3.0"),
        (#"{"schemaVersion":2,"config":C,"layers":[{"digest":"D","mediaType":"a/b","size" : 3e0}]}"#, "the size 3e0"),
    ])
    func malformed(_ text: String, _ words: String) throws {
        let config = try add("{}", MediaType.empty)
        let member = #"{"mediaType":"\#(config.mediaType)","digest":"\#(config.digest)","size":2}"#
        let whole = text.replacing("C,", with: "\(member),").replacing(
            #""D""#, with: #""\#(try add("abc", "a/b").digest)""#)
        let root = try add(whole, MediaType.manifest)
        let failure = #expect(throws: Failure.self) { try ExistingImage(root, in: layout) }
        #expect(failure?.code == .refused && failure?.message.contains(words) == true, "\(failure?.message ?? "none")")
    }

    @Test func aTagThatStandsTwiceIsTakenWhereBothAreOne() throws {
        let (one, other) = (try add("1", MediaType.manifest), try add("2", MediaType.manifest))
        func named(_ descriptor: Descriptor) -> Descriptor {
            var named = descriptor
            named.annotations = [Annotation.refName: "v1"]
            return named
        }
        try layout.change { $0.manifests = [named(one), named(one)] }
        #expect(try layout.image(tag: "v1") == one)
        try layout.change { $0.manifests = [named(one), named(other)] }
        let failure = #expect(throws: Failure.self) { try layout.image(tag: "v1") }
        #expect(failure?.message.contains("the tag v1 2 times") == true)
    }
}
