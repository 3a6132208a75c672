import Documents
import Foundation
import Programs
import Synchronization
import TestSupport
import Testing

@testable import Booting

private func has(_ programs: String...) -> Bool {
    programs.allSatisfy { (try? run(["sh", "-c", "command -v \($0)"]).status) == 0 }
}

/// Real boots of the real emulator: of a guest of one sector, which takes a second.
@Suite(
    "Boots", .serialized,
    .enabled(
        if: has("qemu-system-x86_64", "qemu-img", "ssh-keygen"), "install qemu-system-x86, qemu-utils, openssh-client"))
struct BootTests {
    private func test(_ scratch: Scratch, _ text: String) throws -> BootTest {
        var facts = ImageFacts()
        facts.disk = DiskFacts(format: "raw", variant: nil, fileSize: 1, virtualSize: (1 << 20) + 512)
        return try BootTest(ToyGuest(scratch, text).path, facts: facts, firmware: .bios)
    }

    @Test("A guest that asks for a login and obeys its power button passes, and its image is as it was")
    func sound() async throws {
        let scratch = try Scratch()
        let test = try test(scratch, ToyGuest.sound)
        let before = try Data(contentsOf: URL(fileURLWithPath: test.image.path))
        let heard = Mutex<[Mark]>([])
        let report = try await test.run(in: "\(scratch.path)/work") { event in heard.withLock { $0.append(event.mark) }
        }
        #expect(report.passed, "\(report)")
        #expect(heard.withLock { $0 } == [.firmware, .kernel, .login, .off])
        #expect(report.timeline.map(\.mark) == [.firmware, .kernel, .login, .off])
        #expect(report.findings.count { $0.outcome == .unknown } == 6 && report.console.isEmpty)
        #expect(try Data(contentsOf: URL(fileURLWithPath: test.image.path)) == before)
        // Only what is remembered of the accelerator is left.
        let left = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/work")
        #expect(left.allSatisfy { $0.hasPrefix("accelerator-") })
        #expect(try machines(scratch.path) == 0)
    }

    @Test("A guest that panics is red at once, by the mark that ended it")
    func panic() async throws {
        let scratch = try Scratch()
        var test = try test(
            scratch, "[ 0.0] Linux version 6\r\n[ 1.0] Kernel panic - not syncing: VFS: Unable to mount root fs\r\n")
        test.timeout = 40
        let report = try await test.run(in: "\(scratch.path)/work") { _ in }
        #expect(!report.passed && report.stop == .kernelPanic && report.seconds < 30)
        #expect(report.failure?.contains("the kernel panicked") == true)
        #expect(report.console.last?.contains("Kernel panic") == true)
        #expect(try machines(scratch.path) == 0)
    }

    @Test("A disk with nothing to start is red by the firmware's own words")
    func nothing() async throws {
        let scratch = try Scratch()
        var test = try test(scratch, "")
        let path = try scratch.write("empty.raw", [UInt8](repeating: 0, count: 1 << 20))
        test.image = try QemuImage(path, format: "raw", variant: nil, virtualSize: 1 << 20)
        test.timeout = 30
        let report = try await test.run(in: "\(scratch.path)/work") { _ in }
        #expect(report.stop == .noBootDevice && !report.passed)
    }

    @Test("A silent guest is given up after its time")
    func silent() async throws {
        let scratch = try Scratch()
        var test = try test(scratch, "hello\r\n")
        test.timeout = 2
        let report = try await test.run(in: "\(scratch.path)/work") { _ in }
        #expect(report.failure?.contains("not up after 2 s") == true && report.console.last?.hasSuffix("hello") == true)
    }

    @Test("A machine that can't be made is no guest's failure")
    func unmade() async throws {
        let scratch = try Scratch()
        var test = try test(scratch, "")
        let path = try scratch.write("no.qcow2", [UInt8](repeating: 1, count: 4096))
        test.image = try QemuImage(path, format: "qcow2", variant: nil, virtualSize: 1 << 20)
        let error = await #expect(throws: Failure.self) { try await test.run(in: "\(scratch.path)/work") { _ in } }
        #expect(error?.message.contains("machine can't be made") == true && error?.code == .internal)
    }

    @Test("Who cancels gets the machine ended and the folder removed")
    func cancelled() async throws {
        let scratch = try Scratch()
        let test = try test(scratch, "hello\r\n")
        let task = Task { try await test.run(in: "\(scratch.path)/work") { _ in } }
        while try machines(scratch.path) == 0 { try await Task.sleep(for: .milliseconds(100)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try machines(scratch.path) == 0)
        let left = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/work")
        #expect(left.allSatisfy { $0.hasPrefix("accelerator-") })
    }

    @Test("Emulation works, and KVM is taken only if it ran a program here")
    func accelerators() async throws {
        let scratch = try Scratch()
        let emulator = try Program("qemu-system-x86_64", apt: "", dnf: "", search: Program.search)
        #expect(try await Acceleration.works(.tcg, machine: .x86, emulator: emulator, folder: scratch.path))
        let kvm =
            FileManager.default.isWritableFile(atPath: "/dev/kvm")
            ? try await Acceleration.works(.kvm, machine: .x86, emulator: emulator, folder: scratch.path) : false
        let chosen = try await Acceleration.chosen(for: .x86, emulator: emulator, folder: scratch.path)
        #expect(chosen == (kvm && MachineKind.host == .x86 ? .kvm : .tcg))
        #expect(try await Acceleration.chosen(for: .x86, emulator: emulator, folder: scratch.path) == chosen)
    }

    @Test("On arm the same", .enabled(if: has("qemu-system-aarch64"), "install qemu-system-arm"))
    func arm() async throws {
        let scratch = try Scratch()
        let emulator = try Program("qemu-system-aarch64", apt: "", dnf: "", search: Program.search)
        #expect(try await Acceleration.works(.tcg, machine: .arm, emulator: emulator, folder: scratch.path))
    }

    @Test(
        "The seed disc is one that blkid knows, and cloud-init takes what is on it",
        .enabled(if: has("blkid", "xorriso", "cloud-init"), "install xorriso, cloud-init"))
    func seed() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/seed.iso"
        try Seed(marker: "ready0123456789", publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC4x a@b").write(to: path)
        let known = try run(["blkid", "-p", "-o", "export", path]).output
        #expect(known.contains("TYPE=iso9660") && known.lowercased().contains("label=cidata"), "\(known)")
        let out = try run(["xorriso", "-osirrox", "on", "-indev", path, "-extract", "/", "\(scratch.path)/disc"])
        #expect(out.status == 0, "\(out.output)")
        let checked = try run(["cloud-init", "schema", "-c", "\(scratch.path)/disc/user-data"])
        #expect(checked.status == 0, "\(checked.output)")
        let text = try scratch.text("disc/user-data")
        #expect(!text.contains("ready0123456789") && text.contains(Seed.user))
        #expect(try scratch.text("disc/meta-data").hasPrefix("instance-id: ep-ready0123456789\n"))
    }
}
