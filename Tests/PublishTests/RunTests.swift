import Documents
import Foundation
import Schema
import TestSupport
import Testing

/// Plans and runs through the staged program.
@Suite("Plans and runs", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct RunTests {
    private let plan = """
        format: 1
        name: two catalogues
        artifacts:
          base: {kind: container, release: 24.03-LTS-SP2, mirror: mirror, lock: sources.lock}
        targets:
          - {name: first, artifact: base, to: "local:first"}
          - {name: second, artifact: base, to: "local:second", tags: [24.03, latest]}
        """

    private func work() throws -> Work {
        let work = try Work()
        try work.makeMirror()
        try work.write(plan, "plan.yaml")
        return work
    }

    @Test("What is staged is there and unnamed; resume names it; the record says what happened")
    func stageAndResume() throws {
        let work = try work()
        defer { work.remove() }
        let dry = try work.command(["publish", "plan.yaml", "--dry-run"])
        #expect(dry.status == 0 && dry.output.contains("create the layout"), "\(dry.output)")
        #expect(!FileManager.default.fileExists(atPath: "\(work.path)/first"))
        #expect(!FileManager.default.fileExists(atPath: "\(work.path)/state/runs"))
        let staged = try work.command(["publish", "plan.yaml", "--stage"])
        #expect(staged.status == 0 && staged.output.contains("nothing released"), "\(staged.output)")
        #expect(try work.tags("first") == [])
        let resumed = try work.command(["resume", "latest"])
        #expect(resumed.status == 0, "\(resumed.output)")
        #expect(try work.tags("first") == ["24.03-lts-sp2"])
        #expect(try work.tags("second") == ["24.03", "latest"])
        let status = try work.command(["status", "latest", "--json"])
        #expect(status.output.contains(#""state":"published","target":"second""#), "\(status.output)")
        let run = try #require(try FileManager.default.contentsOfDirectory(atPath: "\(work.path)/state/runs").first)
        let record = try Node.read(path: "\(work.path)/state/runs/\(run)/record.json")
        try Schema.embedded("record").validate(record)
        let bundle = try work.command(["logs", run, "--bundle", "\(work.path)/bundle.tar.gz"])
        #expect(bundle.status == 0, "\(bundle.output)")
        let listing = try TestSupport.run(["/bin/tar", "-tzf", "\(work.path)/bundle.tar.gz"]).output
        #expect(listing.contains("/journal.jsonl") && listing.contains("/plan.json"), "\(listing)")
    }

    @Test("With --tag-when all nothing is released while one target is not ready; then only the rest is done")
    func tagWhenAll() throws {
        let work = try work()
        defer { work.remove() }
        // What no preflight finds: a directory where a blob is copied to.
        #expect(try work.command(["publish", "plan.yaml", "--only", "first"]).status == 0)
        let blob = try #require(
            try FileManager.default.contentsOfDirectory(atPath: "\(work.path)/first/blobs/sha256").first)
        try FileManager.default.removeItem(atPath: "\(work.path)/first")
        func standInTheWay() throws {
            try FileManager.default.createDirectory(
                atPath: "\(work.path)/second/blobs/.\(blob).partial", withIntermediateDirectories: true)
        }
        try standInTheWay()
        let failed = try work.command(["publish", "plan.yaml", "--tag-when", "all"])
        #expect(failed.status != 0 && failed.status != 7, "\(failed.status): \(failed.output)")
        #expect(failed.output.contains("nothing was released: second did not get this far"), "\(failed.output)")
        #expect(try work.tags("first") == [])
        try FileManager.default.removeItem(atPath: "\(work.path)/second")
        let resumed = try work.command(["resume", "latest"])
        #expect(resumed.status == 0, "\(resumed.output)")
        #expect(try work.tags("first") == ["24.03-lts-sp2"])
        // Each for itself: the first is published although the second cannot be.
        try FileManager.default.removeItem(atPath: "\(work.path)/second")
        try standInTheWay()
        let partial = try work.command(["publish", "plan.yaml"])
        #expect(partial.status == 7 && partial.output.contains("1 of 2 published. Exit 7."), "\(partial.output)")
    }

    @Test("Two publications at once share cache and state; with the state deleted nothing is sent again")
    func twoAtOnce() async throws {
        let work = try Work()
        defer { work.remove() }
        let versions = ["24.03-LTS-SP2", "24.03-LTS-SP3"]
        for version in versions { try work.makeMirror(version) }
        func publish(_ version: String, _ directory: String) throws -> Answer {
            try work.command([
                "container", "publish", "-v", version, "--mirror", "mirror", "--to", "local:\(directory)", "--json",
            ])
        }
        try await withThrowingTaskGroup(of: Answer.self) { group in
            for version in versions { group.addTask { try publish(version, "shared") } }
            // The same version to another place at the same time: one assembly, two publications.
            for directory in ["a", "b"] { group.addTask { try publish(versions[0], directory) } }
            for try await answer in group { #expect(answer.status == 0, "\(answer.output)") }
        }
        #expect(try work.tags("shared") == ["24.03-lts-sp2", "24.03-lts-sp3"])
        try FileManager.default.removeItem(atPath: "\(work.path)/state")
        for version in versions {
            let again = try publish(version, "shared")
            #expect(again.status == 0)
            let events = try again.output.split(separator: "\n").map { line in
                try Schema.embedded("event").validate(try Node.parse(text: String(line), name: "event"))
            }
            let end = try #require(events.first { $0["event"]?.string == "target-done" })
            #expect(end["ending"]?.string == "nothing-to-do" && end["sent_bytes"]?.integer == 0, "\(end)")
        }
    }

    @Test(
        "What is wrong is one clear error and its exit status",
        arguments: [
            (["publish", "nothing.yaml"], 2, "nothing.yaml"),
            (["publish", "plan.yaml", "--only", "third"], 2, "its targets are first, second"),
            (["publish", "plan.yaml", "--tag-when", "never"], 2, "tag-when"),
            (["container", "publish", "-v", "24.03-LTS-SP2", "-m"], 4, "there is nothing to log in with"),
            (["cloudimg", "aws", "publish", "-v", "24.03"], 2, "cloudimg aws publish is not in this version"),
            (["container", "app", "build", "-t", "1"], 2, "container app build is not in this version"),
            (["resume", "ffff"], 2, "there is no run ffff"),
            (["resume", "../../etc"], 2, "there is no run"),
            (["container", "publish", "-v", "../etc", "--mirror", "mirror", "--to", "local:x"], 2, "is not a version"),
            (
                ["container", "publish", "-v", "99.03", "--mirror", "mirror", "--to", "local:x"], 2,
                "no root filesystem"
            ),
            (
                ["container", "publish", "-v", "24.03-LTS-SP2", "-a", "vax", "--mirror", "mirror", "--to", "local:x"],
                2, "vax"
            ),
            (
                [
                    "container", "publish", "-v", "24.03-LTS-SP2", "-a", "riscv64", "--mirror", "mirror", "--to",
                    "local:x",
                ],
                2, "no root filesystem"
            ),
            (["container", "publish", "-v", "24.03-LTS-SP2", "--mirror", "mirror", "--to", "cloud:x"], 2, "cloud"),
            (
                ["container", "publish", "-v", "24.03-LTS-SP2", "--mirror", "mirror", "--to", "local"], 2,
                "is no target"
            ),
            (
                ["container", "publish", "-v", "24.03-LTS-SP2", "--mirror", "mirror", "--to", "aws:us-east-1"], 2,
                "aws publishes nothing in this version"
            ),
            (
                ["container", "publish", "-v", "24.03-LTS-SP2", "--mirror", "none", "--to", "local:x"], 2,
                "not a directory"
            ),
        ])
    func errors(arguments: [String], status: Int32, words: String) throws {
        let work = try work()
        defer { work.remove() }
        let answer = try work.command(arguments)
        #expect(answer.status == status && answer.output.contains(words), "\(answer.status): \(answer.output)")
        #expect(!answer.output.contains("Fatal error"))
    }

    /// A mirror that answers each checksum and then sends a byte a second: what a person interrupts.
    private let slowMirror = """
        import socket, sys, threading, time
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        def serve(peer):
            path = peer.recv(65536).split(b" ")[1]
            if b"x86_64" not in path:
                peer.sendall(b"HTTP/1.1 404 Not Found\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n")
            elif path.endswith(b".sha256sum"):
                line = b"0" * 64 + b"  openEuler-docker.x86_64.tar.xz\\n"
                peer.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\nConnection: close\\r\\n\\r\\n%s" % (len(line), line))
            else:
                peer.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 1000\\r\\n\\r\\n")
                while True:
                    time.sleep(1)
                    peer.sendall(b"x")
            peer.close()
        threading.Thread(target=lambda: (sys.stdin.read(), __import__("os")._exit(0)), daemon=True).start()
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """

    @Test(
        "An interruption while sources are fetched ends within 5 s, with the signal's status and a run to resume",
        arguments: [("publish", SIGTERM), ("publish", SIGINT), ("prepare", SIGINT)])
    func interrupted(command: String, signal: Int32) throws {
        let work = try Work()
        defer { work.remove() }
        let (peer, input, output) = (Process(), Pipe(), Pipe())
        peer.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        peer.arguments = ["python3", "-c", slowMirror]
        peer.standardInput = input
        peer.standardOutput = output
        try peer.run()
        defer {
            try? input.fileHandleForWriting.close()
            peer.waitUntilExit()
        }
        let port = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let (program, said) = (Process(), Pipe())
        program.executableURL = URL(fileURLWithPath: "\(stage!)/bin/eulerpublisher")
        program.arguments =
            ["container", command, "-v", "24.03", "--mirror", "http://127.0.0.1:\(port)"]
            + (command == "publish" ? ["--to", "local:\(work.path)/out", "--json"] : [])
            + ["--cache-dir", "\(work.path)/cache", "--state-dir", "\(work.path)/state"]
        program.standardOutput = said
        program.standardError = said
        try program.run()
        Thread.sleep(forTimeInterval: 1.5)
        #expect(program.isRunning)
        let asked = Date()
        kill(program.processIdentifier, signal)
        // One that does not listen must not hold up the others.
        let deaf = program.processIdentifier
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 8)
            kill(deaf, SIGKILL)
        }
        let text = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        program.waitUntilExit()
        #expect(Date().timeIntervalSince(asked) < 5)
        #expect(program.terminationStatus == 128 + signal, "\(program.terminationStatus): \(text)")
        guard command == "publish" else { return }
        #expect(text.contains("eulerpublisher resume") && text.contains("Exit \(128 + signal)."), "\(text)")
        let last = try #require(text.split(separator: "\n").last { $0.hasPrefix("{") })
        #expect(last.contains(#""event":"run-ended""#) && last.contains(#""exit":\#(128 + signal)"#), "\(text)")
        let status = try work.command(["status", "latest"])
        #expect(status.output.contains("exit \(128 + signal)"), "\(status.output)")
    }

    @Test("A newer version's state is left alone, and both versions are named")
    func newerState() throws {
        let work = try work()
        defer { work.remove() }
        try FileManager.default.createDirectory(atPath: "\(work.path)/state", withIntermediateDirectories: true)
        try work.write("{\"format\":9}", "state/format")
        let answer = try work.command(["publish", "plan.yaml"])
        #expect(answer.status == 2 && answer.output.contains("format 9, and this version reads formats 1 to 1"))
    }

    @Test("A full disk ends with its reason and nothing half-published")
    func fullDisk() throws {
        let work = try work()
        defer { work.remove() }
        let small = "\(work.path)/small"
        try FileManager.default.createDirectory(atPath: small, withIntermediateDirectories: true)
        let mounted = try run(["/bin/mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", small])
        guard mounted.status == 0 else {
            print("skipped: a small file system cannot be mounted here: \(mounted.output)")
            return
        }
        defer { _ = try? run(["/bin/umount", small]) }
        try work.write(plan.replacingOccurrences(of: "local:second", with: "local:small/catalogue"), "plan.yaml")
        let answer = try work.command(["publish", "plan.yaml", "--only", "second"])
        #expect(answer.status == 9 && answer.output.contains("are free"), "\(answer.status): \(answer.output)")
        #expect(((try? work.tags("small/catalogue")) ?? []) == [])
    }
}
