import Foundation
import TestSupport
import Testing

/// Whether system calls can be witnessed here.
private let canTrace = (try? run(["strace", "-o", "/dev/null", "true"]).status) == 0

@Suite(
    "What a check opens",
    .enabled(if: stage != nil && canMake && canTrace, "needs a staged tree, root, strace, and tools that make images"))
struct TraceTests {
    /// Calls that a reader makes with its socket and its threads, when it has its image.
    private static let own: Set<String> = ["recvmsg", "sendmsg", "exit", "exit_group", "clone", "clone3"]

    @Test(
        "The process that reads an image opens nothing, starts nothing and connects nowhere; nobody opens what an image names",
        arguments: ["names-of-host.raw", "includes.raw", "backing.qcow2", "descriptor.vmdk", "data-file.qcow2"])
    func nothing(_ name: String) async throws {
        let images = try await HostileImages.shared.all()
        let scratch = try Scratch()
        let answer = try await runApart(
            [
                "strace", "-f", "-s", "0", "-o", "trace", "-e", "trace=%file,%process,%network",
                "\(stage ?? "")/bin/eulerpublisher", "check", images.path(name), "--json",
            ], in: scratch.path,
            environment: [
                "HOME": scratch.path, "XDG_STATE_HOME": scratch.path, "XDG_CACHE_HOME": scratch.path,
                "XDG_CONFIG_HOME": scratch.path,
            ])
        #expect([0, 3, 6].contains(answer.status), "\(answer.output.suffix(500))")
        #expect(!answer.output.contains(HostileImages.word))
        let calls = try scratch.text("trace").split(separator: "\n").compactMap { Call(String($0)) }
        #expect(!calls.contains { $0.text.contains(images.secret) }, "a file that the image names was looked at")

        let reader = try #require(
            calls.first {
                $0.name == "execve" && $0.text.contains("/eulerpublisher-reader") && $0.text.hasSuffix("= 0")
            })
        var threads: Set<Int> = [reader.process]
        // A thread shares its files with the process; anything else would be a process of its own.
        for call in calls where threads.contains(call.process) && call.text.contains("CLONE_THREAD") {
            if let number = call.result { threads.insert(number) }
        }
        let its = calls.filter { threads.contains($0.process) }
        let given = try #require(its.firstIndex { $0.name == "recvmsg" && $0.text.contains("SCM_RIGHTS") })
        let after = its[(given + 1)...]
        #expect(after.contains { $0.name == "sendmsg" }, "it answered nothing")
        for call in after {
            let isThread = !call.name.hasPrefix("clone") || call.text.contains("CLONE_THREAD")
            #expect(Self.own.contains(call.name) && isThread, "\(call.text)")
        }
    }
}

/// A line of strace's.
private struct Call {
    var process: Int
    var name: String
    var text: String
    /// What it returned, if that is a number above zero.
    var result: Int? {
        text.range(of: " = ", options: .backwards).flatMap { Int(text[$0.upperBound...].prefix { $0.isNumber }) }
    }

    /// - Returns: nil of signals, ends, and the begins of calls that another line ends.
    init?(_ line: String) {
        let parts = line.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let process = Int(parts[0]) else { return nil }
        var text = parts[1].drop { $0 == " " }
        if text.hasSuffix("<unfinished ...>") {
            // Its end tells what it returned; that it was made is known here.
            text = text.dropLast("<unfinished ...>".count)
        } else if text.hasPrefix("<... ") {
            text = text.dropFirst(5)
        }
        let name = text.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        guard !name.isEmpty else { return nil }
        (self.process, self.name, self.text) = (process, String(name), String(text))
    }
}
