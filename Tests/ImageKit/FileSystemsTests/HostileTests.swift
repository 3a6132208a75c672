import Blocks
import Documents
import Foundation
import TestSupport
import Testing

@testable import FileSystems

/// Images that lie: each is refused or read, in bounded time, and nothing traps.
struct HostileTests {
    /// Reads all there is: every status, name, attribute, link, and the begin and end of every file.
    @discardableResult
    static func readAll(_ source: any ByteSource) -> (files: Int, failures: Int) {
        var (files, failures) = (0, 0)
        do throws(Failure) {
            guard let fileSystem = try FileSystems.open(source) else { return (0, 0) }
            _ = fileSystem.facts(partition: 1)
            let report = try GuestTree(root: fileSystem).walk { found throws(Failure) in
                files += 1
                do throws(Failure) {
                    _ = try fileSystem.attributes(of: found.number)
                    if found.status.kind == .symlink { _ = try fileSystem.target(of: found.number) }
                    if found.status.kind == .directory {
                        _ = try fileSystem.entry(Array("absent".utf8), in: found.number)
                    }
                    if found.status.kind == .file {
                        for offset in [0, found.status.size / 2, found.status.size - min(found.status.size, 3000)] {
                            _ = try beginning(fileSystem, found.number, offset)
                        }
                    }
                } catch { failures += 1 }
                return .goOn
            }
            failures += report.problems.count
        } catch { failures += 1 }
        return (files, failures)
    }

    private static func beginning(_ fileSystem: any FileSystem, _ file: FileNumber, _ offset: UInt64) throws(Failure)
        -> Int
    {
        var buffer = [UInt8](repeating: 0, count: 70_000)
        var count = 0
        var failure: Failure?
        buffer.withUnsafeMutableBytes { buffer in
            do throws(Failure) { count = try fileSystem.read(file, at: offset, into: buffer) } catch { failure = error }
        }
        if let failure { throw failure }
        return count
    }

    struct Kind: CustomTestStringConvertible {
        var options: [String]
        var testDescription: String { options.joined(separator: " ") }
    }

    static let sample = Result { try small() }

    /// What fills the files, so that changes can be kept to what leads to them.
    private static let filling = UInt8(ascii: "Z")

    private static func small() throws -> Scratch {
        let scratch = try Scratch()
        for index in 0..<30 {
            try scratch.write("tree/folder/file with a name \(index)", [UInt8](repeating: filling, count: index * 700))
        }
        try scratch.write("tree/a/b/c/deep", "deep")
        try FileManager.default.createSymbolicLink(
            atPath: scratch.path + "/tree/link", withDestinationPath: String(repeating: "x", count: 100))
        try FileManager.default.createSymbolicLink(atPath: scratch.path + "/tree/short", withDestinationPath: "a/b")
        try run([
            "python3", "-c", "import os, sys; os.setxattr(sys.argv[1], 'user.x', b'y' * 500)", scratch.path + "/tree/a",
        ])
        // Many extents, and lists of blocks that lead to lists.
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: try scratch.write("tree/holes", "")))
        for index in 0..<400 {
            try file.seek(toOffset: UInt64(index * 2048))
            try file.write(contentsOf: [UInt8](repeating: filling, count: 1000))
        }
        try file.close()
        return scratch
    }

    /// Checksums would stop nearly all of it at the door, so most images have none.
    @Test(
        .enabled(if: Peers.ext, "debugfs and mke2fs (e2fsprogs) are not here"),
        arguments: [
            Kind(options: ["-t", "ext4", "-O", "^metadata_csum,^has_journal", "-b", "1024"]),
            Kind(options: ["-t", "ext4", "-O", "^metadata_csum,^has_journal,inline_data,ea_inode", "-b", "1024"]),
            Kind(options: ["-t", "ext2", "-b", "1024"]),
            Kind(options: [
                "-t", "ext4", "-O", "^metadata_csum,^has_journal,meta_bg,^resize_inode,bigalloc", "-b", "4096",
            ]),
            Kind(options: ["-t", "ext4", "-O", "^has_journal", "-b", "1024"]),
        ])
    func flippedBitsOfExtAreRefusedOrRead(_ kind: Kind) throws {
        let image = try Image(kind.options + ["-N", "128"], from: try Self.sample.get().path + "/tree", size: "4M")
        try flip(try [UInt8](Data(contentsOf: URL(fileURLWithPath: image.path))), rounds: 600)
    }

    @Test(
        .enabled(if: Peers.fat, "mkfs.fat (dosfstools) and mcopy (mtools) are not here"), arguments: ["12", "16", "32"])
    func flippedBitsOfFATAreRefusedOrRead(_ width: String) throws {
        let image = try FATImage(
            width, size: width == "32" ? "34M" : width == "16" ? "5M" : "1M", options: ["-s", "1"])
        let sample = try Self.sample.get()
        for name in ["a", "folder"] {
            try image.mtools(["mcopy", "-s", "-i", image.path, sample.path + "/tree/" + name, "::/"])
        }
        try flip(try [UInt8](Data(contentsOf: URL(fileURLWithPath: image.path))), rounds: 400)
    }

    /// One to eight changed bytes where something stands, mostly: what is zero or filling is contents and free room.
    private func flip(_ bytes: [UInt8], rounds: Int) throws {
        let untouched = Self.readAll(MemorySource(bytes))
        #expect(untouched.files > 30 && untouched.failures == 0)
        let places = bytes.indices.filter { bytes[$0] != 0 && bytes[$0] != Self.filling }
        var generator = SeededGenerator(state: UInt64(places.count))
        var damaged = 0
        let clock = ContinuousClock()
        for round in 0..<rounds {
            var changes: [(place: Int, byte: UInt8)] = []
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                // The first kilobytes hold what all else is found by.
                let isFront = Int.random(in: 0..<3, using: &generator) == 0
                let place =
                    isFront
                    ? Int.random(in: 0..<4096, using: &generator) : places.randomElement(using: &generator) ?? 0
                let byte: UInt8 =
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0: 0xFF
                    case 1: 0
                    case 2: bytes[place] ^ 1 << UInt8.random(in: 0..<8, using: &generator)
                    default: UInt8.random(in: 0...255, using: &generator)
                    }
                changes.append((place, byte))
            }
            let time = clock.measure {
                if Self.readAll(MemorySource(bytes, changes: changes)) != untouched { damaged += 1 }
            }
            // Debug builds on a busy machine are slow; what matters is that there is an end.
            #expect(time < .seconds(20), "round \(round): \(changes)")
        }
        #expect(damaged > rounds / 10)
    }

    // MARK: Lies that were thought of

    private func ext(_ options: [String] = ["-t", "ext4", "-O", "^metadata_csum,^has_journal", "-b", "1024"]) throws
        -> (bytes: [UInt8], image: Image)
    {
        let image = try Image(options + ["-N", "128"], from: try Self.sample.get().path + "/tree", size: "4M")
        return (try [UInt8](Data(contentsOf: URL(fileURLWithPath: image.path))), image)
    }

    @Test(.enabled(if: Peers.ext, "debugfs and mke2fs (e2fsprogs) are not here"))
    func aDirectoryThatLeadsUpIsWalkedOnce() throws {
        let (_, image) = try ext()
        try run(["debugfs", "-w", "-R", "link / /a/b/c/up", image.path])
        try run(["debugfs", "-w", "-R", "link /a /a/b/again", image.path])
        let tree = GuestTree(root: try image.fileSystem())
        let report = try tree.walk { _ in .goOn }
        #expect(report.problems.map(\.place).sorted { $0! < $1! } == ["/a/b/again", "/a/b/c/up"])
        #expect(report.count < 60)
    }

    @Test(.enabled(if: Peers.ext, "debugfs and mke2fs (e2fsprogs) are not here"))
    func extentsThatLeadToThemselvesEnd() throws {
        let (bytes, image) = try ext()
        let fileSystem = try #require(try image.fileSystem() as? ExtFileSystem)
        let found = try #require(try GuestTree(root: fileSystem).find("/holes"))
        let inode = try fileSystem.inode(found.number)
        let child = UInt64(try inode.map.u32(16))
        // The node of leaves becomes one of indices that leads to itself, as deep as its parent says.
        var changes: [(place: Int, byte: UInt8)] = []
        let start = Int(child) * 1024
        for entry in 0..<84 {
            let pointer = [UInt8(truncatingIfNeeded: child), UInt8(truncatingIfNeeded: child >> 8), 0, 0, 0, 0]
            for (offset, byte) in pointer.enumerated() { changes.append((start + 12 + entry * 12 + 4 + offset, byte)) }
        }
        for depth: UInt8 in [0, 1, 4, 5, 255] {
            let lie = MemorySource(bytes, changes: changes + [(start + 6, depth)])
            let damaged = try #require(try FileSystems.open(lie))
            var buffer = [UInt8](repeating: 0, count: 4096)
            let answer = failure {
                try buffer.withUnsafeMutableBytes { try damaged.read(found.number, at: 0, into: $0) }
            }
            #expect(depth == 0 || answer.code == .refused)
        }
    }

    @Test(.enabled(if: Peers.ext, "debugfs and mke2fs (e2fsprogs) are not here"))
    func giganticSizesCostNothing() throws {
        let (_, image) = try ext()
        for size in ["0x7fffffffffffffff", "0xffffffffffffffff", "0x100000000000"] {
            try run(["debugfs", "-w", "-R", "sif /a/b/c/deep size \(size)", image.path])
            let tree = GuestTree(root: try image.fileSystem())
            let answer = failure { try tree.read("/a/b/c/deep") }
            #expect(answer.code == .refused)
        }
        try run(["debugfs", "-w", "-R", "sif /folder size 0x7ffffc00", image.path])
        Self.readAll(try FileSource(image.path))
        try run(["debugfs", "-w", "-R", "sif /link size 0xfffffff0", image.path])
        let tree = GuestTree(root: try image.fileSystem())
        #expect(failure { try tree.find("/link") }.message.contains("is not possible"))
    }

    @Test(.enabled(if: Peers.fat, "mkfs.fat (dosfstools) and mcopy (mtools) are not here"))
    func chainsThatLeadBackAreFound() throws {
        let image = try FATImage("16", size: "5M", options: ["-s", "1"])
        let sample = try Self.sample.get()
        try image.mtools(["mcopy", "-s", "-i", image.path, sample.path + "/tree/folder", "::/"])
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: image.path)))
        let fileSystem = try #require(try FATFileSystem(MemorySource(bytes)))
        let tree = GuestTree(root: fileSystem)
        for path in ["/folder", "/folder/file with a name 29"] {
            let found = try #require(try tree.find(path))
            let first = try fileSystem.firstCluster(of: found.number)
            var chain = FATChain(first)
            for _ in 0..<5 where path != "/folder" { _ = try chain.advance(in: fileSystem) }
            while path == "/folder", try chain.advance(in: fileSystem) {}
            // Its last, or fifth, cluster leads back to the first.
            let place = Int(fileSystem.boot.tableStart) + Int(chain.cluster) * 2
            let changes = [
                (place: place, byte: UInt8(truncatingIfNeeded: first)),
                (place: place + 1, byte: UInt8(truncatingIfNeeded: first >> 8)),
            ]
            let damaged = GuestTree(root: try #require(try FATFileSystem(MemorySource(bytes, changes: changes))))
            let answer = failure {
                path == "/folder" ? try damaged.find(path)?.path.utf8.count : try damaged.read(path)?.count
            }
            #expect(answer.message == "a chain of clusters leads back to itself", "\(path)")
        }
    }

    @Test(.enabled(if: Peers.ext, "debugfs and mke2fs (e2fsprogs) are not here"))
    func unknownFeaturesAreRefusedByName() throws {
        let (bytes, _) = try ext()
        for (bit, name) in [(0x1, "compression"), (0x1000, "dirdata"), (0x4000_0000, "FEATURE_I30")] {
            var changed = bytes
            let word = try bytes.u32(1024 + 0x60) | UInt32(bit)
            for byte in 0..<4 { changed[1024 + 0x60 + byte] = UInt8(truncatingIfNeeded: word >> (8 * byte)) }
            #expect(failure { try FileSystems.open(MemorySource(changed)) }.message.contains(name))
        }
    }

    @Test(.enabled(if: Peers.ext, "debugfs and mke2fs (e2fsprogs) are not here"))
    func wrongChecksumsAreNoticed() throws {
        let (bytes, image) = try ext(["-t", "ext4", "-O", "^has_journal", "-b", "1024"])
        let fileSystem = try #require(try image.fileSystem() as? ExtFileSystem)
        let found = try #require(try GuestTree(root: fileSystem).find("/folder"))
        let names = try fileSystem.run(at: 0, of: fileSystem.inode(found.number)).block ?? 0
        #expect(
            failure { try FileSystems.open(MemorySource(bytes, changes: [(1024 + 0x10, 0x77)])) }.message
                == "its checksum is wrong")
        let tree = GuestTree(
            root: try #require(try FileSystems.open(MemorySource(bytes, changes: [(Int(names) * 1024 + 9, 0x77)]))))
        #expect(failure { try tree.find("/folder/file with a name 1") }.message == "the checksum of its names is wrong")
    }

    @Test(.enabled(if: Peers.ext, "debugfs and mke2fs (e2fsprogs) are not here"))
    func anImageThatWasCutIsRefused() throws {
        let (bytes, _) = try ext()
        #expect(
            failure { try FileSystems.open(MemorySource(Array(bytes.prefix(3_000_000)))) }.hint?.contains("cut") == true
        )
        for count in [0, 1, 511, 512, 1023, 1024, 1500, 2047, 2048, 5000] {
            Self.readAll(MemorySource(Array(bytes.prefix(count))))
        }
    }
}
