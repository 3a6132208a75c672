import Documents
import Foundation
import HTTP
import HTTPPeers
import Testing

@Suite struct RetryTests {
    private func url(_ key: String, _ query: String, _ behaviour: String = "fail") -> String {
        "\(Odd.first)/\(behaviour)/\(key)?\(query)"
    }

    @Test(arguments: ["status=500", "status=503", "status=429", "status=408&times=2"])
    func aPassingTroubleIsWaitedOut(_ query: String) async throws {
        let response = try await client().send(HTTPRequest("GET", url(Odd.key(), query)))
        #expect(response.status == 200 && response.attempts == (query.contains("times=2") ? 3 : 2))
    }

    @Test func theLastAnswerIsReturned() async throws {
        let key = Odd.key()
        let response = try await client().send(HTTPRequest("PUT", url(key, "status=502&times=9")))
        #expect(response.status == 502 && response.attempts == 3 && response.text == "<Error>not now</Error>")
        #expect(response.failure("it").code == .network && response.failure("it").retryable == true)
        #expect(try Odd.seen(key).count == 3)
    }

    @Test(arguments: ["status=400", "status=401", "status=404", "status=501"])
    func whatWillNotChangeIsNotRepeated(_ query: String) async throws {
        let key = Odd.key()
        #expect(try await client().send(HTTPRequest("GET", url(key, query + "&times=9"))).attempts == 1)
        #expect(try Odd.seen(key).count == 1)
    }

    /// A POST may have been carried out: only a server that says it was not (429) gets it again.
    @Test func whatMayHappenTwiceOnly() async throws {
        let (first, second, third) = (Odd.key(), Odd.key(), Odd.key())
        let client = client()
        #expect(try await client.send(HTTPRequest("POST", url(first, "status=500"))).status == 500)
        #expect(try Odd.seen(first).count == 1)
        #expect(try await client.send(HTTPRequest("POST", url(second, "status=429"))).status == 200)
        #expect(try Odd.seen(second).count == 2)
        var marked = HTTPRequest("POST", url(third, "status=500"))
        marked.isIdempotent = true
        #expect(try await client.send(marked).status == 200)
    }

    @Test func aConnectionThatWasNeverMadeIsTriedAgainForAnyMethod() async throws {
        let traced = Lines()
        let client = client { $0.trace = { traced.add($0) } }
        let failure = await #expect(throws: Failure.self) {
            try await client.send(HTTPRequest("POST", "http://127.0.0.1:1/x?y=s3cret"))
        }
        #expect(failure?.code == .network && failure?.retryable == true && failure?.place == "http://127.0.0.1:1/x")
        #expect(failure?.message == "cannot connect to 127.0.0.1:1: Connection refused")
        #expect(traced.all.filter { $0.hasPrefix("> POST") }.count == 3)
    }

    @Test func aConnectionThatEndsBeforeTheAnswer() async throws {
        let (get, post) = (Odd.key(), Odd.key())
        #expect(try await client().send(HTTPRequest("GET", url(get, "times=2", "close"))).text == "still here")
        #expect(try Odd.seen(get).count == 3)
        let failure = await #expect(throws: Failure.self) {
            try await client().send(HTTPRequest("POST", url(post, "times=1", "close"), body: .bytes([1, 2, 3])))
        }
        #expect(failure?.code == .network)
        #expect(try Odd.seen(post).count == 1)
    }

    /// The trap: on a kept connection libcurl repeats a request by itself, and the server carried the first one out.
    @Test(arguments: [0, 5]) func aKeptConnectionHidesNoSecondPost(_ size: Int) async throws {
        let key = Odd.key()
        let client = client()
        let request = HTTPRequest(
            "POST", url(key, "after=1", "close"), body: .bytes([UInt8](repeating: 1, count: size)))
        #expect(try await client.send(request).status == 200)
        let failure = await #expect(throws: Failure.self) { try await client.send(request) }
        #expect(failure?.message.contains("whether the request was carried out is not known") == true)
        let seen = try Odd.seen(key)
        #expect(seen.count == 2 && seen[0].connection == seen[1].connection)
        // What may happen twice goes again.
        var marked = HTTPRequest("PUT", url(Odd.key(), "after=1", "close"))
        #expect(try await client.send(marked).status == 200)
        marked.prepare = { request, attempt in request.headers["X-Attempt"] = "\(attempt)" }
        #expect(try await client.send(marked).status == 200)
    }

    /// Attempts that follow at once are used up before anything can have changed.
    @Test func noPauseIsNotObeyed() async throws {
        var policy = HTTPRetryPolicy()
        policy.attempts = 8
        policy.base = .milliseconds(300)
        policy.longest = .milliseconds(300)
        var request = HTTPRequest("GET", url(Odd.key(), "status=429&times=7&after=0"))
        request.retry = policy
        let lines = Lines()
        #expect(try await client { $0.trace = lines.add }.send(request).status == 200)
        // Seven pauses of up to 300 ms each, in tenths of a second.
        let pauses = lines.all.filter { $0.contains("left alone") }
        #expect(pauses.count == 7 && !pauses.allSatisfy { $0.hasSuffix(" for 0 s") }, "\(lines.text)")
    }

    @Test(arguments: ["after=1", "date=2"]) func theServersPauseIsObeyed(_ query: String) async throws {
        let key = Odd.key()
        let response = try await client().send(HTTPRequest("GET", url(key, "status=503&" + query)))
        #expect(response.status == 200)
        let seen = try Odd.seen(key)
        let pause = seen[1].time - seen[0].time
        // A date has whole seconds: 2 seconds from now are 1 to 2.
        #expect(pause >= 0.95 && pause < 3, "\(pause)")
    }

    @Test func aPauseIsForEveryRequestToThatHost() async throws {
        let (told, other, elsewhere) = (Odd.key(), Odd.key(), Odd.key())
        let client = client()
        async let first = client.send(HTTPRequest("GET", url(told, "status=429&after=1")))
        try await Task.sleep(for: .milliseconds(200))
        async let second = client.send(HTTPRequest("GET", "\(Odd.first)/echo/\(other)"))
        async let third = client.send(HTTPRequest("GET", "\(Odd.second)/echo/\(elsewhere)"))
        #expect(try await [first.status, second.status, third.status] == [200, 200, 200])
        let start = try Odd.seen(told)[0].time
        #expect(try Odd.seen(other)[0].time - start >= 0.95)
        #expect(try Odd.seen(elsewhere)[0].time - start < 0.9, "another host is not meant")
    }

    @Test func aPauseThatIsTooLongIsTheCallersAffair() async throws {
        let key = Odd.key()
        let client = client { $0.retry.longestRetryAfter = .seconds(5) }
        let response = try await client.send(HTTPRequest("GET", url(key, "status=429&times=9&after=3600")))
        #expect(response.status == 429 && response.attempts == 1 && response.retryAfter == .seconds(3600))
        #expect(response.failure("it").code == .quota && response.failure("it").retryAfter == 3600)
        let failure = await #expect(throws: Failure.self) {
            try await client.send(HTTPRequest("GET", "\(Odd.first)/echo/\(key)"))
        }
        #expect(failure?.code == .quota && (failure?.retryAfter ?? 0) > 3590)
        #expect(try Odd.seen(key).count == 1)
    }

    /// A signature has a date: it is made for each attempt.
    @Test func everyAttemptIsPrepared() async throws {
        let key = Odd.key()
        var request = HTTPRequest("GET", url(key, "status=500&times=2"))
        request.prepare = { request, attempt in request.headers["X-Attempt"] = "\(attempt)" }
        #expect(try await client().send(request).status == 200)
        #expect(try Odd.seen(key).map { $0.header("x-attempt") } == ["1", "2", "3"])
    }

    @Test func aBrokenAnswerIsFetchedAgainToTheSamePlace() async throws {
        let folder = try Folder()
        try folder.write("file", Data("before".utf8))
        let descriptor = open("\(folder.path)/file", O_RDWR)
        defer { close(descriptor) }
        var request = HTTPRequest("GET", url(Odd.key(), "size=100000&cut=60000", "range"))
        request.destination = .file(descriptor: descriptor, offset: 6)
        let failure = await #expect(throws: Failure.self) { try await client().send(request) }
        #expect(failure?.message.hasPrefix("the answer ended too early") == true && failure?.retryable == true)
        #expect(lseek(descriptor, 0, SEEK_END) == 60_006)
        // Of a sink nothing can be taken back: no second attempt.
        let key = Odd.key()
        var poured = HTTPRequest("GET", url(key, "size=100000&cut=60000", "range"))
        poured.destination = .sink { _ in }
        await #expect(throws: Failure.self) { try await client().send(poured) }
        #expect(try Odd.seen(key).count == 1)
    }
}
