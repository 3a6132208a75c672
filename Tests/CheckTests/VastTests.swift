import TestSupport
import Testing

/// Disks far larger than any memory.
@Suite(
    "Vast disks",
    .enabled(if: stage != nil && canMake, "run make test as root, with mke2fs, sfdisk, mtools, qemu-img and GRUB"))
struct VastTests {
    @Test(
        "2 TiB with 100 000 files are read to the last one, no process above 256 MiB: make bench does it with a million"
    )
    func memory() async throws {
        let answer = try await runApart(["\(root)/Benchmarks/vast", stage ?? "", "--files", "100000"])
        #expect(answer.status == 0, "\(answer.output)")
        #expect(answer.output.split(separator: "\n").count == 5, "\(answer.output)")
    }
}
