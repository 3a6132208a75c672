import Foundation
import Schema
import TestSupport
import Testing

/// What is wrong with a plan or a command is said before a run begins, and leaves none.
@Suite("Faults before a run", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct PlanFaultTests {
    private let head = """
        format: 1
        artifacts:
          base: {kind: container, release: 24.03-LTS-SP2, mirror: mirror}
        targets:
          - {name: first, artifact: base, to: "local:out"}

        """

    private func runs(_ work: Work) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(work.path)/state/runs")) ?? []
    }

    @Test(
        "Two targets that are one place for one artifact are refused with the second's place",
        arguments: ["local:out", "local:./out", "local:out/.//"])
    func twins(_ to: String) throws {
        let work = try Work()
        defer { work.remove() }
        try work.makeMirror()
        try work.write(head + "  - {name: second, artifact: base, to: \"\(to)\", tags: [latest]}\n", "plan.yaml")
        for command in ["plan", "publish"] {
            let answer = try work.command([command, "plan.yaml"])
            #expect(answer.status == 2 && answer.output.contains("plan.yaml:6:"), "\(answer.status): \(answer.output)")
            #expect(answer.output.contains("first and second"), "\(answer.output)")
        }
        #expect(runs(work) == [] && !FileManager.default.fileExists(atPath: "\(work.path)/cache/sources"))
    }

    @Test(
        "A version, directory, architecture, mirror or file that cannot be leaves no run",
        arguments: [
            ("release: 24.03-LTS-SP2", "release: ../../../etc", 3), ("mirror: mirror", "mirror: none", 3),
            ("mirror: mirror", "mirror: mirror, index: ../x", 3),
            ("mirror: mirror", "mirror: mirror, architectures: [vax]", 3),
            (
                "kind: container, release: 24.03-LTS-SP2, mirror: mirror",
                "kind: disk, format: raw, version: '1', file: none.raw", 3
            ),
            (
                "kind: container, release: 24.03-LTS-SP2, mirror: mirror", "kind: container, images: ['oci:']", 3
            ),
        ])
    func noRun(_ old: String, _ new: String, _ line: Int) throws {
        let work = try Work()
        defer { work.remove() }
        try work.makeMirror()
        try work.write(head.replacingOccurrences(of: old, with: new), "plan.yaml")
        let answer = try work.command(["publish", "plan.yaml"])
        #expect(
            answer.status == 2 && answer.output.contains("plan.yaml:\(line):"), "\(answer.status): \(answer.output)")
        #expect(!answer.output.contains("run "), "\(answer.output)")
        #expect(runs(work) == [])
    }

    @Test("A command's own plan is printed as YAML that reads back and does the same")
    func printedPlan() throws {
        let work = try Work()
        defer { work.remove() }
        try work.makeMirror()
        let command = [
            "container", "publish", "-v", "24.03-LTS-SP2", "--mirror", "mirror", "--to", "local:./out", "-t", "24.03",
        ]
        let printed = try work.command(command + ["--print-plan"])
        #expect(printed.status == 0 && printed.output.hasPrefix("artifacts:\n  base:\n"), "\(printed.output)")
        #expect(!printed.output.hasSuffix("\n\n"))
        try work.write(printed.output, "plan.yaml")
        try Schema.embedded("plan").validate(try Node.read(path: "\(work.path)/plan.yaml"))
        #expect(try work.command(command).status == 0)
        let again = try work.command(["publish", "plan.yaml"])
        #expect(again.status == 0 && again.output.contains("Nothing to do"), "\(again.output)")
        #expect(try work.tags("out") == ["24.03"])
    }

    @Test("A home directory in a target is the user's")
    func home() throws {
        let work = try Work()
        defer { work.remove() }
        try work.makeMirror()
        let answer = try run(
            [
                "\(stage!)/bin/eulerpublisher", "container", "publish", "-v", "24.03-LTS-SP2", "--mirror", "mirror",
                "--to",
                "local:~/out", "--cache-dir", "\(work.path)/cache", "--state-dir", "\(work.path)/state",
            ], in: work.path, environment: ["HOME": "\(work.path)/home"])
        #expect(answer.status == 0, "\(answer.output)")
        #expect(try work.tags("home/out") == ["24.03-lts-sp2"])
        #expect(!FileManager.default.fileExists(atPath: "\(work.path)/~"))
    }

    @Test("A program that runs with another clock still knows its providers' libraries")
    func otherClock() throws {
        let work = try Work()
        defer { work.remove() }
        try work.makeMirror()
        // As tools do that change the clock of one program: they change the times of files with it.
        try work.write(
            """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <sys/stat.h>
            int stat(const char *path, struct stat *status) {
                int (*real)(const char *, struct stat *) = dlsym(RTLD_NEXT, "stat");
                int result = real(path, status);
                if (result == 0) status->st_mtim.tv_sec += 3600;
                return result;
            }

            """, "clock.c")
        let made = try run(["cc", "-shared", "-fPIC", "-o", "clock.so", "clock.c", "-ldl"], in: work.path)
        try #require(made.status == 0, "\(made.output)")
        let answer = try run(
            [
                "\(stage!)/bin/eulerpublisher", "container", "publish", "-v", "24.03-LTS-SP2", "--mirror", "mirror",
                "--to",
                "local:out", "--cache-dir", "\(work.path)/cache", "--state-dir", "\(work.path)/state",
            ], in: work.path, environment: ["LD_PRELOAD": "\(work.path)/clock.so"])
        #expect(answer.status == 0, "\(answer.output)")
    }

    @Test("Junk in the target is found before anything is sent, and not remembered as a refusal of the image")
    func junkTarget() throws {
        let work = try Work()
        defer { work.remove() }
        try work.makeMirror()
        try FileManager.default.createDirectory(atPath: "\(work.path)/out", withIntermediateDirectories: true)
        try work.write("junk", "out/index.json")
        try work.write(head, "plan.yaml")
        let answer = try work.command(["publish", "plan.yaml"])
        #expect(answer.status == 2 && answer.output.contains("nothing was sent"), "\(answer.status): \(answer.output)")
        #expect(!FileManager.default.fileExists(atPath: "\(work.path)/out/blobs"))
        try FileManager.default.removeItem(atPath: "\(work.path)/out/index.json")
        let again = try work.command(["publish", "plan.yaml"])
        #expect(again.status == 0, "\(again.output)")
    }
}
