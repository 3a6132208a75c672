import Foundation
import TestSupport
import Testing

/// The staged program, as a user runs it: a mirror made here, published to a directory, read back with skopeo.
@Suite("Publishing to Local", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct LocalPublishTests {

    @Test("A release is published once, read back by another program, and the second run has nothing to do")
    func publish() throws {
        let work = try Work()
        defer { work.remove() }
        try work.makeMirror()

        let first = try work.publish(to: "catalogue")
        #expect(first.status == 0, "\(first.output)")
        #expect(first.output.contains("published"))
        let inspect = try run(["/usr/bin/skopeo", "inspect", "--raw", "oci:\(work.path)/catalogue:24.03-lts-sp2"])
        #expect(inspect.status == 0, "\(inspect.output)")
        #expect(inspect.output.contains(#""architecture":"amd64""#))

        let second = try work.publish(to: "catalogue")
        #expect(second.status == 0)
        #expect(second.output.contains("Nothing to do"))
    }

    @Test("A library that its manifest does not know is not loaded")
    func changedLibrary() throws {
        let work = try Work()
        defer { work.remove() }
        try work.makeMirror()
        let providers = "\(work.path)/providers"
        try FileManager.default.createDirectory(atPath: providers, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: "\(stage!)/lib/eulerpublisher/providers/local", toPath: "\(providers)/local")
        let library = try #require(FileHandle(forWritingAtPath: "\(providers)/local/libep-local.so"))
        try library.seekToEnd()
        library.write(Data([0]))
        try library.close()

        let answer = try work.publish(to: "catalogue", ["--provider-path", providers])
        #expect(answer.status == 2)
        #expect(answer.output.contains("the library is not the one that its manifest names"))
        #expect(!FileManager.default.fileExists(atPath: "\(work.path)/catalogue/index.json"))
    }

    @Test("A base archive with other bytes than its checksum is refused and nothing is published")
    func wrongChecksum() throws {
        let work = try Work()
        defer { work.remove() }
        try work.makeMirror()
        try String(repeating: "0", count: 64).appending("  openEuler-docker.x86_64.tar.xz\n").write(
            toFile:
                "\(work.path)/mirror/openEuler-24.03-LTS-SP2/docker_img/x86_64/openEuler-docker.x86_64.tar.xz.sha256sum",
            atomically: true, encoding: .utf8)
        let answer = try work.publish(to: "catalogue")
        #expect(answer.status != 0)
        #expect(!FileManager.default.fileExists(atPath: "\(work.path)/catalogue/index.json"))
    }
}
