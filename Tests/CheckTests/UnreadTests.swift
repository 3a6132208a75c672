import Documents
import Foundation
import TestSupport
import Testing

/// Images of which the guest can't be read: nothing is guessed, and each answer says what is there and what to do.
@Suite(
    "Images that are not read",
    .enabled(if: stage != nil && canMake, "run make test as root, with mke2fs, sfdisk, mtools, qemu-img and GRUB"))
struct UnreadTests {
    private struct Report: Decodable {
        struct Provider: Decodable {
            var id: String
            var findings: [OperationResult.Finding]
        }
        var providers: [Provider]
        var findings: [OperationResult.Finding] { providers.flatMap(\.findings) }
    }

    @Test(
        "Each rule about the guest names its file system, and what to install",
        arguments: [
            ("xfs", "mkfs.xfs -q", "libguestfs-xfs"), ("btrfs", "mkfs.btrfs -q", "guestfish"),
            ("LVM2_member", Self.physicalVolume, "plain partitions"),
        ])
    func named(_ kind: String, _ command: String, _ remedy: String) async throws {
        let scratch = try Scratch()
        let made = try run(["sh", "-ec", "truncate -s 512M disk.raw; \(command) disk.raw"], in: scratch.path)
        try #require(made.status == 0, "\(made.output)")
        let answer = try await euler(["check", "disk.raw", "--json", "--no-libguestfs"], in: scratch.path)
        let report = try JSONDecoder().decode(Report.self, from: Data(answer.output.utf8))
        let unknown = report.findings.filter { $0.outcome == "unknown" }
        #expect(unknown.count > 100, "of \(report.findings.count)")
        for finding in unknown {
            let text = finding.message.text()
            #expect(
                text.contains("\(kind) is not read") && text.contains(remedy) && text.contains("install guestfish"),
                "\(finding.rule): \(text)")
        }
        let table = try await euler(["check", "disk.raw", "--no-libguestfs"], in: scratch.path)
        #expect(table.output.split(separator: "\n").count < 40, "one reason is told once: \(table.output)")
        let screen = try await euler(["image", "inspect", "disk.raw", "--no-libguestfs"], in: scratch.path)
        #expect(screen.status == 0 && screen.output.contains("\(kind) is not read"), "\(screen.output)")
    }

    /// A label where LVM looks for it (lib/format_text/layout.h of LVM2): what recognises a volume needs no more.
    private static let physicalVolume = """
        label() { printf 'LABELONE\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\40\\0\\0\\0LVM2 001%032d' 7; }
        label | dd of=disk.raw bs=512 seek=1 conv=notrunc status=none; :
        """
}
