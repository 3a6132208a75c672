import Documents
import Foundation
import ProviderAPI
import ProviderKit
import ProviderTesting
import Testing

/// Each service of the host, from Swift through C and back.
@Suite("ProviderKit: services")
struct KitServiceTests {
    @Test("Log, progress, clock and random")
    func reports() async throws {
        let host = FakeHost()
        let answer = try await Probe.call("com.example.reports/1", host)
        #expect(host.look { $0.lines } == ["2: careful"])
        #expect(host.look { $0.steps } == ["part 3 of 9"])
        #expect(answer.result?.data?["now"] == .integer(host.look { $0.now }))
        #expect((answer.result?.data?["random"]?.integer ?? 0) > 16)
    }

    @Test("Checkpoints come back typed: the newest of a key, all that were appended")
    func checkpoints() async throws {
        let host = FakeHost()
        #expect(try await Probe.call("com.example.store/1", host).status == EP_OK)
        #expect(host.look { $0.records.map(\.flags) } == [0, 2, 1, 1, 1])
        let answer = try await Probe.call("com.example.replay/1", host)
        #expect(answer.result?.actions == ["b", "[1, 2, 3]", #"["log", "part-1"]"#, "true"])
    }

    @Test("What cannot be stored fails, and says so")
    func refusedCheckpoint() async throws {
        let host = FakeHost()
        host.set { $0.refusals["checkpoint"] = EP_INVALID }
        let answer = try await Probe.call("com.example.store/1", host)
        #expect(answer.status == EP_INTERNAL && answer.failure?.message.contains("checkpoint part-1") == true)
    }

    @Test("What is made stands in the ledger from intent to settlement")
    func ledger() async throws {
        let host = FakeHost()
        #expect(try await Probe.call("com.example.make/1", host).result?.actions == ["img-1"])
        #expect(
            host.unsettled == [
                LedgerEntry(
                    intent: 1, kind: "image", region: "eu-1", find: ["name": "x"], id: "img-1",
                    undo: ["snapshot": "s-1"])
            ])
        #expect(try await Probe.call("com.example.make/1", host) { $0.target.tags = [] }.status == EP_OK)
        #expect(host.look { $0.settled } == [2])
    }

    @Test("A lost answer leaves the intent open; a refusal before anything was made settles it")
    func ledgerOnFailure() async throws {
        let host = FakeHost()
        let lost = try await Probe.call("com.example.make/1", host) { $0.target.address = "lost" }
        #expect(lost.status == EP_NETWORK)
        #expect(host.unsettled.map(\.intent) == [1] && host.unsettled.first?.id == nil)
        let refused = try await Probe.call("com.example.make/1", host) { $0.target.address = "refused" }
        #expect(refused.status == EP_REFUSED && refused.failure?.message == "no")
        #expect(host.look { $0.settled } == [2])
    }

    @Test("Nothing is made when the intent cannot be recorded")
    func ledgerFirst() async throws {
        let host = FakeHost()
        host.set { $0.refusals["intend"] = EP_INTERNAL }
        let answer = try await Probe.call("com.example.make/1", host) { $0.target.address = "lost" }
        #expect(answer.status == EP_INTERNAL && answer.failure?.message.contains("intend") == true)
    }

    @Test("A secret is handed out, its derivate registered, and neither shows in the log")
    func secrets() async throws {
        let host = FakeHost()
        host.set {
            $0.secrets["token"] = "s3cret"
            $0.expires = $0.now / 1_000_000_000 + 30
        }
        #expect(try await Probe.call("com.example.secret/1", host).result?.actions == ["true", "right"])
        #expect(host.look { $0.redacted } == ["signed-s3cret"])
        #expect(host.look { $0.lines } == ["1: the token is ***, its signature ***"])
    }

    @Test("A missing secret names the places that it may come from")
    func missingSecret() async throws {
        let answer = try await Probe.call("com.example.secret/1")
        #expect(answer.status == EP_AUTH && answer.failure?.hint?.contains("env:PROBE_TOKEN") == true)
    }

    @Test("Declared files and helpers")
    func files() async throws {
        let host = FakeHost()
        host.set {
            $0.files["profile"] = Array("region=eu".utf8)
            $0.helpers["login"] = #"{"user":"me"}"#
        }
        #expect(try await Probe.call("com.example.files/1", host).result?.actions == ["region=eu", "me"])
        #expect(host.look { $0.helperCalls } == [HelperCommand(name: "login", arguments: ["get"], input: "registry")])
        host.set { $0.helpers["login"] = "hunter2 is no JSON" }
        let answer = try await Probe.call("com.example.files/1", host)
        #expect(answer.status == EP_AUTH && !answer.text.contains("hunter2"))
        host.set { $0.helpers["login"] = #"{"user":"me"}"# }
        host.set { $0.refusals["file_read"] = EP_DENIED }
        #expect(try await Probe.call("com.example.files/1", host).status == EP_DENIED)
        host.set {
            $0.refusals = [:]
            $0.files = [:]
        }
        #expect(try await Probe.call("com.example.files/1", host).status == EP_NOT_FOUND)
    }

    @Test("The cache keeps values, and a value of another shape reads as none")
    func cache() async throws {
        let host = FakeHost()
        #expect(try await Probe.call("com.example.cache/1", host).result?.actions == ["empty"])
        #expect(try await Probe.call("com.example.cache/1", host).result?.actions == ["kept"])
        host.set { $0.cache["k"] = Array("old format".utf8) }
        #expect(try await Probe.call("com.example.cache/1", host).result?.actions == ["empty"])
    }

    @Test("Blocks: size, reads up to the end, holes")
    func blocks() async throws {
        let host = FakeHost()
        #expect(try await Probe.call("com.example.blocks/1", host).result?.actions == ["no blocks"])
        let path = NSTemporaryDirectory() + "kit-\(UUID().uuidString).raw"
        let file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        defer {
            close(file)
            unlink(path)
        }
        try #require(file >= 0 && ftruncate(file, 1 << 20) == 0)
        #expect(pwrite(file, [UInt8](repeating: 7, count: 4096), 4096, 1 << 19) == 4096)
        host.set { $0.blocks = file }
        let half = 1 << 19
        #expect(
            try await Probe.call("com.example.blocks/1", host).result?.actions == [
                "\(1 << 20)", "4", "[0, 0, 0, 0]", "hole \(half)", "data 4096", "hole \(half - 4096)",
            ])
    }

    @Test("The guest's tree: read, list and stat, absent paths included")
    func tree() async throws {
        let host = FakeHost()
        host.set { $0.tree = ["/etc/": [], "/etc/os-release": Array("NAME=x".utf8), "/etc/passwd": []] }
        #expect(
            try await Probe.call("com.example.tree/1", host).result?.actions == [
                "NAME", #"["os-release", "passwd"]"#, "true", "true", "true",
            ])
    }
}
