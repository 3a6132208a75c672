import Documents
import Foundation
import ImageTesting
import Initramfs
import TestSupport
import Testing

/// A folder packed by cpio and other programs, and what our reader finds in it.
struct Archives {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.write("tree/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
        try scratch.write("tree/etc/empty", "")
        try scratch.write("tree/usr/lib/modules/6.6.0/kernel/drivers/block/virtio_blk.ko.xz", "module")
        try scratch.write("tree/bin/one", String(repeating: "some bytes ", count: 5000))
        try run(["ln", "one", "two"], in: scratch.path + "/tree/bin")
        try run(["ln", "-s", "usr/lib", "lib"], in: scratch.path + "/tree")
    }

    /// The folder as one archive, by GNU cpio.
    func pack(_ form: String = "newc", _ folder: String = "tree") throws -> [UInt8] {
        try shell("cd \(folder) && find . | LC_ALL=C sort | cpio --quiet -o -H \(form) > ../archive.cpio")
        return try bytes("archive.cpio")
    }

    /// The newest archive through a program that packs it.
    func packed(_ command: String) throws -> [UInt8] {
        try shell("\(command) < archive.cpio > archive.packed")
        return try bytes("archive.packed")
    }

    /// What cpio says is in an archive.
    func listed(_ archive: String = "archive.cpio") throws -> [String] {
        try shell("cpio --quiet -it < \(archive)").split(separator: "\n").map(String.init).sorted()
    }

    @discardableResult
    func shell(_ text: String) throws -> String {
        let answer = try run(["sh", "-c", text], in: scratch.path)
        try #require(answer.status == 0, "\(text): \(answer.output)")
        return answer.output
    }

    func bytes(_ name: String) throws -> [UInt8] { try Self.bytes("\(scratch.path)/\(name)") }

    static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
}

/// All that our reader finds in the bytes of an initramfs.
struct Listing: Equatable {
    var entries: [CpioEntry] = []
    var contents: [String: [UInt8]] = [:]
    var compressions: [Compression] = []

    init(_ bytes: [UInt8]) throws(Failure) {
        var (entries, contents): ([CpioEntry], [String: [UInt8]]) = ([], [:])
        let archive = try InitramfsArchive(MemorySource(bytes), place: "test") { visit throws(Failure) in
            entries.append(visit.entry)
            contents[visit.entry.name] = try visit.content(1 << 20)
        }
        (self.entries, self.contents, compressions) = (entries, contents, archive.compressions)
    }

    var names: [String] { entries.map(\.name).sorted() }
}
