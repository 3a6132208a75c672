import Digest
import Documents
import Foundation
import OCI
import Prepare
import Synchronization
import Testing

/// A mirror with files of any bytes: prepare looks at digests, not inside.
struct Mirror {
    let root: String

    init() throws {
        root = FileManager.default.temporaryDirectory.appendingPathComponent("ep-prepare-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    var cache: String { "\(root)/cache" }
    var site: String { "\(root)/site" }

    @discardableResult
    func add(_ architecture: String, _ content: String, index: String = "docker_img", checksumOf: String? = nil) throws
        -> Digest
    {
        let directory = "\(site)/openEuler-24.03-LTS-SP2/\(index)/\(architecture)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let name = "openEuler-docker.\(architecture).tar.xz"
        try Data(content.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
        let digest = sha256(Array((checksumOf ?? content).utf8))
        try Data("\(digest.hex)  \(name)\n".utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name).sha256sum"))
        return digest
    }

    func remove() { try? FileManager.default.removeItem(atPath: root) }
}

/// Counts what a directory mirror is asked for, and can stop a download in the middle as a broken line does.
final class Flaky: Downloader {
    struct Call: Sendable, Equatable {
        var url: String
        var resumingAt: Int64
    }
    private let state = NSLock()
    nonisolated(unsafe) private var recorded: [Call] = []
    nonisolated(unsafe) private var breaks: Int
    let root: String

    init(root: String, breaks: Int) {
        self.root = root
        self.breaks = breaks
    }

    var calls: [Call] { state.withLock { recorded } }

    func download(
        url: String, toDescriptor descriptor: Int32, resumingAt: Int64, limit: Int64,
        attempt: @escaping @Sendable (Int) -> Void
    ) async throws -> DownloadResult {
        let broken = state.withLock {
            recorded.append(Call(url: url, resumingAt: resumingAt))
            guard breaks > 0, url.hasSuffix(".tar.xz") else { return false }
            breaks -= 1
            return true
        }
        let site = ReleaseMirror.release
        guard !url.hasPrefix(site) else { return .notFound }
        let path =
            root + "/" + url.split(separator: "/", omittingEmptySubsequences: false).dropFirst(3).joined(separator: "/")
        if url.hasSuffix("/") {
            // A listing as the site's: a table of links.
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            let rows = names.map {
                "<tr><td class=\"link\"><a href=\"\($0)/\">\($0)/</a></td><td>2025-Jun-27 08:11</td></tr>"
            }
            let text = Array(rows.joined().utf8)
            _ = text.withUnsafeBytes { write(descriptor, $0.baseAddress!, $0.count) }
            return .complete(bytes: Int64(text.count))
        }
        if broken {
            let part = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)).prefix(5))
            _ = part.withUnsafeBytes { write(descriptor, $0.baseAddress!, $0.count) }
            throw Failure(.network, "the line broke", retryable: true)
        }
        return try await DirectoryDownloader().download(
            url: path, toDescriptor: descriptor, resumingAt: resumingAt, limit: limit, attempt: attempt)
    }
}

/// Is silent for a while in its second attempt.
private struct Stalling: Downloader {
    func download(
        url: String, toDescriptor descriptor: Int32, resumingAt: Int64, limit: Int64,
        attempt: @escaping @Sendable (Int) -> Void
    ) async throws -> DownloadResult {
        attempt(2)
        try await Task.sleep(for: .milliseconds(1300))
        return .notFound
    }
}

@Suite struct PrepareTests {
    @Test func whatIsWaitedForIsToldEverySecond() async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        let told = Mutex<[Fetching]>([])
        await #expect(throws: Failure.self) {
            try await ReleaseMirror(location: "https://mirror.example", downloader: Stalling()).prepare(
                version: "24.03-LTS-SP2", architectures: [Architecture("amd64")], cache: mirror.cache,
                telling: { fetching in told.withLock { $0.append(fetching) } })
        }
        let first = try #require(told.withLock { $0.first })
        #expect(first.url.hasPrefix("https://mirror.example/openEuler-24.03-LTS-SP2/docker_img/x86_64/"))
        #expect(first.attempt == 2 && first.bytes == 0)
    }

    @Test func everyArchitectureThatIsThereAndNoOther() async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        let digest = try mirror.add("x86_64", "intel")
        try mirror.add("riscv64", "risc")
        let release = try await ReleaseMirror(location: mirror.site).prepare(
            version: "24.03-lts-sp2", cache: mirror.cache)
        #expect(release.version == "24.03-LTS-SP2")
        #expect(release.sources.map(\.platform.architecture) == ["riscv64", "amd64"])
        #expect(release.missing.map(\.name) == ["aarch64", "loongarch64"])
        #expect(release.sources[1].digest == digest && release.sources[1].size == 5)
        #expect(release.sources[1].path == "\(mirror.cache)/sources/sha256/\(digest.hex)")
        #expect(try Digest.sha256(ofFile: release.sources[1].path) == digest)
        let again = try await ReleaseMirror(location: "file://\(mirror.site)/").prepare(
            version: "24.03-LTS-SP2", cache: mirror.cache)
        #expect(again.sources.map(\.downloaded) == [false, false])
        try release.lock.write(to: "\(mirror.root)/lock.json")
        #expect(try SourceLock(readingFrom: "\(mirror.root)/lock.json") == release.lock)
    }

    @Test func anArchitectureThatTheUserNamedMustBeThere() async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        try mirror.add("x86_64", "intel")
        let failure = await #expect(throws: Failure.self) {
            try await ReleaseMirror(location: mirror.site).prepare(
                version: "24.03-LTS-SP2", architectures: [Architecture("amd64"), Architecture("loong64")],
                cache: mirror.cache)
        }
        #expect(failure?.hint == "leave out loongarch64; there is x86_64")
    }

    @Test func currentBecomesItsDateOnceForAll() async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        for date in ["2025-05-01", "2025-06-27"] {
            try mirror.add("x86_64", "intel \(date)", index: "docker_img/update/\(date)")
            try mirror.add("aarch64", "arm \(date)", index: "docker_img/update/\(date)")
        }
        let current = "\(mirror.site)/openEuler-24.03-LTS-SP2/docker_img/update/current"
        try FileManager.default.createSymbolicLink(atPath: current, withDestinationPath: "2025-05-01")
        let release = try await ReleaseMirror(location: mirror.site).prepare(
            version: "24.03-LTS-SP2", index: "docker_img/update/current", cache: mirror.cache)
        #expect(release.index == "docker_img/update/2025-05-01" && release.lock.date == "2025-05-01")
        #expect(
            release.sources.map(\.digest) == [
                sha256(Array("arm 2025-05-01".utf8)), sha256(Array("intel 2025-05-01".utf8)),
            ])
    }

    /// By URL a link does not show: the date is the one whose checksum is that of `current`, here not the newest.
    @Test func currentIsFoundInAListing() async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        for date in ["2025-05-01", "2025-06-27"] {
            try mirror.add("x86_64", "intel \(date)", index: "docker_img/update/\(date)")
        }
        try mirror.add("x86_64", "intel 2025-05-01", index: "docker_img/update/current")
        let flaky = Flaky(root: mirror.site, breaks: 0)
        let release = try await ReleaseMirror(location: "https://mirror.example", downloader: flaky).prepare(
            version: "24.03-LTS-SP2", index: "docker_img/update/current", cache: mirror.cache)
        #expect(release.index == "docker_img/update/2025-05-01")
        #expect(release.sources[0].url.contains("/update/2025-05-01/"))
    }

    @Test func anOldVersionComesFromTheArchive() async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        try mirror.add("x86_64", "intel")
        let flaky = Flaky(root: mirror.site, breaks: 0)
        let release = try await ReleaseMirror(downloader: flaky).prepare(version: "24.03-LTS-SP2", cache: mirror.cache)
        #expect(release.sources[0].url.hasPrefix(ReleaseMirror.archive))
    }

    @Test func aMirrorsPasswordIsSentAndStandsInNoAddress() async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        try mirror.add("x86_64", "intel")
        let flaky = Flaky(root: mirror.site, breaks: 0)
        func prepare(_ location: String?, _ setting: String? = nil) async throws -> PreparedRelease {
            try await ReleaseMirror(location: location, setting: setting, downloader: flaky).prepare(
                version: "24.03-LTS-SP2", cache: mirror.cache)
        }
        let release = try await prepare("https://me:p%40ss@mirror.example//")
        #expect(release.sources[0].url.hasPrefix("https://mirror.example/openEuler-24.03-LTS-SP2/"))
        #expect(release.lock.sources[0].url == release.sources[0].url)
        #expect(flaky.calls.allSatisfy { $0.url.hasPrefix("https://me:p%40ss@mirror.example/openEuler-") })
        // The same place, kept without them, gets those of the setting; another one does not.
        let count = flaky.calls.count
        _ = try await prepare("https://mirror.example/", "https://me:x@mirror.example")
        _ = try await prepare("https://other.example", "https://me:x@mirror.example")
        let later = flaky.calls.dropFirst(count).map(\.url)
        #expect(later.contains { $0.hasPrefix("https://me:x@mirror.example/") })
        #expect(!later.contains { $0.hasPrefix("https://me:x@other") || $0.hasPrefix("https://mirror.example") })
    }

    @Test(arguments: ["http://", "https:///", "https://me:x@/"])
    func aURLNamesAHost(location: String) {
        let failure = #expect(throws: Failure.self) { try ReleaseMirror(location: location) }
        #expect(failure?.message == "the mirror's URL names no host" && failure?.code == .usage)
    }

    @Test func whatIsNotThereIsNamedWithAllThatMayBeWrong() async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        try mirror.add("x86_64", "intel")
        let failure = await #expect(throws: Failure.self) {
            try await ReleaseMirror(location: mirror.site).prepare(
                version: "24.03-LTS-SP2", index: "docker_image", cache: mirror.cache)
        }
        #expect(failure?.place?.hasSuffix("/openEuler-24.03-LTS-SP2/docker_image") == true)
        for word in ["sha256sum", "spelling", "index"] { #expect(failure?.hint?.contains(word) == true) }
    }

    @Test func wrongBytesAreRefusedAndNotKept() async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        let digest = try mirror.add("x86_64", "tampered", checksumOf: "genuine")
        let failure = await #expect(throws: Failure.self) {
            try await ReleaseMirror(location: mirror.site).prepare(version: "24.03-LTS-SP2", cache: mirror.cache)
        }
        #expect(failure?.message.contains(digest.hex) == true)
        #expect(failure?.message.contains(sha256(Array("tampered".utf8)).hex) == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(mirror.cache)/sources/sha256").isEmpty)
    }

    @Test func aFileThatRottedInTheCacheIsFetchedAgain() async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        let digest = try mirror.add("x86_64", "intel")
        try FileManager.default.createDirectory(
            atPath: "\(mirror.cache)/sources/sha256", withIntermediateDirectories: true)
        try Data("rot".utf8).write(to: URL(fileURLWithPath: "\(mirror.cache)/sources/sha256/\(digest.hex)"))
        let release = try await ReleaseMirror(location: mirror.site).prepare(
            version: "24.03-LTS-SP2", cache: mirror.cache)
        #expect(release.sources.map(\.downloaded) == [true])
        #expect(try Digest.sha256(ofFile: release.sources[0].path) == digest)
    }

    @Test func aBrokenDownloadIsContinued() async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        try mirror.add("x86_64", "a longer content")
        let flaky = Flaky(root: mirror.site, breaks: 1)
        let release = try ReleaseMirror(location: "https://mirror.example", downloader: flaky)
        await #expect(throws: Failure.self) { try await release.prepare(version: "24.03-LTS-SP2", cache: mirror.cache) }
        let found = try await release.prepare(version: "24.03-LTS-SP2", cache: mirror.cache)
        #expect(found.sources.count == 1)
        #expect(flaky.calls.filter { $0.url.hasSuffix(".tar.xz") }.map(\.resumingAt) == [0, 5])
    }

    /// What an earlier, different build left behind must not spoil the new one.
    @Test func aPartOfOtherBytesIsStartedOver() async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        let digest = try mirror.add("x86_64", "the right content")
        try FileManager.default.createDirectory(
            atPath: "\(mirror.cache)/sources/sha256", withIntermediateDirectories: true)
        try Data("WRONG".utf8).write(to: URL(fileURLWithPath: "\(mirror.cache)/sources/sha256/\(digest.hex).partial"))
        let release = try await ReleaseMirror(location: mirror.site).prepare(
            version: "24.03-LTS-SP2", cache: mirror.cache)
        #expect(try Digest.sha256(ofFile: release.sources[0].path) == digest)
    }

    @Test func manyCallersFetchOnce() async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        try mirror.add("x86_64", String(repeating: "intel", count: 100_000))
        let flaky = Flaky(root: mirror.site, breaks: 0)
        let release = try ReleaseMirror(location: "https://mirror.example", downloader: flaky)
        let cache = mirror.cache
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { _ = try await release.prepare(version: "24.03-LTS-SP2", cache: cache) } }
            try await group.waitForAll()
        }
        #expect(flaky.calls.filter { $0.url.hasSuffix(".tar.xz") }.count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(cache)/sources/sha256").count == 1)
    }

    @Test func aPinnedDigestHolds() async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        try mirror.add("x86_64", "old")
        let site = try ReleaseMirror(location: mirror.site)
        let lock = try await site.prepare(version: "24.03-LTS-SP2", cache: mirror.cache).lock
        try mirror.add("x86_64", "new")
        let failure = await #expect(throws: Failure.self) {
            try await site.prepare(version: "24.03-LTS-SP2", cache: mirror.cache, lock: lock)
        }
        #expect(failure?.message.contains("pins") == true)
    }

    /// A run that goes on finds what it began with, whatever the mirror has gained since.
    @Test func aLockHoldsDateAndArchitectures() async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        let update = "docker_img/update"
        try mirror.add("x86_64", "May", index: "\(update)/2025-05-01")
        let current = "\(mirror.site)/openEuler-24.03-LTS-SP2/\(update)/current"
        try FileManager.default.createSymbolicLink(atPath: current, withDestinationPath: "2025-05-01")
        let site = try ReleaseMirror(location: mirror.site)
        func prepare(_ lock: SourceLock?, _ architectures: [Architecture]? = nil, version: String = "24.03-LTS-SP2")
            async throws -> PreparedRelease
        {
            try await site.prepare(
                version: version, index: "\(update)/current", architectures: architectures, cache: mirror.cache,
                lock: lock)
        }
        let lock = try await prepare(nil).lock
        try mirror.add("aarch64", "May", index: "\(update)/2025-05-01")
        try mirror.add("x86_64", "June", index: "\(update)/2025-06-27")
        try FileManager.default.removeItem(atPath: current)
        try FileManager.default.createSymbolicLink(atPath: current, withDestinationPath: "2025-06-27")
        let again = try await prepare(lock)
        #expect(again.lock == lock && again.missing.isEmpty)
        #expect(try await prepare(nil).lock.date == "2025-06-27")

        let other = await #expect(throws: Failure.self) { try await prepare(lock, [Architecture("arm64")]) }
        #expect(other?.message == "the lock file pins no root filesystem for aarch64")
        let version = await #expect(throws: Failure.self) { try await prepare(lock, version: "24.03-LTS-SP1") }
        #expect(version?.message == "the lock file pins 24.03-LTS-SP2, not 24.03-LTS-SP1")
        // What is pinned must be there.
        try FileManager.default.removeItem(
            atPath: "\(mirror.site)/openEuler-24.03-LTS-SP2/\(update)/2025-05-01/x86_64")
        await #expect(throws: Failure.self) { try await prepare(lock) }
    }

    @Test(arguments: ["", "../x", "24.03/..", "a b", ".x"])
    func aBadVersionIsRefused(_ version: String) async throws {
        let mirror = try Mirror()
        defer { mirror.remove() }
        try mirror.add("x86_64", "intel")
        await #expect(throws: Failure.self) {
            try await ReleaseMirror(location: mirror.site).prepare(version: version, cache: mirror.cache)
        }
    }
}
