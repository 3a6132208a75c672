import Digest
import DockerHubProvider
import Documents
import Foundation
import OCI
import TestSupport
import Testing

private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}

@Suite struct HostileTests {
    /// One bit of one blob at a time, all over the image: always a finding, never a crash.
    @Test func everyFlippedBitIsFound() async throws {
        let artifact = try await Fixture().made()
        try artifact.write()
        var random = Seeded(state: 20_261_125)
        for number in 0..<200 {
            let blob = artifact.blobs[number % artifact.blobs.count]
            var bytes = blob.bytes
            let position = Int.random(in: 0..<bytes.count, using: &random)
            bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let path = "blobs/\(blob.name.dropFirst(7))"
            try artifact.scratch.write(path, bytes)
            let found = try await artifact.check()
            #expect(found["R02"]?.outcome == "fail", "byte \(position) of \(blob.name): \(found)")
            #expect(found.list.count == 24)
            try artifact.scratch.write(path, blob.bytes)
        }
    }

    /// Where the host vouches for the digests nobody hashes again; whatever the bytes are, nothing breaks.
    @Test func flippedBitsUnderVerifiedFilesBreakNothing() async throws {
        var fixture = Fixture()
        fixture.verified = true
        let artifact = try await fixture.made()
        try artifact.write()
        var random = Seeded(state: 7)
        var unseen = 0
        for number in 0..<100 {
            let blob = artifact.blobs[number % artifact.blobs.count]
            var bytes = blob.bytes
            bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try artifact.scratch.write("blobs/\(blob.name.dropFirst(7))", bytes)
            let found = try await artifact.check()
            #expect(found.list.count == 24)
            if found["R02"]?.outcome == "pass" { unseen += 1 }
            try artifact.scratch.write("blobs/\(blob.name.dropFirst(7))", blob.bytes)
        }
        #expect(unseen > 0)
    }

    @Test func blobsThatAreCutOrGoneOrGrownAreFound() async throws {
        let artifact = try await Fixture().made()
        for blob in artifact.blobs {
            try artifact.write()
            let path = "blobs/\(blob.name.dropFirst(7))"
            for bytes in [Array(blob.bytes.dropLast()), [], blob.bytes + [0]] {
                try artifact.scratch.write(path, bytes)
                #expect(try await artifact.check()["R02"]?.outcome == "fail")
            }
            unlink("\(artifact.scratch.path)/\(path)")
            #expect(try await artifact.check()["R02"]?.outcome == "fail")
        }
    }

    /// A layer that unpacks to more than is allowed: not read on, and said so, neither passed nor failed.
    @Test(.timeLimit(.minutes(1))) func aBombIsNotUnpacked() async throws {
        var options = ImageCheck.Options(now: Fixture.now)
        options.limits.layer = 1 << 20
        let found = try await findings(options) {
            $0.layers[1].append(.file("big", String(repeating: "\0", count: 8 << 20)))
        }
        for rule in ["R06", "R33", "R34"] {
            #expect(
                found[rule]?.outcome == "unknown" && found[rule]?.message.text().contains("1048576") == true, "\(found)"
            )
        }
        #expect(found["R02"]?.outcome == "pass")
    }

    @Test func manyMembersAreNotKept() async throws {
        var options = ImageCheck.Options(now: Fixture.now)
        options.limits.members = 50
        let found = try await findings(options) { fixture in
            fixture.layers[1] += (0..<60).map { .file("f\($0)") }
        }
        for rule in ["R33", "R34"] {
            #expect(
                found[rule]?.outcome == "unknown" && found[rule]?.message.text().contains("memory") == true, "\(found)")
        }
        #expect(found["R06"]?.outcome == "pass")
        #expect(found["R10"]?.outcome == "pass" || found["R10"]?.outcome == "unknown")
    }

    /// A member whose header claims bytes that do not come.
    @Test func aLyingMemberIsNotBelieved() async throws {
        var bytes = try TarWriter.bytes([TarEntry(name: "root/.netrc")], contents: ["root/.netrc": Array("x".utf8)])
        bytes.replaceSubrange(124..<135, with: Array("77777777777".utf8))
        for index in 148..<156 { bytes[index] = 0x20 }
        let sum = String(bytes[0..<512].reduce(0) { $0 + Int($1) }, radix: 8)
        bytes.replaceSubrange(148..<(148 + sum.utf8.count), with: Array(sum.utf8))
        let lying = bytes
        let found = try await findings { $0.tars = [lying] }
        #expect(found["R06"]?.outcome == "pass")
        #expect(
            found["R33"]?.outcome == "unknown" && found["R33"]?.message.text().contains("longer") == true, "\(found)")
    }

    /// A tar cut in the middle of a member, packed well: the digest is right, and what is in it is not known.
    @Test func aTarThatEndsEarlyIsNotBelieved() async throws {
        let whole = try TarWriter.bytes([TarEntry(name: "x")], contents: ["x": [UInt8](repeating: 1, count: 5000)])
        for length in [100, 512, 600, 5511] {
            let found = try await findings { $0.tars = [Array(whole.prefix(length))] }
            #expect(found["R34"]?.outcome == "unknown", "\(length): \(found)")
            #expect(found["R06"]?.outcome == "pass")
        }
        // Without the padding and the end nothing of it is missing.
        #expect(try await findings { $0.tars = [Array(whole.prefix(5512))] }["R34"]?.outcome == "pass")
    }

    @Test func documentsOfOtherShapesAreNoCrash() async throws {
        let texts = [
            "", "null", "[]", "{", String(repeating: "[", count: 100_000), #"{"schemaVersion":2,"manifests":"x"}"#,
            #"{"manifests":[{"mediaType":"x","size":-1,"digest":"sha256:\#(String(repeating: "0", count: 64))"}]}"#,
            #"{"manifests":[{"mediaType":"x","size":9223372036854775807,"digest":"sha512:00"}]}"#, "\u{feff}{}",
            "1e999",
        ]
        for text in texts {
            let artifact = try await Fixture().made()
            let root = artifact.add(Array(text.utf8), MediaType.index)
            artifact.request.artifact?.digest = "\(root.digest)"
            artifact.request.artifact?.files = artifact.files(verified: false)
            try artifact.write()
            let found = try await artifact.check()
            #expect(!found.failing.isEmpty || found["R02"]?.outcome == "unknown", "\(text.prefix(50)): \(found)")
            #expect(found["R06"]?.outcome != "pass" && found["R33"]?.outcome != "pass", "\(text.prefix(50)): \(found)")
        }
    }

    /// gzip in several members is one file, as eStargz writes it; what follows the last one is damage.
    @Test func gzipMembersAreJoined() async throws {
        for (tail, outcome) in [([UInt8](), "pass"), ([1, 2, 3], "fail")] {
            let artifact = try await Fixture().made()
            let tar = try TarWriter.bytes([TarEntry(name: "x")], contents: ["x": [1]])
            let bytes =
                try await artifact.gzip(Array(tar.prefix(700))) + artifact.gzip(Array(tar.dropFirst(700))) + tail
            let layer = artifact.add(bytes, MediaType.layerGzip)
            let config = artifact.add(
                try Encoded(
                    ImageConfig(
                        platform: Platform(architecture: "amd64"), created: nil, config: nil,
                        rootfs: .init(diffIDs: [sha256(tar)]), history: nil), mediaType: MediaType.config))
            let manifest = artifact.add(
                try Encoded(Manifest(config: config, layers: [layer]), mediaType: MediaType.manifest))
            artifact.request.artifact?.digest = "\(manifest.digest)"
            artifact.request.artifact?.files = artifact.files(verified: false)
            try artifact.write()
            #expect(try await artifact.check()["R06"]?.outcome == outcome)
        }
    }

    @Test func whatStrangersWriteIsMadeFitForATerminal() async throws {
        let found = try await findings { fixture in
            fixture.layers[1].append(.folder("s\u{1b}[2J\u{202e}\(String(repeating: "x", count: 5000))/", mode: 0o777))
        }
        let evidence = try #require(found["R34"]?.evidence)
        #expect(!evidence.contains("\u{1b}") && !evidence.contains("\u{202e}") && evidence.utf8.count < 400)
    }

    @Test func aCancelledCheckEnds() async throws {
        let artifact = try await Fixture().made()
        try artifact.write()
        let path = artifact.scratch.path
        let check = try ImageCheck(artifact.request, options: .init(now: Fixture.now)) { name in
            open("\(path)/blobs/\(name.dropFirst(7))", O_RDONLY | O_CLOEXEC)
        }
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await check.findings()
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }
}
