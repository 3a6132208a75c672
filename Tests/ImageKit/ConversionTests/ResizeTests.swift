import Documents
import Foundation
import Programs
import TestSupport
import Testing

@testable import Conversion

/// The shapes that make-image makes in a second, made once.
private actor Made {
    static let shared = Made()
    private var scratch: Scratch?
    private var paths: [String: String] = [:]

    func path(_ shape: String) throws -> String {
        if let path = paths[shape] { return path }
        let scratch = try scratch ?? Scratch()
        self.scratch = scratch
        let path = "\(scratch.path)/\(shape).qcow2"
        try told("\(root)/Tests/Images/make-image", shape, path)
        paths[shape] = path
        return path
    }
}

/// Disks that grow and shrink with their table and file system, judged by sgdisk, sfdisk, e2fsck and qemu-img.
@Suite(
    "Sizes of disks", .serialized,
    .enabled(
        if: isRoot && has("qemu-img", "resize2fs", "sfdisk", "sgdisk", "mke2fs", "mcopy", "grub-mkimage", "debugfs"),
        "run as root, with qemu-img, e2fsprogs, fdisk, gdisk, mtools and GRUB"))
struct ResizeTests {
    private static let mebibyte: UInt64 = 1 << 20

    @discardableResult
    private func resize(
        _ path: String, _ mebibytes: UInt64, _ target: String, _ format: TargetFormat = .qcow2
    ) async throws -> Layout {
        let layout = try Layout(facts(path), size: mebibytes << 20, place: path)
        _ = try await Resizing(source(path), layout, to: target, format).run(read: read)
        return layout
    }

    /// The disk is sound by everybody's word, and the root has its files.
    private func judge(_ path: String, _ layout: Layout, _ mebibytes: UInt64) throws {
        let scratch = try Scratch()
        let (raw, root) = ("\(scratch.path)/disk.raw", "\(scratch.path)/root.raw")
        try told("qemu-img", "check", path)
        try told("qemu-img", "convert", "-f", "qcow2", "-O", "raw", path, raw)
        let size = try #require(FileManager.default.attributesOfItem(atPath: raw)[.size] as? UInt64)
        #expect(size == mebibytes << 20)
        let dump = try JSON(text: told("sfdisk", "-J", raw))
        let last = try #require(dump["partitiontable"]?["partitions"]?.array?.last)
        #expect(
            last["start"]?.integer == Int64(layout.start / 512) && last["size"]?.integer == Int64(layout.newSize / 512))
        #expect((layout.start + layout.newSize) % Self.mebibyte == 0)
        if layout.table == .gpt {
            #expect(try told("sgdisk", "-v", raw).contains("No problems found"))
        } else {
            try told("sfdisk", "-V", raw)
        }
        try told("sh", "-c", "tail -c +\(layout.start + 1) \(raw) | head -c \(layout.newSize) >\(root)")
        try told("e2fsck", "-fn", root)
        let blocks = try told(
            "sh", "-c",
            "dumpe2fs -h \(root) 2>/dev/null | sed -n 's/^Block \\(count\\|size\\): *//p' | paste -sd'*' | bc")
        let whole = UInt64(blocks.split(separator: "\n").first ?? "")
        #expect(whole == layout.newSize)
        #expect(try told("debugfs", "-R", "cat /etc/os-release", root).contains("PRETTY_NAME"))
        #expect(try facts(path).partitions?.defects.value == [])
    }

    @Test("A disk grows and shrinks with what is in it", arguments: ["tiny", "tiny-openeuler"], [0, 200] as [UInt64])
    func both(_ shape: String, _ more: UInt64) async throws {
        let scratch = try Scratch()
        let path = try await Made.shared.path(shape)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let now = try #require(try facts(path).disk?.virtualSize.value) >> 20
        let wanted = more > 0 ? now + more : now - 8
        let target = "\(scratch.path)/result.qcow2"
        let layout = try await resize(path, wanted, target)
        try judge(target, layout, wanted)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["result.qcow2"])
    }

    @Test("Below what resize2fs needs it is refused, and what is named instead works")
    func smallest() async throws {
        let scratch = try Scratch()
        let path = try await Made.shared.path("tiny")
        let target = "\(scratch.path)/result.qcow2"
        let failure = await failed { try await resize(path, 40, target) }
        #expect(failure.code == .usage && failure.message.contains("needs at least"), "\(failure)")
        let words = try #require(failure.hint?.split(separator: " ").last?.dropLast())
        let smallest = try #require(UInt64(words))
        let layout = try await resize(path, smallest, target)
        try judge(target, layout, smallest)
        #expect(await failed { try await resize(path, smallest - 1, "\(scratch.path)/b.qcow2") }.code == .usage)
    }

    @Test("A path that e2fsck would misread is refused by that name, and nothing is left")
    func questionMark() async throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/a.raw"
        try told("mke2fs", "-q", "-t", "ext4", path, "16M")
        let failure = await failed { try await resize(path, 64, "\(scratch.path)/b?.raw", .raw) }
        #expect(failure.code == .usage && failure.message.contains("question mark"), "\(failure)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["a.raw"])
    }

    @Test("The source is never replaced, by whatever name it is called")
    func itself() async throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/a.raw"
        try told("mke2fs", "-q", "-t", "ext4", path, "16M")
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let names = [path, "\(scratch.path)/symbolic.raw", "\(scratch.path)/hard.raw"]
        #expect(symlink(path, names[1]) == 0 && link(path, names[2]) == 0)
        let layout = try Layout(facts(path), size: 64 << 20, place: path)
        for name in names {
            let failure = await failed {
                try await Resizing(source(path), layout, to: name, .raw, isForced: true).run(read: read)
            }
            #expect(failure.code == .usage && failure.message.contains("same file"), "\(failure)")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).count == 3)
    }

    @Test("A file system without a table is resized as a whole, and a damaged one refused")
    func whole() async throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/a.raw"
        try told("mke2fs", "-q", "-t", "ext4", path, "16M")
        let target = "\(scratch.path)/b.raw"
        try await resize(path, 64, target, .raw)
        try told("e2fsck", "-fn", target)
        #expect(try told("sh", "-c", "dumpe2fs -h \(target) 2>/dev/null | grep '^Block count'").contains("65536"))
        // The group descriptors, and their copies.
        try told("sh", "-c", "dd if=/dev/urandom of=\(path) bs=1k seek=2 count=300 conv=notrunc 2>/dev/null")
        let failure = await failed { try await resize(path, 64, "\(scratch.path)/c.raw", .raw) }
        #expect(failure.code == .refused && failure.message.contains("damaged"), "\(failure)")
        // What e2fsck found, not what it says that people should do.
        #expect(!failure.message.contains("without -a") && !failure.message.contains(scratch.path), "\(failure)")
    }
}

/// The arithmetic, of tables that no image needs to be made for.
@Suite("Layouts of disks")
struct LayoutTests {
    private func facts(
        _ table: PartitionTable, _ parts: [(UInt64, UInt64, Partition.Role)], disk: UInt64, kind: String = "ext4"
    ) -> ImageFacts {
        var facts = ImageFacts()
        facts.disk = DiskFacts(format: "raw", variant: nil, fileSize: disk << 20, virtualSize: disk << 20)
        let partitions = parts.enumerated().map {
            Partition(
                number: $0.offset + 1, start: $0.element.0 << 20, size: $0.element.1 << 20, type: "83",
                role: $0.element.2, uuid: "")
        }
        facts.partitions = PartitionFacts(table: .known(table), partitions: .known(partitions), defects: .known([]))
        let volume = VolumeFacts(partition: parts.count, kind: .known(kind), unknown: "-")
        facts.mounts = MountFacts(volumes: .known([volume]), mounts: .unknown("-"), unmounted: .known([]))
        return facts
    }

    private func layout(_ facts: ImageFacts, _ mebibytes: UInt64) throws -> Layout {
        try Layout(facts, size: mebibytes << 20, place: "a")
    }

    @Test("A GPT's last MiB is its copy's, an MBR has none")
    func ends() throws {
        let parts: [(UInt64, UInt64, Partition.Role)] = [(1, 9, .efiSystem), (10, 80, .linux)]
        #expect(try layout(facts(.gpt, parts, disk: 100), 200).newSize == 189 << 20)
        #expect(try layout(facts(.mbr, parts, disk: 100), 200).newSize == 190 << 20)
        #expect(try layout(facts(.gpt, parts, disk: 100), 200).smallest(5 << 20) == 16 << 20)
        #expect(try layout(facts(.mbr, parts, disk: 100), 200).smallest((5 << 20) - 1) == 15 << 20)
    }

    @Test("What is no ext keeps its size, and is not cut")
    func others() throws {
        let facts = facts(.gpt, [(1, 9, .efiSystem), (10, 80, .linux)], disk: 100, kind: "xfs")
        #expect(try layout(facts, 200).newSize == 80 << 20)
        #expect(try layout(facts, 91).newSize == 80 << 20)
        #expect(failure { try layout(facts, 90) }.code == .usage)
    }

    @Test("Tables that lie, logical partitions and sizes beyond a table are refused")
    func hostile() {
        let parts: [(UInt64, UInt64, Partition.Role)] = [(1, 9, .efiSystem), (10, 80, .linux)]
        #expect(
            failure { try layout(facts(.gpt, [(1, 20, .linux), (10, 80, .linux)], disk: 100), 200) }.code == .refused)
        #expect(
            failure { try layout(facts(.gpt, [(1, 9, .linux), (10, 99, .linux)], disk: 100), 200) }.code == .refused)
        #expect(
            failure { try layout(facts(.mbr, [(1, 9, .extended), (10, 80, .linux)], disk: 100), 200) }.code == .refused)
        #expect(failure { try layout(facts(.mbr, parts, disk: 100), 3 << 20) }.code == .usage)
        #expect(failure { try Layout(facts(.gpt, parts, disk: 100), size: (200 << 20) + 1, place: "a") }.code == .usage)
        #expect(failure { try layout(facts(.gpt, parts, disk: 100), 10) }.code == .usage)
        #expect(failure { try layout(ImageFacts(), 10) }.code == .refused)
    }

    @Test(
        "Sizes are read as people write them",
        arguments: [
            ("40G", 40 << 30), ("4096M", 4 << 30), ("1TiB", 1 << 40), ("512k", 512 << 10), ("1048576", 1 << 20),
        ]
            as [(String, UInt64)])
    func sizes(_ text: String, _ bytes: UInt64) throws {
        #expect(try DiskSize(text).size(from: 5) == bytes)
        #expect(try DiskSize("+\(text)").size(from: 5) == bytes + 5)
    }

    @Test("What is no size is none", arguments: ["", "G", "-1G", "1.5G", "4X", "0", "99999999999999T", "١G", "+"])
    func wrong(_ text: String) { #expect(failure { try DiskSize(text) }.code == .usage) }
}
