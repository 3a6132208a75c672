import Foundation
import TestSupport
import Testing

/// slowcloud alone, in a process that sanitizers watch.
@Suite(.serialized) struct ProviderTests {
    private static let publication = String(repeating: "0123456789abcdef", count: 4)

    @Test(arguments: ["address,undefined", "thread"])
    func publishesAndUndoesUnder(sanitizers: String) async throws {
        let lab = try Lab()
        try await lab.build(sanitizers: sanitizers)
        let cloud = try ToyCloud(lab)
        let disk = try lab.disk(blocks: 600)
        func drive(_ operations: [String] = [], entry: String = "null") async throws -> Answer {
            try await runApart(
                ["\(lab.path)/driver", "\(lab.path)/libep-slowcloud.so", disk, cloud.configuration, Self.publication]
                    + operations,
                environment: ["DRIVER_ENTRY": entry])
        }
        let published = try await drive()
        #expect(published.status == 0, "\(published.output)")
        #expect(published.output.contains(#""sent_bytes":2457600"#), "\(published.output)")
        #expect(published.output.contains("608 checkpoints, 7 intents, 7 created, 7 settled"), "\(published.output)")
        let last = published.output.split(separator: "\n").last { $0.hasPrefix("ep.plan/1") } ?? ""
        #expect(last.contains(#""actions":[],"moves":[],"nothing_to_do":true"#), "\(last)")

        let inventory = try await drive(["ep.inventory/1", "ep.status/1"])
        #expect(inventory.output.components(separatedBy: #""kind":"image""#).count == 5, "\(inventory.output)")
        #expect(inventory.output.components(separatedBy: #""kind":"snapshot""#).count == 3, "\(inventory.output)")

        // Newest first, as cleanup does; by what the ledger knows at the least: no id.
        let images = try #require(published.output.split(separator: "\n").last { $0.hasPrefix("ep.release/1") })
        let ids = images.split(separator: "\"").filter { $0.hasPrefix("img-") }
        try #require(ids.count == 2)
        let find = #"{"publication":"\#(Self.publication)"}"#
        let entries =
            zip(ids, ["north", "east"]).flatMap { id, region in
                [
                    #"{"kind":"alias","region":"\#(region)","find":{"alias":"latest","to":"\#(id)","from":null}}"#,
                    #"{"kind":"public","region":"\#(region)","find":{"image":"\#(id)"}}"#,
                ]
            } + [
                #"{"kind":"image","region":"east","find":\#(find)}"#,
                #"{"kind":"image","region":"north","find":\#(find)}"#,
                #"{"kind":"snapshot","region":"north","find":\#(find)}"#,
            ]
        // Twice: what is gone already is success.
        for entry in entries + entries {
            let undone = try await drive(["ep.undo/1"], entry: entry)
            #expect(undone.status == 0 && undone.output.contains(#""gone":true"#), "\(entry): \(undone.output)")
        }
        #expect(try await cloud.state().contains(#""snapshots":[],"images":[],"aliases":[],"orphans":[]"#))
    }

    /// What a later publication moved on is not moved back, and what is in use is not deleted.
    @Test func undoTouchesNothingOfOthers() async throws {
        let lab = try Lab()
        try await lab.build(sanitizers: "address,undefined")
        let cloud = try ToyCloud(lab)
        let disk = try lab.disk(blocks: 20)
        func drive(_ publication: String, _ operations: [String] = [], entry: String = "null") async throws -> Answer {
            try await runApart(
                ["\(lab.path)/driver", "\(lab.path)/libep-slowcloud.so", disk, cloud.configuration, publication]
                    + operations,
                environment: ["DRIVER_ENTRY": entry])
        }
        let first = String(repeating: "a", count: 64)
        #expect(try await drive(first).status == 0)
        #expect(try await drive(String(repeating: "b", count: 64)).status == 0)
        let before = try await cloud.state()
        let moved = #"{"kind":"alias","region":"north","find":{"alias":"latest","to":"img-2","from":null}}"#
        #expect(try await drive(first, ["ep.undo/1"], entry: moved).status == 0)
        let used = #"{"kind":"snapshot","region":"north","find":{"publication":"\#(first)"}}"#
        let refused = try await drive(first, ["ep.undo/1"], entry: used)
        #expect(refused.status == 1 && refused.output.contains(#""vendor_code":"SnapshotInUse""#), "\(refused.output)")
        #expect(try await cloud.state() == before)
    }

    @Test func hostileDocumentsAreReadWithinTheirBounds() async throws {
        let lab = try Lab()
        try await lab.build(sanitizers: "address,undefined")
        let answer = try await runApart(["\(lab.path)/driver", "--fuzz", "\(lab.path)/libep-slowcloud.so", "20000"])
        #expect(answer.status == 0, "\(answer.output.suffix(2000))")
        #expect(answer.output.contains("20000 documents"), "\(answer.output.suffix(200))")
    }
}
