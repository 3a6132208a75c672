import Blocks
import Documents
import Foundation
import TestSupport
import Testing

@testable import FileSystems

/// FAT images made by mkfs.fat and filled by mtools; every file is compared with what mtools and blkid say.
@Suite(.enabled(if: Peers.fat, "mkfs.fat (dosfstools) and mcopy (mtools) are not here"))
struct FATTests {
    static let environment = ["TZ": "UTC", "LC_ALL": "C.UTF-8", "MTOOLS_SKIP_CHECK": "1"]

    struct Kind: CustomTestStringConvertible {
        var width: String
        var size: String
        var options: [String] = []
        var testDescription: String { ([width, size] + options).joined(separator: " ") }
    }

    static let kinds: [Kind] = [
        Kind(width: "12", size: "3M"), Kind(width: "12", size: "4M", options: ["-s", "8"]),
        Kind(width: "16", size: "16M"), Kind(width: "16", size: "64M", options: ["-s", "16", "-f", "1"]),
        Kind(width: "16", size: "64M", options: ["-S", "2048"]), Kind(width: "32", size: "64M", options: ["-s", "1"]),
        Kind(width: "32", size: "300M"), Kind(width: "32", size: "300M", options: ["-S", "4096", "-s", "1"]),
    ]

    @Test(arguments: kinds) func everyFileIsAsMtoolsSays(_ kind: Kind) throws {
        let image = try FATImage(
            kind.width, size: kind.size, options: kind.options + ["-n", "EFI SYS", "-i", "1234ABCD"])
        let sample = try Scratch()
        try Self.fill(image, from: sample)

        let source = try FileSource(image.path)
        let fileSystem = try #require(try FileSystems.open(source) as? FATFileSystem)
        #expect(fileSystem.kind == "vfat")
        #expect(fileSystem.boot.width.rawValue == Int(kind.width))
        #expect(fileSystem.uuid == "1234-ABCD")
        #expect(fileSystem.label == "EFI SYS")

        let out = sample.path + "/out"
        try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: false)
        let copied = try image.mtools(["mcopy", "-s", "-n", "-m", "-i", image.path, "::/", out])
        try #require(copied.status == 0, "\(copied.output)")
        let expected = Set(try FileManager.default.subpathsOfDirectory(atPath: out).map { "/" + $0 })
        #expect(expected.count > 140)

        let tree = GuestTree(root: fileSystem)
        var files: [GuestTree.Found] = []
        let report = try tree.walk { found in
            files.append(found)
            return .goOn
        }
        for found in files {
            let attributes = try FileManager.default.attributesOfItem(atPath: out + found.path)
            let isDirectory = attributes[.type] as? FileAttributeType == .typeDirectory
            #expect((found.status.kind == .directory) == isDirectory, "\(found.path)")
            if !isDirectory {
                #expect(found.status.size == attributes[.size] as? UInt64)
                let modified = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970
                #expect(Double(found.status.modified) == modified, "\(found.path)")
                let contents = Data(try tree.read(found, limit: 1 << 24))
                #expect(contents == FileManager.default.contents(atPath: out + found.path), "\(found.path)")
            }
            #expect(try tree.find(found.path.uppercased())?.number == found.number, "\(found.path)")
        }
        #expect(report.isComplete, "\(report.problems)")
        #expect(Set(files.map(\.path)) == expected)
        // The short name of a long one leads to it as well.
        #expect(try tree.find("/LONGNA~1.TXT")?.number == tree.find("/long name with blanks.txt")?.number)
        #expect(try tree.find("/absent")?.path == nil)
    }

    private static func fill(_ image: FATImage, from sample: Scratch) throws {
        let big = pattern(200_000)
        let files: [String: [UInt8]] = [
            "UPPER.TXT": Array("upper".utf8), "lower.txt": Array("lower".utf8), "Mixed.Txt": Array("mixed".utf8),
            "long name with blanks.txt": Array("long".utf8), String(repeating: "x", count: 200): Array("x".utf8),
            "Übung-源代码-🙂.conf": Array("unicode".utf8), "empty": [], "big.bin": big, "noending": Array("n".utf8),
            "EFI/BOOT/BOOTX64.EFI": Array(big.prefix(12345)), "EFI/openEuler/grub.cfg": Array("set x".utf8),
            ".dot": Array("d".utf8), "a.b.c": Array("abc".utf8),
        ]
        for (name, bytes) in files { try sample.write("in/" + name, bytes) }
        for index in 0..<150 { try sample.write("in/many/a file of a full directory \(index)", "\(index)") }
        // Folder by folder, in order: mcopy -s takes names as they come, and gives up at some orders ("No directory slots").
        for folder in ["", "/EFI", "/EFI/BOOT", "/EFI/openEuler", "/many"] {
            let here = sample.path + "/in" + folder
            if !folder.isEmpty { try image.mtools(["mmd", "-i", image.path, "::" + folder]) }
            let names = try FileManager.default.contentsOfDirectory(atPath: here).sorted().filter {
                !["EFI", "BOOT", "openEuler", "many"].contains($0)
            }
            guard !names.isEmpty else { continue }
            let copied = try image.mtools(
                ["mcopy", "-m", "-i", image.path] + names.map { here + "/" + $0 } + ["::" + folder + "/"])
            guard copied.status == 0 else { throw Failure(.internal, copied.output) }
        }
        // Holes between files, and one file that fills them.
        for index in stride(from: 0, to: 40, by: 2) {
            try image.mtools(["mdel", "-i", image.path, "::/many/a file of a full directory \(index)"])
        }
        try sample.write("in2/fragments", pattern(150_000))
        try image.mtools(["mcopy", "-m", "-i", image.path, sample.path + "/in2/fragments", "::/"])
        try image.mtools(["mattrib", "+r", "-i", image.path, "::/UPPER.TXT"])
    }

    @Test func readOnlyFilesCannotBeWritten() throws {
        let image = try FATImage("16", size: "16M")
        let sample = try Scratch()
        try Self.fill(image, from: sample)
        let tree = GuestTree(root: try #require(try FileSystems.open(try FileSource(image.path))))
        #expect(try tree.find("/upper.txt")?.status.permissions == 0o555)
        #expect(try tree.find("/lower.txt")?.status.permissions == 0o755)
        #expect(try tree.list("/").contains("lower.txt"))
    }

    /// Linux's NT bits: mtools writes a name that is wholly of one case as a short one.
    @Test func shortNamesHaveTheCaseThatTheirBitsSay() {
        let field = Array("FILE    TXT".utf8)[...]
        #expect(FATName.short(field, lowerCase: 0) == "FILE.TXT")
        #expect(FATName.short(field, lowerCase: 0x08) == "file.TXT")
        #expect(FATName.short(field, lowerCase: 0x10) == "FILE.txt")
        #expect(FATName.short(field, lowerCase: 0x18) == "file.txt")
        #expect(FATName.short([0x05] + Array("BC     ".utf8) + Array("   ".utf8), lowerCase: 0) == "σBC")
    }

    @Test func pieceByPieceIsTheSameAsAtOnce() throws {
        let image = try FATImage("32", size: "64M", options: ["-s", "1"])
        let sample = try Scratch()
        try Self.fill(image, from: sample)
        let fileSystem = try #require(try FileSystems.open(try FileSource(image.path)))
        let tree = GuestTree(root: fileSystem)
        let found = try #require(try tree.find("/fragments"))
        let whole = try tree.read(found, limit: 1 << 20)
        #expect(whole == pattern(150_000))
        var generator = SeededGenerator(state: 1)
        for _ in 0..<300 {
            let start = Int.random(in: 0..<150_000, using: &generator)
            var piece = [UInt8](repeating: 0, count: Int.random(in: 1...5000, using: &generator))
            let count = try piece.withUnsafeMutableBytes {
                try fileSystem.read(found.number, at: UInt64(start), into: $0)
            }
            #expect(piece[..<count].elementsEqual(whole[start..<min(start + piece.count, whole.count)]))
        }
    }

    @Test(arguments: [("12", "2M"), ("16", "16M"), ("32", "64M")])
    func labelAndSerialAreAsBlkidPrintsThem(_ width: String, _ size: String) throws {
        for options in [["-n", "BOOT"], [], ["-i", "00000000"], ["-n", "a b", "-i", "DEADBEEF"]] {
            let image = try FATImage(width, size: size, options: options)
            let fileSystem = try #require(try FileSystems.open(try FileSource(image.path)))
            #expect(try blkid(image.path) == Identity(fileSystem), "\(options)")
        }
    }

    @Test func roomIsCounted() throws {
        for (width, size) in [("12", "3M"), ("16", "16M"), ("32", "64M")] {
            let image = try FATImage(width, size: size)
            let sample = try Scratch()
            try Self.fill(image, from: sample)
            let free = try image.mtools(["mdir", "-i", image.path, "::/"]).output
                .split(separator: "\n").last { $0.contains("bytes free") }
            let digits = free.map { $0.filter(\.isNumber) } ?? ""
            let facts = try #require(try FileSystems.open(try FileSource(image.path))).facts(partition: 1)
            #expect(facts.free.value == UInt64(digits))
            #expect(facts.clean.value == true)
            #expect(facts.features.value == ["fat\(width)"])
        }
    }
}

/// An image that mkfs.fat made.
struct FATImage {
    let scratch: Scratch
    let path: String

    init(_ width: String, size: String, options: [String] = []) throws {
        scratch = try Scratch()
        path = scratch.path + "/image"
        try run(["truncate", "-s", size, path])
        let answer = try run(["mkfs.fat", "-F", width] + options + [path])
        guard answer.status == 0 else { throw Failure(.internal, "mkfs.fat: \(answer.output)") }
    }

    @discardableResult
    func mtools(_ command: [String]) throws -> Answer { try run(command, environment: FATTests.environment) }
}

/// How a file system is known to fstab.
struct Identity: Equatable {
    var kind: String?
    var label: String?
    var uuid: String?

    init(kind: String?, label: String?, uuid: String?) { (self.kind, self.label, self.uuid) = (kind, label, uuid) }
    init(_ fileSystem: any FileSystem) {
        self.init(kind: fileSystem.kind, label: fileSystem.label, uuid: fileSystem.uuid)
    }
    init(_ signature: Signature) { self.init(kind: signature.kind, label: signature.label, uuid: signature.uuid) }
}

func blkid(_ path: String) throws -> Identity {
    var values: [String: String] = [:]
    for line in try run(["blkid", "-p", "-o", "export", path]).output.split(separator: "\n") {
        let pair = line.split(separator: "=", maxSplits: 1).map(String.init)
        // What a shell would take for its own is escaped.
        if pair.count == 2 { values[pair[0]] = pair[1].replacing("\\", with: "") }
    }
    return Identity(kind: values["TYPE"], label: values["LABEL"], uuid: values["UUID"])
}
