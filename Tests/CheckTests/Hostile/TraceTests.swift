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
        let calls = Call.all(try scratch.text("trace"))
        #expect(!calls.contains { $0.text.contains(images.secret) }, "a file that the image names was looked at")

        let reader = try #require(calls.first { $0.name == "execve" && $0.text.contains("/eulerpublisher-reader") })
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
            // The size of the file that it was given: a descriptor, and no name.
            if call.isSizeOfDescriptor { continue }
            let isThread = !call.name.hasPrefix("clone") || call.text.contains("CLONE_THREAD")
            #expect(Self.own.contains(call.name) && isThread, "\(call.text)")
        }
    }
}

extension TraceTests {
    @Test(
        "What a refused image leaves open is closed once: a number that is closed twice may be somebody else's by then")
    func closedOnce() async throws {
        let images = try await HostileImages.shared.all()
        let scratch = try Scratch()
        let answer = try await runApart(
            [
                "strace", "-f", "-o", "trace", "-e", "trace=close,kill,wait4", "\(stage ?? "")/bin/eulerpublisher",
                "check",
                images.path("data-file.qcow2"),
            ], in: scratch.path,
            environment: [
                "HOME": scratch.path, "XDG_STATE_HOME": scratch.path, "XDG_CACHE_HOME": scratch.path,
                "XDG_CONFIG_HOME": scratch.path,
            ])
        #expect(answer.status == 6, "\(answer.output.suffix(500))")
        let lines = try scratch.text("trace").split(separator: "\n")
        #expect(lines.contains { $0.contains("close(") && $0.hasSuffix("= 0") })
        #expect(!lines.contains { $0.contains("EBADF") }, "\(lines.filter { $0.contains("EBADF") })")
        #expect(!lines.contains { $0.contains("ECHILD") }, "\(lines.filter { $0.contains("ECHILD") })")
    }
}

/// A system call that strace told of.
private struct Call {
    var process: Int
    var name: String
    var text: String

    /// What it returned, if that is a number above zero.
    var result: Int? {
        text.range(of: " = ", options: .backwards).flatMap { Int(text[$0.upperBound...].prefix { $0.isNumber }) }
    }

    /// fstat(2), and newfstatat(2) with a descriptor and an empty name.
    var isSizeOfDescriptor: Bool {
        let rest = text.dropFirst(name.count + 1).drop { $0.isNumber }
        return name == "fstat" || name == "newfstatat" && rest.hasPrefix(", \"\",")
    }

    /// In the order that they began in; one that was told in two lines, as one.
    static func all(_ trace: String) -> [Call] {
        var calls: [Call] = []
        var unfinished: [Int: Int] = [:]
        for line in trace.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let process = Int(parts[0]) else { continue }
            let text = parts[1].drop { $0 == " " }
            if text.hasPrefix("<... "), let end = text.firstIndex(of: ">") {
                guard let begun = unfinished.removeValue(forKey: process) else { continue }
                calls[begun].text += text[text.index(after: end)...]
                continue
            }
            let name = text.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            // Signals and ends have no name.
            guard !name.isEmpty, !text.hasPrefix("+++"), !text.hasPrefix("---") else { continue }
            let mark = "<unfinished ...>"
            if text.hasSuffix(mark) { unfinished[process] = calls.count }
            calls.append(
                Call(
                    process: process, name: String(name),
                    text: String(text.hasSuffix(mark) ? text.dropLast(mark.count) : text)))
        }
        return calls
    }
}
