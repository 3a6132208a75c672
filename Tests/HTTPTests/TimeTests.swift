import Documents
import Foundation
import HTTP
import HTTPPeers
import Testing

/// Deadlines and cancellation.
@Suite struct TimeTests {
    private func timed(_ work: () async throws -> Void) async -> ((any Error)?, Duration) {
        let began = ContinuousClock.now
        do {
            try await work()
            return (nil, ContinuousClock.now - began)
        } catch {
            return (error, ContinuousClock.now - began)
        }
    }

    private func failure(
        _ url: String, _ retry: HTTPRetryPolicy = .none, _ change: (inout HTTPTimeouts) -> Void
    ) async throws -> (Failure, Duration) {
        var request = HTTPRequest("GET", url)
        request.retry = retry
        var timeouts = HTTPTimeouts()
        change(&timeouts)
        request.timeouts = timeouts
        let (error, time) = await timed { _ = try await client().send(request) }
        return (try #require(error as? Failure), time)
    }

    /// The odd server says nothing to a TLS greeting.
    @Test func aConnectionThatIsNeverMade() async throws {
        let url = Odd.first.replacingOccurrences(of: "http:", with: "https:")
        let (failure, time) = try await failure(url) { $0.connect = .milliseconds(300) }
        #expect(failure.code == .network && failure.retryable == true)
        #expect(failure.message == "no connection to \(url.dropFirst(8)) within 0.3 s")
        #expect(time < .seconds(2))
    }

    @Test(arguments: ["silent", "drip"]) func theWholeHasADeadline(_ behaviour: String) async throws {
        let (failure, time) = try await failure("\(Odd.first)/\(behaviour)/-") { $0.total = .milliseconds(500) }
        #expect(failure.message == "not finished within 0.5 s")
        #expect(failure.code == .network)
        #expect(time > .milliseconds(400) && time < .seconds(3), "\(time)")
    }

    /// The deadline is for all attempts together.
    @Test func attemptsShareTheDeadline() async throws {
        var policy = HTTPRetryPolicy()
        policy.attempts = 1000
        policy.base = .milliseconds(100)
        policy.longest = .milliseconds(100)
        let key = Odd.key()
        var request = HTTPRequest("GET", "\(Odd.first)/fail/\(key)?status=500&times=1000")
        request.retry = policy
        request.timeouts = HTTPTimeouts()
        request.timeouts?.total = .seconds(2)
        let began = ContinuousClock.now
        do {
            let response = try await client().send(request)
            #expect(response.status == 500 && response.attempts > 2)
        } catch let failure as Failure {
            // The end came in the middle of an attempt.
            #expect(failure.message == "not finished within 2 s")
        }
        #expect(ContinuousClock.now - began < .seconds(4))
        #expect(try Odd.seen(key).count > 2)
    }

    @Test(arguments: ["silent", "drip"]) func aTrickleIsGivenUp(_ behaviour: String) async throws {
        let (failure, time) = try await failure("\(Odd.first)/\(behaviour)/-") {
            $0.lowSpeed = 100
            $0.lowSpeedTime = .seconds(1)
        }
        #expect(failure.message == "under 100 bytes a second over 1 s" && failure.retryable == true)
        #expect(time > .milliseconds(900) && time < .seconds(4))
    }

    @Test(arguments: ["silent", "drip"]) func cancellingEndsATransfer(_ behaviour: String) async throws {
        let key = Odd.key()
        let client = client()
        let task = Task { try await client.send(HTTPRequest("GET", "\(Odd.first)/\(behaviour)/\(key)")) }
        while try Odd.seen(key).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        task.cancel()
        let (error, time) = await timed { _ = try await task.value }
        #expect(error is CancellationError && time < .milliseconds(500), "\(String(describing: error)) \(time)")
        if behaviour == "silent" {
            // The server sees it too.
            for _ in 0..<100 where try !Odd.seen(key)[0].closed { try await Task.sleep(for: .milliseconds(20)) }
            #expect(try Odd.seen(key)[0].closed)
        }
        #expect(try await client.send(HTTPRequest("GET", "\(Odd.first)/plain/-")).status == 200)
    }

    @Test func cancellingEndsAPause() async throws {
        let key = Odd.key()
        let client = client()
        let task = Task { try await client.send(HTTPRequest("GET", "\(Odd.first)/fail/\(key)?status=503&after=15")) }
        while try Odd.seen(key).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        let (error, time) = await timed { _ = try await task.value }
        #expect(error is CancellationError && time < .milliseconds(500))
    }

    @Test func whoIsCancelledAlreadySendsNothing() async throws {
        let key = Odd.key()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client().send(HTTPRequest("GET", "\(Odd.first)/echo/\(key)"))
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try Odd.seen(key).isEmpty)
    }

    /// Many at once, some of them cancelled at any moment of their way: each ends once, none is lost.
    @Test func manyAtOnceEndOnce() async throws {
        let client = client()
        let (done, cancelled) = try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let task = Task { try await client.send(HTTPRequest("GET", "\(Odd.second)/plain/-")) }
                    if index % 2 == 0 {
                        try await Task.sleep(for: .microseconds(index * 50))
                        task.cancel()
                    }
                    do {
                        return try await task.value.text == "body"
                    } catch is CancellationError {
                        return false
                    }
                }
            }
            return try await group.reduce(into: (0, 0)) { if $1 { $0.0 += 1 } else { $0.1 += 1 } }
        }
        #expect(done >= 100 && done + cancelled == 200)
    }

    /// The thread goes with the last copy of its client.
    @Test func aClientLeavesNoThread() async throws {
        func threads() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count }
        let before = try threads()
        for _ in 0..<30 { #expect(try await client().send(HTTPRequest("GET", "\(Odd.first)/plain/-")).status == 200) }
        for _ in 0..<100 where try threads() > before + 15 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try threads() <= before + 15)
    }
}
