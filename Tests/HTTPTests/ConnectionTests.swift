import Documents
import Foundation
import HTTP
import HTTPPeers
import Testing

/// TLS, HTTP/2, proxies.
@Suite struct ConnectionTests {
    @Test func aCertificateOfAnUnknownAuthorityIsRefused() async throws {
        let failure = await #expect(throws: Failure.self) {
            try await client().send(HTTPRequest("GET", "\(Web.secure)/protocol?x=s3cret"))
        }
        #expect(failure?.code == .network && failure?.retryable == false)
        #expect(failure?.message.contains("is not trusted") == true && failure?.hint?.contains("SSL_CERT_FILE") == true)
        #expect(failure?.place == "\(Web.secure)/protocol")
    }

    @Test func anotherHostsCertificateIsRefused() async throws {
        let failure = await #expect(throws: Failure.self) {
            try await secureClient().send(HTTPRequest("GET", "\(Web.misnamed)/protocol"))
        }
        #expect(failure?.message.contains("is not trusted") == true)
    }

    @Test(arguments: ["SSL_CERT_FILE", "CURL_CA_BUNDLE"])
    func anAuthorityByTheUsualVariables(_ name: String) async throws {
        let client = HTTPClient(HTTPConfiguration(environment: [name: Web.authority]))
        #expect(try await client.send(HTTPRequest("GET", "\(Web.secure)/protocol")).status == 200)
        let missing = HTTPClient(HTTPConfiguration(environment: [name: "/nonexistent/ca.pem"]))
        let failure = await #expect(throws: Failure.self) {
            try await missing.send(HTTPRequest("GET", "\(Web.secure)/protocol"))
        }
        #expect(failure?.message.contains("certificate authorities cannot be read") == true)
    }

    @Test func aDirectoryOfAuthorities() async throws {
        let folder = try Folder()
        try folder.write("ca.pem", Data(contentsOf: URL(fileURLWithPath: Web.authority)))
        let openssl = try Process.run(
            URL(fileURLWithPath: "/usr/bin/env"), arguments: ["openssl", "rehash", folder.path])
        openssl.waitUntilExit()
        let client = HTTPClient(HTTPConfiguration(environment: ["SSL_CERT_DIR": folder.path]))
        #expect(try await client.send(HTTPRequest("GET", "\(Web.secure)/protocol")).status == 200)
    }

    @Test func verificationEndsOnlyWhereItIsSaid() async throws {
        let lines = Lines()
        let client = client {
            $0.verifiesTLS = false
            $0.trace = { lines.add($0) }
        }
        #expect(try await client.send(HTTPRequest("GET", "\(Web.misnamed)/protocol")).status == 200)
        #expect(lines.text.contains("certificates are not verified"))
    }

    @Test func aPlainServerIsNotTLS() async throws {
        let failure = await #expect(throws: Failure.self) {
            try await client().send(HTTPRequest("GET", Web.plain.replacingOccurrences(of: "http:", with: "https:")))
        }
        #expect(failure?.code == .network && failure?.message.hasPrefix("no TLS connection with 127.0.0.1") == true)
    }

    /// Small requests share one HTTP/2 connection, also when they begin together; a large body takes another.
    @Test func smallRequestsShareAConnection() async throws {
        let client = secureClient()
        let url = "\(Web.secure)/protocol"
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await client.send(HTTPRequest("GET", url)).text } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(answers.count == 1 && answers.first?.hasPrefix("HTTP/2.0 ") == true, "\(answers)")
        var poured = HTTPRequest("GET", url)
        let lines = Lines()
        poured.destination = .sink { lines.add(String(decoding: $0, as: UTF8.self)) }
        #expect(try await client.send(poured).head.version == "1.1")
        #expect(lines.text.hasPrefix("HTTP/1.1 "))
        #expect(try await answers.contains(client.send(HTTPRequest("GET", url)).text))
    }

    @Test func connectionsAreKept() async throws {
        let key = Odd.key()
        let client = client()
        for _ in 0..<5 { _ = try await client.send(HTTPRequest("GET", "\(Odd.first)/echo/\(key)")) }
        #expect(Set(try Odd.seen(key).map(\.connection)).count == 1)
    }

    @Test func proxiesByTheUsualVariables() async throws {
        let key = Odd.key()
        func send(_ environment: [String: String], _ url: String, direct: Bool = false) async throws -> HTTPResponse {
            let client = HTTPClient(HTTPConfiguration(environment: environment))
            var request = HTTPRequest("GET", url)
            request.retry = HTTPRetryPolicy.none
            request.timeouts = HTTPTimeouts()
            request.timeouts?.total = .seconds(5)
            request.usesProxy = !direct
            return try await client.send(request)
        }
        let proxy = Odd.first.replacingOccurrences(of: "//", with: "//me:s3cret@")
        let far = "http://mirror.invalid/proxied/\(key)"
        #expect(try await send(["http_proxy": proxy], far).text == "by proxy")
        #expect(try await send(["ALL_PROXY": proxy, "http_proxy": ""], far).text == "by proxy")
        #expect(try Odd.seen(key)[0].target == far)
        #expect(
            try Odd.seen(key)[0].header("proxy-authorization") == "Basic "
                + Data("me:s3cret".utf8).base64EncodedString())
        // This machine is never behind a proxy.
        #expect(try await send(["http_proxy": proxy], "\(Odd.second)/plain/-").text == "body")
        // HTTP_PROXY may be a header that somebody sent to a web server.
        for (environment, direct) in [
            (["HTTP_PROXY": proxy], false), (["http_proxy": proxy, "no_proxy": "a.example,.invalid"], false),
            (["http_proxy": proxy, "NO_PROXY": "*"], false), (["http_proxy": proxy], true),
        ] {
            let failure = await #expect(throws: Failure.self) { try await send(environment, far, direct: direct) }
            #expect(failure?.message == "no address is known for the name mirror.invalid")
        }
        let refusal = await #expect(throws: Failure.self) {
            try await send(["HTTPS_PROXY": proxy], far.replacingOccurrences(of: "http:", with: "https:"))
        }
        #expect(refusal?.message == "the proxy answered 407 to a connection to mirror.invalid")
        #expect(refusal?.hint?.contains("s3cret") == false)
    }
}
