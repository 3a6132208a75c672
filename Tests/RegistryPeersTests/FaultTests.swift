import Foundation
import RegistryPeers
import TestSupport
import Testing

/// Each fault does what it says, once, and no more.
@Suite struct FaultTests {
    /// A registry that has a blob, and an image with a tag.
    private static func stocked(_ options: StrictRegistry.Options = .init()) async throws -> (StrictRegistry, Curl) {
        let registry = try await StrictRegistry.start(options)
        let curl = Curl(registry)
        #expect(try await curl.image(Image("stock"), in: "a", "v1").status == 201)
        #expect(try await curl.blob("some bytes", in: "a").status == 201)
        return (registry, curl)
    }

    private static func blob(_ text: String = "some bytes") throws -> String { try "/v2/a/blobs/\(digest(text))" }

    @Test(arguments: [
        (Fault.page(503), 503, "<!DOCTYPE html>"),
        (.page(404), 404, "<!DOCTYPE html>"),
        (.error(403, "DENIED"), 403, #""code":"DENIED""#),
        (.answer(500), 500, ""),
        (.limited(.seconds(7)), 429, "TOOMANYREQUESTS"),
        (.limited(.hub(7)), 429, "Too Many Requests"),
        (.challenge(#"Bearer realm=",,="#), 401, "UNAUTHORIZED"),
    ])
    func answersInstead(_ fault: Fault, _ status: Int, _ text: String) async throws {
        let (registry, curl) = try await Self.stocked()
        let number = try await registry.fault(fault, on: "PUT", "/manifests/", nth: 2)
        let image = try Image("other")
        #expect(try await curl.image(image, in: "a", "v2").status == 201)
        let reply = try await curl.image(image, in: "a", "v3")
        #expect(reply.status == status && (text.isEmpty || reply.body.contains(text)))
        #expect(reply.header("content-type")?.hasPrefix("text/html") ?? false == text.hasPrefix("<"))
        #expect(try registry.befell(number) == 1)
        // It was not executed, and the next one is as ever.
        #expect(try registry.contents()["a"]?.tags["v3"] == nil)
        #expect(try await curl.image(image, in: "a", "v3").status == 201)
        #expect(try registry.befell(number) == 1)
    }

    @Test func saysWhenToComeBack() async throws {
        let (registry, curl) = try await Self.stocked()
        let now = Date().timeIntervalSince1970
        try await registry.fault(.limited(.seconds(7)))
        #expect(try await curl("GET", "/v2/").header("retry-after") == "7")
        try await registry.fault(.limited(.date(60)))
        let text = try await curl("GET", "/v2/").header("retry-after") ?? ""
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        #expect(abs((formatter.date(from: text)?.timeIntervalSince1970 ?? 0) - now - 60) < 5, "\(text)")
        try await registry.fault(.limited(.hub(60)))
        let reply = try await curl("GET", "/v2/")
        #expect(abs((Double(reply.header("x-retry-after") ?? "") ?? 0) - now - 60) < 5)
        #expect(reply.header("ratelimit-remaining") == "0;w=21600" && reply.header("retry-after") == nil)
        try await registry.fault(.quota(100, remaining: 42), on: "HEAD")
        let head = try await curl("HEAD", "/v2/a/manifests/v1", Media.accept)
        #expect(head.status == 200 && head.header("ratelimit-remaining") == "42;w=21600")
        #expect(head.header("ratelimit-limit") == "100;w=21600" && head.header("docker-ratelimit-source") != nil)
    }

    @Test func tokensAreRevokedMidway() async throws {
        let registry = try await StrictRegistry.start(.init(.bearer()))
        let plain = Curl(registry)
        func token() async throws -> String {
            let challenge = try Challenge(await plain("GET", "/v2/"))
            let reply = try TokenReply(
                await plain.with(.publisher)("GET", challenge.address(["repository:a:pull,push"])))
            return reply.token!
        }
        let first = try await token()
        try await registry.fault(.revokedTokens, on: "PATCH", nth: 2)
        let curl = plain.with(token: first)
        var reply = try await curl("POST", "/v2/a/blobs/uploads/")
        reply = try await curl("PATCH", reply.header("location")!, ["Content-Range: 0-2"], "abc")
        let location = reply.header("location")!
        reply = try await curl("PATCH", location, ["Content-Range: 3-5"], "def")
        #expect(reply.status == 401 && Challenge(reply).fields["error"] == "invalid_token")
        #expect(try await curl("GET", "/v2/").status == 401)
        // With a new one it goes on where it was.
        reply = try await plain.with(token: token())("PATCH", location, ["Content-Range: 3-5"], "def")
        #expect(reply.status == 202 && reply.header("range") == "0-5")
    }

    @Test func mountsAreNotMade() async throws {
        let (registry, curl) = try await Self.stocked()
        let mount = "/v2/b/blobs/uploads/?mount=\(try digest("some bytes"))&from=a"
        try await registry.fault(.noMount, on: "POST", "mount=")
        let reply = try await curl("POST", mount)
        #expect(reply.status == 202 && reply.header("location")?.contains("/v2/b/blobs/uploads/") == true)
        #expect(try registry.openUploads() == 1)
        #expect(try await curl("POST", mount).status == 201)
    }

    @Test func locationsAreRelative() async throws {
        let (registry, curl) = try await Self.stocked()
        try await registry.fault(.location(relative: true), on: "POST")
        #expect(try await curl("POST", "/v2/a/blobs/uploads/").header("location")?.hasPrefix("/v2/a/") == true)
        #expect(try await curl("POST", "/v2/a/blobs/uploads/").header("location")?.hasPrefix(registry.url) == true)
    }

    @Test func rangesAreStuckOrRefused() async throws {
        let (registry, curl) = try await Self.stocked()
        try await registry.fault(.stuckRange, on: "GET", "/uploads/", times: nil)
        try await registry.fault(.stuckRange.and(.status(201)), on: "PATCH", times: nil)
        var reply = try await curl("POST", "/v2/a/blobs/uploads/")
        #expect(reply.header("range") == "0-0")
        for (range, text) in [("0-2", "abc"), ("3-5", "def")] {
            reply = try await curl("PATCH", reply.header("location")!, ["Content-Range: \(range)"], text)
            #expect(reply.status == 201 && reply.header("range") == "0-2")
        }
        reply = try await curl("GET", reply.header("location")!)
        #expect(reply.status == 204 && reply.header("range") == "0-2")
        try await registry.clearFaults()
        try await registry.fault(.outOfRange, on: "PATCH")
        reply = try await curl("PATCH", reply.header("location")!, ["Content-Range: 6-8"], "ghi")
        #expect(reply.status == 416 && reply.header("range") == "0-5")
        reply = try await curl("PATCH", reply.header("location")!, ["Content-Range: 6-8"], "ghi")
        #expect(reply.status == 202)
        let end = try reply.header("location")!.adding("digest=\(digest("abcdefghi"))")
        #expect(try await curl("PUT", end).status == 201)
    }

    @Test func bodiesAreTooLargeOrHaveNoLength() async throws {
        let (registry, curl) = try await Self.stocked()
        try await registry.fault(.tooLarge(over: 100_000).and(.needsLength), on: "PATCH", times: nil)
        let begun = try await curl("POST", "/v2/a/blobs/uploads/")
        let at = begun.header("location")!
        let large = String(repeating: "a", count: 100_001)
        let reply = try await curl("PATCH", at, ["Content-Range: 0-100000"], large)
        #expect(reply.status == 413 && reply.body.hasPrefix("<!DOCTYPE html>"))
        #expect(
            try await curl.with("-H", "Content-Length:")("PATCH", at, ["Transfer-Encoding: chunked"], "a").status == 411
        )
        #expect(try await curl("PATCH", at, ["Content-Range: 0-99999"], String(large.dropLast())).status == 202)
        // Of a body without a length, it shows only on the way; nothing of it is kept.
        try await registry.clearFaults()
        try await registry.fault(.tooLarge(over: 100_000, status: 416), on: "PATCH", times: nil)
        let stream = try await curl("POST", "/v2/a/blobs/uploads/").header("location")!
        let chunked = curl.with("-H", "Content-Length:", "-H", "Transfer-Encoding: chunked")
        #expect(try await chunked("PATCH", stream, [], large).status == 416)
        #expect(try await chunked("PATCH", stream, [], "small").header("range") == "0-4")
    }

    @Test(arguments: [400, 409]) func tagsAreImmutable(_ status: Int) async throws {
        let (registry, curl) = try await Self.stocked()
        try await registry.fault(.immutableTag(status), on: "PUT", "/manifests/", times: nil)
        let reply = try await curl.image(Image("other"), in: "a", "v1")
        #expect(reply.status == status && reply.code == "TAG_INVALID")
        #expect(try await curl.image(Image("other"), in: "a", "v2").status == 201)
    }

    @Test func headersAreMissingHugeOrOthers() async throws {
        let (registry, curl) = try await Self.stocked()
        let name = "Docker-Content-Digest"
        try await registry.fault(.without(name).and(.without("ETag")), on: "HEAD")
        let bare = try await curl("HEAD", "/v2/a/manifests/v1", Media.accept)
        #expect(bare.status == 200 && bare.header(name) == nil && bare.header("etag") == nil)
        #expect(try await curl("HEAD", "/v2/a/manifests/v1", Media.accept).header(name) != nil)
        try await registry.fault(.header(name, "sha256:0"))
        #expect(try await curl("HEAD", Self.blob()).header(name) == "sha256:0")
        try await registry.fault(.hugeHeaders(200_000))
        let huge = try await curl("HEAD", Self.blob())
        #expect(huge.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 } > 200_000)
    }

    @Test func bodiesAreWrong() async throws {
        let (registry, curl) = try await Self.stocked()
        let path = try Self.blob()
        try await registry.fault(.truncated(after: 4), on: "GET")
        let cut = try await curl("GET", path)
        #expect(cut.exit == 18 && cut.body == "some" && cut.header("content-length") == "10")
        try await registry.fault(.corrupt, on: "GET")
        let corrupt = try await curl("GET", path)
        #expect(corrupt.status == 200 && corrupt.body != "some bytes" && corrupt.body.utf8.count == 10)
        try await registry.fault(.malformed, on: "GET", "/tags/")
        let malformed = try await curl("GET", "/v2/a/tags/list")
        #expect(malformed.status == 200 && (try? JSONSerialization.jsonObject(with: Data(malformed.body.utf8))) == nil)
        try await registry.fault(.html.and(.status(404)), on: "GET", "/referrers/")
        let page = try await curl("GET", "/v2/a/referrers/\(digest("x"))")
        #expect(page.status == 404 && page.header("content-type") == "text/html; charset=utf-8")
        #expect(try await curl("GET", path).body == "some bytes")
    }

    @Test func answersAreSlow() async throws {
        let (registry, curl) = try await Self.stocked()
        let path = try Self.blob()
        try await registry.fault(.slow(), on: "GET")
        let begun = ContinuousClock.now
        #expect(try await curl.with("--max-time", "2")("GET", path).exit == 28)
        try await registry.fault(.slow(secondsPerByte: 0.001), on: "GET")
        #expect(try await curl("GET", path).body == "some bytes")
        #expect(ContinuousClock.now - begun > .seconds(2.2))
    }

    @Test(arguments: [false, true]) func connectionsAreReset(tls: Bool) async throws {
        let (registry, curl) = try await Self.stocked(.init(tls: tls))
        let path = "/v2/a/manifests/"
        let kind = ["Content-Type: \(Media.manifest)"]
        let text = try Image("stock").manifest
        for (moment, tag, isThere) in [(Fault.Moment.before, "v2", false), (.executed, "v3", true)] {
            try await registry.fault(.reset(moment), on: "PUT", path)
            let reply = try await curl("PUT", path + tag, kind, text)
            // Reset as it sends or receives; an end would be 52.
            #expect(reply.status == 0 && [55, 56].contains(reply.exit), "\(reply)")
            #expect(try registry.contents()["a"]?.tags.keys.contains(tag) == isThere)
            #expect(try registry.story().last == "PUT \(path)\(tag) -")
        }
        // Within a body; what was read before is in the log.
        try await registry.fault(.reset(.before, after: 300_000), on: "PUT", "/uploads/")
        let large = String(repeating: "a", count: 5_000_000)
        #expect(try await curl.blob(large, in: "a").status == 0)
        let seen = try #require(registry.requests().last)
        #expect(seen.status == nil && seen.received >= 300_000 && seen.received < 5_000_000 && seen.isFaulty)
    }

    @Test(arguments: [false, true]) func storageIsElsewhere(tls: Bool) async throws {
        let (registry, curl) = try await Self.stocked(.init(tls: tls))
        try await registry.fault(.toStorage, times: nil)
        let path = try Self.blob()
        let reply = try await curl("GET", path)
        let location = try #require(reply.header("location"))
        #expect(reply.status == 307 && location.contains("//\(registry.storageHost)/"))
        #expect(try await curl("GET", location).body == "some bytes")
        #expect(try await curl("GET", location, ["Range: bytes=5-"]).body == "bytes")
        #expect(try await curl.with(.publisher)("GET", location).status == 400)
        #expect(try await curl("GET", location + "x").status == 403)
        let stored = try registry.requests().filter { $0.server == .storage }
        #expect(stored.map(\.status) == [200, 206, 400, 403] && stored[2].scheme == "Basic")
        // A body goes there as well.
        #expect(try await curl.with("-L").blob("put elsewhere", in: "a").status == 201)
        #expect(try await curl.with("-L")("GET", Self.blob("put elsewhere")).body == "put elsewhere")
    }

    @Test func tokenServersFailToo() async throws {
        let registry = try await StrictRegistry.start(.init(.bearer()))
        let curl = Curl(registry)
        try await registry.fault(.page(503), server: .token)
        let challenge = try Challenge(await curl("GET", "/v2/"))
        #expect(try await curl.with(.publisher)("GET", challenge.address([])).status == 503)
        #expect(try await curl.with(.publisher)("GET", challenge.address([])).status == 200)
    }
}
