import Documents
import Foundation
import Testing

@testable import Execution

@Suite struct RedactorTests {
    @Test func asItIsPercentEncodedAndInBase64() {
        let redactor = Redactor()
        redactor.add(Array("pa$$ word/1".utf8))
        let base64 = Data("pa$$ word/1".utf8).base64EncodedString()
        let masked = redactor.masked("a pa$$ word/1 b pa%24%24%20word%2F1 c \(base64) d")
        #expect(masked == "a ••• b ••• c ••• d")
        #expect(redactor.holdsSecret(Array("x pa$$ word/1".utf8)))
        #expect(!redactor.holdsSecret(Array("nothing".utf8)))
    }

    @Test func aResultIsMaskedBeforeItIsKept() {
        let redactor = Redactor()
        redactor.add(Array("token-of-ours".utf8))
        var result = OperationResult()
        result.data = .object(["upload": .array([.string("https://h/?t=token-of-ours")]), "n": .integer(1)])
        #expect(redactor.masked(result).data?["upload"]?.array == [.string("https://h/?t=•••")])
        #expect(redactor.masked(result).data?["n"]?.integer == 1)
    }

    @Test func shortValuesAndOverlapsLeaveTextsReadable() {
        let redactor = Redactor()
        redactor.add(Array("abc".utf8))
        redactor.add(Array("secret".utf8))
        redactor.add(Array("secret-longer".utf8))
        #expect(redactor.masked("abc secret-longer secret secretsecret") == "abc ••• ••• ••••••")
    }
}

@Suite struct NeedsTests {
    private func needs(_ needs: String, options: [String: JSON] = [:], environment: [String: String] = [:]) throws
        -> Needs
    {
        let manifest = """
            {"format":1,"id":"x","version":"1","title":"X","kind":"cloud","abi":{"major":1,"minor":0},
             "library":{"file":"x.so"},"targets":["x"],"operations":[],"views":[],"artifacts":[],"needs":\(needs)}
            """
        return Needs(
            try DocumentCoding.decode(ProviderManifest.self, from: Data(manifest.utf8)),
            target: .init(name: "t", scheme: "x", address: "/data/catalogue", tags: [], options: options),
            environment: environment)
    }

    @Test func onlyDeclaredVariablesPass() throws {
        let all = ["X_REGION": "eu", "X_KEY": "k", "HOME": "/root", "PATH": "/bin", "XRAY": "no"]
        let found = try needs(#"{"environment":["X_*","LANG"]}"#, environment: all)
        #expect(found.environment == ["X_REGION": "eu", "X_KEY": "k"])
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080/x", [8080]), ("https://registry.example/v2", [443]), ("http://registry.example", [80]),
        ("registry.example:5000", [5000]), ("registry.example", [443]), ("[::1]:81", [81]),
        ("https://user@h.example:444", [444]),
    ])
    func thePortIsThatOfTheEndpoint(endpoint: String, ports: [Int]) throws {
        let found = try needs(#"{"hosts":["${options.endpoint}"]}"#, options: ["endpoint": .string(endpoint)])
        #expect(found.ports == ports)
    }

    @Test func withoutHostsThereIsNoPort() throws {
        #expect(try needs(#"{"hosts":[]}"#).ports == [])
        #expect(try needs(#"{"hosts":["${options.endpoint}"]}"#).ports == [])
        let proxied = try needs(
            #"{"hosts":["a.example"],"environment":["https_proxy"]}"#, environment: ["https_proxy": "http://p:3128"])
        #expect(proxied.ports == [443, 3128])
    }

    @Test func directoriesAreOnlyAbsoluteOnes() throws {
        #expect(try needs(#"{"directories":["${address}","${options.none}"]}"#).directories == ["/data/catalogue"])
    }

    @Test func aSecretComesFromItsPlacesInOrder() throws {
        let file = NSTemporaryDirectory() + "needs-\(UUID().uuidString)"
        try "from a file\n".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let places = #"{"files":{"credentials":"\#(file)"},"secrets":{"key":["env:X_KEY","file:credentials"]}}"#
        func value(_ environment: [String: String]) throws -> String? {
            try needs(places, environment: environment).secret("key").map { String(decoding: $0.value, as: UTF8.self) }
        }
        #expect(try value(["X_KEY": "direct"]) == "direct")
        #expect(try value([:]) == "from a file")
        #expect(try value(["X_KEY_FILE": file]) == "from a file")
        #expect(throws: Failure.self) { try value(["X_KEY_FILE": "/nonexistent/x"]) }
        #expect(try needs(#"{"secrets":{"key":["env:X_KEY"]}}"#).secret("key") == nil)
    }
}

@Suite struct HelperTests {
    private func run(_ document: String, _ declared: [String: String]) throws -> String {
        let environment = ["PATH": "/usr/bin:/bin", "SECRET": "no"]
        return String(
            decoding: try Helper.run(Array(document.utf8), declared: declared, environment: environment).output,
            as: UTF8.self)
    }

    @Test func aDeclaredHelperGetsItsInputAndNothingElse() throws {
        #expect(try run(#"{"name":"cat","input":"hello"}"#, ["cat": "cat"]) == "hello")
        let environment = try run(#"{"name":"env"}"#, ["env": "/usr/bin/env"])
        #expect(environment.contains("PATH=") && !environment.contains("SECRET"))
        // No shell: this is one argument.
        #expect(try run(#"{"name":"echo","arguments":["a; touch /tmp/x"]}"#, ["echo": "echo"]) == "a; touch /tmp/x\n")
    }

    /// More than a pipe holds would be cut off in silence.
    @Test func anInputThatIsTooLongIsRefused() throws {
        let fits = String(repeating: "x", count: 64 << 10)
        #expect(try run("{\"name\":\"cat\",\"input\":\"\(fits)\"}", ["cat": "cat"]) == fits)
        let failure = #expect(throws: Failure.self) {
            try run("{\"name\":\"cat\",\"input\":\"\(fits)x\"}", ["cat": "cat"])
        }
        #expect(failure?.message.contains("at most 65536 bytes") == true)
    }

    @Test func whatAHelperPrintedIsMaskedPartByPart() {
        let redactor = Redactor()
        redactor.add(
            credential: Array(
                #"{"ServerURL":"registry.example","Username":"robot","Secret":"hunter2-hunter2"}"#.utf8))
        #expect(redactor.masked("login with hunter2-hunter2") == "login with •••")
        #expect(redactor.masked("robot at registry.example") == "robot at registry.example")
        redactor.add(credential: Array("first-line\nsecond-line\n".utf8))
        #expect(redactor.masked("second-line") == "•••")
    }

    @Test(arguments: [
        (#"{"name":"other"}"#, "not declared"), (#"{"name":"gone"}"#, "not on the PATH"),
        (#"{"name":"false"}"#, "ended with status 1"), ("nonsense", "cannot be read"),
        (#"{"name":"yes"}"#, "answered more than"),
    ])
    func anythingElseIsOneClearError(document: String, words: String) {
        let declared = ["gone": "no-such-program", "false": "false", "yes": "yes"]
        let failure = #expect(throws: Failure.self) { try run(document, declared) }
        #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    }
}

@Suite struct BarrierTests {
    @Test func allOrNone() async throws {
        let barrier = Barrier(count: 3)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<3 { group.addTask { try await barrier.arrive("\(number)") } }
            try await group.waitForAll()
        }
        let broken = Barrier(count: 3)
        await withTaskGroup(of: String?.self) { group in
            for number in 0..<2 {
                group.addTask {
                    do { try await broken.arrive("\(number)") } catch { return (error as? Failure)?.message }
                    return nil
                }
            }
            group.addTask {
                try? await Task.sleep(for: .milliseconds(50))
                await broken.fail("third")
                return "-"
            }
            for await message in group where message != "-" {
                #expect(message == "all is ready, and nothing was released: third did not get this far")
            }
        }
    }

    @Test func oneWithNothingToDoHoldsNobodyBack() async throws {
        let barrier = Barrier(count: 2)
        async let waiting: Void = barrier.arrive("first")
        await barrier.leave()
        try await waiting
    }

    @Test func theExitStatusSaysWhatHappened() {
        func outcome(_ code: Failure.Code?) -> TargetOutcome {
            TargetOutcome(
                target: "t", provider: "p", providerVersion: "1", library: "", artifact: "a",
                ending: code == nil ? .published : .failed, digest: "", sentBytes: 0, skippedBytes: 0, moves: [],
                findings: [], seconds: 0, failure: code.map { Failure($0, "x") })
        }
        #expect(Executor.exitStatus([outcome(nil), outcome(nil)]) == 0)
        #expect(Executor.exitStatus([outcome(nil), outcome(.network)]) == 7)
        #expect(Executor.exitStatus([outcome(.network)]) == 5)
        #expect(Executor.exitStatus([outcome(.partial), outcome(.crashed)]) == 11)
        #expect(Executor.exitStatus([outcome(nil), outcome(.pending)]) == 8)
    }

    @Test func anInterruptionEndsAWait() async {
        let interruption = Interruption()
        let started = ContinuousClock.now
        Task {
            try await Task.sleep(for: .milliseconds(100))
            interruption.raise(15)
        }
        await interruption.sleep(30)
        #expect(ContinuousClock.now - started < .seconds(5) && interruption.signal == 15)
        await interruption.sleep(0)
        let calm = Interruption()
        await calm.sleep(0.01)
        #expect(calm.signal == nil)
    }
}
