import Documents
import Foundation
import TestSupport
import Testing

/// `image convert` and `image resize`, as their users run them.
@Suite(
    "image convert and image resize",
    .enabled(if: stage != nil && canMake, "run make test as root, with mke2fs, sfdisk, mtools, qemu-img and GRUB"))
struct MakingVerbTests {
    @Test(
        "A converted image is the same disk to check and to qemu-img",
        arguments: ["a.vhd", "a.vmdk", "a.raw", "a.qcow2"])
    func convert(_ name: String) async throws {
        let scratch = try Scratch()
        let (image, target) = (try await Images.shared.path(.tiny), "\(scratch.path)/\(name)")
        let answer = try await euler(["image", "convert", image, target])
        #expect(answer.status == 0 && answer.output.contains("compared with it"), "\(answer.output)")
        let facts = try JSON(text: await euler(["image", "inspect", target, "--json"]).output)
        #expect(facts["system"] != nil && facts["disk"]?["virtual_size"]?["value"]?.integer == 96 << 20)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [name])
    }

    @Test("What stands there, what was cut and what has no format end with their statuses, and make nothing")
    func refused() async throws {
        let scratch = try Scratch()
        let image = try await Images.shared.path(.tiny)
        try scratch.write("there.raw", "mine")
        let there = try await euler(["image", "convert", image, "\(scratch.path)/there.raw"])
        #expect(there.status == 2 && there.output.contains("--force"))
        #expect(try await euler(["image", "convert", image, "\(scratch.path)/disk"]).status == 2)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: image))
        let cut = try scratch.write("cut.qcow2", bytes.dropLast(300_000))
        let answer = try await euler(["image", "convert", cut, "\(scratch.path)/b.raw"])
        #expect(answer.status == 6 && answer.output.contains("cut"), "\(answer.output)")
        #expect(try await euler(["image", "resize", cut, "+64M", "-o", "\(scratch.path)/b.raw"]).status == 6)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() == ["cut.qcow2", "there.raw"])
    }

    @Test("A larger disk has a larger root, and is as sound as the first was")
    func resize() async throws {
        let scratch = try Scratch()
        let image = try await Images.shared.path(.openEuler)
        let target = "\(scratch.path)/larger.qcow2"
        let answer = try await euler(["image", "resize", image, "+64M", "-o", target, "--json"])
        #expect(answer.status == 0, "\(answer.output)")
        let made = try JSON(text: answer.output)
        func facts(_ path: String) async throws -> (Int64, Int64, [JSON]?) {
            let facts = try JSON(text: await euler(["image", "inspect", path, "--json"]).output)
            let volume = facts["mounts"]?["volumes"]?["value"]?.array?.last
            return (
                facts["disk"]?["virtual_size"]?["value"]?.integer ?? 0, volume?["size"]?["value"]?.integer ?? 0,
                facts["partitions"]?["defects"]?["value"]?.array
            )
        }
        let (before, after) = (try await facts(image), try await facts(target))
        #expect(after.0 == before.0 + (64 << 20) && made["virtual_size"]?.integer == after.0)
        #expect(after.1 == before.1 + (64 << 20) && after.2 == [])
        #expect(try await euler(["image", "resize", image, "20M", "-o", "\(scratch.path)/b.raw"]).status == 2)
        #expect(try await euler(["image", "resize", image, "much", "-o", "\(scratch.path)/b.raw"]).status == 2)
    }
}
