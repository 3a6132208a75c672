import Digest
import Documents
import Files
import Foundation
import TestSupport
import Testing

@testable import OCI

/// The list of an archive, and the pieces that a tar is written in.
@Suite struct ArchiveListTests {
    private let scratch: Scratch
    init() throws { scratch = try Scratch() }

    private let list = ArchiveList(
        config: sha256([1]), names: ["openeuler/openeuler:24.03"], layers: [sha256([2]), sha256([3])])

    @Test func itIsWhatOtherProgramsWrite() throws {
        let document = try JSONSerialization.jsonObject(with: Data(try list.bytes())) as? [[String: Any]]
        #expect(document?.count == 1)
        #expect(document?[0]["Config"] as? String == "\(sha256([1]).hex).json")
        #expect(document?[0]["RepoTags"] as? [String] == ["openeuler/openeuler:24.03"])
        #expect(document?[0]["Layers"] as? [String] == [sha256([2]), sha256([3])].map { "\($0.hex).tar" })
        let nameless = ArchiveList(config: sha256([1]), names: [], layers: [])
        #expect(!String(decoding: try nameless.bytes(), as: UTF8.self).contains("RepoTags"))
    }

    @Test func itIsFoundAmongOtherMembers() throws {
        let bytes = try list.bytes()
        let tar = try TarWriter.bytes(
            [TarEntry(name: "a.tar"), TarEntry(name: "./manifest.json"), TarEntry(name: "z.json")],
            contents: ["a.tar": [9, 9], "./manifest.json": bytes, "z.json": [1]])
        let file = try File(try scratch.write("there.tar", tar), O_RDONLY)
        #expect(try ArchiveList.document(of: file) == bytes)
        let without = try TarWriter.bytes([TarEntry(name: "a.tar")], contents: ["a.tar": [9, 9]])
        let other = try File(try scratch.write("without.tar", without), O_RDONLY)
        #expect(failure { try ArchiveList.document(of: other) }.message.contains("manifest.json"))
        let none = try File(try scratch.write("none.tar", "no tar at all"), O_RDONLY)
        _ = failure { try ArchiveList.document(of: none) }
    }

    @Test(arguments: [0, 1, 511, 512, 513, 0o777_7777_7777, 0o1_0000_0000_0000, 1 << 40])
    func aHeaderTellsItsSizeToTheReaderAndToTar(size: Int64) throws {
        let path = "\(scratch.path)/\(size).tar"
        let file = try File(path, O_RDWR | O_CREAT)
        try file.write(TarWriter.header(ofFile: "content", size: size))
        // A hole for the content, so that its size does not matter.
        #expect(ftruncate(file.descriptor, off_t(512 + size)) == 0)
        #expect(lseek(file.descriptor, 0, SEEK_END) == 512 + size)
        try file.write(TarWriter.padding(after: size))
        try file.write(TarWriter.ending)
        #expect(try file.size() % 512 == 0)
        var reader = try TarReader(file)
        let entry = try #require(try reader.next())
        #expect(entry.name == "content" && entry.size == size && entry.kind == .file)
        #expect(try reader.next() == nil)
        let listed = try run(["tar", "-tvf", path])
        #expect(listed.status == 0 && listed.output.contains(" \(size) "), "\(listed.output)")
    }
}
