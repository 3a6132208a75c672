import Blocks
import Documents
import Foundation
import TestSupport
import Testing

@testable import FileSystems

/// What an ext file system tells of itself is what dumpe2fs prints.
@Suite(.enabled(if: Peers.ext && Peers.has("dumpe2fs"), "dumpe2fs, debugfs and mke2fs (e2fsprogs) are not here"))
struct ExtFactsTests {
    private func facts(_ path: String) throws -> VolumeFacts {
        try #require(try FileSystems.open(try FileSource(path))).facts(partition: 2)
    }

    @Test(
        arguments: [
            ["-t", "ext2", "-b", "1024"], ["-t", "ext3"], ["-t", "ext4", "-L", "root fs"],
            ["-t", "ext4", "-O", "bigalloc,inline_data"],
            ["-t", "ext4", "-O", "^64bit,quota,project,encrypt,casefold"],
            [
                "-t", "ext4", "-O",
                "meta_bg,^resize_inode,mmp,ea_inode,large_dir,verity,sparse_super2,metadata_csum_seed",
            ],
            ["-t", "ext4", "-O", "orphan_file,fast_commit,stable_inodes"],
        ])
    func factsAreAsDumpe2fsPrintsThem(_ options: [String]) throws {
        let image = try Image(options, size: "64M")
        var printed: [String: String] = [:]
        for line in try run(["dumpe2fs", "-h", image.path]).output.split(separator: "\n") {
            let pair = line.split(separator: ":", maxSplits: 1)
            if pair.count == 2 { printed[String(pair[0])] = pair[1].trimmingCharacters(in: .whitespaces) }
        }
        let facts = try facts(image.path)
        let size = UInt64(printed["Block size"] ?? "") ?? 0
        #expect(facts.blockSize.value == Int(size))
        #expect(facts.size.value == (UInt64(printed["Block count"] ?? "") ?? 0) * size)
        #expect(facts.freeInodes.value == UInt64(printed["Free inodes"] ?? ""))
        #expect(facts.inodes.value == UInt64(printed["Inode count"] ?? ""))
        #expect(facts.free.value == (UInt64(printed["Free blocks"] ?? "") ?? 0) * size)
        #expect(facts.uuid.value == printed["Filesystem UUID"])
        #expect((facts.label.value ?? "<none>") == printed["Filesystem volume name"])
        #expect(
            Set(facts.features.value ?? [])
                == Set((printed["Filesystem features"] ?? "").split(separator: " ").map(String.init)))
        #expect(facts.clean.value == (printed["Filesystem state"] == "clean"))
        #expect(facts.needsRecovery.value == false && facts.hasErrors.value == false)
        #expect(facts.kind.value == (try blkid(image.path).kind))
    }

    /// What waits in the journal is a fact; the files are read as they stand.
    @Test func aJournalThatWaitsAndErrorsAreTold() throws {
        let sample = try Scratch()
        try sample.write("tree/file", "as it stands")
        let image = try Image(["-t", "ext4"], from: sample.path + "/tree", size: "16M")
        try run(["debugfs", "-w", "-R", "feature needs_recovery", image.path])
        var facts = try facts(image.path)
        #expect(facts.needsRecovery.value == true && facts.clean.value == true && facts.hasErrors.value == false)
        #expect(try GuestTree(root: image.fileSystem()).text("/file") == "as it stands")
        try run(["debugfs", "-w", "-R", "ssv state 2", image.path])
        facts = try self.facts(image.path)
        #expect(facts.clean.value == false && facts.hasErrors.value == true)
    }

    @Test func encryptedFilesAreRefusedAndOthersRead() throws {
        let sample = try Scratch()
        try sample.write("tree/file", "plain")
        try sample.write("tree/secret/file", "cipher")
        let image = try Image(["-t", "ext4", "-O", "encrypt"], from: sample.path + "/tree", size: "16M")
        try run(["debugfs", "-w", "-R", "sif /secret flags 0x80800", image.path])
        let tree = GuestTree(root: try image.fileSystem())
        #expect(try tree.text("/file") == "plain")
        #expect(failure { try tree.text("/secret/file") }.message == "it is encrypted, and the key is not in the image")
        #expect(try tree.walk { _ in .goOn }.problems.map(\.place) == ["/secret"])
    }

    /// A file of 1 TiB with a few bytes at its end takes no room and no time.
    @Test func aHugeHoleIsRead() throws {
        let sample = try Scratch()
        let file = try sample.write("tree/huge", "begin")
        try run(["truncate", "-s", "1T", file])
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        try handle.seek(toOffset: 1 << 40)
        try handle.write(contentsOf: Array("end".utf8))
        try handle.close()
        for options in [["-t", "ext4"], ["-t", "ext4", "-O", "^extents,^64bit", "-b", "4096"]] {
            let image = try Image(options, from: sample.path + "/tree", size: "32M")
            let fileSystem = try image.fileSystem()
            let found = try #require(try GuestTree(root: fileSystem).find("/huge"))
            #expect(found.status.size == 1 << 40 + 3)
            var buffer = [UInt8](repeating: 1, count: 100)
            let count = try buffer.withUnsafeMutableBytes {
                try fileSystem.read(found.number, at: 1 << 40 - 10, into: $0)
            }
            #expect(buffer[..<count].elementsEqual([UInt8](repeating: 0, count: 10) + Array("end".utf8)))
        }
    }

    @Test func piecesAreTheSameAsTheWhole() throws {
        let sample = try HostileTests.sample.get()
        for options in [
            ["-t", "ext4", "-b", "1024"], ["-t", "ext2", "-b", "1024"], ["-t", "ext4", "-O", "inline_data"],
        ] {
            let image = try Image(options, from: sample.path + "/tree", size: "16M")
            let fileSystem = try image.fileSystem()
            var generator = SeededGenerator(state: 7)
            for path in ["/holes", "/folder/file with a name 29", "/a/b/c/deep"] {
                let found = try #require(try GuestTree(root: fileSystem).find(path))
                let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: sample.path + "/tree" + path)))
                for _ in 0..<100 {
                    let start = Int.random(in: 0..<whole.count, using: &generator)
                    var piece = [UInt8](repeating: 0, count: Int.random(in: 1...3000, using: &generator))
                    let count = try piece.withUnsafeMutableBytes {
                        try fileSystem.read(found.number, at: UInt64(start), into: $0)
                    }
                    #expect(piece[..<count].elementsEqual(whole[start..<min(start + piece.count, whole.count)]))
                }
            }
        }
    }
}
