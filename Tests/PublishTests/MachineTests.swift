import Documents
import Foundation
import Schema
import TestSupport
import Testing

/// The staged program where the machine around it is at fault: no output, no room, no home, half a state, a mirror with a lock.
@Suite("A hostile machine", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct MachineTests {
    private let plan = """
        format: 1
        artifacts:
          base: {kind: container, release: 24.03-LTS-SP2, mirror: mirror}
        targets:
          - {name: first, artifact: base, to: "local:first"}
        """

    private func work() throws -> Work {
        let work = try Work()
        try work.makeMirror()
        try work.write(plan, "plan.yaml")
        return work
    }

    /// The program by way of a shell, with this folder's cache and state.
    private func shell(_ work: Work, _ script: String) throws -> Answer {
        try run(
            ["/bin/sh", "-c", script, "\(stage!)/bin/eulerpublisher"], in: work.path,
            environment: [
                "EULERPUBLISHER_STATE_DIR": "\(work.path)/state", "EULERPUBLISHER_CACHE_DIR": "\(work.path)/cache",
            ])
    }

    private func events(_ answer: Answer) throws -> [JSON] {
        try answer.output.split(separator: "\n").filter { $0.hasPrefix("{") }.map { line in
            try Schema.embedded("event").validate(try Node.parse(text: String(line), name: "event"))
        }
    }

    @Test(
        "Without standard descriptors a run is what it is with them", arguments: ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
    func closedDescriptors(closed: String) throws {
        let work = try work()
        defer { work.remove() }
        let answer = try shell(work, "\"$0\" publish plan.yaml \(closed)")
        #expect(answer.status == 0, "\(answer.status): \(answer.output)")
        #expect(try work.tags("first") == ["24.03-lts-sp2"])
        #expect(try shell(work, "\"$0\" publish nothing.yaml \(closed)").status == 2)
    }

    @Test(
        "Output that is lost is an error",
        arguments: ["status", "status --json", "logs latest", "config show", "publish plan.yaml", "provider list"])
    func fullOutput(command: String) throws {
        let work = try work()
        defer { work.remove() }
        #expect(try shell(work, "\"$0\" publish plan.yaml").status == 0)
        let answer = try shell(work, "\"$0\" \(command) >/dev/full")
        #expect(answer.status == 1 && answer.output.contains("No space left on device"), "\(answer)")
        // A reader who has seen enough is no error.
        let reader = try shell(work, "(\"$0\" \(command); echo \"status $?\" >&2) | true")
        #expect(reader.output.contains("status 0"), "\(reader.output)")
    }

    @Test("A run that was killed before its plan was there hides no other")
    func runWithoutPlan() throws {
        let work = try work()
        defer { work.remove() }
        #expect(try work.command(["publish", "plan.yaml"]).status == 0)
        let empty = "\(work.path)/state/runs/zzzz"
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        try work.write("half", "state/runs/zzzz/plan.json.1.2")
        let status = try work.command(["status"])
        #expect(status.status == 0 && status.output.contains("1 of 1 published"), "\(status.output)")
        #expect(status.output.contains("zzzz"), "\(status.output)")
        #expect(try work.command(["status", "latest"]).output.contains("exit 0"))
        #expect(try work.command(["cleanup"]).status == 0)
        #expect(!FileManager.default.fileExists(atPath: empty))
        #expect(try work.command(["status"]).output.contains("1 of 1 published"))
    }

    @Test(
        "Whatever fails, the last event is run-ended with its reason",
        arguments: [
            (["publish", "none.yaml"], 2), (["publish", "elsewhere.yaml"], 2), (["plan", "elsewhere.yaml"], 2),
            (["resume", "ffff"], 2), (["publish", "plan.yaml", "--only", "third"], 2),
            (["container", "publish", "-v", "24.03", "--mirror", "http://127.0.0.1:1", "--to", "local:x"], 5),
        ])
    func lastEvent(arguments: [String], status: Int) throws {
        let work = try work()
        defer { work.remove() }
        try work.write(plan.replacingOccurrences(of: "mirror: mirror", with: "mirror: elsewhere"), "elsewhere.yaml")
        let answer = try work.command(arguments + ["--json"])
        let last = try #require(try events(answer).last)
        #expect(last["event"]?.string == "run-ended" && last["exit"]?.integer == Int64(status), "\(answer.output)")
        #expect(last["failure"]?["message"] != nil && answer.status == Int32(status), "\(answer.output)")
    }

    @Test("A plan that is looked at ends with its event too")
    func lastEventOfAPlan() throws {
        let work = try work()
        defer { work.remove() }
        let answer = try work.command(["plan", "plan.yaml", "--json"])
        let last = try #require(try events(answer).last)
        #expect(last["event"]?.string == "run-ended" && last["exit"]?.integer == 0, "\(answer.output)")
    }

    @Test(
        "A path that cannot be used is the user's to mend, and is named",
        arguments: [
            ("logs latest --bundle plan.yaml", "plan.yaml"), ("logs latest --bundle none/x.tgz", "none/x.tgz"),
            ("publish plan.yaml --state-dir plan.yaml", "plan.yaml"),
            ("publish plan.yaml --cache-dir plan.yaml", "plan.yaml"),
            ("publish plan.yaml --state-dir /proc/x", "/proc/x"),
            ("container prepare -v 24.03-LTS-SP2 --mirror mirror --lock none/x.lock", "none/x.lock"),
            ("container prepare -v 24.03-LTS-SP2 --mirror mirror --lock mirror", "mirror"),
            ("publish locked.yaml", "none/x.lock"),
        ])
    func paths(command: String, path: String) throws {
        let work = try work()
        defer { work.remove() }
        try work.write(
            plan.replacingOccurrences(of: "mirror: mirror", with: "mirror: mirror, lock: none/x.lock"), "locked.yaml")
        #expect(try shell(work, "\"$0\" publish plan.yaml").status == 0)
        let answer = try shell(work, "\"$0\" \(command)")
        #expect(answer.status == 2 && answer.output.contains("fix"), "\(answer)")
        let named = answer.output.split(separator: "\n").contains { line in
            line.split(separator: " ").contains {
                $0.hasSuffix("\(path):") || $0.contains("\(path)/") && $0.hasSuffix(":")
            }
        }
        #expect(named, "\(answer.output)")
    }

    @Test("Looking makes nothing, and a service without HOME has its account's")
    func lookingAndHome() throws {
        let work = try work()
        defer { work.remove() }
        #expect(try work.command(["status"]).output.contains("Nothing was published yet."))
        #expect(!FileManager.default.fileExists(atPath: "\(work.path)/state"))
        let home = String(cString: try #require(getpwuid(geteuid())).pointee.pw_dir)
        let shown = try run(["-u", "HOME", "\(stage!)/bin/eulerpublisher", "config", "show"])
        #expect(shown.output.contains("\(home)/.local/state/eulerpublisher"), "\(shown.output)")
    }

    /// A mirror that wants a password, and never says what it got.
    private let lockedMirror = """
        import base64, functools, http.server, sys, threading
        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self):
                if self.headers.get("Authorization") == "Basic " + base64.b64encode(b"me:hunter22").decode():
                    return super().do_GET()
                self.send_response(401)
                self.send_header("Content-Length", "0")
                self.end_headers()
            def log_message(self, *_): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=sys.argv[1]))
        print(server.server_address[1], flush=True)
        threading.Thread(target=lambda: (sys.stdin.read(), __import__("os")._exit(0)), daemon=True).start()
        server.serve_forever()
        """

    @Test("A mirror's password is sent and stands nowhere; a resumed run takes it from the setting")
    func mirrorPassword() throws {
        let work = try work()
        defer { work.remove() }
        let (peer, input, output) = (Process(), Pipe(), Pipe())
        peer.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        peer.arguments = ["python3", "-c", lockedMirror, "\(work.path)/mirror"]
        peer.standardInput = input
        peer.standardOutput = output
        try peer.run()
        defer {
            try? input.fileHandleForWriting.close()
            peer.waitUntilExit()
        }
        let port = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let mirror = "http://me:hunter22@127.0.0.1:\(port)/"
        let command = ["container", "publish", "-v", "24.03-LTS-SP2", "--to", "local:first", "--lock", "l.lock"]
        let wrong = try work.command(
            ["container", "publish", "-v", "99.09", "--to", "local:x", "--mirror", mirror, "--json"])
        #expect(wrong.status == 2, "\(wrong.output)")
        let published = try work.command(command + ["--mirror", mirror, "--stage"])
        #expect(published.status == 0, "\(published.output)")
        #expect(try work.command(["logs", "latest", "--bundle", "b.tgz"]).status == 0)
        let printed = try work.command(command + ["--mirror", mirror, "--print-plan"])
        for text in [published.output, printed.output, wrong.output] { #expect(!text.contains("hunter22"), "\(text)") }
        let found = try run(["/bin/grep", "-rl", "hunter22", "state", "cache", "first", "l.lock"], in: work.path)
        #expect(found.output == "")
        #expect(
            try run(["/bin/sh", "-c", "tar -xzOf b.tgz | grep -c hunter22"], in: work.path).output == "0\n")
        // Without the password again, what it lacks is said; with the setting it goes on.
        let without = try work.command(["resume", "latest"])
        #expect(without.status == 4 && without.output.contains("EULERPUBLISHER_MIRROR"), "\(without.output)")
        let with = try work.command(["resume", "latest", "--set", "mirror=\(mirror)"])
        #expect(with.status == 0, "\(with.output)")
        #expect(try work.tags("first") == ["24.03-lts-sp2"])
    }
}
