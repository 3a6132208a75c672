import Foundation
import TestSupport
import Testing

/// Plans whose images have to come up first (`boot_test: true`), on a guest of one sector.
@Suite(
    "Images that have to come up first", .serialized,
    .enabled(
        if: stage != nil
            && ["qemu-system-x86_64", "qemu-img", "ssh-keygen"].allSatisfy {
                (try? run(["sh", "-c", "command -v \($0)"]).status) == 0
            },
        "run make test, with qemu-system-x86, qemu-utils and openssh-client"))
struct BootFirstTests {
    private let kernel = "[ 0.0] Linux version 6.6.0"

    /// A plan with two places for one image.
    private func plan(_ work: Work, _ text: String, format: String = "raw") throws {
        let scratch = try Scratch()
        let toy = try ToyGuest(scratch, text)
        try FileManager.default.copyItem(atPath: toy.path, toPath: "\(work.path)/server.raw")
        // No rule takes a disk without a file system.
        let disk = "truncate -s 4M server.raw && echo 2048,,L | sfdisk -q server.raw"
        let made = try run(["sh", "-c", disk + " && mke2fs -q -F -E offset=1048576 server.raw 3M"], in: work.path)
        try #require(made.status == 0, "\(made.output)")
        try work.write(
            """
            format: 1
            artifacts:
              server: {kind: disk, file: server.raw, format: \(format), version: 24.03-LTS-SP2, boot_test: true}
            targets:
              - {name: one, artifact: server, to: "local:one", tags: [server]}
              - {name: two, artifact: server, to: "local:two", tags: [server]}

            """, "plan.yaml")
    }

    private func boots(_ answer: Answer) -> Int { answer.output.components(separatedBy: "firmware  ").count - 1 }

    private func isThere(_ work: Work, _ name: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(work.path)/\(name)")
    }

    @Test("It is started once for all its targets, not again when the run goes on, and not where nothing is to do")
    func sound() throws {
        let work = try Work()
        defer { work.remove() }
        try plan(work, ToyGuest.sound)
        let staged = try work.command(["publish", "plan.yaml", "--stage"])
        #expect(staged.status == 0 && boots(staged) == 1, "\(staged.status): \(staged.output)")
        #expect(staged.output.contains("BIOS: passed after"), "\(staged.output)")
        let run = try #require(staged.output.components(separatedBy: "run ").dropFirst().first?.prefix { $0 != " " })
        let resumed = try work.command(["resume", String(run)])
        #expect(resumed.status == 0 && boots(resumed) == 0, "\(resumed.status): \(resumed.output)")
        #expect(isThere(work, "one") && isThere(work, "two"))
        let again = try work.command(["publish", "plan.yaml"])
        #expect(again.status == 0 && boots(again) == 0 && again.output.contains("Nothing to do"), "\(again.output)")
    }

    @Test("One that does not come up goes nowhere, and every target says why")
    func failing() throws {
        let work = try Work()
        defer { work.remove() }
        try plan(work, "\(kernel)\r\n[ 1.0] Kernel panic - not syncing: VFS: Unable to mount root fs\r\n")
        let answer = try work.command(["publish", "plan.yaml"])
        #expect(answer.status == 3 && boots(answer) == 1, "\(answer.status): \(answer.output)")
        #expect(answer.output.contains("the kernel panicked"), "\(answer.output)")
        #expect(answer.output.contains("Not started: 2 of 2 targets"), "\(answer.output)")
        #expect(!isThere(work, "one/server") && !isThere(work, "two/server"))
        let files = FileManager.default.enumerator(atPath: work.path)?.compactMap { $0 as? String } ?? []
        #expect(!files.contains { ($0.hasPrefix("one/") || $0.hasPrefix("two/")) && $0.hasSuffix(".raw") }, "\(files)")
    }

    @Test("A CD is not started: the plan's place is named")
    func disc() throws {
        let work = try Work()
        defer { work.remove() }
        try plan(work, "", format: "iso")
        let answer = try work.command(["publish", "plan.yaml"])
        #expect(answer.status == 2 && answer.output.contains("plan.yaml:3:"), "\(answer.status): \(answer.output)")
        #expect(answer.output.contains("a boot test starts disks"), "\(answer.output)")
    }
}
