import Blocks
import Documents
import Foundation
import TestSupport
import Testing

/// Every format of one disk has its bytes and its holes, as qemu-img sees them.
@Suite(.enabled(if: Peers.hasQemu, "qemu-img (qemu-utils) is not here"))
struct FormatTests {
    struct Form: Sendable, CustomTestStringConvertible {
        var format: String
        var variant: String?
        /// As qemu-img calls it.
        var peer: String
        var arguments: [String]
        var compression: String?
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let forms = [
        Form(format: "raw", peer: "raw", arguments: ["-O", "raw"]),
        Form(format: "qcow2", variant: "v3", peer: "qcow2", arguments: ["-O", "qcow2"], compression: "zlib"),
        Form(
            format: "qcow2", variant: "v2", peer: "qcow2", arguments: ["-O", "qcow2", "-o", "compat=0.10"],
            compression: "zlib"),
        Form(
            format: "qcow2", variant: "v3", peer: "qcow2", arguments: ["-O", "qcow2", "-c"], compression: "zlib"),
        Form(
            format: "qcow2", variant: "v2", peer: "qcow2", arguments: ["-O", "qcow2", "-c", "-o", "compat=0.10"],
            compression: "zlib"),
        Form(
            format: "qcow2", variant: "v3", peer: "qcow2",
            arguments: ["-O", "qcow2", "-c", "-o", "compression_type=zstd"], compression: "zstd"),
        Form(
            format: "qcow2", variant: "v3", peer: "qcow2",
            arguments: ["-O", "qcow2", "-c", "-W", "-m", "8", "-o", "compression_type=zstd,cluster_size=2M"],
            compression: "zstd"),
        Form(
            format: "qcow2", variant: "v3", peer: "qcow2", arguments: ["-O", "qcow2", "-o", "cluster_size=512"],
            compression: "zlib"),
        Form(
            format: "qcow2", variant: "v3", peer: "qcow2", arguments: ["-O", "qcow2", "-c", "-o", "cluster_size=4k"],
            compression: "zlib"),
        Form(
            format: "qcow2", variant: "v3", peer: "qcow2",
            arguments: ["-O", "qcow2", "-o", "preallocation=metadata"], compression: "zlib"),
        Form(
            format: "qcow2", variant: "v3", peer: "qcow2",
            arguments: ["-O", "qcow2", "-o", "lazy_refcounts=on,refcount_bits=1"], compression: "zlib"),
        Form(
            format: "vhd", variant: "fixed", peer: "vpc",
            arguments: ["-O", "vpc", "-o", "subformat=fixed,force_size=on"]),
        Form(
            format: "vhd", variant: "dynamic", peer: "vpc",
            arguments: ["-O", "vpc", "-o", "subformat=dynamic,force_size=on"]),
        Form(format: "vhdx", variant: "dynamic", peer: "vhdx", arguments: ["-O", "vhdx"]),
        Form(
            format: "vhdx", variant: "dynamic", peer: "vhdx", arguments: ["-O", "vhdx", "-o", "block_size=1M"]),
        Form(
            format: "vhdx", variant: "dynamic", peer: "vhdx", arguments: ["-O", "vhdx", "-o", "subformat=fixed"]),
        Form(
            format: "vmdk", variant: "monolithicSparse", peer: "vmdk",
            arguments: ["-O", "vmdk", "-o", "subformat=monolithicSparse"]),
        Form(
            format: "vmdk", variant: "monolithicSparse", peer: "vmdk",
            arguments: ["-O", "vmdk", "-o", "subformat=monolithicSparse,zeroed_grain=on"]),
        Form(
            format: "vmdk", variant: "streamOptimized", peer: "vmdk",
            arguments: ["-O", "vmdk", "-o", "subformat=streamOptimized"], compression: "deflate"),
    ]

    @Test(arguments: forms) func aFormatHasTheBytesAndTheHolesOfItsDisk(_ form: Form) throws {
        // No whole number of clusters, blocks or grains.
        let sample = try Sample(size: (9 << 20) + 3 * 512)
        let path = try sample.converted("image." + form.peer, form.arguments)
        let file = try OpenFile(path)
        let disk = try DiskImage(descriptor: file.descriptor)
        let size = try virtualSize(path, form.peer)
        #expect(disk.size == size)
        let facts = disk.surveyed()
        #expect(facts.format.value == form.format)
        #expect(facts.variant.value == form.variant)
        #expect(facts.compression.value == form.compression)
        #expect(facts.virtualSize.value == disk.size)
        #expect(facts.clean.value == true)
        #expect(facts.defects.value == [])

        let bytes = try disk.bytes(at: 0, count: Int(disk.size))
        #expect(bytes[..<sample.content.count].elementsEqual(sample.content))
        #expect(bytes[sample.content.count...].allSatisfy { $0 == 0 })

        // In pieces that begin and end anywhere.
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let start = Int.random(in: 0..<bytes.count, using: &generator)
            let count = Int.random(in: 1...min(bytes.count - start, 200_000), using: &generator)
            try #require(try disk.bytes(at: UInt64(start), count: count).elementsEqual(bytes[start..<start + count]))
        }
        #expect(failure { try disk.bytes(at: disk.size - 1, count: 2) }.code == .refused)
        #expect(failure { try disk.bytes(at: .max, count: 1) }.code == .refused)

        // What we call a hole reads as zeros, all of the disk is told, and qemu knows the same holes.
        let found = try extents(disk)
        #expect(found.last.map { $0.offset + $0.length } == disk.size)
        for extent in found where extent.isHole {
            #expect(bytes[Int(extent.offset)..<Int(extent.offset + extent.length)].allSatisfy { $0 == 0 })
        }
        // qemu has no map of VHDX: all of it is data there. Of a fixed VHD it tells the blocks of the file system below.
        if form.peer != "vhdx" && form.variant != "fixed" { #expect(found == (try map(path, form.peer))) }
        let data = found.filter { !$0.isHole }
        #expect(facts.usedSize.value == data.reduce(0) { $0 + $1.length })
        #expect(
            facts.extents.value
                == data.prefix(DiskFacts.extentLimit).map { DataExtent(offset: $0.offset, length: $0.length) })
        #expect(try disk.extent(at: disk.size) == nil)
    }

    private func virtualSize(_ path: String, _ format: String) throws -> UInt64 {
        struct Info: Decodable {
            var size: UInt64
            enum CodingKeys: String, CodingKey { case size = "virtual-size" }
        }
        let answer = try run(["qemu-img", "info", "--output=json", "-f", format, path])
        return try JSONDecoder().decode(Info.self, from: Data(answer.output.utf8)).size
    }

    /// qemu rounds a VHD's size up to what cylinders, heads and sectors can say.
    @Test(arguments: ["fixed", "dynamic"]) func aDiskOfCylindersHasQemusSize(_ subformat: String) throws {
        let sample = try Sample()
        let path = try sample.converted("disk.vhd", ["-O", "vpc", "-o", "subformat=\(subformat)"])
        let file = try OpenFile(path)
        let disk = try DiskImage(descriptor: file.descriptor)
        #expect(disk.size == (try virtualSize(path, "vpc")))
        #expect(try disk.bytes(at: 0, count: sample.content.count) == sample.content)
    }

    /// Clusters that are written one sector at a time, zeroed, given back: what a guest does to its disk.
    @Test(.enabled(if: Peers.hasIO, "qemu-io (qemu-utils) is not here"), arguments: ["qcow2", "vpc", "vhdx", "vmdk"])
    func aDiskThatWasWorkedOnReadsAsQemuReadsIt(_ format: String) throws {
        let scratch = try Scratch()
        let (path, raw) = (scratch.path + "/disk", scratch.path + "/raw")
        try #require(try run(["qemu-img", "create", "-q", "-f", format, path, "40M"]).status == 0)
        var commands = [
            "write -P 0x11 1M 512", "write -P 0x22 5M 3M", "write -z 6M 256k", "write -P 0x33 39M 1k",
            "write -P 0x44 20971008 1024",
        ]
        if format == "qcow2" { commands += ["discard 5M 128k", "write -c -P 0x55 10M 64k", "write -z -u 7M 64k"] }
        let done = try run(["qemu-io", "-f", format] + commands.flatMap { ["-c", $0] } + [path])
        try #require(done.status == 0, "\(done.output)")
        try #require(try run(["qemu-img", "convert", "-f", format, "-O", "raw", path, raw]).status == 0)
        let (file, other) = (try OpenFile(path), try OpenFile(raw))
        let disk = try DiskImage(descriptor: file.descriptor)
        let witness = try DiskImage(descriptor: other.descriptor)
        #expect(disk.size == witness.size)
        #expect(
            try disk.bytes(at: 0, count: Int(disk.size)) == (try witness.bytes(at: 0, count: Int(witness.size))))
        // qemu has no map of VHDX: all of it is data there.
        if format != "vhdx" {
            let (ours, peers) = (try extents(disk), try map(path, format))
            #expect(ours == peers)
        }
        #expect(disk.surveyed().defects.value == [])
    }

    /// Many threads, one image, packed clusters.
    @Test func threadsShareAnImage() async throws {
        let sample = try Sample()
        let path = try sample.converted("disk.qcow2", ["-O", "qcow2", "-c", "-o", "compression_type=zstd"])
        let file = try OpenFile(path)
        let disk = try DiskImage(descriptor: file.descriptor)
        let content = sample.content
        let wrong = await withTaskGroup(of: Int.self) { group in
            for number in 0..<8 {
                group.addTask {
                    var place = number * 4099
                    var wrong = 0
                    while place + 5000 < content.count {
                        if (try? disk.bytes(at: UInt64(place), count: 5000)) != Array(content[place..<place + 5000]) {
                            wrong += 1
                        }
                        place += 60013
                    }
                    return wrong
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
        withExtendedLifetime(file) {}
    }

    @Test func snapshotsAreCounted() throws {
        let sample = try Sample(size: 1 << 20)
        let path = try sample.converted("disk.qcow2", ["-O", "qcow2"])
        for name in ["one", "two"] {
            try #require(try run(["qemu-img", "snapshot", "-c", name, path]).status == 0)
        }
        let file = try OpenFile(path)
        #expect(try DiskImage(descriptor: file.descriptor).facts.snapshots.value == 2)
    }

    /// qemu-img converts a file that was cut without a word; our facts have one.
    @Test(arguments: [["-O", "qcow2"], ["-O", "vmdk"], ["-O", "vhdx", "-o", "block_size=1M"]])
    func aFileThatWasCutIsToldByItsTables(_ arguments: [String]) throws {
        let sample = try Sample()
        let path = try sample.converted("disk", arguments)
        let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        try #require(try run(["truncate", "-s", "\(size - (1 << 20))", path]).status == 0)
        let file = try OpenFile(path)
        let disk = try DiskImage(descriptor: file.descriptor)
        let defects = disk.surveyed().defects.value ?? []
        #expect(defects.contains { $0.contains("past the file's end") }, "\(defects)")
        #expect(failure { try disk.bytes(at: 0, count: Int(disk.size)) }.code == .refused)
    }
}
