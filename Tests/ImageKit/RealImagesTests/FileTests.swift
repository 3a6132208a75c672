import Blocks
import Digest
import Documents
import FileSystems
import Foundation
import Inspection
import Partitions
import TestSupport
import Testing

/// Every file of two real images, as debugfs and mtools see it.
@Suite(
    "Every file of real images", .enabled(if: RealImages.areThere, "no images of packages: the reason is printed above")
)
struct FileTests {
    private func tree(_ opened: Opened, _ number: Int) throws -> GuestTree {
        let volumes = PartitionReader(opened.inspection.blocks).read().volumes
        let volume = try #require(volumes.first { $0.partition == number })
        return GuestTree(root: try #require(volume.fileSystem))
    }

    private func compare(_ ours: Set<String>, _ theirs: Set<String>) {
        let (more, less) = (ours.subtracting(theirs).sorted(), theirs.subtracting(ours).sorted())
        #expect(more.isEmpty && less.isEmpty, "\(more.count) of ours: \(more.prefix(5)); of theirs: \(less.prefix(5))")
    }

    @Test("names, kinds, modes, owners, sizes, times, links and bytes of the root", arguments: RealImage.compared)
    func root(_ image: RealImage) throws {
        let peer = try Peer.of(image)
        let opened = try Opened(image)
        defer { withExtendedLifetime(opened) {} }
        let tree = try tree(opened, image.root.number)
        var ours: Set<String> = []
        let report = try tree.walk { found throws(Failure) in
            let status = found.status
            let last: String =
                switch status.kind {
                case .file: sha256(try tree.read(found, limit: 1 << 30)).hex
                case .symlink: String(decoding: try found.fileSystem.target(of: found.number), as: UTF8.self)
                default: ""
                }
            let fields: [String] = [
                found.path, "\(status.kind)", String(status.permissions, radix: 8), "\(status.user)", "\(status.group)",
                "\(status.size)", "\(status.modified)", "\(status.links)", last,
            ]
            ours.insert(fields.joined(separator: "\t"))
            return .goOn
        }
        #expect(report.isComplete, "\(report.problems)")
        #expect(ours.count > 15_000)
        print("\(image.rawValue): \(ours.count) files of the root compared with debugfs")
        compare(ours, try peer.lines("ext.txt"))
    }

    @Test("names, sizes, times and bytes of /boot and the ESP", arguments: RealImage.compared)
    func fat(_ image: RealImage) throws {
        let peer = try Peer.of(image)
        let opened = try Opened(image)
        defer { withExtendedLifetime(opened) {} }
        let tree = try tree(opened, image.fat.number)
        var ours: Set<String> = []
        let report = try tree.walk { found throws(Failure) in
            let isFile = found.status.kind == .file
            let fields =
                isFile
                ? [
                    found.path, "file", "\(found.status.size)", "\(found.status.modified)",
                    sha256(try tree.read(found, limit: 1 << 30)).hex,
                ] : [found.path, "\(found.status.kind)"]
            ours.insert(fields.joined(separator: "\t"))
            return .goOn
        }
        #expect(report.isComplete)
        #expect(ours.count >= (image == .openEuler ? 12 : 3))
        compare(ours, try peer.lines("fat.txt"))
    }

    @Test("the disk's stretches and their bytes are qemu-img's", arguments: RealImage.compared)
    func disk(_ image: RealImage) throws {
        let peer = try Peer.of(image)
        let opened = try Opened(image)
        defer { withExtendedLifetime(opened) {} }
        let disk = opened.inspection.blocks
        let info = try JSONDecoder().decode(
            JSON.self,
            from: Data(try peer.ask(["qemu-img", "info", "--output=json", RealImages.path(image)]).joined().utf8))
        let facts = disk.surveyed()
        #expect(facts.format.value == info["format"]?.string)
        #expect(disk.size == info["virtual-size"]?.integer.map(UInt64.init))
        var stretches: [(start: UInt64, length: UInt64)] = []
        var place: UInt64 = 0
        while let extent = try disk.extent(at: place) {
            place = extent.offset + extent.length
            guard !extent.isHole else { continue }
            if let last = stretches.last, last.start + last.length == extent.offset {
                stretches[stretches.count - 1].length += extent.length
            } else {
                stretches.append((extent.offset, extent.length))
            }
        }
        var ours: [String] = []
        for (start, length) in stretches {
            var hasher = Hasher()
            var at: UInt64 = 0
            while at < length {
                let bytes = try disk.bytes(at: start + at, count: Int(min(1 << 20, length - at)))
                bytes.withUnsafeBytes { hasher.update($0) }
                at += UInt64(bytes.count)
            }
            ours.append("\(start)\t\(length)\t\(hasher.finalize().hex)")
        }
        let theirs = try peer.script("data", RealImages.path(image), peer.raw)
        #expect(ours == theirs)
    }

    @Test("the partitions are sfdisk's", arguments: RealImage.compared)
    func partitions(_ image: RealImage) throws {
        let peer = try Peer.of(image)
        let opened = try Opened(image)
        defer { withExtendedLifetime(opened) {} }
        let table = try JSONDecoder().decode(
            JSON.self, from: Data(try peer.ask(["sfdisk", "-J", peer.raw]).joined().utf8))["partitiontable"]
        let facts = try #require(opened.facts().partitions)
        #expect(table?["label"]?.string == (facts.table.value == .gpt ? "gpt" : "dos"))
        let theirs = (table?["partitions"]?.array ?? []).map { part in
            "\(part["start"]?.integer ?? 0) \(part["size"]?.integer ?? 0) \(part["type"]?.string ?? "") "
                + "\(part["name"]?.string ?? "") \(part["uuid"]?.string?.lowercased() ?? "")"
        }
        let ours = (facts.partitions.value ?? []).map { part in
            "\(part.start / 512) \(part.size / 512) \(part.type) \(part.name ?? "") "
                + (facts.table.value == .gpt ? part.uuid : "")
        }
        #expect(ours == theirs && !ours.isEmpty)
    }
}
