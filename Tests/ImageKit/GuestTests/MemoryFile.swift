import Foundation
import TestSupport

/// Files of this machine that a test made.
enum MemoryFile {
    static func bytes(_ path: String) throws -> [UInt8]? { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
}

/// GRUB's programs, which some distributions call grub2-.
enum GRUBPeer {
    /// The command's name here; nil if it is not installed.
    static func named(_ name: String) -> String? {
        ["grub-" + name, "grub2-" + name].first { (try? run([$0, "--version"]))?.status == 0 }
    }

    static let emulator = named("emu")
    static let checker = named("script-check")
    static let editor = named("editenv")
    static let maker = named("mkimage")
}
