import Testing

@testable import Execution

/// What a run keeps for its providers.
@Suite struct MemoryTests {
    @Test func eachProviderHasItsOwnAndItIsBounded() {
        let memory = RunMemory()
        memory.set("key", [1], of: "a")
        #expect(memory.get("key", of: "a") == [1])
        #expect(memory.get("key", of: "b") == nil)
        memory.set("key", nil, of: "a")
        #expect(memory.get("key", of: "a") == nil)
        for number in 0..<1000 { memory.set("\(number)", [2], of: "b") }
        #expect((0..<1000).count { memory.get("\($0)", of: "b") != nil } == 256)
        // What is there may change all the same.
        memory.set("0", [3], of: "b")
        #expect(memory.get("0", of: "b") == [3])
    }
}
