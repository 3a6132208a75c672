import Digest
import Documents
import Foundation
import LocalProvider
import OCI
import ProviderKit
import ProviderTesting
import TestSupport
import Testing

@Suite("Local: container images")
struct ContainerTests {
    let scratch: Scratch
    var layout: String { "\(scratch.path)/layout" }

    init() throws { scratch = try Scratch() }

    private func source(_ seed: UInt64 = 1, shared: Bool = true) throws -> Source {
        try .container(
            scratch, layers: (shared ? [.noise(300_000, seed: 0)] : []) + [.noise(200_000 + Int(seed), seed: seed)])
    }

    /// As skopeo sees it.
    private func digest(_ tag: String) throws -> String? {
        let answer = try run(["skopeo", "inspect", "--raw", "oci:\(layout):\(tag)"])
        return answer.status == 0 ? "\(sha256(Array(answer.output.utf8)))" : nil
    }

    @Test("A publication is read by another program under all its tags, and again there is nothing to do")
    func publish() async throws {
        let source = try source()
        let publication = Publication(source, to: layout, tags: ["24.03", "latest"])
        let plan = try await publication.plan()
        #expect(plan.nothingToDo == false && plan.moves?.map(\.name) == ["24.03", "latest"])
        #expect(!FileManager.default.fileExists(atPath: layout))
        let upload = try await publication.publish()
        #expect(upload.sentBytes ?? 0 > 500_000 && upload.skippedBytes == 0)
        #expect(try digest("24.03") == source.artifact.digest)
        #expect(try digest("latest") == source.artifact.digest)
        let copy = try run(["skopeo", "copy", "-q", "oci:\(layout):latest", "dir:\(scratch.path)/copy"])
        #expect(copy.status == 0, "\(copy.output)")
        let again = try await publication.plan()
        #expect(again.nothingToDo == true && again.moves == [] && again.digest == source.artifact.digest)
        #expect(scratch.files("layout").allSatisfy { !$0.contains("partial") })
    }

    @Test("Only what is missing is copied")
    func shared() async throws {
        try await Publication(source(1), to: layout, tags: ["one"]).publish()
        let second = Publication(try source(2), to: layout, tags: ["two"])
        let plan = try await second.plan()
        let upload = try await second.publish()
        #expect(upload.skippedBytes == 300_000 && upload.sentBytes ?? 0 < 210_000)
        #expect(plan.skippedBytes == 300_000)
        #expect(try digest("one") != nil)
    }

    @Test("Other content under the tag is announced, moved, and reported")
    func moves() async throws {
        let (old, new) = (try source(1), try source(2))
        try await Publication(old, to: layout).publish()
        let publication = Publication(new, to: layout, tags: ["latest", "new"])
        let expected: [OperationResult.Move] = [
            .init(name: "latest", from: old.artifact.digest, to: new.artifact.digest),
            .init(name: "new", from: nil, to: new.artifact.digest),
        ]
        #expect(try await publication.plan().moves == expected)
        _ = try await publication.upload()
        _ = try await publication.register()
        #expect(try digest("latest") == old.artifact.digest)
        #expect(try await publication.release().moves == expected)
        #expect(try digest("latest") == new.artifact.digest)
    }

    @Test("A damaged blob is found by reading back, removed, and copied again by the next run")
    func damage() async throws {
        let publication = Publication(try source(), to: layout)
        _ = try await publication.upload()
        _ = try await publication.register()
        let layer = try #require(publication.source.artifact.files.last)
        let path = "\(layout)/blobs/sha256/\(layer.digest.dropFirst(7))"
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.write(contentsOf: Data([1, 2, 3]))
        try file.close()
        let failure = await #expect(throws: Failure.self) { try await publication.verify() }
        #expect(failure?.code == .refused && failure?.place == path)
        #expect(try await publication.publish().sentBytes == layer.size)
        #expect(try digest("latest") == publication.source.artifact.digest)
    }

    @Test("A source with other bytes than its digest is refused and leaves nothing")
    func wrongSource() async throws {
        let publication = Publication(try source(), to: layout)
        let layer = try #require(publication.source.artifact.files.last)
        try Data([UInt8](repeating: 9, count: Int(layer.size))).write(
            to: URL(fileURLWithPath: publication.source.paths[layer.name]!))
        let failure = await #expect(throws: Failure.self) { try await publication.upload() }
        #expect(failure?.code == .usage && failure?.place == layer.digest)
        #expect(!scratch.files("layout").contains { $0.contains(String(layer.digest.dropFirst(7))) })
    }

    @Test("What vanished between copying and releasing is told as not found, and no tag moves")
    func vanished() async throws {
        let publication = Publication(try source(), to: layout)
        _ = try await publication.upload()
        _ = try await publication.register()
        let layer = publication.source.artifact.files.last!
        try FileManager.default.removeItem(atPath: "\(layout)/blobs/sha256/\(layer.digest.dropFirst(7))")
        let failure = await #expect(throws: Failure.self) { try await publication.release() }
        #expect(failure?.code == .notFound)
        #expect(try digest("latest") == nil)
    }

    @Test("A name that is no tag is refused before anything is made", arguments: ["../x", "a b", "", ".hidden"])
    func badTag(_ tag: String) async throws {
        let publication = Publication(try source(), to: layout, tags: [tag])
        #expect(await #expect(throws: Failure.self) { try await publication.plan() }?.code == .usage)
        #expect(!FileManager.default.fileExists(atPath: layout))
    }

    @Test("Cleanup puts the old tag back, unless somebody moved it since")
    func undoTag() async throws {
        let (old, new) = (try source(1), try source(2))
        try await Publication(old, to: layout).publish()
        let publication = Publication(new, to: layout, tags: ["latest", "new"])
        _ = try await publication.upload()
        _ = try await publication.register()
        publication.host.set { $0.refusals["settled"] = 1 }
        await #expect(throws: Failure.self) { try await publication.release() }
        #expect(try digest("latest") == new.artifact.digest)
        #expect(publication.host.unsettled.map(\.kind).sorted() == ["image", "image", "tag", "tag"])
        try await publication.cleanUp()
        #expect(try digest("latest") == old.artifact.digest)
        #expect(try digest("new") == nil)
        #expect(try run(["skopeo", "copy", "-q", "oci:\(layout):latest", "dir:\(scratch.path)/c"]).status == 0)

        let third = try source(3)
        let again = Publication(new, to: layout)
        _ = try await again.upload()
        _ = try await again.register()
        again.host.set { $0.refusals["settled"] = 1 }
        await #expect(throws: Failure.self) { try await again.release() }
        try await Publication(third, to: layout).publish()
        try await again.cleanUp()
        #expect(try digest("latest") == third.artifact.digest)
    }

    @Test("Cleanup of an upload removes its blobs, and none that another image needs")
    func undoImage() async throws {
        try await Publication(source(1), to: layout, tags: ["kept"]).publish()
        let before = scratch.files("layout")
        let publication = Publication(try source(2), to: layout)
        _ = try await publication.upload()
        #expect(scratch.files("layout") != before)
        try await publication.cleanUp()
        #expect(scratch.files("layout") == before)
        #expect(try run(["skopeo", "copy", "-q", "oci:\(layout):kept", "dir:\(scratch.path)/c"]).status == 0)
    }

    @Test("A copy that was cut off continues where it was; what does not fit is copied again")
    func resume() async throws {
        let source = try Source.container(scratch, layers: [.noise(5 << 20, seed: 5)])
        let publication = Publication(source, to: layout)
        publication.host.set { $0.cancelAfterSteps = 4 }
        await #expect(throws: CancellationError.self) { try await publication.upload() }
        publication.host.set { $0.cancelAfterSteps = nil }
        let partial = try #require(scratch.files("layout").first { $0.hasSuffix(".partial") })
        let upload = try await publication.upload()
        #expect(upload.skippedBytes ?? 0 >= 2 << 20 && upload.sentBytes ?? 0 <= 3 << 20)
        _ = try await publication.register()
        _ = try await publication.verify()
        #expect(!scratch.files("layout").contains(partial))

        let other = try Source.container(scratch, layers: [.noise(5 << 20, seed: 6)])
        try scratch.write(
            "layout/blobs/.\(other.artifact.files.last!.digest.dropFirst(7)).partial",
            [UInt8](repeating: 0, count: 9 << 20))
        let second = Publication(other, to: layout, tags: ["other"])
        #expect(try await second.publish().skippedBytes == 0)
    }

    @Test("Twelve writers at once: every tag is there, and every image whole")
    func writers() async throws {
        let sources = try (1...12).map { try source(UInt64($0)) }
        let layout = layout
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, source) in sources.enumerated() {
                group.addTask { try await Self.publishPatiently(source, to: layout, tag: "t\(number)") }
            }
            try await group.waitForAll()
        }
        for (number, source) in sources.enumerated() {
            #expect(try digest("t\(number)") == source.artifact.digest)
            let copy = try run(["skopeo", "copy", "-q", "oci:\(layout):t\(number)", "dir:\(scratch.path)/c\(number)"])
            #expect(copy.status == 0, "\(copy.output)")
        }
    }

    /// Waits as the host does while another writer copies the same blob.
    private static func publishPatiently(_ source: Source, to layout: String, tag: String) async throws {
        let publication = Publication(source, to: layout, tags: [tag])
        while true {
            do {
                try await publication.publish()
                return
            } catch is Pending {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    @Test("Status and inventory: what stands there, and which of it is ours")
    func inventory() async throws {
        let publication = Publication(try source(1), to: layout, tags: ["mine"])
        #expect(try await publication.status().items == [])
        #expect(try await publication.inventory().items == [])
        try await publication.publish()
        let other = try run(["skopeo", "copy", "-q", "oci:\(layout):mine", "oci:\(layout):theirs"])
        #expect(other.status == 0, "\(other.output)")
        let items = try await publication.inventory().items ?? []
        #expect(items.map { $0["id"]?.string } == ["mine"])
        #expect(items.first?["publication"]?.string == publication.publication)
        #expect(try await publication.status().digest == publication.source.artifact.digest)
    }

    @Test("A directory that holds something else is not written to")
    func foreign() async throws {
        try scratch.write("layout/oci-layout", Array("not json".utf8))
        let publication = Publication(try source(), to: layout)
        #expect(await #expect(throws: Failure.self) { try await publication.plan() }?.code == .usage)
        #expect(await #expect(throws: Failure.self) { try await publication.upload() }?.code == .usage)
    }
}
