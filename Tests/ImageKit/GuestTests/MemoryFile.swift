import Foundation

/// Files of this machine that a test made.
enum MemoryFile {
    static func bytes(_ path: String) throws -> [UInt8]? { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
}
