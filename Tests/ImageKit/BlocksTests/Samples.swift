import Blocks
import Documents
import Foundation
import Glibc
import TestSupport
import Testing

enum Peers {
    static func has(_ program: String) -> Bool { (try? run(["sh", "-c", "command -v \(program)"]))?.status == 0 }
    static let hasQemu = has("qemu-img")
    static let hasIO = has("qemu-io")
}

/// An open file, closed with the value.
final class OpenFile {
    let descriptor: Int32
    init(_ path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(.internal, "\(path) can't be opened") }
    }
    deinit { close(descriptor) }
}

/// A disk with data and holes of many kinds, its raw file and its other forms.
final class Sample {
    let scratch: Scratch
    let raw: String
    let content: [UInt8]

    /// - Parameter size: in bytes; a number of sectors.
    init(size: Int = 9 << 20) throws {
        scratch = try Scratch()
        raw = scratch.path + "/disk.raw"
        var generator = SystemRandomNumberGenerator()
        var content = [UInt8](repeating: 0, count: size)
        // Noise, text that packs well, one byte on its own, the last sector.
        for place in stride(from: 0, to: min(1 << 20, size), by: 8) {
            withUnsafeBytes(of: generator.next()) { content.replaceSubrange(place..<place + 8, with: $0) }
        }
        let words = Array("what a guest wrote, again and again; ".utf8)
        for place in min(3 << 20, size / 2)..<min(3 << 20, size / 2) + 700_000 where place < size {
            content[place] = words[place % words.count]
        }
        content[size / 3 * 2] = 0x42
        for place in size - 512..<size { content[place] = UInt8(truncatingIfNeeded: place) }
        content[510] = 0x55
        content[511] = 0xAA
        self.content = content
        try scratch.write("disk.raw", [])
        let file = try #require(FileHandle(forWritingAtPath: raw))
        defer { try? file.close() }
        try file.truncate(atOffset: UInt64(size))
        // Only what is not zero is written: the rest is the file's holes.
        for start in stride(from: 0, to: size, by: 4096) {
            let block = content[start..<min(start + 4096, size)]
            guard block.contains(where: { $0 != 0 }) else { continue }
            try file.seek(toOffset: UInt64(start))
            try file.write(contentsOf: Data(block))
        }
    }

    /// - Returns: the path of the same disk in another form.
    func converted(_ name: String, _ arguments: [String]) throws -> String {
        let path = scratch.path + "/" + name
        let answer = try run(["qemu-img", "convert", "-f", "raw"] + arguments + [raw, path])
        try #require(answer.status == 0, "\(answer.output)")
        return path
    }
}

/// `qemu-img map`, as stretches that are data and stretches that read as zeros.
func map(_ path: String, _ format: String) throws -> [Extent] {
    struct Line: Decodable {
        var start: UInt64
        var length: UInt64
        var zero: Bool
        var data: Bool
    }
    let answer = try run(["qemu-img", "map", "--output=json", "-f", format, path])
    try #require(answer.status == 0, "\(answer.output)")
    let lines = try JSONDecoder().decode([Line].self, from: Data(answer.output.utf8))
    return joined(lines.map { Extent(offset: $0.start, length: $0.length, isHole: $0.zero && !$0.data) })
}

func extents(_ disk: some ByteSource) throws -> [Extent] {
    var extents: [Extent] = []
    var offset: UInt64 = 0
    while let extent = try disk.extent(at: offset) {
        #expect(extent.offset == offset && extent.length > 0)
        extents.append(extent)
        offset = extent.offset + extent.length
    }
    return joined(extents)
}

/// Neighbours of one kind as one.
func joined(_ extents: [Extent]) -> [Extent] {
    extents.reduce(into: []) { result, extent in
        if let last = result.last, last.isHole == extent.isHole, last.offset + last.length == extent.offset {
            result[result.count - 1].length += extent.length
        } else {
            result.append(extent)
        }
    }
}

extension [UInt8] {
    mutating func put(_ value: UInt64, at offset: Int, width: Int, big: Bool = true) {
        for index in 0..<width {
            self[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (big ? width - 1 - index : index)))
        }
    }
}
