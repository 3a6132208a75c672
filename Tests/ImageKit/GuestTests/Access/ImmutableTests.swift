import Blocks
import Documents
import FileSystems
import Foundation
import Glibc
import Guest
import TestSupport
import Testing

@Suite("Files that chattr +i made unchangeable") struct ImmutableTests {
    static var hasTools: Bool {
        if ["/sbin/mke2fs", "/sbin/debugfs"].allSatisfy({ FileManager.default.isExecutableFile(atPath: $0) }) {
            return true
        }
        print("not run: mke2fs and debugfs are not installed (apt: e2fsprogs)")
        return false
    }

    @Test("an ext4 image says so of its shadow", .enabled(if: hasTools), arguments: [false, true])
    func shadow(isImmutable: Bool) throws {
        let scratch = try Scratch()
        try scratch.write("root/etc/passwd", "root:x:0:0::/root:/bin/sh\n".utf8)
        try scratch.write("root/etc/shadow", "root:*:1::::::\n".utf8, mode: 0o600)
        let image = "\(scratch.path)/image"
        #expect(try run(["/sbin/mke2fs", "-q", "-t", "ext4", "-d", "\(scratch.path)/root", image, "8M"]).status == 0)
        if isImmutable {
            // 0x80000: its blocks are told by extents; 0x10: it may not be changed.
            try run(["/sbin/debugfs", "-w", "-R", "set_inode_field /etc/shadow flags 0x80010", image])
        }
        let descriptor = open(image, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let root = try #require(try ExtFileSystem(try FileSource(descriptor)))
        let tree = GuestTree(root: root)
        let facts = AccountReader(tree, ssh: SSHReader(tree).facts()).facts()
        let file = try #require(facts.shadowFile.value)
        #expect(file.isImmutable.value == isImmutable)
        #expect(file.permissions == 0o600)
        #expect(facts.user("root")?.password.value?.state == .locked)
    }
}
