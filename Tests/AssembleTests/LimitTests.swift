import Documents
import Foundation
import Prepare
import TestSupport
import Testing

@testable import Assemble

@Suite struct LimitTests {
    @Test func anArchiveThatUnpacksToTooMuchIsRefused() async throws {
        let scratch = try Scratch()
        let release = try await prepare(
            try makeMirror(in: scratch.path, architectures: ["x86_64"]), cache: "\(scratch.path)/cache")
        let spool = "\(scratch.path)/spool"
        try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
        var limits = DockerArchive.Limits()
        limits.unpacked = 1 << 20
        let failure = await #expect(throws: Failure.self) {
            try await DockerArchive(release.sources[0].path, spool: spool, level: 1, threads: 2, limits: limits)
        }
        #expect(failure?.message.contains("over 1048576 bytes") == true)
    }

    @Test func aCutArchiveIsRefused() async throws {
        let scratch = try Scratch()
        let mirror = try makeMirror(in: scratch.path, architectures: ["x86_64"])
        let release = try await prepare(mirror, cache: "\(scratch.path)/cache")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: release.sources[0].path))
        try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: "\(scratch.path)/cut.tar.xz"))
        try FileManager.default.createDirectory(atPath: "\(scratch.path)/spool", withIntermediateDirectories: true)
        let failure = await #expect(throws: Failure.self) {
            try await DockerArchive("\(scratch.path)/cut.tar.xz", spool: "\(scratch.path)/spool", level: 1, threads: 2)
        }
        #expect(failure?.code == .refused && failure?.place == "\(scratch.path)/cut.tar.xz")
    }

    @Test func sourceDateEpochIsANumberOfSeconds() throws {
        #expect(try AssemblyOptions.sourceDateEpoch(of: ["SOURCE_DATE_EPOCH": "17"]) == 17)
        #expect(try AssemblyOptions.sourceDateEpoch(of: [:]) == nil)
        #expect(throws: Failure.self) { try AssemblyOptions.sourceDateEpoch(of: ["SOURCE_DATE_EPOCH": "-1"]) }
    }
}
