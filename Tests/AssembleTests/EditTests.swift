import Assemble
import Digest
import Documents
import Foundation
import OCI
import TestSupport
import Testing

/// The second layer: what it holds, and what the tree is with it.
@Suite struct EditTests {
    private struct Made {
        let scratch: Scratch
        let layout: Layout
        let manifest: Manifest
        /// Of the layers' blobs, the lowest first.
        var blobs: [String] { manifest.layers.map { layout.blobPath($0.digest) } }
    }

    private func assembled(_ change: String = "") async throws -> Made {
        let scratch = try Scratch()
        let mirror = try makeMirror(in: scratch.path, architectures: ["x86_64"], change: change)
        let release = try await prepare(mirror, cache: "\(scratch.path)/cache")
        let image = try await assemble(release, into: "\(scratch.path)/layout")
        let layout = try Layout(opening: image.layoutPath)
        let index = try layout.index(try #require(try layout.find(tag: image.tag)))
        return Made(scratch: scratch, layout: layout, manifest: try layout.manifest(index.manifests[0]))
    }

    /// What tar, not our reader, sees.
    @Test func theSecondLayerHoldsTheTwoEditsAndTheirFolder() async throws {
        let made = try await assembled()
        #expect(made.blobs.count == 2)
        let listing = try output("tar", ["-tvz", "--numeric-owner", "--utc", "-f", made.blobs[1]])
        let lines = listing.split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true) }
        try #require(lines.count == 3, "\(listing)")
        // As the first layer has it, the time too: nothing of it changes.
        #expect(lines[0] == ["drwxr-xr-x", "0/0", "0", "2025-06-27", "08:11", "etc/"])
        #expect(lines[1] == ["-rw-r-----", "7/0", "50", "2025-06-27", "08:11", "etc/bashrc"])
        #expect(lines[2].suffix(3) == ["etc/localtime", "->", "/usr/share/zoneinfo/UTC"])
        let bashrc = try output("tar", ["-xzOf", made.blobs[1], "etc/bashrc"])
        #expect(bashrc == "# system wide\nexport TMOUT=0\nexport HISTSIZE=1000\n")
        let config = try made.layout.config(made.manifest.config)
        let first = try output("sh", ["-c", "gunzip -c < \"$1\" | sha256sum", "sh", made.blobs[0]])
        #expect("sha256:\(first.prefix(64))" == config.rootfs.diffIDs[0].description)
    }

    /// The first layer unpacked and edited by the commands of openEuler's Dockerfile, and both layers unpacked: one tree.
    @Test func theMergedTreeIsThatOfTheDockerfile() async throws {
        let made = try await assembled()
        let script = """
            set -e
            mkdir "$1/theirs" "$1/ours"
            tar -xpzf "$2" -C "$1/theirs"
            ln -sf /usr/share/zoneinfo/UTC "$1/theirs/etc/localtime"
            sed -i s/TMOUT=300/TMOUT=0/g "$1/theirs/etc/bashrc"
            for layer in "$2" "$3"; do tar -xpzf "$layer" -C "$1/ours"; done
            for tree in theirs ours; do
                cd "$1/$tree"
                find . -printf '%y %m %U:%G %s %p %l\\n' -type f -exec sha256sum {} + | sort > "$1/$tree.list"
            done
            # A folder's size is the file system's affair, and sed and ln changed the time of theirs.
            sed -i -E 's/^(d [0-9]+ [0-9:]+) [0-9]+/\\1/' "$1/theirs.list" "$1/ours.list"
            diff "$1/theirs.list" "$1/ours.list"
            wc -l < "$1/ours.list"
            """
        let lines = try output("sh", ["-c", script, "sh", made.scratch.path] + made.blobs)
        // 8 paths and the digests of 2 files.
        #expect(lines == "10\n", "\(lines)")
    }

    private static let second = """
        above = io.BytesIO()
        t = tarfile.open(fileobj=above, mode="w")
        for name, body in entries:
            t.addfile(info(name, len(body), 0o600), io.BytesIO(body))
        t.close()
        above = above.getvalue()
        members.append((info("above.tar"), above))
        config["rootfs"]["diff_ids"].append("sha256:" + hashlib.sha256(above).hexdigest())
        manifest[0]["Layers"].append("above.tar")
        """

    /// In the layer's order a whiteout may come before or after what the same layer brings: it hides what is below alone.
    @Test(arguments: [
        ("[('etc/bashrc', b'TMOUT=300 above')]", "TMOUT=0 above"),
        ("[('etc/.wh..wh..opq', b''), ('etc/bashrc', b'TMOUT=300 above')]", "TMOUT=0 above"),
        ("[('etc/bashrc', b'TMOUT=300 above'), ('etc/.wh..wh..opq', b'')]", "TMOUT=0 above"),
        ("[('etc/.wh.other', b'')]", "# system wide\nexport TMOUT=0\nexport HISTSIZE=1000\n"),
    ])
    func theBashrcOfTheHighestLayerIsEdited(_ entries: String, _ text: String) async throws {
        let made = try await assembled("entries = \(entries)\n\(Self.second)")
        #expect(made.blobs.count == 3)
        #expect(try output("tar", ["-xzOf", made.blobs[2], "etc/bashrc"]) == text)
    }

    @Test(arguments: ["etc/.wh.bashrc", "etc/.wh..wh..opq", ".wh.etc", ".wh..wh..opq"])
    func aBashrcThatALayerHidesIsNotEdited(_ whiteout: String) async throws {
        let failure = await #expect(throws: Failure.self) {
            try await assembled("entries = [('\(whiteout)', b'')]\n\(Self.second)")
        }
        #expect(failure?.message.contains("no /etc/bashrc") == true, "\(String(describing: failure))")
    }

    @Test(arguments: [
        ("i = info('etc/bashrc', type=tarfile.SYMTYPE, link='../usr/bashrc')", "not a plain file"),
        ("i = info('etc', type=tarfile.SYMTYPE, link='usr/etc')", "not a directory"),
    ])
    func aLinkInTheWayIsRefused(_ entry: String, _ words: String) async throws {
        let added = Self.second.replacingOccurrences(
            of: "t.close()", with: "\(entry)\nt.addfile(i)\nt.close()")
        let failure = await #expect(throws: Failure.self) { try await assembled("entries = []\n\(added)") }
        #expect(failure?.message.contains(words) == true, "\(String(describing: failure))")
    }

    /// Two layers of the same bytes are one blob that the manifest names twice.
    @Test func aLayerMayComeTwice() async throws {
        let made = try await assembled(
            """
            config["rootfs"]["diff_ids"] *= 2
            manifest[0]["Layers"] *= 2
            """)
        #expect(made.blobs.count == 3 && made.blobs[0] == made.blobs[1])
        try output("skopeo", ["inspect", "oci:\(made.layout.path):24.03-lts-sp2"])
    }
}
