import Documents
import Foundation
import Glibc
import TestSupport
import Testing

/// Whether this machine can build images: what makes the test's, and what changes them.
let canBuild =
    isRoot
    && [
        "mke2fs", "sfdisk", "mcopy", "qemu-img", "grub-mkimage", "fuse2fs", "newuidmap",
    ].allSatisfy { (try? run(["sh", "-c", "command -v \($0)"]).status) == 0 }
    && access("/dev/fuse", R_OK | W_OK) == 0

/// `build`, as its users run it, on openEuler's own shape.
@Suite(
    "Images made for providers", .serialized,
    .enabled(
        if: stage != nil && canBuild,
        "run make test as root, with /dev/fuse, fuse2fs, uidmap and what makes images"))
struct BuildTests {
    let scratch: Scratch
    let image: String

    init() throws {
        scratch = try Scratch()
        image = try stockImage(in: scratch)
        chmod(scratch.path, 0o777)
    }

    private func surroundings() throws -> [String] { try machine() + names(scratch.path) }

    @Test(
        "The stock image fails, what is made of it passes, and nothing else is touched",
        arguments: [[], ["--way", "namespaces"]])
    func stockBecomesClean(_ way: [String]) async throws {
        #expect(try await euler(["check", image, "-p", "local"], in: scratch.path).status == 3)
        // What the guest left in /tmp must not be hidden by what a build mounts.
        let planted = "\(scratch.path)/planted"
        let words = "left-\(UUID())"
        try Data(words.utf8).write(to: URL(fileURLWithPath: planted))
        try run(["qemu-img", "convert", "-O", "raw", image, "\(scratch.path)/stock.raw"])
        try run(["debugfs", "-w", "-R", "write \(planted) /tmp/left", "\(scratch.path)/stock.raw?offset=\(33 << 20)"])
        try run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", "\(scratch.path)/stock.raw", image])
        let stock = try Data(contentsOf: URL(fileURLWithPath: image))
        let before = try surroundings()
        let stamp = "\(scratch.path)/stamp"
        try Data().write(to: URL(fileURLWithPath: stamp))
        let answer = try await euler(["build", image, "--for", "local", "-o", "new.qcow2"] + way, in: scratch.path)
        #expect(answer.status == 0, "\(answer.output)")
        // Others on this machine make identities of the time (libuuid(3)).
        let find = "find /etc /usr /boot /opt /srv /var -xdev -newer \(stamp) ! -path /var/lib/libuuid/clock.txt"
        let changed = try run(["sh", "-c", "\(find) 2>/dev/null"])
        #expect(changed.output.isEmpty, "this machine was changed: \(changed.output)")
        unlink(stamp)
        let after = try surroundings()
        #expect(after[0...3] == before[0...3], "a mount or a program stayed")
        #expect(
            Set(after[4...]).subtracting(before[4...]) == [
                "new.qcow2", "new.qcow2.spdx.json", "new.qcow2.provenance.json",
            ])
        #expect(try Data(contentsOf: URL(fileURLWithPath: image)) == stock)
        #expect(try await euler(["check", "new.qcow2", "-p", "local"], in: scratch.path).status == 0)
        #expect(try run(["qemu-img", "check", "-q", "\(scratch.path)/new.qcow2"]).status == 0)
        try run(["qemu-img", "convert", "-O", "raw", "\(scratch.path)/new.qcow2", "\(scratch.path)/new.raw"])
        let fsck = try run(["e2fsck", "-fn", "\(scratch.path)/new.raw?offset=\(33 << 20)"])
        #expect(fsck.status == 0, "\(fsck.output)")
        let shadow = try run(["debugfs", "-R", "cat /etc/shadow", "\(scratch.path)/new.raw?offset=\(33 << 20)"])
        #expect(shadow.output.contains("root:!:"), "\(shadow.output)")
        let left = try run(["debugfs", "-R", "ls /tmp", "\(scratch.path)/new.raw?offset=\(33 << 20)"])
        #expect(!left.output.contains("left"), "\(left.output)")
        // Nor is it in a block that no file has any more.
        #expect(try run(["grep", "-c", "-a", words, "\(scratch.path)/stock.raw"]).output.hasPrefix("1"))
        #expect(try run(["grep", "-c", "-a", words, "\(scratch.path)/new.raw"]).output.hasPrefix("0"))
        let menu = try run(["mtype", "-i", "\(scratch.path)/new.raw@@\(1 << 20)", "::/efi/EFI/openEuler/grub.cfg"])
        #expect(menu.output.contains("menuentry") && !menu.output.contains("password_pbkdf2"), "\(menu.output)")
    }

    private func document(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/\(name)"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func sum(_ path: String) throws -> String {
        String(try run(["sha256sum", path]).output.prefix { $0 != " " })
    }

    @Test("Equal inputs give an equal tree, and documents that say what is in it and what it was made of")
    func described() async throws {
        var listings: [String] = []
        for name in ["one.raw", "two.raw"] {
            let answer = try await euler(["build", image, "--for", "local", "-o", name], in: scratch.path)
            #expect(answer.status == 0, "\(answer.output)")
            let tree = "\(scratch.path)/\(name).tree"
            try FileManager.default.createDirectory(atPath: tree, withIntermediateDirectories: true)
            try run(["debugfs", "-R", "rdump / \(tree)", "\(scratch.path)/\(name)?offset=\(33 << 20)"])
            try run(["mcopy", "-s", "-n", "-i", "\(scratch.path)/\(name)@@\(1 << 20)", "::/", tree])
            listings.append(
                try run([
                    "sh", "-c",
                    "cd \(tree) && find . -printf '%p %y %m %U %G %s %l\\n' | sort && find . -type f -exec sha256sum {} + | sort",
                ]).output)
        }
        #expect(listings[0] == listings[1])
        #expect(listings[0].contains("./etc/os-release") && listings[0].contains("grub.cfg"))
        let bill = try document("one.raw.spdx.json")
        let packages = try #require(bill["packages"] as? [[String: Any]])
        #expect(packages.count == 9)
        #expect(
            packages.contains {
                $0["name"] as? String == "openssh-server" && $0["versionInfo"] as? String == "9.6p1-5.oe2403sp2"
            })
        let sums = packages.compactMap { ($0["checksums"] as? [[String: String]])?.first?["checksumValue"] }
        let product = try sum("\(scratch.path)/one.raw")
        #expect(sums == [product])
        let provenance = try document("one.raw.provenance.json")
        let text = String(
            decoding: try JSONSerialization.data(withJSONObject: provenance, options: [.sortedKeys]), as: UTF8.self)
        for path in [image, "\(scratch.path)/one.raw"] {
            let digest = try sum(path)
            #expect(text.contains(digest))
        }
        #expect(text.contains("account.lock") && !text.contains(scratch.path))
    }

    @Test("An ordinary user builds, with subordinate ids and without root")
    func ordinary() async throws {
        let user = "ep-build-test"
        try run(["useradd", "--create-home", "--home-dir", "\(scratch.path)/home", user])
        defer { _ = try? run(["userdel", "--force", user]) }
        let ranges = try run([
            "sh", "-c",
            "grep -q ^\(user): /etc/subuid || usermod --add-subuids 3000000-3065535 --add-subgids 3000000-3065535 \(user)",
        ])
        try #require(ranges.status == 0, "\(ranges.output)")
        let answer = try await euler(
            ["build", image, "--for", "local", "-o", "users.qcow2"], in: scratch.path,
            as: ["setpriv", "--reuid=\(user)", "--regid=\(user)", "--init-groups"])
        #expect(answer.status == 0, "\(answer.output)")
        #expect(try await euler(["check", "users.qcow2", "-p", "local"], in: scratch.path).status == 0)
    }

    @Test(
        "What cannot be done is told with place and remedy, and leaves nothing",
        arguments: [
            (["build", "stock.qcow2", "-o", "x.iso"], 2, ".qcow2"),
            (["build", "stock.qcow2", "-o", "stock.qcow2"], 2, "there already"),
            (["build", "stock.qcow2", "-o", "missing/../stock.qcow2"], 2, "folder of this file is not there"),
            (["build", "missing.qcow2", "-o", "x.qcow2"], 2, "missing.qcow2"),
            (["build", "stock.qcow2", "--for", "nobody", "-o", "x.qcow2"], 2, "nobody"),
            (["build", "stock.qcow2", "--repository", "missing", "-o", "x.qcow2"], 2, "this is no repository"),
            (["build", "stock.qcow2", "--repository", ".", "--repository-key", "stock.qcow2", "-o", "x"], 2, "armour"),
            (["build", "stock.qcow2", "--install=-x", "-o", "x.qcow2"], 2, "no package's name"),
        ] as [([String], Int32, String)])
    func refused(_ arguments: [String], _ status: Int32, _ words: String) async throws {
        let before = try surroundings()
        let answer = try await euler(arguments, in: scratch.path)
        #expect(answer.status == status && answer.output.contains(words), "\(answer.status): \(answer.output)")
        #expect(try surroundings() == before)
    }

    @Test("A raw disk that was cut is refused by each verb that makes another of it, and nothing is left")
    func cut() async throws {
        let path = "\(scratch.path)/cut.raw"
        try run(["qemu-img", "convert", "-O", "raw", image, path])
        #expect(truncate(path, 60 << 20) == 0)
        let before = try surroundings()
        for verb in [
            ["build", path, "-o", "x.raw"], ["image", "convert", path, "x.raw"],
            ["image", "resize", path, "1G", "-o", "x.raw"],
        ] {
            let answer = try await euler(verb, in: scratch.path)
            #expect(answer.status == 6 && answer.output.contains("the disk was cut: it has 60 MiB"), "\(answer.output)")
        }
        #expect(try surroundings() == before)
    }

    @Test(
        "A disk that looks like a disk image's file is refused: clouds would take it for one",
        arguments: ["QFI\u{fb}", "conectix"])
    func head(_ magic: String) async throws {
        let (raw, odd) = ("\(scratch.path)/odd.raw", "\(scratch.path)/odd.qcow2")
        try run(["qemu-img", "convert", "-O", "raw", image, raw])
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: raw))
        try file.write(contentsOf: Data(magic.unicodeScalars.map { UInt8($0.value) }))
        try file.close()
        try run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, odd])
        let answer = try await euler(["build", odd, "-o", "new.raw"], in: scratch.path)
        #expect(
            answer.status == 6 && answer.output.contains("odd.qcow2: the disk itself looks like"), "\(answer.output)")
        #expect(try names(scratch.path).filter { $0.hasPrefix("new") || $0.hasPrefix(".euler") }.isEmpty)
    }

    @Test(
        "Where there is no room, the folder is told that has none, whatever a program calls it, and nothing is left",
        arguments: [1, 4, 6])
    func full(_ mebibytes: Int) async throws {
        let folder = "\(scratch.path)/small"
        mkdir(folder, 0o777)
        let mounted = try run(["mount", "-t", "tmpfs", "-o", "size=\(mebibytes)m", "tmpfs", folder])
        try #require(mounted.status == 0, "\(mounted.output)")
        defer { umount(folder) }
        try run(["sh", "-c", "head -c 3000000 /dev/urandom > \(scratch.path)/noise"])
        let answer = try await euler(
            ["build", image, "--file", "noise:/opt/noise", "-o", "small/new.vmdk"], in: scratch.path)
        #expect(answer.status == 9 && answer.output.contains("small: no room is left"), "\(answer.output)")
        #expect(try names(folder).isEmpty)
    }

    @Test(
        "A folder whose name means something to the programs that are used is a folder",
        arguments: ["namespaces", "loop"])
    func oddFolder(_ way: String) async throws {
        let folder = "\(scratch.path)/a,b =c\\d'e"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let answer = try await euler(
            ["build", image, "--for", "local", "-o", "new,.qcow2", "--way", way], in: folder)
        #expect(answer.status == 0 || way == "loop" && access("/dev/loop-control", R_OK) != 0, "\(answer.output)")
    }

    @Test("What no build mends is told, and the output has no name then")
    func leftToPeople() async throws {
        let gpt = "\(scratch.path)/gpt.qcow2"
        let made = try run(["\(root)/Tests/Images/make-image", "tiny", gpt])
        try #require(made.status == 0, "\(made.output)")
        let before = try surroundings()
        let managed = try await euler(["build", gpt, "--install", "bash", "-o", "mbr.qcow2"], in: scratch.path)
        #expect(managed.status == 6 && managed.output.contains("package manager"), "\(managed.output)")
        let answer = try await euler(["build", gpt, "--for", "tencentcloud", "-o", "mbr.qcow2"], in: scratch.path)
        #expect(answer.status == 3, "\(answer.output)")
        #expect(answer.output.contains("tencentcloud.cvm.mbr") && answer.output.contains("by hand"), "\(answer.output)")
        #expect(try surroundings() == before)
    }

    @Test("Ctrl-C ends it within 5 s, with its own status, and leaves nothing", arguments: ["read", "mount", "write"])
    func interrupted(_ step: String) async throws {
        let before = try surroundings()
        let process = try start(
            ["build", image, "--for", "local", "-o", "interrupted.qcow2"], in: scratch.path, until: step)
        process.interrupt()
        let begin = ContinuousClock.now
        process.waitUntilExit()
        #expect(ContinuousClock.now - begin < .seconds(5))
        #expect(process.terminationStatus == 130)
        #expect(try surroundings() == before)
    }

    @Test(
        "Killed in any of its steps, it leaves no mount, no process and no file that it has finished",
        arguments: ["read", "mount", "lock root", "take out", "unmount and check", "check", "write"])
    func killed(_ step: String) async throws {
        let before = try surroundings()
        let process = try start(
            ["build", image, "--for", "local", "-o", "killed.qcow2"], in: scratch.path, until: step)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        for _ in 0..<100 where try machine()[1] != before[1] { try await Task.sleep(for: .milliseconds(50)) }
        #expect(try machine() == Array(before[0...3]))
        #expect(try names(scratch.path).filter { $0.hasPrefix("killed") } == [])
        // What it left in its folder goes with the next build there, after two seconds.
        let left = "\(scratch.path)/.eulerpublisher-build-*"
        try run([
            "sh", "-c", "touch -c -d '1 minute ago' \(left)/lock 2>/dev/null; touch -c -d '2 minutes ago' \(left)",
        ])
        #expect(try await euler(["build", image, "--for", "local", "-o", "next.raw"], in: scratch.path).status == 0)
        #expect(try names(scratch.path).filter { $0.hasPrefix(".eulerpublisher") } == [])
    }
}
