import Documents
import HTTP
import HTTPPeers
import Testing

/// What is shown, and what is not done: traces and the dry run.
@Suite struct TraceTests {
    @Test func aTraceHoldsNoSecret() async throws {
        let lines = Lines()
        let client = client { $0.trace = { lines.add($0) } }
        let key = Odd.key()
        let target = "\(Odd.second)/echo/\(key)%3FX-Signature=s3cret%26part=s3cret"
        let url = Odd.first.replacing("//", with: "//me:s3cret@") + "/redirect/\(key)?token=s3cret&uploads&to=\(target)"
        var request = HTTPRequest(
            "PUT", url,
            headers: [
                "authorization": "Bearer s3cret", "Cookie": "s3cret", "X-Auth-Token": "s3cret",
                "X-Store-Security-Token": "s3cret", "X-Signature-V1": "s3cret", "Api-Key": "s3cret", "X-Own": "s3cret",
                "X-Plain": "shown",
            ], body: .bytes([1, 2, 3]))
        request.secretHeaders = ["x-own"]
        request.url += "&status=307"
        #expect(try await client.send(request).status == 200)
        #expect(try await client.send(HTTPRequest("GET", "\(Odd.first)/plain/-")).status == 200)
        let text = lines.text
        #expect(!text.contains("s3cret"), "\(text)")
        #expect(
            text.contains("> PUT \(Odd.first)/redirect/\(key)?token=***&uploads&to=***&status=*** attempt 1, 3 bytes"))
        #expect(
            text.contains("> authorization: ***") && text.contains("> X-Own: ***") && text.contains("> X-Plain: shown"))
        #expect(text.contains("< Location: \(Odd.second)/echo/\(key)?X-Signature=***&part=***"))
        #expect(text.contains("< Set-Cookie: ***"))
        let sizes =
            #/< 200 HTTP\/1.1, sent 3, received 64 bytes in \d+ ms \(connected after \d+ ms, first byte after \d+ ms\)/#
        #expect(text.contains(sizes))
    }

    @Test func failuresHoldNoSecret() async throws {
        let client = client { $0.retry.attempts = 1 }
        for url in [
            "http://me:s3cret@127.0.0.1:1/x?token=s3cret", "http://me:s3cret@/?s3cret", "ftp://me:s3cret@h/?a=s3cret",
            "http://me:s3cret@h h/?a=s3cret", "s3cret:s3cret@", "http://127.0.0.1:1/x#s3cret",
        ] where !url.hasPrefix("s3cret") {
            let failure = await #expect(throws: Failure.self) { try await client.send(HTTPRequest("GET", url)) }
            #expect(!String(describing: failure).contains("s3cret"), "\(String(describing: failure))")
        }
    }

    @Test func aDryRunReadsAndChangesNothing() async throws {
        let key = Odd.key()
        let client = client { $0.isDryRun = true }
        for method in ["GET", "HEAD"] {
            #expect(try await client.send(HTTPRequest(method, "\(Odd.first)/echo/\(key)")).status == 200)
        }
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let failure = await #expect(throws: Failure.self) {
                try await client.send(
                    HTTPRequest(method, "\(Odd.first)/echo/\(key)?part=1&uploads", body: .bytes([1, 2])))
            }
            #expect(failure?.message == "this is a dry run: \(method) is not sent" && failure?.code == .refused)
        }
        // Some services are asked by POST: the caller knows.
        var question = HTTPRequest("POST", "\(Odd.first)/echo/\(key)")
        question.isReadOnly = true
        #expect(try await client.send(question).status == 200)
        #expect(try Odd.seen(key).map(\.method) == ["GET", "HEAD", "POST"])
        #expect(client.withheld.map(\.method) == ["POST", "PUT", "PATCH", "DELETE"])
        #expect(
            client.withheld[0].url == "\(Odd.first)/echo/\(key)?part=***&uploads" && client.withheld[0].bodyLength == 2)
    }
}
