import Documents
import Foundation
import TestSupport
import Testing

@testable import State

@Suite struct AppendLogTests {
    @Test func aTornLastLineIsDroppedAndTheNextOneIsWhole() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/log"
        do {
            let log = try AppendLog(path)
            try log.append(["a": 1])
            try log.append(["a": 2])
        }
        let whole = try scratch.text("log")
        // Cut at every byte of the last line: the first line stays, the torn one goes, a new one follows it.
        for cut in 1..<9 {
            try scratch.write("log", String(whole.dropLast(cut)))
            #expect(try AppendLog.read([String: Int].self, from: path) == [["a": 1]])
            try AppendLog(path).append(["a": 3])
            #expect(try AppendLog.read([String: Int].self, from: path) == [["a": 1], ["a": 3]])
        }
    }

    @Test func aFormatToComeIsRefusedWithBothNumbers() throws {
        let scratch = try Scratch()
        try scratch.write("log", "{\"format\":2}\n{}\n")
        let failure = #expect(throws: Failure.self) { try AppendLog("\(scratch.path)/log") }
        #expect(failure?.message == "it has format 2, and this version reads formats 1 to 1")
        let state = try Scratch()
        try state.write("format", "{\"format\":7}")
        #expect(throws: Failure.self) { try StateDirectory(state.path) }
    }

    @Test func aDamagedLineNamesItsPlace() throws {
        let scratch = try Scratch()
        try scratch.write("log", "{\"format\":1}\n{\"a\":1}\nnonsense\n")
        let failure = #expect(throws: Failure.self) {
            try AppendLog.read([String: Int].self, from: "\(scratch.path)/log")
        }
        #expect(failure?.place == "\(scratch.path)/log:3")
    }
}

@Suite struct LedgerTests {
    private func intent(_ name: String) -> JSON {
        .object(["kind": .string("snapshot"), "region": .string("eu-1"), "find": .object(["name": .string(name)])])
    }

    @Test func whatIsNeitherSettledNorUndoneIsFoundNewestFirst() throws {
        let scratch = try Scratch()
        let ledger = try Ledger(scratch.path, run: "aaaa")
        let made = try (0..<5).map { try ledger.intend(intent("n\($0)")) }
        for (index, number) in made.enumerated() where index != 4 {
            try ledger.created(number, .object(["id": .string("snap-\(index)"), "undo": .object(["x": .bool(true)])]))
        }
        try ledger.settled(made[0])
        try ledger.undone(made[1])
        let open = try Ledger.unsettled(of: scratch.path)
        #expect(open.map(\.intent) == [made[4], made[3], made[2]])
        #expect(open[0].id == nil && open[0].document["id"] == nil)
        #expect(open[1].document["undo"]?["x"]?.bool == true && open[1].run == "aaaa")
    }

    @Test func aLaterRunsSettlementCoversAnInterruptedAttempt() throws {
        let scratch = try Scratch()
        let first = try Ledger(scratch.path, run: "aaaa").intend(intent("same"))
        let again = try Ledger(scratch.path, run: "bbbb")
        let second = try again.intend(intent("same"))
        #expect(second == first + 1)
        #expect(try Ledger.unsettled(of: scratch.path).count == 2)
        try again.settled(second)
        #expect(try Ledger.unsettled(of: scratch.path).isEmpty)
        // An attempt after that, cut off again, must not lose what is wanted.
        _ = try Ledger(scratch.path, run: "cccc").intend(intent("same"))
        #expect(try Ledger.unsettled(of: scratch.path).isEmpty)
        // Another thing is another thing.
        _ = try Ledger(scratch.path, run: "cccc").intend(intent("other"))
        #expect(try Ledger.unsettled(of: scratch.path).count == 1)
    }

    @Test func anIntentThatNamesNothingToFindIsRefused() throws {
        let scratch = try Scratch()
        let ledger = try Ledger(scratch.path, run: "aaaa")
        for document: JSON in [.object([:]), .object(["kind": .string("x")]), .string("x")] {
            #expect(throws: Failure.self) { try ledger.intend(document) }
        }
        #expect(throws: Failure.self) { try ledger.created(1, .object(["undo": .null])) }
    }

    /// The line is in the file before `intend` returns: a kill after it loses nothing.
    @Test func anIntentIsThereBeforeTheRequest() throws {
        let scratch = try Scratch()
        let ledger = try Ledger(scratch.path, run: "aaaa")
        let number = try ledger.intend(intent("n"))
        #expect(try Ledger.entries(of: scratch.path).map(\.intent) == [number])
    }
}

@Suite struct CheckpointTests {
    private func record(_ key: String, _ value: String, append: Bool = false) -> CheckpointStore.Record {
        .init(key: key, data: Array(value.utf8), append: append)
    }

    @Test func theNewestPutReplacesAndAppendsAreAllKept() throws {
        let scratch = try Scratch()
        let store = try CheckpointStore(scratch.path, revision: 1)
        for value in ["1", "2"] {
            try store.store(record("put", value), durable: false)
            try store.store(record("list", value, append: true), durable: true)
        }
        let records = try CheckpointStore.records(of: scratch.path, revisions: [1])
        #expect(records == [record("list", "1", append: true), record("put", "2"), record("list", "2", append: true)])
        // Of another revision, nothing; of a list, the first that has any.
        #expect(try CheckpointStore.records(of: scratch.path, revisions: [2]).isEmpty)
        #expect(try CheckpointStore.records(of: scratch.path, revisions: [2, 1]).count == 3)
    }

    @Test func aFileOfReplacedRecordsShrinks() throws {
        let scratch = try Scratch()
        do {
            let store = try CheckpointStore(scratch.path, revision: 1)
            for number in 0..<5000 { try store.store(record("put", "\(number)"), durable: false) }
        }
        _ = try CheckpointStore(scratch.path, revision: 1)
        #expect(try AppendLog.lines(of: "\(scratch.path)/checkpoints-1.jsonl")?.count == 1)
        #expect(try CheckpointStore.records(of: scratch.path, revisions: [1]) == [record("put", "4999")])
        CheckpointStore.remove(from: scratch.path)
        #expect(try CheckpointStore.records(of: scratch.path, revisions: [1]).isEmpty)
    }
}

@Suite struct LockTests {
    @Test func aLockNamesItsHolderAndADeadOneIsTakenOver() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/lock"
        do {
            let held = try HolderLock(path, run: "aaaa", what: "it")
            let failure = #expect(throws: Failure.self) { try HolderLock(path, run: "bbbb", what: "it") }
            #expect(failure?.code == .busy)
            #expect(failure?.message.contains("run aaaa (process \(getpid()) on ") == true)
            #expect(HolderLock.holder(path)?.run == "aaaa")
            withExtendedLifetime(held) {}
        }
        #expect(HolderLock.holder(path) == nil)
        _ = try HolderLock(path, run: "bbbb", what: "it")
    }

    @Test func runsAreFoundByTheirBeginning() throws {
        let state = try StateDirectory(try Scratch().path + "/state")
        let (run, _) = try state.newRun { _ in ["format": 1] }
        #expect(try state.find(run: String(run.id.prefix(2))).id == run.id)
        #expect(try state.find(run: "latest").id == run.id)
        let failure = #expect(throws: Failure.self) { try state.find(run: "zzzz") }
        #expect(failure?.hint?.contains(run.id) == true)
        #expect(throws: Failure.self) { try state.find(run: "") }
        #expect(throws: Failure.self) { try state.find(run: "../runs") }
    }

    @Test func aRunWithoutAPlanIsNoneUnlessItIsBeingMade() throws {
        let scratch = try Scratch()
        let state = try StateDirectory(scratch.path + "/state")
        try scratch.write("state/runs/dead/plan.json.1.2", "{")
        #expect(try state.runs() == [] && state.stillborn() == ["dead"])
        // One that is being made is no less a run: nobody takes its directory away.
        let (run, _) = try state.newRun { _ in
            let remover = open("\(state.path)/runs", O_RDONLY | O_DIRECTORY)
            defer { close(remover) }
            #expect(flock(remover, LOCK_EX | LOCK_NB) != 0)
            return ["format": 1]
        }
        try state.removeStillborn()
        #expect(try state.runs() == [run.id] && state.stillborn() == [])
    }

    @Test func whoOnlyLooksMakesNothing() throws {
        let scratch = try Scratch()
        let state = try StateDirectory(reading: scratch.path + "/state")
        #expect(try state.runs() == [] && state.publications() == [])
        #expect(!FileManager.default.fileExists(atPath: state.path))
    }
}
