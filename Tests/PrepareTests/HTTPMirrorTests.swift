import Digest
import Documents
import Foundation
import HTTPPeers
import Prepare
import Testing

/// A mirror behind nginx, in a folder of the site that is its own.
private struct Site {
    let name = Odd.key()
    let cache: Folder

    init() throws { cache = try Folder() }

    var plain: String { "\(Web.plain)/\(name)" }
    var secure: String { "\(Web.secure)/\(name)" }

    @discardableResult
    func add(_ architecture: String, _ content: String, index: String = "docker_img", checksumOf: String? = nil) throws
        -> Digest
    {
        let file = "openEuler-docker.\(architecture).tar.xz"
        let path = "site/\(name)/openEuler-24.03-LTS-SP2/\(index)/\(architecture)/\(file)"
        let digest = sha256(Array((checksumOf ?? content).utf8))
        try Web.folder.write(path, Data(content.utf8))
        try Web.folder.write("\(path).sha256sum", Data("\(digest.hex)  \(file)\n".utf8))
        return digest
    }

    func prepare(
        _ location: String, index: String = "docker_img", architectures: [Architecture]? = nil
    ) async throws -> PreparedRelease {
        try await ReleaseMirror(location: location, downloader: HTTPDownloader(quickClient())).prepare(
            version: "24.03-LTS-SP2", index: index, architectures: architectures, cache: cache.path)
    }
}

@Suite struct HTTPMirrorTests {
    @Test func aReleaseByHTTPAndHTTPS() async throws {
        let site = try Site()
        let digest = try site.add("x86_64", "intel")
        try site.add("aarch64", "arm")
        let release = try await site.prepare(site.plain)
        #expect(release.sources.map(\.architecture.name) == ["aarch64", "x86_64"])
        #expect(release.missing.map(\.name) == ["loongarch64", "riscv64"])
        #expect(release.sources[1].digest == digest && release.sources[1].url.hasPrefix(site.plain))
        #expect(release.sources.map(\.downloaded) == [true, true])
        #expect(try await site.prepare(site.secure).sources.map(\.downloaded) == [false, false])
        let failure = await #expect(throws: Failure.self) {
            try await site.prepare(site.plain, architectures: [Architecture("amd64"), Architecture("riscv64")])
        }
        #expect(failure?.hint == "leave out riscv64; there is x86_64")
    }

    /// nginx's own listing, and a link that shows nowhere in it.
    @Test func currentBecomesItsDate() async throws {
        let site = try Site()
        for date in ["2025-05-01", "2025-05-30", "2025-06-27"] {
            try site.add("x86_64", "intel \(date)", index: "docker_img/update/\(date)")
            try site.add("aarch64", "arm \(date)", index: "docker_img/update/\(date)")
        }
        let update = "\(Web.folder.path)/site/\(site.name)/openEuler-24.03-LTS-SP2/docker_img/update"
        try FileManager.default.createSymbolicLink(atPath: "\(update)/current", withDestinationPath: "2025-05-30")
        let release = try await site.prepare(site.plain, index: "docker_img/update/current")
        #expect(release.index == "docker_img/update/2025-05-30" && release.lock.date == "2025-05-30")
        #expect(
            release.sources.map(\.digest) == [
                sha256(Array("arm 2025-05-30".utf8)), sha256(Array("intel 2025-05-30".utf8)),
            ])
        #expect(release.sources.allSatisfy { $0.url.contains("/update/2025-05-30/") })
    }

    @Test func whatAnEarlierRunBeganIsContinued() async throws {
        let site = try Site()
        let content = String(repeating: "0123456789abcdef", count: 10_000)
        let digest = try site.add("x86_64", content)
        try site.cache.write("sources/sha256/\(digest.hex).partial", Data(content.utf8.prefix(70_000)))
        let release = try await site.prepare(site.plain)
        #expect(try Digest.sha256(ofFile: release.sources[0].path) == digest)
        let log = try await Web.log("\(site.name)/", count: 3)
        #expect(log.filter { $0[5] == "range=bytes=70000-" && $0[2] == "206" }.count == 1, "\(log)")
    }

    @Test func onlyWhatCameOverCountsAsFetched() async throws {
        let site = try Site()
        let content = String(repeating: "0123456789abcdef", count: 10_000)
        let digest = try site.add("x86_64", content)
        try site.cache.write("sources/sha256/\(digest.hex).partial", Data(content.utf8.prefix(70_000)))
        #expect(try await site.prepare(site.plain).sources[0].fetched == 90_000)
        #expect(try await site.prepare(site.plain).sources[0].fetched == 0)
    }

    @Test func aPartOfOtherBytesIsFetchedAnew() async throws {
        let site = try Site()
        let digest = try site.add("x86_64", "the right content")
        try site.cache.write("sources/sha256/\(digest.hex).partial", Data("WRONG".utf8))
        let release = try await site.prepare(site.plain)
        #expect(try Digest.sha256(ofFile: release.sources[0].path) == digest)
    }

    @Test func wrongBytesAreRefused() async throws {
        let site = try Site()
        try site.add("x86_64", "tampered", checksumOf: "genuine")
        let failure = await #expect(throws: Failure.self) { try await site.prepare(site.plain) }
        #expect(failure?.code == .refused && failure?.message.contains("SHA-256") == true)
    }

    @Test func aMirrorThatIsNotThere() async throws {
        let site = try Site()
        let gone = await #expect(throws: Failure.self) { try await site.prepare("http://127.0.0.1:1/mirror") }
        #expect(gone?.code == .network && gone?.retryable == true)
        let other = await #expect(throws: Failure.self) { try await site.prepare(site.plain) }
        #expect(
            other?.code == .usage && other?.message == "no root filesystem of openEuler-24.03-LTS-SP2 at docker_img")
    }

    /// An error page with status 200 is not a checksum, and a checksum is no long text.
    @Test func whatIsNoChecksumIsRefused() async throws {
        let site = try Site()
        try site.add("x86_64", "intel")
        let path =
            "site/\(site.name)/openEuler-24.03-LTS-SP2/docker_img/x86_64/openEuler-docker.x86_64.tar.xz.sha256sum"
        try Web.folder.write(path, Data("<html>Welcome</html>\n".utf8))
        let page = await #expect(throws: Failure.self) { try await site.prepare(site.plain) }
        #expect(page?.message == "this is not a checksum file")
        try Web.folder.write(path, Data(repeating: 0x61, count: 5000))
        let long = await #expect(throws: Failure.self) { try await site.prepare(site.plain) }
        #expect(long?.message == "the file has 5000 bytes, over 4096")
    }
}
