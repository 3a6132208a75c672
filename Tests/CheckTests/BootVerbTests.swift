import Documents
import Foundation
import Glibc
import TestSupport
import Testing

private func has(_ programs: String...) -> Bool {
    programs.allSatisfy { (try? run(["sh", "-c", "command -v \($0)"]).status) == 0 }
}

/// `image boot-test`, as its users run it, on a guest of one sector.
@Suite(
    "image boot-test", .serialized,
    .enabled(
        if: stage != nil && has("qemu-system-x86_64", "qemu-img", "ssh-keygen"),
        "run make test, with qemu-system-x86, qemu-utils and openssh-client"))
struct BootVerbTests {
    /// The verb with a cache of its own, started and not waited for.
    private func start(_ scratch: Scratch, _ image: String, _ options: [String] = []) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(stage ?? "")/bin/eulerpublisher")
        process.arguments = ["image", "boot-test", image, "--cache-dir", "\(scratch.path)/cache"] + options
        process.standardOutput = try FileHandle(
            forWritingTo: URL(fileURLWithPath: try scratch.write("output", "")))
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    private func wait(_ what: String, _ condition: () throws -> Bool) async throws {
        for _ in 0..<300 {
            if try condition() { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Failure(.internal, "waited 30 s in vain: \(what)")
    }

    @Test("A guest that comes up passes; what could not be asked is said")
    func sound() async throws {
        let scratch = try Scratch()
        let toy = try ToyGuest(scratch, ToyGuest.sound)
        let answer = try await euler(["image", "boot-test", toy.path])
        #expect(answer.status == 0, "\(answer.output)")
        for words in [
            "BIOS, x86_64", " s  kernel          Linux version 6.6.0-98", " s  login prompt    localhost login:",
            "✓ a login prompt came", "✓ it switches itself off",
            "? not asked: no cloud-init is in the image: login by key", "BIOS: passed after",
        ] {
            #expect(answer.output.contains(words), "\(words) in \(answer.output)")
        }
    }

    @Test("A guest that fails is told by its mark and its last words, which steer no terminal; status 3")
    func failing() async throws {
        let scratch = try Scratch()
        let toy = try ToyGuest(
            scratch,
            "\u{1B}]0;title\u{7}\u{1B}[31mGave up waiting for root file system device.\r\nALERT! \u{9B}2J\r\n(initramfs) "
        )
        let answer = try await euler(["image", "boot-test", toy.path])
        #expect(answer.status == 3)
        #expect(answer.output.contains("the initramfs gave up waiting for the root device"), "\(answer.output)")
        #expect(answer.output.contains("│ ALERT!") && answer.output.contains("virtio_blk"))
        #expect(
            answer.output.unicodeScalars.allSatisfy {
                $0.value == 10 || $0.value >= 32 && !(127..<160).contains($0.value)
            })
        let document = try await euler(["image", "boot-test", toy.path, "--json"])
        let json = try JSON(text: document.output)
        let boot = json["boots"]?.array?.first
        #expect(document.status == 3 && json["passed"] == false && boot?["stop"]?.string == "no-root-device")
        #expect(boot?["passed"] == false && boot?["timeline"]?.array?.first?["mark"]?.string == "firmware")
    }

    @Test("Wrong use: status 2, and no machine is started")
    func wrong() async throws {
        let scratch = try Scratch()
        let toy = try ToyGuest(scratch, "")
        #expect(try await euler(["image", "boot-test", toy.path, "--timeout", "0"]).status == 2)
        #expect(try await euler(["image", "boot-test", toy.path, "--firmware", "coreboot"]).status == 2)
        #expect(try await euler(["image", "boot-test", "\(scratch.path)/none.qcow2"]).status == 2)
        let named = "\(scratch.path)/named.qcow2"
        try run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "/etc/passwd", named])
        let answer = try await euler(["image", "boot-test", named])
        #expect(answer.status == 6 && !answer.output.contains("seconds"), "\(answer.output)")
    }

    @Test(
        "Ctrl-C ends the machine and leaves nothing; after SIGKILL the kernel ends it, and the next run tidies up",
        arguments: [SIGINT, SIGKILL])
    func ended(_ signal: Int32) async throws {
        let scratch = try Scratch()
        let toy = try ToyGuest(scratch, "hello\r\n")
        let process = try start(scratch, toy.path)
        // One that has not come so far may end by itself, when nobody is at its monitor.
        try await wait("a machine that runs") { try scratch.text("output").contains("firmware") }
        #expect(try machines(scratch.path) == 1)
        kill(process.processIdentifier, signal)
        try await wait("its end") { !process.isRunning }
        try await wait("the machine's end") { try machines(scratch.path) == 0 }
        #expect(signal == SIGKILL || process.terminationStatus == 130)
        let work = "\(scratch.path)/cache/boot-test"
        func left() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: work).filter { !$0.hasPrefix("accelerator-") }
        }
        guard signal == SIGKILL else {
            #expect(try left().isEmpty)
            return
        }
        let folder = try #require(try left().first)
        // As if two seconds had gone by: a younger folder may be one that is being made.
        try run(["touch", "-d", "1 minute ago", "\(work)/\(folder)/lock"])
        let next = try start(scratch, ToyGuest(scratch, name: "next.raw", ToyGuest.sound).path)
        try await wait("the next run") { !next.isRunning }
        #expect(next.terminationStatus == 0)
        #expect(try left().isEmpty)
    }
}
