import Documents
import Foundation
import TestSupport
import Testing

@testable import FileSystems

/// Whether this machine mounts a file.
private let mounts =
    isRoot
    && (try? TestSupport.run([
        "sh", "-ec",
        """
        d=$(mktemp -d); truncate -s 1M $d/i; mke2fs -q -F $d/i; mkdir $d/m; mount -o loop $d/i $d/m; umount $d/m; rm -r $d
        """,
    ]).status) == 0

/// What Linux itself writes, which is not all as mke2fs and e2fsck write it.
@Suite(.enabled(if: mounts, "only root, with mke2fs and loop devices, can mount a file"))
struct ExtKernelTests {
    @Test(
        "A directory that grew an index under Linux is read, whatever it left of the old checksum",
        arguments: [
            "1024", "4096",
        ])
    func grownIndex(_ block: String) throws {
        let scratch = try Scratch()
        let made = try TestSupport.run(
            [
                "sh", "-ec",
                """
                truncate -s 64M i; mke2fs -q -F -t ext4 -N 8000 -O metadata_csum -b \(block) i; mkdir m; mount -o loop i m
                mkdir m/many; seq -f 'm/many/a-name-that-takes-its-room-%05g' 1 3000 | xargs touch; umount m
                """,
            ], in: scratch.path)
        try #require(made.status == 0, "\(made.output)")
        let system = try #require(try FileSystems.open(try FileSource("\(scratch.path)/i")))
        let tree = GuestTree(root: system)
        #expect(
            try tree.list("/many") == (1...3000).map { "a-name-that-takes-its-room-" + String(100_000 + $0).suffix(5) })
        #expect(try tree.find("/many/a-name-that-takes-its-room-02999") != nil)
        #expect(try tree.find("/many/absent") == nil)
    }
}
