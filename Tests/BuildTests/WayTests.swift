import Foundation
import Glibc
import TestSupport
import Testing

/// The ways to change a guest, as users ask for them, on the small image of openEuler's shape.
@Suite(
    "Ways to change a guest", .serialized,
    .enabled(if: stage != nil && canBuild, "run make test as root, with what builds images"))
struct WayTests {
    let scratch: Scratch
    let image: String
    /// Whether the kernel has a loop device for us.
    private static let hasLoops: Bool = {
        let isSo = access("/dev/loop-control", R_OK | W_OK) == 0
        if !isSo { print("the way loop is not tried: there is no /dev/loop-control") }
        return isSo
    }()

    init() throws {
        scratch = try Scratch()
        image = try stockImage(in: scratch)
        chmod(scratch.path, 0o777)
    }

    /// Every file of the root and of FAT: kind, mode, owner, size, link, bytes.
    private func tree(_ disk: String) throws -> String {
        let folder = "\(disk).tree"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try run(["debugfs", "-R", "rdump / \(folder)", "\(disk)?offset=\(33 << 20)"])
        try run(["mcopy", "-s", "-n", "-i", "\(disk)@@\(1 << 20)", "::/", folder])
        return try run([
            "sh", "-c",
            "cd \(folder) && find . -printf '%p %y %m %U %G %s %l\\n' | sort && "
                + "find . -type f -exec sha256sum {} + | sort",
        ]).output
    }

    @Test("Each way gives the same files, says which it is and why, and leaves nothing")
    func sameTree() async throws {
        let before = try machine()
        var trees: [String: String] = [:]
        for way in ["", "namespaces", "files", "boot"] + (Self.hasLoops ? ["loop"] : []) {
            let disk = "\(scratch.path)/\(way).raw"
            let answer = try await euler(
                ["build", image, "--for", "local", "-o", disk] + (way.isEmpty ? [] : ["--way", way]), in: scratch.path)
            #expect(answer.status == 0, "\(way): \(answer.output)")
            let told =
                way.isEmpty ? "by files: nothing that is asked for needs the guest's programs" : "by \(way): asked for"
            #expect(answer.output.contains(told), "\(way): \(answer.output)")
            #expect(try machine() == before, "\(way) left something")
            let fsck = try run(["e2fsck", "-fn", "\(disk)?offset=\(33 << 20)"])
            #expect(fsck.status == 0, "\(way): \(fsck.output)")
            trees[way] = try tree(disk)
        }
        #expect(trees["files"]?.contains("./etc/os-release") == true)
        for (way, tree) in trees { #expect(tree == trees["files"], "\(way) gives other files") }
    }

    @Test(
        "A way that can't be taken is refused before anything is changed",
        arguments: [
            (["--way", "files", "--install", "tree"], 6, "install tree needs the guest's programs"),
            (["--way", "wings"], 2, "wings"),
        ] as [([String], Int32, String)])
    func refused(_ arguments: [String], _ status: Int32, _ words: String) async throws {
        let before = try machine() + names(scratch.path)
        let answer = try await euler(["build", image, "-o", "x.qcow2"] + arguments, in: scratch.path)
        #expect(answer.status == status && answer.output.contains(words), "\(answer.status): \(answer.output)")
        #expect(!answer.output.contains("  mount"))
        #expect(try machine() + names(scratch.path) == before)
    }

    @Test("Loop devices are root's: another user is told so")
    func rootAlone() async throws {
        let answer = try await euler(
            ["build", image, "-o", "x.qcow2", "--way", "loop"], in: scratch.path,
            as: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=\(scratch.path)"])
        #expect(
            answer.status == 2 && answer.output.contains("needs root; the default way needs none"), "\(answer.output)")
    }

    @Test(
        "Ended in the middle of it, the way loop leaves no device, mount or process",
        .enabled(if: hasLoops, "there are no loop devices"), arguments: [SIGKILL, SIGINT])
    func loopEnds(_ signal: Int32) async throws {
        let before = try machine()
        for step in signal == SIGKILL ? ["mount", "take out", "unmount"] : ["take out"] {
            let process = try start(
                ["build", image, "--for", "local", "-o", "x.qcow2", "--way", "loop"], in: scratch.path, until: step)
            if step == "mount" { try await Task.sleep(for: .milliseconds(20)) }
            kill(process.processIdentifier, signal)
            process.waitUntilExit()
            for _ in 0..<100 where try machine() != before { try await Task.sleep(for: .milliseconds(50)) }
            #expect(try machine() == before, "\(step)")
            #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/x.qcow2"))
        }
    }
}
