import Digest
import Documents
import Foundation
import LocalProvider
import ProviderKit
import ProviderTesting
import TestSupport
import Testing

/// How a disk image's bytes get there: holes, changes under way, continuation.
@Suite("Local: copying")
struct CopyTests {
    let scratch: Scratch
    var catalogue: String { "\(scratch.path)/catalogue" }
    var copied: String { "\(catalogue)/server/24.03/sparse.raw" }

    init() throws { scratch = try Scratch() }

    /// 64 MiB with 3 MiB of bytes in two places, and a hole at the end.
    private func sparse(seed: UInt64 = 1) throws -> String {
        let path = "\(scratch.path)/sparse.raw"
        try? FileManager.default.removeItem(atPath: path)
        let file = open(path, O_RDWR | O_CREAT, 0o600)
        defer { close(file) }
        try #require(file >= 0 && ftruncate(file, 64 << 20) == 0)
        for (offset, size) in [(8 << 20, 2 << 20), (40 << 20, 1 << 20)] {
            let bytes = [UInt8].noise(size, seed: seed + UInt64(offset))
            try #require(pwrite(file, bytes, size, off_t(offset)) == size)
        }
        return path
    }

    private func stored(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_blocks) * 512 : 0
    }

    @Test("Holes stay holes, hashed or not", arguments: [true, false])
    func holes(_ verified: Bool) async throws {
        let path = try sparse()
        try #require(stored(path) < 8 << 20, "this file system stores no holes")
        let publication = Publication(try .disk(path, verified: verified), to: catalogue)
        let upload = try await publication.publish()
        #expect(try Digest.sha256(ofFile: copied) == Digest.sha256(ofFile: path))
        #expect(stored(copied) <= stored(path) + (1 << 20))
        #expect(upload.sentBytes ?? 0 >= 3 << 20 && upload.sentBytes ?? 0 <= 4 << 20)
        #expect((upload.sentBytes ?? 0) + (upload.skippedBytes ?? 0) == 64 << 20)
    }

    @Test("A copy that was cut off continues; nothing that it had is sent again", arguments: [true, false])
    func resume(_ verified: Bool) async throws {
        let path = "\(scratch.path)/sparse.raw"
        try scratch.write("sparse.raw", [UInt8].noise(6 << 20, seed: 3))
        let source = try Source.disk(path, verified: verified)
        let publication = Publication(source, to: catalogue)
        // As a killed process leaves it: a part, written and named for its digest.
        let name = ".sparse.raw.\(source.artifact.digest.dropFirst(7).prefix(16)).partial"
        try scratch.write("catalogue/server/24.03/\(name)", Array([UInt8].noise(6 << 20, seed: 3)[..<(4 << 20)]))
        let upload = try await publication.publish()
        #expect(upload.sentBytes == 2 << 20 && upload.skippedBytes == 4 << 20)
        #expect(scratch.files("catalogue/server") == ["24.03/SHA256SUMS", "24.03/sparse.raw"])
    }

    @Test("A part with other bytes is not believed", arguments: [true, false])
    func badPart(_ verified: Bool) async throws {
        let path = "\(scratch.path)/sparse.raw"
        let bytes = [UInt8].noise(6 << 20, seed: 3)
        try scratch.write("sparse.raw", bytes)
        let source = try Source.disk(path, verified: verified)
        let name = ".sparse.raw.\(source.artifact.digest.dropFirst(7).prefix(16)).partial"
        // What a power loss leaves: a block of zeros in the middle, and more bytes than the image has.
        var part = bytes + [1, 2, 3]
        for index in (3 << 20)..<(3 << 20) + 4096 { part[index] = 0 }
        try scratch.write("catalogue/server/24.03/\(name)", part)
        let upload = try await Publication(source, to: catalogue).publish()
        #expect(upload.sentBytes == 3 << 20 && upload.skippedBytes == 3 << 20)
        #expect(try Digest.sha256(ofFile: copied) == sha256(bytes))
    }

    @Test("An image that is not what its digest says never gets its name", arguments: [true, false])
    func changedSource(_ verified: Bool) async throws {
        let path = "\(scratch.path)/sparse.raw"
        try scratch.write("sparse.raw", [UInt8].noise(2 << 20, seed: 3))
        let publication = Publication(try .disk(path, verified: verified), to: catalogue)
        try scratch.write("sparse.raw", [UInt8].noise(2 << 20, seed: 4))
        let failure = await #expect(throws: Failure.self) { try await publication.publish() }
        // Neither the target refused it nor is the disk at fault.
        #expect(
            failure?.code == .usage && failure?.message.contains("sparse.raw changed") == true,
            "\(String(describing: failure))")
        #expect(!FileManager.default.fileExists(atPath: "\(catalogue)/catalogue.json"))
        #expect(scratch.files("catalogue/server").filter { $0.hasSuffix(".raw") || $0.hasSuffix(".partial") } == [])
    }

    @Test("A source that shrank is refused")
    func shortSource() async throws {
        let path = "\(scratch.path)/sparse.raw"
        try scratch.write("sparse.raw", [UInt8].noise(2 << 20, seed: 3))
        let publication = Publication(try .disk(path, verified: true), to: catalogue)
        try scratch.write("sparse.raw", [UInt8].noise(1 << 20, seed: 3))
        #expect(await #expect(throws: Failure.self) { try await publication.upload() }?.code == .usage)
    }

    @Test("Another process that copies the same is waited for, not raced")
    func busy() async throws {
        let path = "\(scratch.path)/sparse.raw"
        try scratch.write("sparse.raw", [UInt8].noise(1 << 20, seed: 3))
        let source = try Source.disk(path)
        let name = ".sparse.raw.\(source.artifact.digest.dropFirst(7).prefix(16)).partial"
        try scratch.write("catalogue/server/24.03/\(name)", [])
        let other = open("\(catalogue)/server/24.03/\(name)", O_RDWR)
        try #require(other >= 0 && flock(other, LOCK_EX) == 0)
        let publication = Publication(source, to: catalogue)
        let pending = await #expect(throws: Pending.self) { try await publication.upload() }
        #expect(pending?.result.resumeAfter ?? 0 > 0)
        close(other)
        try await publication.publish()
    }
}
