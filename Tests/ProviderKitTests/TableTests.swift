import Documents
import Foundation
import ProviderAPI
import ProviderKit
import ProviderTesting
import Testing

/// The C table that the kit makes of a Swift type, called as a worker calls it.
@Suite("ProviderKit: the table")
struct TableTests {
    @Test("The table carries the manifest's id and version, and is the same each time")
    func identity() {
        let table = UnsafePointer<ep_provider>(bitPattern: Probe.table)!
        #expect(String(cString: table.pointee.id) == "probe")
        #expect(String(cString: table.pointee.version) == "3.2.1")
        #expect(table.pointee.manifest_size == UInt64(Probe.manifest.count))
        #expect(
            table.pointee.header.abi_major == 1 && table.pointee.header.size == UInt32(MemoryLayout<ep_provider>.size))
        let again = ProviderLibrary.table(
            for: Probe.self, manifest: table.pointee.manifest, size: table.pointee.manifest_size)
        #expect(again == table)
        #expect(table.pointee.extension("com.example.none/1") == nil)
    }

    @Test("A result, a wait and a failure each leave with their status and document")
    func endings() async throws {
        let done = try await Probe.call("ep.plan/1")
        #expect(done.status == EP_OK && done.result?.actions == ["publish to somewhere"])
        let pending = try await Probe.call("ep.upload/1")
        #expect(pending.status == EP_PENDING && pending.json?["resume_after_s"] == .integer(30))
        let failed = try await Probe.call("ep.register/1")
        #expect(failed.status == EP_QUOTA)
        #expect(
            failed.failure
                == Failure(
                    .quota, "too many images", place: "eu-1", hint: "delete one", vendorCode: "Image.Quota",
                    requestID: "r-1", httpStatus: 403))
    }

    @Test(
        "An operation that the provider lacks is unsupported",
        arguments: ["ep.verify/1", "ep.retire/1", "com.example.x/1"])
    func unsupported(_ operation: String) async throws {
        let answer = try await Probe.call(operation)
        #expect(answer.status == EP_UNSUPPORTED && answer.failure?.message.contains(operation) == true)
    }

    @Test("A defect is named by its type, and no error's text gets out")
    func defects() async throws {
        let unknown = try await Probe.call("com.example.defect/1")
        #expect(unknown.status == EP_INTERNAL)
        #expect(unknown.text.contains("Unknown") && !unknown.text.contains("hunter2"))
        let answer = try await Probe.call("com.example.answer/1")
        #expect(answer.status == EP_INTERNAL)
        #expect(answer.text.contains("at tag") && !answer.text.contains("hunter2"))
    }

    @Test("A result that JSON cannot hold is an internal failure, not an empty success")
    func notANumber() async throws {
        let answer = try await Probe.call("com.example.nan/1")
        #expect(answer.status == EP_INTERNAL && answer.failure?.code == .internal)
    }

    @Test("A sink that refuses makes the call fail")
    func fullSink() async throws {
        #expect(try await Probe.call("com.example.large/1", limit: 1000).status == EP_INVALID)
    }

    @Test("A refused configuration says why")
    func configuration() async throws {
        let answer = try await Probe.call("ep.plan/1", configuration: #"{"region":"nowhere"}"#)
        #expect(answer.status == EP_INVALID && answer.failure?.message == "no such region")
        #expect(try await Probe.call("ep.plan/1", configuration: "{").status == EP_INVALID)
        #expect(try await Probe.call("ep.plan/1", configuration: "").status == EP_OK)
    }

    @Test(
        "Bytes that are no request are refused without a crash",
        arguments: ["", "{}", "[1,2", #"{"format":1}"#, "\u{0}\u{1}", String(repeating: "[", count: 100_000)])
    func garbage(_ text: String) async {
        let answer = await ProviderCall.make(
            UnsafePointer(bitPattern: Probe.table)!, "ep.plan/1", request: Array(text.utf8), host: FakeHost())
        #expect(answer.status == EP_INVALID && answer.failure != nil)
    }

    @Test(
        "The host's wish to stop cancels the task, awaiting or blocked", .timeLimit(.minutes(1)),
        arguments: ["com.example.sleep/1", "com.example.block/1"])
    func cancellation(_ operation: String) async throws {
        let host = FakeHost()
        Thread.detachNewThread {
            while host.look({ $0.lines }).isEmpty { usleep(1000) }
            host.set { $0.isCancelled = true }
        }
        let start = ContinuousClock.now
        let answer = try await Probe.call(operation, host)
        #expect(answer.status == EP_CANCELLED && answer.failure?.code == .interrupted)
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test("A shorter table of an older host is not read beyond its end")
    func olderHost() async throws {
        let fake = FakeHost()
        let size = MemoryLayout<ep_host>.offset(of: \.checkpoint)!
        let short = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
        defer { short.deallocate() }
        short.copyMemory(from: fake.table, byteCount: size)
        short.assumingMemoryBound(to: ep_host.self).pointee.header.size = UInt32(size)
        let host = ProviderKit.Host(copying: UnsafePointer(short.assumingMemoryBound(to: ep_host.self)))
        host.log(.info, "here")
        #expect(fake.look { $0.lines } == ["1: here"])
        #expect(throws: Failure.self) { try host.checkpoint("k", [1]) }
        #expect(throws: Failure.self) { try host.secret("token") }
        #expect(host.blocks == nil && host.tree == nil)
        #expect(try host.checkpoints().isEmpty)
    }
}
