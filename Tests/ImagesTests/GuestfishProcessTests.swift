import Documents
import Foundation
import TestSupport
import Testing

@testable import Images

/// Programs in guestfish's place: one that fails, one that is slow, one that says too much.
struct GuestfishProcessTests {
    private func answer(_ script: String, limit: Int64 = 20, isCancelled: @escaping @Sendable () -> Bool = { false })
        throws -> GuestfishProcess.Answer
    {
        let scratch = try Scratch()
        try script.write(toFile: "\(scratch.path)/script", atomically: true, encoding: .utf8)
        return try GuestfishProcess.run(
            "/bin/sh", script: "\(scratch.path)/script", environment: ["PATH": "/usr/bin:/bin"], limit: limit,
            isCancelled: isCancelled)
    }

    @Test("Its answer, and its end")
    func success() throws {
        let answer = try answer("echo said; echo a warning >&2\n")
        #expect(answer.isSuccess && answer.isTimely && answer.output == "said\n")
    }

    @Test("The last that it says of an error is told, without what steers a terminal")
    func words() throws {
        let answer = try answer(
            "echo first >&2; printf 'libguestfs: error: mount: \\033[31mbad\\007\\n' >&2; echo 'see more' >&2; exit 3\n"
        )
        #expect(!answer.isSuccess && answer.isTimely)
        #expect(answer.words.hasPrefix("libguestfs: error: mount: ") && answer.words.contains("bad"))
        #expect(!answer.words.unicodeScalars.contains { $0.value < 0x20 })
        #expect(try self.answer("exit 4\n").words == "it ended with status 4 and no word")
        #expect(try self.answer("kill -9 $$\n").isSuccess == false)
    }

    @Test("What is slow is ended, and all that it started")
    func slow() throws {
        let start = ContinuousClock.now
        let answer = try answer("sleep 300 & echo $!; sleep 300; echo tidied\n", limit: 1)
        #expect(!answer.isSuccess && !answer.isTimely && answer.words == "it took longer than 1 s")
        #expect(ContinuousClock.now - start < .seconds(15))
        // Its machine is ended first, and it can remove what it made.
        #expect(answer.output.contains("tidied"))
        let child = try #require(answer.output.split(separator: "\n").first)
        #expect(!FileManager.default.fileExists(atPath: "/proc/\(child)"))
    }

    @Test("An interruption ends it")
    func interrupted() throws {
        let start = ContinuousClock.now
        #expect(throws: Failure.self) { try answer("sleep 300\n", isCancelled: { true }) }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("A loud program takes bounded memory")
    func loud() throws {
        let answer = try answer("head -c 20000000 /dev/zero | tr '\\0' x; echo; echo end\n")
        #expect(answer.output.utf8.count <= 8 << 20 && answer.output.hasSuffix("end\n"))
    }
}
