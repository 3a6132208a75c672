import DockerHubProvider
import Documents
import Foundation
import OCI
import Synchronization
import TestSupport
import Testing

/// What the layers told is not read out of them again, and only what is sure is remembered.
@Suite struct KnownTests {
    /// A memory that a test can look into.
    private final class Notes: Sendable {
        let values = Mutex<[String: [UInt8]]>([:])
        var memory: ImageCheck.Memory {
            ImageCheck.Memory(
                get: { [self] key in values.withLock { $0[key] } },
                put: { [self] key, value in values.withLock { $0[key] = value } })
        }
        var count: Int { values.withLock { $0.count } }
    }

    private func findings(
        _ artifact: Artifact, _ notes: Notes, _ change: (inout ImageCheck.Options) -> Void = { _ in }
    ) async throws -> [OperationResult.Finding] {
        var options = ImageCheck.Options(now: Fixture.now)
        change(&options)
        return try await ImageCheck(
            artifact.request, options: options, memory: notes.memory, read: Self.reader(artifact)
        ).findings()
    }

    private static func reader(_ artifact: Artifact) -> @Sendable (String) throws -> Int32 {
        let path = artifact.scratch.path
        return { name in
            let descriptor = open("\(path)/blobs/\(name.dropFirst(7))", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Failure(.notFound, "there is no such file") }
            return descriptor
        }
    }

    /// An image whose digests somebody vouches for, as files.
    private func made(_ change: (inout Fixture) -> Void = { _ in }) async throws -> Artifact {
        var fixture = Fixture()
        fixture.verified = true
        change(&fixture)
        let artifact = try await fixture.made()
        try artifact.write()
        return artifact
    }

    private func outcome(_ rule: String, _ findings: [OperationResult.Finding]) -> String? {
        findings.first { $0.rule == rule }?.outcome
    }

    /// All layers' bytes become others of the same length: whoever reads them now comes to other findings.
    private func damage(_ artifact: Artifact) throws {
        for file in artifact.request.artifact?.files ?? [] where file.mediaType == MediaType.layerGzip {
            try artifact.scratch.write(
                "blobs/\(file.digest.dropFirst(7))", [UInt8](repeating: 7, count: Int(file.size)))
        }
    }

    @Test func aSecondCheckReadsNoLayer() async throws {
        let artifact = try await made {
            $0.layers[1].append(.file("root/.netrc", "machine x login me password hunter2\n"))
        }
        let notes = Notes()
        let first = try await findings(artifact, notes)
        #expect(first.contains { $0.outcome == "fail" && $0.evidence?.contains(".netrc") == true })
        #expect(notes.count == 1)
        try damage(artifact)
        #expect(try await findings(artifact, notes) == first)
        // For another tag and place, too, whose names are seen anew.
        var elsewhere = try #require(artifact.request)
        elsewhere.target.tags = ["not a tag"]
        let check = try ImageCheck(
            elsewhere, options: .init(now: Fixture.now), memory: notes.memory, read: Self.reader(artifact))
        let second = try await check.findings()
        #expect(outcome("registry.name.grammar", second) == "fail")
        #expect(
            second.filter { $0.rule.hasPrefix("registry.image") }
                == first.filter { $0.rule.hasPrefix("registry.image") })
        // Without a memory they are read, which shows.
        let read = try await ImageCheck(artifact.request, options: .init(now: Fixture.now), read: Self.reader(artifact))
            .findings()
        #expect(read != first)
    }

    @Test func otherRulesReadAgain() async throws {
        let (artifact, notes) = (try await made(), Notes())
        let first = try await findings(artifact, notes)
        try damage(artifact)
        #expect(try await findings(artifact, notes) == first)
        #expect(try await findings(artifact, notes) { $0.revision += 1 } != first)
        // And so does whoever reads less, or of an image of another kind.
        #expect(try await findings(artifact, notes) { $0.limits.layer = 1 << 20 } != first)
    }

    @Test func whatNobodyVouchesForIsReadAgain() async throws {
        let (artifact, notes) = (try await made { $0.verified = false }, Notes())
        _ = try await findings(artifact, notes)
        #expect(notes.count == 0)
    }

    @Test func whatIsNotKnownIsNotRemembered() async throws {
        let (artifact, notes) = (try await made(), Notes())
        // A layer that is not unpacked to its end.
        let blind = try await findings(artifact, notes) { $0.limits.layer = 100 }
        #expect(blind.contains { $0.outcome == "unknown" })
        #expect(notes.count == 0)
        _ = try await findings(artifact, notes) { $0.readsLayers = false }
        #expect(notes.count == 0)
    }

    @Test func aMemoryOfSomethingElseIsNone() async throws {
        let (artifact, notes) = (try await made(), Notes())
        let first = try await findings(artifact, notes)
        let stored = try #require(notes.values.withLock { $0.first })
        let forged = [
            Array("{}".utf8), [0xff],
            Array(String(decoding: stored.value, as: UTF8.self).replacing("\"pass\"", with: "\"unknown\"").utf8),
            Array(String(decoding: stored.value, as: UTF8.self).replacing("registry.", with: "x.").utf8),
        ]
        for value in forged {
            notes.values.withLock { $0[stored.key] = value }
            #expect(try await findings(artifact, notes) == first)
            #expect(notes.values.withLock { $0[stored.key] } == stored.value)
        }
    }
}
