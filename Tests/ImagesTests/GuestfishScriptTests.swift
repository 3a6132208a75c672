import Documents
import Testing

@testable import Images

/// What guestfish is told, and what its answers are taken for: names and answers come from images.
struct GuestfishScriptTests {
    private func volume(
        _ kind: String, partition: Int? = 2, logical: [String]? = nil, used: UInt64 = 1 << 20, format: String = "qcow2"
    ) -> UnreadVolume {
        UnreadVolume(
            place: "partition 2", partition: partition, logical: logical, kind: kind, used: used, diskSize: 1 << 30,
            format: format)
    }

    @Test(
        "An image is opened for reading only and in the format that was found",
        arguments: [
            ("raw", "raw"), ("qcow2", "qcow2"), ("vhd", "vpc"), ("vhdx", "vhdx"), ("vmdk", "vmdk"),
        ])
    func format(_ ours: String, _ theirs: String) throws {
        let script = try GuestfishScript([volume("xfs", format: ours)], folder: "/tmp/a \"b\\c")
        let first = try #require(script.text.split(separator: "\n").first)
        #expect(first == "add-drive \"/tmp/a \\\"b\\\\c/image\" readonly:true format:\(theirs)")
        #expect(throws: Failure.self) { try GuestfishScript([volume("xfs", format: "qed")], folder: "/tmp") }
    }

    @Test(
        "No name of an image becomes a command",
        arguments: [
            ["vg", "a b"], ["vg", "a\nrm-rf /"], ["-vg", "a"], ["..", "a"], ["vg", ""], ["vg"], ["vg", "a\""],
        ])
    func names(_ name: [String]) {
        #expect(throws: Failure.self) {
            try GuestfishScript([volume("xfs", partition: nil, logical: name)], folder: "/tmp")
        }
    }

    @Test("Each volume is named as Linux names it")
    func devices() throws {
        let text = try GuestfishScript(
            [
                volume("xfs"), volume("btrfs", partition: nil),
                volume("xfs", partition: nil, logical: ["sys-tem", "root"]),
            ],
            folder: "/tmp"
        ).text
        for line in [
            "mount-options ro /dev/sda2 /from", "mount-options ro,subvolid=5 /dev/sda /from",
            "mount-options ro /dev/sys-tem/root /from", "mount-options noatime,nobarrier /dev/sdb3 /to",
        ] { #expect(text.split(separator: "\n").contains { $0 == line }, "\(line)") }
    }

    @Test("What came of each is told apart, and where it stopped")
    func answers() throws {
        let script = try GuestfishScript([volume("xfs"), volume("xfs"), volume("btrfs")], folder: "/tmp")
        let first = """
            eulerpublisher-volume-0
            [ 9.1] XFS (sda2): Mounting V5 Filesystem
            [ 9.2] XFS (sda2): Ending clean mount
            eulerpublisher-copied-0
            eulerpublisher-volume-1
            [ 9.1] XFS (sda2): Mounting V5 Filesystem
            [ 9.2] XFS (sda2): Ending clean mount
            [ 9.3] XFS (sda3): Mounting V5 Filesystem
            [ 9.4] XFS (sda3): Starting recovery (logdev: internal)

            """
        #expect(script.copies(from: first).copies.map(\.isClean) == [true])
        #expect(script.copies(from: first).stopped == 1)
        let whole =
            first + """
                eulerpublisher-copied-1
                eulerpublisher-volume-2
                256
                [0] = {
                  btrfssubvolume_id: 256
                  btrfssubvolume_top_level_id: 5
                  btrfssubvolume_path: root
                }
                eulerpublisher-copied-2
                eulerpublisher-copied-3

                """
        let (copies, stopped) = script.copies(from: whole)
        #expect(stopped == nil && copies.map(\.scratch) == [1, 2, 3])
        #expect(copies.map(\.isClean) == [true, false, nil])
        #expect(copies[2].defaultSubvolume == 256 && copies[2].subvolumes == [.init(id: 256, path: "root")])
        #expect(script.copies(from: "").copies.isEmpty && script.copies(from: "").stopped == nil)
    }
}
