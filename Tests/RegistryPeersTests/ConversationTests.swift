import RegistryPeers
import TestSupport
import Testing

/// The same requests to docker-registry and to the strict registry: what they have in common is not of our making.
@Suite(.enabled(if: DockerRegistry.isInstalled, "docker-registry is not installed"))
struct ConversationTests {
    /// What is asked, and the status that both answer.
    private static func conversation(_ curl: Curl) async throws -> [String] {
        var story: [String] = []
        @discardableResult
        func say(
            _ what: String, _ method: String, _ target: String, _ headers: [String] = [], _ body: String? = nil
        ) async throws -> Reply {
            let reply = try await curl(method, target, headers, body)
            story.append("\(what): \(reply.status)")
            return reply
        }
        func next(_ reply: Reply) -> String { curl.absolute(reply.header("location") ?? "/no-location") }
        let blobs = "/v2/one/a/blobs"
        let manifests = "/v2/one/a/manifests"
        let hello = try digest("hello world")
        let none = try digest("never uploaded")
        let isManifest = ["Content-Type: \(Media.manifest)"]
        let isIndex = ["Content-Type: \(Media.index)"]

        try await say("ping", "GET", "/v2/")
        try await say("an unknown path", "GET", "/v2/one/a/nonsense")
        try await say("no blob", "HEAD", "\(blobs)/\(hello)")
        var at = next(try await say("begin", "POST", "\(blobs)/uploads/"))
        try await say("whole, wrong digest", "PUT", at.adding("digest=\(none)"), [], "hello world")
        at = next(try await say("begin again", "POST", "\(blobs)/uploads/"))
        try await say("whole, no digest", "PUT", at.adding("digest=nonsense"), [], "hello world")
        at = next(try await say("begin a third time", "POST", "\(blobs)/uploads/"))
        try await say("whole", "PUT", at.adding("digest=\(hello)"), [], "hello world")
        try await say("an upload that is over", "GET", at)
        try await say("its head", "HEAD", "\(blobs)/\(hello)")
        try await say("it", "GET", "\(blobs)/\(hello)")
        try await say("a part", "GET", "\(blobs)/\(hello)", ["Range: bytes=6-"])
        try await say("no part", "GET", "\(blobs)/\(hello)", ["Range: bytes=60-"])

        at = next(try await say("begin chunks", "POST", "\(blobs)/uploads/"))
        let stale = at
        at = next(try await say("first chunk", "PATCH", at, ["Content-Range: 0-2"], "abc"))
        try await say("at an old Location", "PATCH", stale, ["Content-Range: 3-5"], "def")
        at = next(try await say("second chunk", "PATCH", at, ["Content-Range: 3-5"], "def"))
        at = next(try await say("status", "GET", at))
        try await say("end of chunks", "PUT", at.adding("digest=\(digest("abcdef"))"))
        at = next(try await say("begin a stream", "POST", "\(blobs)/uploads/"))
        at = next(try await say("a stream", "PATCH", at, [], "streamed"))
        try await say("end of the stream", "PUT", at.adding("digest=\(digest("streamed"))"))
        at = next(try await say("begin in vain", "POST", "\(blobs)/uploads/"))
        try await say("give up", "DELETE", at)
        try await say("what was given up", "PATCH", at, ["Content-Range: 0-2"], "abc")
        try await say("mount", "POST", "/v2/two/blobs/uploads/?mount=\(hello)&from=one/a")
        try await say("mounted", "HEAD", "/v2/two/blobs/\(hello)")
        try await say("mount what is not there", "POST", "/v2/two/blobs/uploads/?mount=\(none)&from=one/a")
        try await say("mount from nowhere", "POST", "/v2/two/blobs/uploads/?mount=\(hello)")

        let image = try Image("first")
        let other = try Image("second", architecture: "arm64")
        let list = try Image.index(of: [image, other])
        try await say("a manifest without its blobs", "PUT", "\(manifests)/v1", isManifest, image.manifest)
        for image in [image, other] {
            try await curl.blob(image.config, in: "one/a")
            try await curl.blob(image.layer, in: "one/a")
        }
        try await say("of another type", "PUT", "\(manifests)/v1", isIndex, image.manifest)
        try await say("no JSON", "PUT", "\(manifests)/v1", isManifest, "{")
        try await say("of another digest", "PUT", "\(manifests)/\(hello)", isManifest, image.manifest)
        let named = try "\(manifests)/\(digest(image.manifest))"
        try await say("by digest", "PUT", named, isManifest, image.manifest)
        try await say("an index without its child", "PUT", "\(manifests)/all", isIndex, list)
        try await say("the other", "PUT", "\(manifests)/v2", isManifest, other.manifest)
        try await say("the index", "PUT", "\(manifests)/all", isIndex, list)
        try await say("the index again", "PUT", "\(manifests)/all", isIndex, list)
        try await say("get it", "GET", "\(manifests)/all", Media.accept)
        try await say("its head", "HEAD", "\(manifests)/all", Media.accept)
        try await say("accepting nothing", "GET", "\(manifests)/all")
        try await say("no manifest", "GET", "\(manifests)/v3", Media.accept)
        try await say("tags", "GET", "/v2/one/a/tags/list")
        try await say("tags of nothing", "GET", "/v2/nothing/tags/list")
        try await say("referrers", "GET", "/v2/one/a/referrers/\(hello)")
        try await say("delete a tag", "DELETE", "\(manifests)/all")
        try await say("delete", "DELETE", named)
        try await say("delete it again", "DELETE", named)
        try await say("delete a blob", "DELETE", "\(blobs)/\(hello)")
        try await say("it is gone", "HEAD", "\(blobs)/\(hello)")
        return story
    }

    private static let expected = """
        ping: 200
        an unknown path: 404
        no blob: 404
        begin: 202
        whole, wrong digest: 400
        begin again: 202
        whole, no digest: 400
        begin a third time: 202
        whole: 201
        an upload that is over: 404
        its head: 200
        it: 200
        a part: 206
        no part: 416
        begin chunks: 202
        first chunk: 202
        at an old Location: 404
        second chunk: 202
        status: 204
        end of chunks: 201
        begin a stream: 202
        a stream: 202
        end of the stream: 201
        begin in vain: 202
        give up: 204
        what was given up: 404
        mount: 201
        mounted: 200
        mount what is not there: 202
        mount from nowhere: 202
        a manifest without its blobs: 400
        of another type: 400
        no JSON: 400
        of another digest: 400
        by digest: 201
        an index without its child: 400
        the other: 201
        the index: 201
        the index again: 201
        get it: 200
        its head: 200
        accepting nothing: 404
        no manifest: 404
        tags: 200
        tags of nothing: 404
        referrers: 404
        delete a tag: 400
        delete: 202
        delete it again: 404
        delete a blob: 202
        it is gone: 404
        """.split(separator: "\n").map(String.init)

    @Test func dockerRegistryAnswersIt() async throws {
        let registry = try await DockerRegistry.start()
        let story = try await Self.conversation(Curl(registry))
        // Both lists in full would hide the line that differs.
        #expect(story.filter { !Self.expected.contains($0) } == [])
        #expect(story == Self.expected)
        #expect(try registry.requests().contains { $0.path == "/v2/" && $0.status == 200 && $0.method == "GET" })
    }

    /// Told to have neither referrers nor deletes of tags, as docker-registry.
    @Test(arguments: [false, true]) func theStrictRegistryAnswersTheSame(relative: Bool) async throws {
        let registry = try await StrictRegistry.start(
            .init {
                $0.referrers = false
                $0.tagDeletes = false
                $0.relative = relative
            })
        let story = try await Self.conversation(Curl(registry))
        // Both lists in full would hide the line that differs.
        #expect(story.filter { !Self.expected.contains($0) } == [])
        #expect(story == Self.expected)
        #expect(try registry.story().first == "GET /v2/ 200")
    }
}
