import Foundation
import RegistryPeers
import TestSupport
import Testing

/// What the strict registry demands and docker-registry does not, or has not.
@Suite struct StrictnessTests {
    @Test func chunksAreInOrder() async throws {
        let registry = try await StrictRegistry.start()
        let curl = Curl(registry)
        let begun = try await curl("POST", "/v2/a/blobs/uploads/").header("location")!
        let first = try await curl("PATCH", begun, ["Content-Range: 0-2"], "abc")
        let at = first.header("location")!
        for range in ["0-2", "2-4", "4-6", "bytes 3-5/6", "3"] {
            let reply = try await curl("PATCH", at, ["Content-Range: \(range)"], "def")
            #expect(reply.status == 416 && reply.header("range") == "0-2" && reply.code == "RANGE_INVALID")
            #expect(reply.header("location") == at)
        }
        #expect(try await curl("PATCH", at, ["Content-Range: 3-6"], "def").code == "SIZE_INVALID")
        #expect(try await curl("PATCH", at, [], "def").status == 416)
        #expect(try await curl("PATCH", at, ["Content-Type: text/plain"], "def").status == 400)
        // A query that came back in another spelling is another one.
        let respelt = at.replacing("%3D", with: "%3d")
        #expect(try await curl("PATCH", respelt, ["Content-Range: 3-5"], "def").code == "BLOB_UPLOAD_UNKNOWN")
        let wrong = try await curl("PUT", at.adding("digest=\(digest("abcdef"))"))
        #expect(wrong.status == 400 && wrong.code == "DIGEST_INVALID")
        #expect(try registry.openUploads() == 0)
    }

    /// The status needs no latest Location, unless told to: whoever lost an answer has none.
    @Test func aLostAnswerCanBeMadeUpFor() async throws {
        let registry = try await StrictRegistry.start()
        let curl = Curl(registry)
        let begun = try await curl("POST", "/v2/a/blobs/uploads/").header("location")!
        try await registry.fault(.reset(.executed), on: "PATCH")
        #expect(try await curl("PATCH", begun, ["Content-Range: 0-2"], "abc").status == 0)
        #expect(try await curl("PATCH", begun, ["Content-Range: 0-2"], "abc").status == 404)
        let status = try await curl("GET", begun)
        #expect(status.status == 204 && status.header("range") == "0-2")
        let end = try status.header("location")!.adding("digest=\(digest("abcdef"))")
        #expect(try await curl("PUT", end, ["Content-Range: 3-5"], "def").status == 201)

        let severe = try await StrictRegistry.start(.init { $0.statusNeedsLatest = true })
        let other = Curl(severe)
        let old = try await other("POST", "/v2/a/blobs/uploads/").header("location")!
        #expect(try await other("PATCH", old, ["Content-Range: 0-2"], "abc").status == 202)
        #expect(try await other("GET", old).status == 404)
    }

    @Test(arguments: [StrictRegistry.Protocols.Cut.keep, .discard, .lose])
    func aBodyBreaksOff(_ cut: StrictRegistry.Protocols.Cut) async throws {
        let registry = try await StrictRegistry.start(.init { $0.afterCut = cut })
        let curl = Curl(registry)
        let begun = try await curl("POST", "/v2/a/blobs/uploads/").header("location")!
        let first = try await curl("PATCH", begun, ["Content-Range: 0-2"], "abc").header("location")!
        // Says 1000 bytes, sends 100, and goes.
        let sent = try await curl.with("-H", "Content-Length: 1000", "--max-time", "1")(
            "PATCH", first, ["Content-Range: 3-1002"], String(repeating: "d", count: 100))
        #expect(sent.exit == 28)
        for _ in 0..<100 where try registry.requests().last?.ended == nil {
            try await Task.sleep(for: .milliseconds(10))
        }
        let reply = try await curl("GET", first)
        let expected: [StrictRegistry.Protocols.Cut: String?] = [.keep: "0-102", .discard: "0-2", .lose: nil]
        #expect(reply.header("range") == expected[cut]!)
        #expect(reply.status == (cut == .lose ? 404 : 204))
        guard cut != .lose else { return }
        let rest = cut == .keep ? "" : String(repeating: "d", count: 100)
        let whole = "abc" + String(repeating: "d", count: 100)
        let headers = rest.isEmpty ? [] : ["Content-Range: 3-102"]
        let end = try reply.header("location")!.adding("digest=\(digest(whole))")
        #expect(try await curl("PUT", end, headers, rest.isEmpty ? nil : rest).status == 201)
    }

    @Test func chunksHaveALeastLength() async throws {
        let registry = try await StrictRegistry.start(
            .init {
                $0.chunkMinimum = 4
                $0.streamed = false
            })
        let curl = Curl(registry)
        var reply = try await curl("POST", "/v2/a/blobs/uploads/")
        #expect(reply.header("oci-chunk-min-length") == "4")
        #expect(try await curl("PATCH", reply.header("location")!, [], "abcd").status == 416)
        reply = try await curl("PATCH", reply.header("location")!, ["Content-Range: 0-3"], "abcd")
        reply = try await curl("PATCH", reply.header("location")!, ["Content-Range: 4-5"], "ef")
        #expect(reply.status == 202)
        let more = try await curl("PATCH", reply.header("location")!, ["Content-Range: 6-9"], "ghij")
        #expect(more.code == "SIZE_INVALID")
        // The last may be short.
        #expect(try await curl("PUT", reply.header("location")!.adding("digest=\(digest("abcdef"))")).status == 201)
    }

    @Test(arguments: [false, true]) func oneRequestMayStoreABlob(_ can: Bool) async throws {
        let registry = try await StrictRegistry.start(.init { $0.singlePost = can })
        let path = "/v2/a/blobs/uploads/?digest=\(try digest("text"))"
        #expect(try await Curl(registry)("POST", path, [], "text").status == (can ? 201 : 202))
        #expect(try await Curl(registry)("HEAD", "/v2/a/blobs/\(digest("text"))").status == (can ? 200 : 404))
    }

    @Test func manifestsAreLookedAt() async throws {
        let registry = try await StrictRegistry.start()
        let curl = Curl(registry)
        let image = try Image("one")
        let path = "/v2/a/manifests/v1"
        let kind = ["Content-Type: \(Media.manifest)"]
        let unknown = try await curl("PUT", path, kind, image.manifest)
        #expect(try unknown.code == "MANIFEST_BLOB_UNKNOWN" && unknown.body.contains(digest(image.layer)))
        #expect(try await curl.image(image, in: "a", "v1").status == 201)
        for (from, to) in [
            (#""schemaVersion":2"#, #""schemaVersion":1"#), (#""size":"#, #""size":1"#), (Media.manifest, Media.index),
            (#""config""#, #""manifests""#), (#""digest""#, #""dig""#),
        ] {
            let reply = try await curl("PUT", path, kind, image.manifest.replacing(from, with: to))
            #expect(reply.status == 400 && reply.code == "MANIFEST_INVALID", "\(from)")
        }
        #expect(
            try await curl("PUT", path, ["Content-Type: \(Media.manifest); charset=utf-8"], image.manifest).status
                == 400)
        #expect(try await curl("PUT", "/v2/a/manifests/-v1", kind, image.manifest).code == "TAG_INVALID")
        #expect(try await curl("PUT", "/v2/A/manifests/v1", kind, image.manifest).code == "NAME_INVALID")
        #expect(try await curl("GET", path, ["Accept: \(Media.index)"]).status == 404)
        #expect(
            try await curl("PUT", path, kind, String(repeating: " ", count: 4 << 20) + image.manifest).status == 413)

        try await registry.forget(digest(image.layer), in: "a")
        #expect(try await curl("PUT", path, kind, image.manifest).code == "MANIFEST_BLOB_UNKNOWN")
        let lax = try await StrictRegistry.start(.init { $0.acceptsDangling = true })
        #expect(try await Curl(lax)("PUT", path, kind, image.manifest).status == 201)
    }

    @Test func tagsAreImmutableByOption() async throws {
        let registry = try await StrictRegistry.start(.init { $0.immutable = 409 })
        #expect(try await Curl(registry).image(Image("one"), in: "a", "v1").status == 201)
        #expect(try await Curl(registry).image(Image("one"), in: "a", "v1").status == 409)
    }

    @Test func listsComeInPages() async throws {
        let registry = try await StrictRegistry.start(.init { $0.page = 3 })
        let curl = Curl(registry)
        let image = try Image("one")
        for tag in ["d", "b", "e", "a", "c"] { _ = try await curl.image(image, in: "a", tag) }
        var found: [String] = []
        var target: String? = "/v2/a/tags/list?n=2"
        while let path = target {
            let reply = try await curl("GET", path)
            found.append(reply.body.firstMatch(of: /\[(.*)\]/).map { String($0.1) } ?? "")
            target = reply.header("link")?.firstMatch(of: /<([^>]+)>; rel="next"/).map { String($0.1) }
        }
        #expect(found == [#""a", "b""#, #""c", "d""#, #""e""#])
        #expect(try await curl("GET", "/v2/a/tags/list").header("link") != nil)
        #expect(try await curl("DELETE", "/v2/a/manifests/a").status == 202)
        #expect(try registry.contents()["a"]?.tags.keys.sorted() == ["b", "c", "d", "e"])
    }

    @Test func referrersAreListed() async throws {
        let registry = try await StrictRegistry.start()
        let curl = Curl(registry)
        let subject = try Image("one")
        let note = try Image("note", subject: subject.descriptor)
        // Before its subject, even.
        let reply = try await curl.image(note, in: "a", "note")
        #expect(try reply.status == 201 && reply.header("oci-subject") == digest(subject.manifest))
        let path = "/v2/a/referrers/\(try digest(subject.manifest))"
        let all = try await curl("GET", path)
        #expect(try all.body.contains(digest(note.manifest)) && all.header("content-type") == Media.index)
        #expect(all.header("oci-filters-applied") == nil)
        let filtered = try await curl("GET", path + "?artifactType=application/x.other")
        #expect(filtered.header("oci-filters-applied") == "artifactType" && filtered.body.contains(#""manifests": []"#))
        #expect(try await curl("GET", path + "?artifactType=application/x.note").body.contains("application/x.note"))

        let without = try await StrictRegistry.start(.init { $0.referrers = false })
        #expect(try await Curl(without).image(note, in: "a", "note").header("oci-subject") == nil)
        #expect(try await Curl(without)("GET", path).status == 404)
    }

    /// A client that waits to be told to go on is refused before it sends anything.
    @Test func aRefusalComesBeforeTheBody() async throws {
        let registry = try await StrictRegistry.start(.init(.basic))
        let large = String(repeating: "a", count: 3_000_000)
        let refused = try await Curl(registry).with("-H", "Expect: 100-continue")("PUT", "/v2/a/manifests/v", [], large)
        #expect(refused.status == 401)
        let seen = try #require(registry.requests().last)
        #expect(seen.received == 0 && seen.headers["content-length"] == "3000000" && seen.scheme == nil)
        let eager = try await Curl(registry).with(.reader)("PUT", "/v2/a/manifests/v", [], large)
        #expect(eager.status == 403)
        #expect(try registry.requests().last?.scheme == "Basic")
    }
}
