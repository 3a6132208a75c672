import Foundation
import TestSupport
import Testing

/// Images that are broken for certain, and outputs that can't be written: neither passes for a good one.
@Suite(
    "Broken images and outputs",
    .enabled(if: stage != nil && canMake, "run make test as root, with mke2fs, sfdisk, mtools, qemu-img and GRUB"))
struct DamagedTests {
    @Test(
        "What is certainly broken fails a rule of severity error of every provider",
        arguments: [
            ("no disk", "yes hello | head -c 1M > disk.raw", "neither a partition table nor a file system"),
            ("cut", "truncate -s 60M disk.raw", "copy at the disk's end is missing"),
            (
                "a superblock that is not its checksum's",
                "printf xxxx | dd of=disk.raw bs=1 seek=$((ROOT + 1024 + 120)) conv=notrunc status=none", "is damaged"
            ),
            (
                "an initramfs that is garbage",
                "dd if=disk.raw of=root bs=1M skip=$((ROOT >> 20)) status=none; f=$(debugfs -R 'ls -p /boot' root | "
                    + "grep -o 'init[a-z.]*-[^/]*' | head -1); test -n $f; echo garbage > g; "
                    + "printf 'cd /boot\\nrm %s\\nwrite g %s\\n' $f $f | debugfs -w root; "
                    + "dd if=root of=disk.raw bs=1M seek=$((ROOT >> 20)) conv=notrunc status=none", "initramfs"
            ),
        ])
    func broken(_ name: String, _ command: String, _ words: String) async throws {
        let scratch = try Scratch()
        try await Images.shared.copy(.tiny, to: "\(scratch.path)/disk.raw")
        let made = try run(["sh", "-ec", "ROOT=\(Shape.tiny.rootOffset); \(command)"], in: scratch.path)
        try #require(made.status == 0, "\(made.output)")
        let answer = try await euler(["check", "disk.raw"], in: scratch.path)
        #expect(answer.status == 3 && answer.output.contains(words), "\(answer.output)")
        for rule in [
            "local.image", "aws.ami", "huaweicloud.ims", "tencentcloud.cvm", "aliyun.ecs",
        ] {
            #expect(answer.output.contains("\(rule).sound-disk"), "\(rule) in \(answer.output)")
        }
    }

    @Test("A root that is not read is no success, and the last lines say so")
    func unread() async throws {
        let scratch = try Scratch()
        try run(["sh", "-ec", "truncate -s 512M disk.raw; mkfs.btrfs -q disk.raw"], in: scratch.path)
        let answer = try await euler(["check", "disk.raw", "-p", "local"], in: scratch.path)
        let last = answer.output.split(separator: "\n").suffix(2)
        #expect(answer.status == 3 && last.last == "Exit 3.", "\(answer.output)")
        #expect(last.first?.contains("2 rules that stop a publication can't be answered: ") == true)
    }

    @Test(
        "A report is never written over its image, and a device stays one", arguments: ["--sarif", "--junit", "--html"])
    func reports(_ option: String) async throws {
        let scratch = try Scratch()
        try await Images.shared.copy(.openEuler, to: "\(scratch.path)/disk.raw")
        try run(["ln", "-s", "disk.raw", "link"], in: scratch.path)
        for name in ["disk.raw", "link", "/dev/null/x", "."] {
            let answer = try await euler(["check", "disk.raw", option, name], in: scratch.path)
            #expect(answer.status == 2 && answer.output.contains(name), "\(answer)")
        }
        let full = try await euler(["check", "disk.raw", "-p", "local", option, "/dev/full"], in: scratch.path)
        #expect(full.status == 1 && full.output.contains("must be mended"), "\(full)")
        #expect(full.output.contains("/dev/full: the report could not be written: ") && full.output.contains("fix"))
        #expect(try run(["sh", "-c", "test -c /dev/full"]).status == 0)
    }

    @Test(
        "Output that is lost is told",
        arguments: ["check D >/dev/full", "image inspect D --json >&-", "check D --json >&-"])
    func lost(_ line: String) async throws {
        let image = try await Images.shared.path(.openEuler)
        let command = line.split(separator: " ").map { $0 == "D" ? image[...] : $0 }.joined(separator: " ")
        let answer = try run(["sh", "-c", "\(stage ?? "")/bin/eulerpublisher \(command)"])
        #expect(answer.status == 1 && answer.output.contains("the output could not be written"), "\(answer)")
    }
}
