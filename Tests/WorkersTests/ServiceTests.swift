import Glibc
import ProviderAPI
import Synchronization
import Testing

@testable import Workers

/// What crosses between a provider that behaves and its host.
@Suite(.serialized) struct ServiceTests {
    private func goodJob() throws -> WorkerJob {
        let disk = "\(Lab.folder)/disk-\(UInt32.random(in: 0...UInt32.max)).raw"
        let file = open(disk, O_CREAT | O_RDWR | O_TRUNC, 0o600)
        try #require(file >= 0)
        ftruncate(file, 4 << 20)
        pwrite(file, "bytes", 5, 0)
        close(file)
        var job = try Lab.job("good")
        job.artifactFiles = ["disk.raw": disk]
        job.blocksPath = disk
        job.checkpoints = [("part", Array("zero".utf8)), ("part", Array("half".utf8))]
        return job
    }

    private func expectGood(_ outcome: WorkerOutcome, _ recorder: Recorder) {
        let document = outcome.document ?? "\(outcome)"
        for part in [
            "\"replayed\":2", "\"stored\":0", "\"ledger\":0", "\"intent\":42", "\"value\":\"s3cret\"",
            "\"none\":\(EP_DENIED)", "\"file\":\"bytes\"", "\"size\":\(4 << 20)", "\"cache\":\(EP_NOT_FOUND)",
        ] {
            #expect(document.contains(part), "\(part) is not in \(document)")
        }
        // A file system may store more than asked, never less than one block.
        let holes = Int(document.split(separator: "\"holes\":").last?.prefix { $0.isNumber } ?? "") ?? 0
        #expect(holes > 3 << 20 && holes < 4 << 20)
        recorder.memory.withLock {
            #expect($0.records == ["part=one 1", "part=two 2"])
            #expect($0.ledger == ["intend", "created 42", "settled 42"])
        }
    }

    @Test func everyServiceCrosses() async throws {
        let recorder = Recorder()
        expectGood(await Lab.outcome(try goodJob(), recorder), recorder)
    }

    @Test func theSameInsideTheHost() async throws {
        let recorder = Recorder()
        var workers = Workers(workerExecutable: Lab.worker)
        workers.inProcess = true
        let outcome = await workers.run(try goodJob(), services: recorder, cancellation: Cancellation())
        expectGood(outcome, recorder)
    }

    @Test func tenThousandCheckpointsArriveInOrder() async throws {
        let recorder = Recorder()
        #expect(await Lab.outcome(try Lab.job("many"), recorder).document == "{}")
        #expect(recorder.memory.withLock { $0.records } == (0..<10_000).map { "part-\($0)=x 0" })
    }

    @Test func refusalsAndWaitsKeepTheirDocuments() async throws {
        guard case .failed(let status, let document) = await Lab.outcome(try Lab.job("refuse")) else {
            Issue.record("refuse did not fail")
            return
        }
        #expect(status == EP_REFUSED && String(decoding: document, as: UTF8.self).contains("refused"))
        guard case .pending(let wait) = await Lab.outcome(try Lab.job("pending")) else {
            Issue.record("pending is not pending")
            return
        }
        #expect(String(decoding: wait, as: UTF8.self).contains("resume_after_s"))
    }

    @Test func aRefusedConfigurationKeepsItsDocument() async throws {
        var job = try Lab.job("good")
        job.configuration = Array(#"{"refuse":true}"#.utf8)
        guard case .failed(let status, let document) = await Lab.outcome(job) else {
            Issue.record("the configuration was not refused")
            return
        }
        #expect(status == EP_INVALID && String(decoding: document, as: UTF8.self).contains("no such region"))
    }
}
