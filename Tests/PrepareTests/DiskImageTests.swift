import Digest
import Documents
import Foundation
import HTTPPeers
import Prepare
import Testing

/// A release's disk image on a mirror that is a directory: packed by xz itself.
private struct DiskMirror {
    let folder: Folder
    let image: Data

    /// - Parameter options: xz's; several lists make several streams, one behind the other.
    init(_ image: Data, options: [[String]] = [["-1"]]) throws {
        folder = try Folder()
        self.image = image
        var packed = Data()
        for (number, own) in options.enumerated() {
            let part = image.count / options.count
            let piece = options.count == 1 ? image : image[(number * part)..<min((number + 1) * part, image.count)]
            try folder.write("piece", piece)
            try run("xz", ["--keep", "--force"] + own + ["\(folder.path)/piece"])
            packed += try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/piece.xz"))
        }
        try put(packed)
    }

    static let directory = "openEuler-24.03-LTS/virtual_machine_img/x86_64"
    static let name = "openEuler-24.03-LTS-x86_64.qcow2.xz"

    func put(_ packed: Data, digest: String? = nil) throws {
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/mirror/\(Self.directory)", withIntermediateDirectories: true)
        try folder.write("mirror/\(Self.directory)/\(Self.name)", packed)
        let sum = try digest ?? Digest.sha256(ofFile: "\(folder.path)/mirror/\(Self.directory)/\(Self.name)").hex
        try folder.write("mirror/\(Self.directory)/\(Self.name).sha256sum", Data("\(sum)  \(Self.name)\n".utf8))
    }

    var packed: Data {
        get throws {
            try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/mirror/\(Self.directory)/\(Self.name)"))
        }
    }

    func prepare() async throws -> PreparedDisk {
        try await ReleaseMirror(location: "\(folder.path)/mirror").prepareDisk(
            version: "24.03-lts", architecture: Architecture("x86_64"), cache: "\(folder.path)/cache")
    }

    /// Why it is refused, with nothing kept; or that it is taken.
    func refusal() async throws -> String {
        do {
            _ = try await prepare()
            return "taken"
        } catch let failure as Failure {
            let images = "\(folder.path)/cache/images/sha256"
            #expect((try? FileManager.default.contentsOfDirectory(atPath: images)) ?? [] == [])
            return "\(failure.code.rawValue): \(failure.message)"
        }
    }

    private func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}

/// Bytes that no packer makes smaller, and a hole of zeros between them.
private func sparse(_ size: Int, hole: Int) -> Data {
    var data = Data()
    for _ in 0..<2 {
        data += Data((0..<size).map { _ in UInt8.random(in: 0...255) })
        if data.count < 2 * size { data += Data(count: hole) }
    }
    // A qcow2 image by its head (version 3), over no other file.
    data.replaceSubrange(0..<16, with: Array("QFI".utf8) + [0xFB, 0, 0, 0, 3] + Array(repeating: 0, count: 8))
    return data
}

@Suite struct DiskImageTests {
    @Test(
        "An image is unpacked as xz packed it, by one thread or several, in one stream or several",
        arguments: [[["-0"]], [["-0", "-T2", "--block-size=262144"]], [["-9"]], [["-0", "--check=crc32"], ["-1"]]])
    func unpacked(_ options: [[String]]) async throws {
        let mirror = try DiskMirror(sparse(1_000_001, hole: 8 << 20), options: options)
        let disk = try await mirror.prepare()
        #expect(isSame(try Data(contentsOf: URL(fileURLWithPath: disk.path)), mirror.image))
        let packed = try mirror.packed.count
        #expect("\(disk.size) \(disk.fetched)" == "\(mirror.image.count) \(packed)")
        // Zeros take no room, and nobody writes to what others build from.
        let status = try FileManager.default.attributesOfItem(atPath: disk.path)
        #expect(status[.posixPermissions] as? Int == 0o444)
        var found = stat()
        #expect(stat(disk.path, &found) == 0 && found.st_blocks * 512 < 4 << 20)
        // Again: nothing is fetched, nothing is unpacked.
        let again = try await mirror.prepare()
        #expect(again.fetched == 0 && again.path == disk.path)
        var same = stat()
        #expect(stat(disk.path, &same) == 0 && same.st_ino == found.st_ino)
    }

    @Test("What was changed in the cache is unpacked again")
    func changedInTheCache() async throws {
        let mirror = try DiskMirror(sparse(100_000, hole: 1 << 20))
        let disk = try await mirror.prepare()
        chmod(disk.path, 0o644)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: disk.path))
        try file.write(contentsOf: Data([0xff, 0xfe]))
        try file.close()
        let again = try await mirror.prepare()
        #expect(again.fetched == 0)
        #expect(isSame(try Data(contentsOf: URL(fileURLWithPath: again.path)), mirror.image))
    }

    @Test("Damage, cut files and lying checksums are refused, and nothing is kept")
    func refused() async throws {
        let mirror = try DiskMirror(sparse(300_000, hole: 1 << 20))
        let packed = try mirror.packed
        func refusal() async throws -> String { try await mirror.refusal() }
        var flipped = packed
        flipped[packed.count / 2] ^= 0x40
        try mirror.put(flipped)
        #expect(try await refusal().contains("not a sound xz file"))
        try mirror.put(packed.prefix(packed.count - 20))
        #expect(try await refusal().contains("ends too early"))
        try mirror.put(packed + Data("and more, and still more".utf8))
        #expect(try await refusal().contains("not a sound xz file"))
        try mirror.put(Data())
        #expect(try await refusal().contains("ends too early"))
        try mirror.put(packed, digest: String(repeating: "a", count: 64))
        #expect(try await refusal().contains("SHA-256"))
        try FileManager.default.removeItem(
            atPath: "\(mirror.folder.path)/mirror/\(DiskMirror.directory)/\(DiskMirror.name).sha256sum")
        #expect(try await refusal().contains("no disk image of openEuler-24.03-LTS for x86_64"))
        try mirror.put(packed)
        #expect(try await refusal() == "taken")
    }

    @Test("What is no qcow2 image, or a layer over another file, is refused; so is a checksum of nothing")
    func notAnImage() async throws {
        func refusal(_ image: Data, absent: Bool = false) async throws -> String {
            let mirror = try DiskMirror(image)
            if absent {
                try FileManager.default.removeItem(
                    atPath: "\(mirror.folder.path)/mirror/\(DiskMirror.directory)/\(DiskMirror.name)")
            }
            return try await mirror.refusal()
        }
        var image = sparse(10_000, hole: 0)
        #expect(try await refusal(image) == "taken")
        #expect(try await refusal(image, absent: true).hasPrefix("refused: the mirror has the image's checksum"))
        image[15] = 104
        #expect(try await refusal(image).hasPrefix("refused: the image is a layer over another file"))
        image[3] = 0
        #expect(try await refusal(image).hasPrefix("refused: what is packed there is no qcow2 image"))
        #expect(try await refusal(Data("QFI".utf8)).hasPrefix("refused: what is packed there is no qcow2 image"))
    }
}
