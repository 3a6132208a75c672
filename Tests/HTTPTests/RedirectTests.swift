import Documents
import Foundation
import HTTP
import HTTPPeers
import Testing

private func redirect(_ key: String, to target: String, status: Int = 302) -> String {
    let escaped = target.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    return "\(Odd.first)/redirect/\(key)?status=\(status)&to=\(escaped)"
}

/// Headers that are credentials, by their name or because the caller says so.
private func withCredentials(_ method: String, _ url: String) -> HTTPRequest {
    var request = HTTPRequest(
        method, url,
        headers: [
            "Authorization": "Bearer s3cret", "Cookie": "s=s3cret", "X-Auth-Token": "s3cret", "X-Mine": "s3cret",
            "Accept": "text/plain",
        ])
    request.secretHeaders = ["x-mine"]
    return request
}

@Suite struct RedirectTests {
    @Test func everyAddressIsAdmittedBeforeItIsAsked() async throws {
        struct Closed: Error {}
        let key = Odd.key()
        let client = client { configuration in
            configuration.admit = { url in if url.hasPrefix(Odd.second) { throw Closed() } }
        }
        #expect(try await client.send(HTTPRequest("GET", "\(Odd.first)/echo/\(key)")).status == 200)
        await #expect(throws: Closed.self) {
            try await client.send(HTTPRequest("GET", redirect(key, to: "\(Odd.second)/echo/\(key)")))
        }
        // The first one, and the redirect's own.
        #expect(try Odd.seen(key).count == 2)
    }

    /// Another port is another authority.
    @Test func credentialsDoNotGoElsewhere() async throws {
        let key = Odd.key()
        let url = redirect(key, to: "\(Odd.second)/echo/\(key)?a=1")
        let response = try await client().send(withCredentials("GET", url))
        #expect(response.status == 200 && response.url == "\(Odd.second)/echo/\(key)?a=1")
        let seen = try Odd.seen(key)
        try #require(seen.count == 2)
        #expect(seen[0].header("authorization") == "Bearer s3cret")
        let text = seen[1].headers.map { $0.joined(separator: ": ") }.joined(separator: "\n")
        #expect(!text.contains("s3cret"), "the second server got a credential: \(text)")
        #expect(seen[1].header("accept") == "text/plain")
    }

    @Test(arguments: ["/echo/KEY?b=2", "../echo/KEY?b=2", "//HOST/echo/KEY?b=2"])
    func credentialsStayOnTheWayHome(_ location: String) async throws {
        let key = Odd.key()
        let target = location.replacingOccurrences(of: "KEY", with: key).replacingOccurrences(
            of: "HOST", with: String(Odd.first.dropFirst(7)))
        let response = try await client().send(withCredentials("GET", redirect(key, to: target)))
        #expect(response.status == 200)
        let seen = try Odd.seen(key)
        try #require(seen.count == 2)
        #expect(seen[1].target == "/echo/\(key)?b=2")
        #expect(seen[1].header("authorization") == "Bearer s3cret" && seen[1].header("x-mine") == "s3cret")
    }

    /// Who writes a Location does not choose as whom we come.
    @Test func userInformationInALocationIsDropped() async throws {
        let key = Odd.key()
        let target = Odd.second.replacingOccurrences(of: "//", with: "//evil:s3cret@") + "/echo/\(key)"
        let response = try await client().send(HTTPRequest("GET", redirect(key, to: target)))
        #expect(response.status == 200)
        #expect(try Odd.seen(key)[1].header("authorization") == nil)
    }

    @Test(arguments: [
        (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (303, "PUT", "GET"), (303, "HEAD", "HEAD"),
        (302, "PUT", "PUT"), (307, "POST", "POST"), (308, "PUT", "PUT"), (307, "DELETE", "DELETE"),
    ])
    func theMethodFollowsTheRules(_ status: Int, _ method: String, _ expected: String) async throws {
        let key = Odd.key()
        let body = method == "HEAD" || method == "DELETE" ? HTTPBody.none : .bytes(Array("hello".utf8))
        var request = HTTPRequest(
            method, redirect(key, to: "\(Odd.second)/echo/\(key)", status: status), body: body)
        request.headers["Content-Type"] = "text/plain"
        let response = try await client().send(request)
        #expect(response.status == 200)
        let seen = try Odd.seen(key)
        try #require(seen.count == 2)
        #expect(seen[1].method == expected)
        #expect(seen[1].body == (expected == method ? Int(body.length) : 0))
        #expect((seen[1].header("content-type") != nil) == (expected == method))
    }

    /// A body that comes from a file is sent again from its beginning.
    @Test func aLargeBodyIsSentAgain() async throws {
        let folder = try Folder()
        let data = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
        try folder.write("body", data)
        let descriptor = open("\(folder.path)/body", O_RDONLY)
        defer { close(descriptor) }
        let key = Odd.key()
        let request = HTTPRequest(
            "PUT", redirect(key, to: "\(Odd.second)/echo/\(key)", status: 307),
            body: .file(descriptor: descriptor, offset: 1000, length: 2_500_000))
        let response = try await client().send(request)
        #expect(response.text == sha256(data[1000..<2_501_000]))
    }

    @Test(arguments: [
        "file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://", "http://127.0.0.1:99999/",
    ])
    func aLocationOfAnotherKindIsRefused(_ target: String) async throws {
        let failure = await #expect(throws: Failure.self) {
            try await client().send(HTTPRequest("GET", redirect("-", to: target)))
        }
        #expect(failure?.code == .refused && failure?.message.hasPrefix("the redirect leads") == true)
    }

    @Test func neverFromTLSToPlain() async throws {
        let failure = await #expect(throws: Failure.self) {
            try await secureClient().send(HTTPRequest("GET", "\(Web.secure)/down"))
        }
        #expect(failure?.code == .refused && failure?.message.contains("from https to http") == true)
    }

    @Test func circlesEnd() async throws {
        let key = Odd.key()
        let client = client { $0.redirectLimit = 3 }
        let failure = await #expect(throws: Failure.self) {
            try await client.send(HTTPRequest("GET", "\(Odd.first)/circle/\(key)"))
        }
        #expect(failure?.code == .refused && failure?.message == "there are more than 3 redirects")
        #expect(try Odd.seen(key).count == 4)
    }

    @Test func theCallerMayFollowItself() async throws {
        var request = HTTPRequest("GET", redirect(Odd.key(), to: "/elsewhere", status: 307))
        request.followsRedirects = false
        let response = try await client().send(request)
        #expect(response.status == 307 && response.headers["location"] == "/elsewhere" && response.text == "moved")
        // Without a Location there is nothing to follow.
        let bare = try await client().send(HTTPRequest("GET", "\(Odd.first)/fail/\(Odd.key())?status=302"))
        #expect(bare.status == 302)
    }
}
