import Documents
import Foundation
import HTTP
import HTTPPeers
import Testing

/// A client that repeats quickly, so that no test waits for long.
func client(_ change: (inout HTTPConfiguration) -> Void = { _ in }) -> HTTPClient {
    var configuration = HTTPConfiguration()
    configuration.retry.base = .milliseconds(20)
    configuration.retry.attempts = 3
    configuration.timeouts.total = .seconds(20)
    change(&configuration)
    return HTTPClient(configuration)
}

func secureClient(_ change: (inout HTTPConfiguration) -> Void = { _ in }) -> HTTPClient {
    client {
        $0.authoritiesFile = Web.authority
        change(&$0)
    }
}

@Suite struct ExchangeTests {
    @Test func statusHeadersAndBody() async throws {
        let response = try await client().send(HTTPRequest("GET", "\(Odd.first)/plain/-"))
        #expect(response.status == 200 && response.text == "body" && response.head.version == "1.1")
        #expect(response.headers.all("SET-COOKIE") == ["a=1", "b=2"])
        #expect(response.headers["x-folded"] == "one two")
        #expect(response.headers["X-Empty"] == "" && response.headers["X-None"] == nil)
        // Those of the early hints are not the answer's.
        #expect(response.headers["Link"] == nil)
    }

    @Test func whatIsAskedArrivesAsWritten() async throws {
        let key = Odd.key()
        let path = "/echo/\(key)/a%2Fb/../c%20d?x=1&y=%26&uploads"
        var request = HTTPRequest("POST", Odd.first + path, headers: ["X-A": "1", "X-Empty": "", "x-b": "\u{4e2d}"])
        request.headers.add("X-A", "2")
        request.body = .bytes(Array("hello".utf8))
        let response = try await client().send(request)
        #expect(response.text == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
        #expect(response.sentBytes == 5 && response.place == "\(Odd.first)/echo/\(key)/a%2Fb/../c%20d")
        let seen = try #require(try Odd.seen(key).first)
        #expect(seen.method == "POST" && seen.target == path && seen.body == 5)
        #expect(seen.headers.filter { $0[0] == "X-A" }.map { $0[1] } == ["1", "2"])
        #expect(seen.header("x-empty") == "" && seen.header("content-length") == "5")
        #expect(seen.header("user-agent") == "eulerpublisher" && seen.header("expect") == nil)
        #expect(seen.header("content-type") == nil && seen.header("transfer-encoding") == nil)
    }

    /// Each method with and without a body: what a length says decides what a server waits for.
    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    func everyMethod(_ method: String) async throws {
        let key = Odd.key()
        let client = client()
        let empty = try await client.send(HTTPRequest(method, "\(Odd.first)/echo/\(key)"))
        #expect(empty.status == 200)
        #expect((method == "HEAD") == empty.body.isEmpty)
        if method != "HEAD" {
            let full = try await client.send(
                HTTPRequest(method, "\(Odd.first)/echo/\(key)", body: .bytes(Array("hello".utf8))))
            #expect(full.text.hasPrefix("2cf24d"))
        }
        let seen = try Odd.seen(key)
        #expect(seen.allSatisfy { $0.method == method })
        #expect(seen[0].header("content-length") == (["POST", "PUT", "PATCH"].contains(method) ? "0" : nil))
        #expect(Set(seen.map(\.connection)).count == 1, "the connection is kept")
    }

    @Test func onlyDocumentsComeFromMemory() async throws {
        let limit = [UInt8](repeating: 7, count: 4 << 20)
        let response = try await client().send(
            HTTPRequest("PUT", "\(Odd.first)/echo/\(Odd.key())", body: .bytes(limit)))
        #expect(response.sentBytes == 4 << 20)
        let failure = await #expect(throws: Failure.self) {
            try await client().send(HTTPRequest("PUT", "\(Odd.first)/echo/-", body: .bytes(limit + [7])))
        }
        #expect(failure?.code == .usage)
    }

    @Test(arguments: ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\u{0}b"])
    func nothingSlipsIntoAHeader(_ text: String) async throws {
        let key = Odd.key()
        let url = "\(Odd.first)/echo/\(key)"
        for request in [
            HTTPRequest("GET", url, headers: ["X-A": text]), HTTPRequest("GET", url, headers: [text: "a"]),
            HTTPRequest("GET\(text)", url), HTTPRequest("GET", url + text),
        ] {
            let failure = await #expect(throws: Failure.self) { try await client().send(request) }
            #expect(failure?.code == .usage)
            #expect(failure?.message.contains("Evil") == false)
        }
        #expect(try Odd.seen(key).isEmpty)
    }

    @Test(arguments: [
        "", "/relative", "host/path", "ftp://host/", "file:///etc/hostname", "http://", "http://a b/",
        "https://h/\u{e9}",
    ])
    func whatIsNoAddressIsRefused(_ url: String) async {
        let failure = await #expect(throws: Failure.self) { try await client().send(HTTPRequest("GET", url)) }
        #expect(failure?.code == .usage)
    }

    @Test func userAndPasswordOfAnAddressBecomeAHeader() async throws {
        let key = Odd.key()
        let url = Odd.first.replacingOccurrences(of: "//", with: "//me:p%40ss@") + "/echo/\(key)?q=secret"
        let response = try await client().send(HTTPRequest("GET", url))
        #expect(try Odd.seen(key)[0].header("authorization") == "Basic " + Data("me:p@ss".utf8).base64EncodedString())
        #expect(response.place == "\(Odd.first)/echo/\(key)")
    }

    @Test func limitsHold() async throws {
        let client = client()
        let many = await #expect(throws: Failure.self) {
            try await client.send(HTTPRequest("GET", "\(Odd.first)/headers/-?count=300"))
        }
        #expect(many?.code == .refused && many?.message.contains("headers are over 262144 bytes") == true)
        #expect(try await client.send(HTTPRequest("GET", "\(Odd.first)/headers/-?count=200")).status == 200)
        var request = HTTPRequest("GET", "\(Odd.first)/range/\(Odd.key())?size=2000")
        request.destination = .memory(limit: 2000)
        #expect(try await client.send(request).body.count == 2000)
        request.destination = .memory(limit: 1999)
        let long = await #expect(throws: Failure.self) { try await client.send(request) }
        #expect(long?.message == "the answer is over 1999 bytes")
    }

    @Test func aSinkGetsEveryByteAndCanStop() async throws {
        struct Enough: Error {}
        let key = Odd.key()
        let sum = NSLock()
        nonisolated(unsafe) var count = 0
        var request = HTTPRequest("GET", "\(Odd.first)/range/\(key)?size=3000000")
        request.destination = .sink { piece in sum.withLock { count += piece.count } }
        let response = try await client().send(request)
        #expect(count == 3_000_000 && response.receivedBytes == 3_000_000 && response.body.isEmpty)
        request.destination = .sink { _ in throw Enough() }
        await #expect(throws: Enough.self) { try await client().send(request) }
        #expect(try Odd.seen(key).count == 2, "what a sink refuses is not asked for again")
    }

    /// The body of an error is for people: it never goes where the file should.
    @Test func anErrorsBodyIsNotTheFile() async throws {
        let folder = try Folder()
        try folder.write("file", Data())
        let descriptor = open("\(folder.path)/file", O_RDWR)
        defer { close(descriptor) }
        var request = HTTPRequest("GET", "\(Odd.first)/fail/\(Odd.key())?status=403&times=9")
        request.destination = .file(descriptor: descriptor, offset: 0)
        let response = try await client().send(request)
        #expect(response.status == 403 && response.text == "<Error>not now</Error>")
        #expect(lseek(descriptor, 0, SEEK_END) == 0)
        let failure = response.failure("the file")
        #expect(failure.code == .authentication && failure.message == "the file was answered with HTTP status 403")
        #expect(failure.httpStatus == 403 && failure.retryable == false)
    }
}
