import Foundation
import TestSupport
import Testing

/// badcloud in a real publication: each misdeed is its target's own failure, named, and the others finish.
@Suite(
    "Providers that misbehave", .serialized,
    .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct ContainmentTests {
    private static let named = [
        "segv": "crashed (SIGSEGV)", "abort": "crashed (SIGABRT)", "exit": "ended its worker (exit status 3)",
        "hang": "gave no sign of life for 2 s", "ignore": "gave no sign of life for 2 s",
        "stop": "gave no sign of life for 2 s", "brood": "gave no sign of life for 2 s", "flood": "flooded stdout",
        "chatter": "flooded the log", "garbage": "broke the protocol", "nonsense": "with a document that is no result",
    ]

    @Test("Each crash, hang and flood is its target's, with signal and last step; the others are published")
    func eachIsNamedAndTheOthersFinish() async throws {
        let lab = try await Lab()
        let secret = "\(lab.path)/secret"
        try lab.write("s3cret", "secret")
        let harmless = ["print", "fork", "exec", "spy \(secret)", "nothing"]
        try lab.plan(Self.named.keys.sorted() + harmless)
        let answer = try await lab.run(lab.command(["publish", "plan.yaml", "--json"]))
        #expect(answer.status == 7, "\(answer.output)")
        let events = try lab.events(answer.output)
        for (misdeed, words) in Self.named {
            let event = try #require(
                events.last { $0["target"] as? String == misdeed && $0["event"] as? String == "target-failed" })
            let failure = try #require(event["failure"] as? [String: Any])
            let message = failure["message"] as? String ?? ""
            #expect(message.contains(words), "\(misdeed): \(message)")
            #expect(failure["code"] as? String == "crashed", "\(misdeed): \(failure)")
            if misdeed != "nonsense" {
                #expect(message.contains("ep.upload/1, after part 61 of 214"), "\(misdeed): \(message)")
                #expect((failure["hint"] as? String ?? "").contains("badcloud.example"), "\(misdeed): \(failure)")
            }
        }
        for misdeed in harmless {
            let name = misdeed.prefix { $0 != " " }
            let ending = events.last {
                $0["target"] as? String == String(name) && $0["event"] as? String == "target-done"
            }
            #expect(ending?["ending"] as? String == "published", "\(misdeed): \(answer.output)")
        }
        let log = try await lab.run(lab.command(["logs", "latest"])).output
        for words in [
            "printed by the provider", "refused the provider a system call: fork",
            "refused the provider a system call: execve",
            #"{"file":0,"errno":13,"environment":1,"home":0,"proc":0,"wrote":0}"#,
        ] {
            #expect(log.contains(words), "\(words) is not in the log")
        }
        #expect(!log.contains("s3cret"))
    }

    @Test("A provider that ignores a cancel is ended with the run, within 5 s", arguments: ["ignore", "obey"])
    func cancelIsEnforced(misdeed: String) async throws {
        let lab = try await Lab(inactivity: 60)
        try lab.plan([misdeed])
        let household = try await Household(lab, workers: 1)
        let started = ContinuousClock.now
        kill(household.host, SIGINT)
        #expect(try await household.expectNothingLeft(within: .seconds(5.5)) == 130)
        #expect(misdeed == "ignore" || ContinuousClock.now - started < .seconds(2))
    }
}
