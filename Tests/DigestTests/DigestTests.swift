import Digest
import Foundation
import Glibc
import Testing

/// Beside Python's hashlib, another user of the same standards.
@Suite("Digests and derived keys") struct DigestTests {
    private func python(_ expression: String, _ bytes: [UInt8]) throws -> String {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", "import hashlib, sys; b = sys.stdin.buffer.read(); print(\(expression))"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let writer = Thread { [handle = input.fileHandleForWriting] in
            try? handle.write(contentsOf: Data(bytes))
            try? handle.close()
        }
        writer.start()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return text.trimmingCharacters(in: .newlines)
    }

    @Test("SHA-256 and SHA-512, at once and piece by piece", arguments: [0, 1, 63, 64, 65, 127, 128, 4096, 1_000_003])
    func sums(_ count: Int) throws {
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
        let expected = try python("hashlib.sha256(b).hexdigest()", bytes)
        #expect(sha256(bytes).hex == expected)
        var hasher = Hasher()
        for start in stride(from: 0, to: count, by: 1000) {
            bytes[start..<min(start + 1000, count)].withUnsafeBytes { hasher.update($0) }
        }
        #expect(hasher.finalize().hex == expected)
        #expect(sha512Hex(bytes) == (try python("hashlib.sha512(b).hexdigest()", bytes)))
    }

    @Test("A file's holes are zeros", arguments: [0, 1, 4096, 3 << 20])
    func holes(_ hole: Int) throws {
        let path = NSTemporaryDirectory() + "ep-holes-\(UUID())"
        defer { unlink(path) }
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let file = try #require(FileHandle(forWritingAtPath: path))
        let bytes = (0..<70_001).map { _ in UInt8.random(in: 0...255) }
        try file.truncate(atOffset: UInt64(hole))
        try file.seekToEnd()
        try file.write(contentsOf: bytes)
        try file.truncate(atOffset: UInt64(2 * hole + bytes.count))
        #expect(
            try Digest.sha256(ofFile: path)
                == sha256([UInt8](repeating: 0, count: hole) + bytes + [UInt8](repeating: 0, count: hole)))
    }

    @Test("A copied digest goes on by itself, and a finished one goes on as well")
    func copied() {
        var first = Hasher()
        Array("ab".utf8).withUnsafeBytes { first.update($0) }
        var second = first
        Array("c".utf8).withUnsafeBytes { second.update($0) }
        #expect(first.finalize() == sha256(Array("ab".utf8)))
        #expect(second.finalize() == sha256(Array("abc".utf8)))
        Array("d".utf8).withUnsafeBytes { first.update($0) }
        #expect(first.finalize() == sha256(Array("abd".utf8)))
    }

    @Test("PBKDF2 with HMAC-SHA-512", arguments: [(1, 64), (2, 20), (1000, 64), (10_000, 100)])
    func keys(_ iterations: Int, _ count: Int) throws {
        let salt = (0..<17).map { _ in UInt8.random(in: 0...255) }
        let key = try #require(pbkdf2SHA512(Array("pass word".utf8), salt: salt, iterations: iterations, count: count))
        let made = key.map { String(format: "%02x", $0) }.joined()
        let expected = try python("hashlib.pbkdf2_hmac('sha512', b'pass word', b, \(iterations), \(count)).hex()", salt)
        #expect(made == expected)
    }

    @Test("Numbers that no key is made of")
    func refused() {
        #expect(pbkdf2SHA512([1], salt: [2], iterations: 0, count: 64) == nil)
        #expect(pbkdf2SHA512([1], salt: [2], iterations: 1 << 40, count: 64) == nil)
        #expect(pbkdf2SHA512([1], salt: [2], iterations: 1, count: 0) == nil)
    }
}
