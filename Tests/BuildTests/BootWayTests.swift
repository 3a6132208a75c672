import Foundation
import Glibc
import TestSupport
import Testing

/// The guest's programs, run by the guest's own kernel in a virtual machine.
@Suite(
    "Guests that run their programs in a virtual machine", .serialized,
    .enabled(if: stage != nil && Packages.areThere && hasEmulator, "run make test as root, with qemu-system-x86_64"))
struct BootWayTests {
    let scratch: Scratch
    init() throws { scratch = try Scratch() }

    /// What the small machine of `--way boot` is made of, or any program of a build here, still runs.
    private func left() throws -> String { try run(["pgrep", "-af", scratch.path]).output }

    @Test("The guest's dnf installs from a folder in a virtual machine; killed in the middle of it, nothing runs on")
    func dnf() async throws {
        let prepared = try await euler(
            ["image", "prepare", "-v", "24.03-LTS-SP2", "-a", "x86_64", "--mirror", Packages.mirror], in: scratch.path)
        let stock = prepared.output.split(separator: "\n").last.map(String.init) ?? ""
        let arguments = [
            "build", stock, "--way", "boot", "--install", "cloud-utils-growpart", "--repository", Packages.repository,
            "--repository-key", "\(Packages.repository)/RPM-GPG-KEY-openEuler", "-o",
        ]
        let before = try machine()
        let process = try start(arguments + ["killed.raw"], in: scratch.path, until: "in a virtual machine")
        for _ in 0..<100 where try !left().contains("qemu-system") { try await Task.sleep(for: .milliseconds(50)) }
        #expect(try left().contains("qemu-system"))
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        for _ in 0..<100 where try !left().isEmpty { try await Task.sleep(for: .milliseconds(50)) }
        #expect(try left() == "")
        #expect(try machine() == before)

        let answer = try await euler(arguments + ["new.raw"], in: scratch.path)
        #expect(answer.status == 0, "\(answer.output)")
        #expect(answer.output.contains("by boot: asked for"), "\(answer.output)")
        #expect(answer.output.contains("in a virtual machine: dnf -y"), "\(answer.output)")
        #expect(try left() == "")
        #expect(try machine() == before)
        let disk = "\(scratch.path)/new.raw?offset=\(257 << 20)"
        #expect(try run(["e2fsck", "-fn", disk]).status == 0)
        let facts = try await euler(["image", "inspect", "new.raw", "--json"], in: scratch.path)
        #expect(facts.output.contains("\"cloud-utils-growpart\""))
        #expect(try run(["debugfs", "-R", "stat /usr/bin/growpart", disk]).output.contains("Type: regular"))
        // What is made there is nobody else's to write.
        let log = try run(["debugfs", "-R", "stat /usr/bin/growpart", disk]).output
        #expect(log.contains("Mode:  0755"), "\(log)")
        // Nothing of the start stayed: its first process, its log, an identity.
        #expect(try run(["debugfs", "-R", "ls -p /", disk]).output.contains("eulerpublisher") == false)
        #expect(try run(["debugfs", "-R", "cat /etc/machine-id", disk]).output.split(separator: "\n").count == 1)
        #expect(try run(["debugfs", "-R", "ls -p /var/log/journal", disk]).output.contains("system.journal") == false)
    }
}

private let hasEmulator: Bool = {
    let isSo = (try? run(["sh", "-c", "command -v qemu-system-x86_64"]).status) == 0
    if !isSo { print("the way boot is not tried: there is no qemu-system-x86_64") }
    return isSo
}()
