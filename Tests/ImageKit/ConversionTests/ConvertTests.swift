import Documents
import Foundation
import Programs
import TestSupport
import Testing

@testable import Conversion

/// Disk images made into each format by the real qemu-img, and what is refused.
@Suite("Conversions", .enabled(if: has("qemu-img"), "install qemu-utils or qemu-img"))
struct ConvertTests {
    @Test(
        "Each format holds the same disk, by qemu-img's own judgement", arguments: TargetFormat.allCases,
        ["qcow2", "raw"])
    func formats(_ format: TargetFormat, _ from: String) async throws {
        let scratch = try Scratch()
        let path = try disk(scratch, from)
        let target = "\(scratch.path)/result"
        let result = try await Conversion(source(path), to: target, format).run(read: read)
        let whole = format == .vhd ? 6 << 20 : (5 << 20) + 512
        #expect(result.virtualSize == UInt64(whole))
        // A fixed VHD is told by the size in its footer.
        let word = try QemuImage(target, try facts(target).disk).word()
        try told("qemu-img", "compare", "-f", "raw", "\(scratch.path)/plain.raw", word)
        let info = try JSON(text: told("qemu-img", "info", "--output=json", "-f", format.driver, target))
        #expect(info["virtual-size"]?.integer == Int64(whole), "\(info)")
        #expect(try facts(target).disk.map(format.isFound) == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).allSatisfy { !$0.hasPrefix(".") })
        var status = stat()
        #expect(stat(target, &status) == 0 && status.st_mode & 0o777 == 0o644)
        if format == .raw { #expect(result.usedSize < result.fileSize / 10) }
    }

    @Test("A VHD is whole MiB and a footer: its bytes are the disk's")
    func vhd() async throws {
        let scratch = try Scratch()
        let target = "\(scratch.path)/a.vhd"
        _ = try await Conversion(source(disk(scratch)), to: target, .vhd).run(read: read)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: target))
        let plain = try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/plain.raw"))
        #expect(bytes.count == (6 << 20) + 512 && bytes.prefix(plain.count) == plain)
        #expect(bytes.suffix(512).starts(with: Array("conectix".utf8)))
    }

    @Test(
        "A file that was cut is refused, which qemu-img itself may convert",
        arguments: [("qcow2", 70_000), ("vmdk", 70_000), ("vhdx", 5 << 20)])
    func truncated(_ format: String, _ cut: Int) async throws {
        let scratch = try Scratch()
        let path = try disk(scratch, format)
        let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        #expect(truncate(path, size - cut) == 0)
        let target = "\(scratch.path)/a.raw"
        let failure = await failed { try await Conversion(source(path), to: target, .raw).run(read: read) }
        #expect(failure.code == .refused, "\(failure)")
        #expect(!FileManager.default.fileExists(atPath: target))
    }

    @Test("A byte that differs is found in each part of a large file", arguments: [nil, 1, 50, 79])
    func compared(_ place: Int?) async throws {
        let scratch = try Scratch()
        let (one, other) = ("\(scratch.path)/one", "\(scratch.path)/other")
        try told("sh", "-c", "head -c 80M /dev/urandom > \(one)")
        try told("cp", one, other)
        if let place {
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: other))
            try file.seek(toOffset: UInt64(place) << 20)
            let byte = try #require(try file.read(upToCount: 1)?.first)
            try file.seek(toOffset: UInt64(place) << 20)
            try file.write(contentsOf: [~byte])
            try file.close()
        }
        func image(_ path: String) throws -> QemuImage {
            try QemuImage(path, format: "raw", variant: nil, virtualSize: 80 << 20)
        }
        let comparison = Comparison(try image(one), try image(other))
        let program = try Program.qemuImage(search: Program.search)
        guard place != nil else { return try await comparison.run(program) }
        #expect(await failed { try await comparison.run(program) }.code == .refused)
    }

    @Test("A qcow2 whose counts are broken is refused")
    func corrupt() async throws {
        let scratch = try Scratch()
        let path = try disk(scratch)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        // The first refcount block is the third cluster of a new image.
        try file.seek(toOffset: 2 << 16)
        try file.write(contentsOf: Data(repeating: 0, count: 64))
        try file.close()
        #expect(try run(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", path, "\(scratch.path)/b"]).status == 0)
        let failure = await failed { try await source(path) }
        #expect(failure.code == .refused && failure.message.contains("damaged"), "\(failure)")
    }

    @Test("An image that names another file is refused, and that file read by nobody", arguments: ["backing", "data"])
    func others(_ kind: String) async throws {
        let scratch = try Scratch()
        let secret = try scratch.write("secret", String(repeating: "secret! ", count: 64))
        let path = "\(scratch.path)/a.qcow2"
        if kind == "backing" {
            try told("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", secret, path)
        } else {
            try told("qemu-img", "create", "-q", "-f", "qcow2", "-o", "data_file=\(secret)", path, "1M")
        }
        let failure = await failed { try await source(path) }
        #expect(failure.code == .refused, "\(failure)")
    }

    @Test("What stands there is replaced only by force, and never by itself")
    func taken() async throws {
        let scratch = try Scratch()
        let path = try disk(scratch)
        let target = try scratch.write("a.raw", "mine")
        var failure = await failed { try await Conversion(source(path), to: target, .raw).run(read: read) }
        #expect(failure.code == .usage && failure.hint?.contains("--force") == true)
        #expect(try scratch.text("a.raw") == "mine")
        _ = try await Conversion(source(path), to: target, .raw, isForced: true).run(read: read)
        #expect(try facts(target).disk?.virtualSize.value == (5 << 20) + 512)
        failure = await failed { try await Conversion(source(path), to: path, .raw, isForced: true).run(read: read) }
        #expect(failure.code == .usage && failure.message.contains("same file"))
    }

    @Test("What was asked for and what was made are compared: a reader that finds another disk lets nothing pass")
    func judged() async throws {
        let scratch = try Scratch()
        let path = try disk(scratch)
        let target = "\(scratch.path)/a.raw"
        let failure = await failed {
            try await Conversion(source(path), to: target, .raw).run(read: { _ in
                DiskFacts(format: "raw", variant: nil, fileSize: 512, virtualSize: 512)
            })
        }
        #expect(failure.code == .refused && !FileManager.default.fileExists(atPath: target))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() == ["plain.raw", "source.qcow2"])
    }

    @Test("What a killed process left is removed by the next")
    func swept() async throws {
        let scratch = try Scratch()
        let path = try disk(scratch)
        try scratch.write(".a.raw.123.part", "left")
        try scratch.write(".a.raw.mine.part", "not ours")
        _ = try await Conversion(source(path), to: "\(scratch.path)/a.raw", .raw).run(read: read)
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()
        #expect(names == [".a.raw.mine.part", "a.raw", "plain.raw", "source.qcow2"])
    }

    @Test("A name's ending chooses the format")
    func endings() {
        #expect(TargetFormat(fileName: "a.QCOW2") == .qcow2 && TargetFormat(fileName: "a.img") == .raw)
        #expect(TargetFormat(fileName: "a.vmdk") == .vmdk && TargetFormat(fileName: "qcow2") == nil)
    }
}

/// The failure that it throws.
func failed<Value: Sendable>(_ body: () async throws -> Value) async -> Failure {
    do {
        _ = try await body()
        return Failure(.internal, "nothing was thrown")
    } catch {
        return error as? Failure ?? Failure(.internal, "not a Failure: \(error)")
    }
}
