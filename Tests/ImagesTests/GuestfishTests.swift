import Documents
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Images

/// Copies of volumes by a program in guestfish's place: what is left of them, and what is said.
struct GuestfishTests {
    private let scratch: Scratch
    private let volumes = ["xfs", "btrfs"].enumerated().map { index, kind in
        UnreadVolume(
            place: "partition \(index + 1)", partition: index + 1, logical: nil, kind: kind, used: 1 << 20,
            diskSize: 1 << 30, format: "raw")
    }

    init() throws { scratch = try Scratch() }

    /// - Parameter body: a shell's commands; the script that guestfish would get is their standard input.
    private func copies(_ body: String, _ volumes: [UnreadVolume]? = nil) throws -> Guestfish.Copies {
        let bin = "\(scratch.path)/bin"
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: "\(scratch.path)/tmp", withIntermediateDirectories: true)
        try "#!/bin/sh\n\(body)\n".write(toFile: "\(bin)/guestfish", atomically: true, encoding: .utf8)
        chmod("\(bin)/guestfish", 0o755)
        try "image".write(toFile: "\(scratch.path)/image: a, b", atomically: true, encoding: .utf8)
        let found = Guestfish(
            environment: [
                "PATH": "\(bin):/usr/bin:/bin", "TMPDIR": "\(scratch.path)/tmp", "SECRET": "x", "LANG": "de_DE",
            ], isCancelled: { false }, tell: { _ in })
        let guestfish = try #require(found)
        return try guestfish.copies(of: volumes ?? self.volumes, image: "\(scratch.path)/image: a, b")
    }

    private var left: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/tmp")) ?? []
    }

    private static let echoes = "grep '^echo' | sed 's/^echo //'"

    @Test("Who is not installed is not used")
    func absent() {
        #expect(Guestfish(environment: ["PATH": scratch.path], isCancelled: { false }, tell: { _ in }) == nil)
    }

    @Test("It gets a folder of its own that nobody else may read, its own settings, and the image by a link")
    func surroundings() throws {
        let copies = try copies(
            """
            env >\(scratch.path)/seen; stat -c %a "$HOME" >>\(scratch.path)/seen
            cat "$TMPDIR/image" >>\(scratch.path)/seen; \(Self.echoes)
            """)
        let seen = try String(contentsOfFile: "\(scratch.path)/seen", encoding: .utf8)
        for text in ["LIBGUESTFS_BACKEND=direct", "LIBGUESTFS_BACKEND_SETTINGS=force_tcg", "LC_ALL=C", "\n700\nimage"] {
            #expect(seen.contains(text), "\(text)")
        }
        #expect(!seen.contains("SECRET") && !seen.contains("LANG=de_DE"))
        #expect(copies.copies.map(\.scratch) == [1, 2])
        let descriptor = try #require(copies.scratch)
        var status = stat()
        #expect(fstat(descriptor, &status) == 0 && status.st_size > 512 << 20 && status.st_nlink == 0)
        close(descriptor)
        #expect(left.isEmpty)
    }

    @Test("One volume that fails leaves the others")
    func oneFails() throws {
        let copies = try copies(
            """
            cat >"$TMPDIR/got"
            if grep -q /dev/sda1 "$TMPDIR/got"; then
                echo eulerpublisher-volume-0; echo 'libguestfs: error: mount: wrong fs type' >&2; exit 1
            fi
            <"$TMPDIR/got" \(Self.echoes)
            """)
        #expect(copies.copies.map(\.place) == ["partition 1", "partition 2"])
        #expect(copies.copies[0].failure?.message == "libguestfs: error: mount: wrong fs type")
        #expect(copies.copies[0].failure?.hint?.contains("linux-image-cloud-amd64") == true)
        #expect(copies.copies[1].scratch == 1)
        copies.scratch.map { _ = close($0) }
        #expect(left.isEmpty)
    }

    @Test("A machine that does not start is told of each volume, once tried")
    func noMachine() throws {
        let copies = try copies("echo once >>\(scratch.path)/tried; echo 'supermin exited with error' >&2; exit 1")
        #expect(copies.copies.map(\.failure?.message) == Array(repeating: "supermin exited with error", count: 2))
        #expect(try String(contentsOfFile: "\(scratch.path)/tried", encoding: .utf8) == "once\n")
        #expect(copies.scratch == nil && left.isEmpty)
    }

    @Test("A success that copied nothing is none")
    func empty() throws {
        let copies = try copies("cat >/dev/null")
        #expect(copies.copies.allSatisfy { $0.failure != nil })
    }

    @Test("What is too large is not copied")
    func large() throws {
        var volume = volumes[0]
        volume.used = 1 << 40
        let copies = try copies("touch \(scratch.path)/ran", [volume])
        #expect(copies.copies.first?.failure?.message.contains("at most 32768 MiB") == true)
        #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/ran"))
    }
}
