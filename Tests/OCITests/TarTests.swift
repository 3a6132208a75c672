import Digest
import Documents
import Files
import Foundation
import OCI
import TestSupport
import Testing

extension Scratch {
    func file(_ name: String, _ bytes: [UInt8]) throws -> File { try File(try write(name, bytes), O_RDONLY) }
}

@discardableResult
func shell(_ script: String, in directory: String) throws -> String {
    let answer = try run(["sh", "-ec", script], in: directory)
    try #require(answer.status == 0, "\(script): \(answer.output)")
    return answer.output
}

func entries(_ file: File) throws -> [TarEntry] {
    var reader = try TarReader(file)
    var found: [TarEntry] = []
    while let entry = try reader.next() { found.append(entry) }
    return found
}

@Suite struct TarTests {
    @Test(arguments: ["ustar", "gnu", "pax", "oldgnu", "v7"])
    func tarsOfEveryFormatAreRead(_ format: String) throws {
        let scratch = try Scratch()
        let deep = format == "ustar" || format == "v7" ? "short" : String(repeating: "long/", count: 40) + "name"
        try shell(
            """
            mkdir -p "$(dirname \(deep))"; printf hello > \(deep); chmod 751 \(deep); ln -s \(deep) link
            tar --format=\(format) --owner=7 --group=9 --mtime=@1700000000 -cf x.tar \(deep) link
            """, in: scratch.path)
        let file = try File("\(scratch.path)/x.tar", O_RDONLY)
        let found = try entries(file)
        #expect(found.map(\.name) == [deep, "link"])
        #expect(found[0].mode == 0o751 && found[0].uid == 7 && found[0].gid == 9 && found[0].mtime == 1_700_000_000)
        #expect(try file.read(count: Int(found[0].size), at: found[0].offset) == Array("hello".utf8))
        #expect(found[1].kind == .symbolicLink && found[1].link == deep)
    }

    @Test func whatWeWriteTarReads() throws {
        let scratch = try Scratch()
        let long = String(repeating: "ä", count: 90) + "/" + String(repeating: "b", count: 99)
        let list = [
            TarEntry(name: "z", mode: 0o4755, uid: 3_000_000_000, mtime: 5),
            TarEntry(name: long, mtime: 5), TarEntry(name: "a", kind: .symbolicLink, mode: 0o777, link: long),
        ]
        let contents = ["z": Array("zed".utf8), long: [UInt8](repeating: 7, count: 513)]
        let bytes = try TarWriter.bytes(list, contents: contents)
        #expect(try TarWriter.bytes(list.reversed(), contents: contents) == bytes)
        let file = try scratch.file("x.tar", bytes)
        let names = try shell("LC_ALL=C.UTF-8 tar --quoting-style=literal -tf x.tar", in: scratch.path)
        #expect(names == "a\nz\n\(long)\n")
        #expect(try shell("tar -tvf x.tar --numeric-owner z", in: scratch.path).hasPrefix("-rwsr-xr-x 3000000000/0"))
        #expect(try shell("tar -xOf x.tar z", in: scratch.path) == "zed")
        #expect(try entries(file).map(\.name) == ["a", "z", long])
        #expect(try entries(file)[1].uid == 3_000_000_000)
    }

    /// A header that is right but for its claim to hold 8 GiB, for a member and for each record that names one.
    @Test(arguments: ["0", "x", "g", "L", "K"])
    func aLengthBeyondTheFileIsRefused(_ type: Character) throws {
        let scratch = try Scratch()
        var bytes = try TarWriter.bytes([TarEntry(name: "a")], contents: ["a": [1]])
        bytes.replaceSubrange(124..<135, with: Array("77777777777".utf8))
        bytes[156] = type.asciiValue!
        for index in 148..<156 { bytes[index] = 0x20 }
        let sum = String(bytes[0..<512].reduce(0) { $0 + Int($1) }, radix: 8)
        bytes.replaceSubrange(148..<(148 + sum.utf8.count), with: Array(sum.utf8))
        let failure = #expect(throws: Failure.self) { try entries(scratch.file("x.tar", bytes)) }
        #expect(failure?.message.contains("longer than the file") == true)
    }

    /// Every byte of a header changed, every length cut: an error or entries, never a crash or content beyond the file.
    @Test func damagedTarsNeverReachOutside() throws {
        let scratch = try Scratch()
        let bytes = try TarWriter.bytes(
            [TarEntry(name: String(repeating: "n", count: 120)), TarEntry(name: "b")], contents: ["b": [1, 2, 3]])
        var refused = 0
        for position in 0..<2048 {
            var damaged = bytes
            damaged[position] ^= 0x80
            // Half of the time with a checksum that fits again, so that the fields themselves are met.
            if position % 2 == 0 {
                let start = position / 512 * 512
                for index in 148..<156 { damaged[start + index] = 0x20 }
                let sum = damaged[start..<(start + 512)].reduce(0) { $0 + Int($1) }
                let text = Array(String(sum, radix: 8).utf8)
                damaged.replaceSubrange((start + 148)..<(start + 148 + text.count), with: text)
            }
            let file = try scratch.file("x.tar", damaged)
            do {
                for entry in try entries(file) { #expect(entry.offset + entry.size <= Int64(damaged.count)) }
            } catch is Failure { refused += 1 }
        }
        #expect(refused > 500)
        for length in stride(from: 1, to: 2048, by: 37) {
            let file = try scratch.file("x.tar", Array(bytes.prefix(length)))
            do { _ = try entries(file) } catch is Failure {}
        }
    }
}

@Suite struct GzipTests {
    @Test func gunzipReadsItAndThreadsDoNotShow() async throws {
        let scratch = try Scratch()
        for size in [0, 1, Gzip.blockSize, Gzip.blockSize * 3 + 17] {
            var state: UInt32 = 1
            let bytes = (0..<size).map { index -> UInt8 in
                state = state &* 1_664_525 &+ 1_013_904_223
                return index % 3 == 0 ? UInt8(state >> 28) : UInt8(index / 5000 & 0xff)
            }
            let input = try scratch.file("in", bytes)
            var digests: Set<String> = []
            for threads in [1, 2, 5] {
                let output = try File("\(scratch.path)/out", O_RDWR | O_CREAT | O_TRUNC)
                let result = try await Gzip.compress(input, to: output, threads: threads)
                digests.insert("\(result.output)")
                #expect(
                    try shell("gunzip -c < out | cmp - in && sha256sum < out | cut -c1-64", in: scratch.path)
                        == String("\(result.output)\n".dropFirst(7)))
                #expect(result.input == sha256(bytes) && result.inputSize == Int64(size))
            }
            #expect(digests.count == 1)
        }
    }
}

@Suite struct LayoutTests {
    @Test func manyWritersLoseNoTag() async throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/layout"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<24 {
                group.addTask {
                    let layout = try Layout(creating: path)
                    let index = try Encoded(
                        Index(manifests: [], annotations: ["n": "\(number)"]), mediaType: MediaType.index)
                    try layout.add(index)
                    try layout.tag(index.descriptor, as: "t\(number)")
                }
            }
            try await group.waitForAll()
        }
        let layout = try Layout(opening: path)
        #expect(try layout.index().manifests.count == 24)
        let found = try #require(try layout.find(tag: "t7"))
        #expect(try layout.index(found).annotations == ["n": "7"])
    }

    @Test func aBlobOfOtherBytesIsRefused() throws {
        let scratch = try Scratch()
        let layout = try Layout(creating: scratch.path)
        let encoded = try Encoded(Index(manifests: []), mediaType: MediaType.index)
        try layout.add(encoded)
        // Of the same size, and a document all the same.
        let other = String(decoding: encoded.bytes, as: UTF8.self).replacingOccurrences(of: ":2", with: ":3")
        try Data(other.utf8).write(to: URL(fileURLWithPath: layout.blobPath(encoded.descriptor.digest)))
        let failure = #expect(throws: Failure.self) { try layout.index(encoded.descriptor) }
        #expect(failure?.message == "a blob's bytes are not those of its digest")
    }

    @Test func anotherDirectoryIsNoLayout() throws {
        let scratch = try Scratch()
        #expect(throws: Failure.self) { try Layout(opening: scratch.path) }
    }
}
