import Documents
import FileSystems
import Foundation
import Glibc
import Inspection
import TestSupport

/// The three images that make-image makes of packages.
enum RealImage: String, CaseIterable, Sendable {
    /// GPT, BIOS and UEFI, cloud-init.
    case cloud
    /// openEuler's own shape.
    case openEuler = "openeuler"
    /// MBR, 20 GiB, what every cloud takes.
    case clean

    /// Those that are compared file by file: the third has the files of the first.
    static let compared: [RealImage] = [.cloud, .openEuler]

    /// Which partition the root is on, and which is FAT, counted from 1; where they begin, in bytes.
    var root: (number: Int, offset: Int) { self == .openEuler ? (2, 257 << 20) : (3, 66 << 20) }
    var fat: (number: Int, offset: Int) { self == .openEuler ? (1, 1 << 20) : (2, 2 << 20) }
}

/// The images, kept in .build/images; made anew when what makes them is newer. Their packages come from a mirror.
enum RealImages {
    static let folder = "\(root)/.build/images"
    static func path(_ image: RealImage) -> String { "\(folder)/\(image.rawValue).qcow2" }

    private static func modified(_ path: String) -> Date {
        (try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date) ?? .distantPast
    }

    /// Why they can't be had; nil if they are there.
    static let missing: String? = {
        let programs = [
            "mmdebstrap", "mke2fs", "debugfs", "sfdisk", "mcopy", "qemu-img", "grub-mkimage", "rpmbuild",
        ]
        for program in programs where (try? run(["sh", "-c", "command -v \(program)"]).status) != 0 {
            return "\(program) is not here (scripts/dependencies test)"
        }
        guard isRoot else { return "files of all owners are made by root alone" }
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let recipes = "\(root)/Tests/Images"
        let newest = (FileManager.default.subpaths(atPath: recipes) ?? [])
            .filter { $0.hasSuffix(".py") || $0.hasSuffix(".txt") || $0 == "make-image" }
            .map { modified("\(recipes)/\($0)") }.max()
        for image in RealImage.allCases where modified(path(image)) < newest ?? .distantPast {
            let answer = try? run(
                ["\(recipes)/make-image", image.rawValue, path(image) + ".new.qcow2", "--cache", "\(folder)/cache"])
            guard answer?.status == 0, rename(path(image) + ".new.qcow2", path(image)) == 0 else {
                return String((answer?.output ?? "make-image can't be run").prefix(400))
            }
        }
        return nil
    }()

    static let areThere: Bool = {
        if let missing { print("\(RealImage.allCases.count) images of packages can't be made: \(missing)") }
        return missing == nil
    }()
}

/// What other programs made of one image: asked once, and removed with the tests.
final class Peer: Sendable {
    let scratch: Scratch
    let image: RealImage
    /// The disk as plain bytes.
    var raw: String { scratch.path + "/disk.raw" }
    /// What debugfs copied out of the root, and mcopy out of FAT.
    var root: String { scratch.path + "/root" }
    var fat: String { scratch.path + "/fat" }

    private static let all = Dictionary(
        uniqueKeysWithValues: RealImage.compared.map { image in (image, Result { try Peer(image) }) })

    static func of(_ image: RealImage) throws -> Peer {
        guard let peer = all[image] else { throw Failure(.internal, "\(image) is not compared") }
        return try peer.get()
    }

    private init(_ image: RealImage) throws {
        (scratch, self.image) = (try Scratch(), image)
        _ = try ask(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", RealImages.path(image), raw])
        _ = try script("ext", raw, "\(image.root.offset)", root, into: "ext.txt")
        _ = try script("fat", raw, "\(image.fat.offset)", fat, into: "fat.txt")
    }

    /// A program's lines; it must end well.
    func ask(_ command: [String]) throws -> [String] {
        let answer = try run(command, in: scratch.path)
        guard answer.status == 0 else { throw Failure(.internal, "\(command): \(answer.output)") }
        return answer.output.split(separator: "\n").map(String.init)
    }

    func script(_ arguments: String..., into name: String? = nil) throws -> [String] {
        let lines = try ask(
            ["python3", "-B", "\(TestSupport.root)/Tests/ImageKit/RealImagesTests/peers.py"] + arguments)
        if let name { try scratch.write(name, lines.joined(separator: "\n")) }
        return lines
    }

    func lines(_ name: String) throws -> Set<String> {
        Set(try scratch.text(name).split(separator: "\n").map(String.init))
    }
}

/// An image, opened by our own readers.
final class Opened {
    let inspection: DiskInspection
    private let descriptor: Int32

    init(_ image: RealImage) throws {
        descriptor = open(RealImages.path(image), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(.internal, "\(image) can't be opened") }
        inspection = try DiskInspection(descriptor: descriptor, name: image.rawValue)
    }

    /// Read while the file is open.
    func facts() -> ImageFacts { withExtendedLifetime(self) { inspection.facts() } }

    deinit { close(descriptor) }
}
