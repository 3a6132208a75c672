import Documents
import Foundation
import Programs
import TestSupport
import Testing

@testable import Booting

/// A guest's kernel, started to run a program in the place of its first.
@Suite struct GuestRunTests {
    private func make(_ arguments: [String], _ folder: String = "/x") -> GuestRun {
        GuestRun(
            machine: .x86, disk: "\(folder)/disk", kernel: "\(folder)/kernel", initramfs: "\(folder)/initramfs",
            seed: "\(folder)/seed", arguments: arguments, program: "/first", hasNetwork: false)
    }

    @Test("The kernel gets the image's own words, but not what would hide it or start something else")
    func words() throws {
        let image = [
            "root=UUID=1", "ro", "quiet", "console=tty0", "init=/bin/sh", "systemd.unit=rescue.target", "rd.lvm.lv=a/b",
            "panic=30",
        ]
        #expect(
            try make(image).commandLine()
                == "root=UUID=1 ro rd.lvm.lv=a/b console=ttyS0 panic=-1 selinux=0 init=/first")
        #expect(throws: Failure.self) { try make([String(repeating: "a", count: 2048)]).commandLine() }
    }

    @Test("A guest's answer is what a guest may write: anything")
    func answers() {
        func answer(_ text: String) -> GuestRun.Answer? { GuestRun.Answer(Array(text.utf8)) }
        #expect(answer("done\n\0\0") == .done)
        #expect(
            answer("failed 2 127\none\ntwo\n\u{1B}[2Jthree\nfour\n\0")
                == .failed(command: 2, status: 127, words: ["one", "two", "\\u{1b}[2Jthree", "four"]))
        for text in [
            "", "\0done", "done 1", "failed", "failed 1", "failed a b", "failed 1 99999999999999999999", "xdone",
        ] {
            #expect(answer(text) == nil, "\(text)")
        }
    }

    @Test("No card without need, no disk but the three, and nothing that the emulator may start")
    func machine() throws {
        let line = try make(["root=/dev/vda2"]).line(.tcg, console: "/x/console", answer: "/x/answer")
        #expect(!line.contains("-netdev") && !line.contains { $0.contains("virtio-net") })
        #expect(line.count { $0.hasPrefix("virtio-blk-pci") } == 3)
        #expect(line.contains { $0.contains("spawn=deny") })
        var other = make([])
        other.hasNetwork = true
        #expect(try other.line(.tcg, console: "/x/console", answer: "/x/answer").contains("user,id=network"))
    }

    @Test(
        "A guest that does not start is told with its emulator's or its console's last words, and nothing runs on",
        .enabled(if: (try? GuestRun.emulator(.x86)) != nil, "there is no qemu-system-x86_64"))
    func doesNotStart() async throws {
        let scratch = try Scratch()
        for name in ["kernel", "initramfs", "seed"] { try scratch.write(name, String(repeating: "no", count: 4096)) }
        try run(["qemu-img", "create", "-q", "-f", "qcow2", "\(scratch.path)/disk", "1M"])
        let work = try WorkFolder(in: scratch.path, named: "work")
        await #expect(throws: Failure.self) {
            _ = try await make([], scratch.path).run(work: work, folder: scratch.path, within: 20)
        }
        #expect(try run(["pgrep", "-f", scratch.path]).output == "")
    }
}
