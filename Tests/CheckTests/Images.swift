import Foundation
import Glibc
import TestSupport

/// The two shapes that make-image makes in a second, made once.
enum Shape: String, CaseIterable, Sendable {
    /// GPT, both firmwares, cloud-init.
    case tiny
    /// openEuler's own.
    case openEuler = "tiny-openeuler"
}

/// Whether images can be made here.
let canMake =
    isRoot
    && ["mke2fs", "sfdisk", "mcopy", "qemu-img", "grub-mkimage"].allSatisfy { program in
        (try? run(["sh", "-c", "command -v \(program)"]).status) == 0
    }

/// Images that all tests of this process read and none changes.
actor Images {
    static let shared = Images()
    private let scratch = Result { try Scratch() }
    private var made: [Shape: String] = [:]

    func path(_ shape: Shape) throws -> String {
        if let path = made[shape] { return path }
        let path = "\(try scratch.get().path)/\(shape.rawValue).qcow2"
        let answer = try run(["\(root)/Tests/Images/make-image", shape.rawValue, path])
        guard answer.status == 0 else { throw ImageFailure(description: answer.output) }
        made[shape] = path
        return path
    }

    /// The same disk as plain bytes, for a test to change: its root's offset is `rootOffset`.
    func copy(_ shape: Shape, to path: String) throws {
        let answer = try run(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", try self.path(shape), path])
        guard answer.status == 0 else { throw ImageFailure(description: answer.output) }
    }
}

struct ImageFailure: Error, CustomStringConvertible { var description: String }

extension Shape {
    /// Of the root's file system in the disk, in bytes: as make-image divides it.
    var rootOffset: Int { self == .tiny ? (2 + 34) << 20 : 33 << 20 }
}

/// The staged program with a state and settings of its own.
func euler(_ arguments: [String], in directory: String? = nil) async throws -> Answer {
    let scratch = try Scratch()
    return try await runApart(
        ["\(stage ?? "")/bin/eulerpublisher"] + arguments, in: directory ?? scratch.path,
        environment: [
            "HOME": scratch.path, "XDG_STATE_HOME": scratch.path, "XDG_CACHE_HOME": scratch.path,
            "XDG_CONFIG_HOME": scratch.path,
        ])
}
