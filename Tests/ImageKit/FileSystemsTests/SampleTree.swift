import Foundation
import Glibc
import TestSupport

/// A directory with every kind of file that a guest may have.
struct SampleTree {
    let path: String
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        path = scratch.path + "/tree"
        mkdir(path, 0o755)
        try writeFiles()
        try writeNames()
        writeLinks()
        try writeAttributes()
        if isRoot { writeOwnersAndDevices() }
        writeTimes()
    }

    private func writeFiles() throws {
        try scratch.write("tree/etc/os-release", "ID=openEuler\n")
        try scratch.write("tree/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n", mode: 0o644)
        try scratch.write("tree/etc/shadow", "root:*:19000::::::\n", mode: 0o000)
        try scratch.write("tree/empty", "")
        // Around what fits into an inode, with inline_data, of 128, 256 and more bytes.
        for size in [1, 59, 60, 61, 100, 120, 156, 160, 161, 300, 1023, 1024, 1025, 4095, 4096, 4097] {
            try scratch.write("tree/sizes/\(size)", pattern(size))
        }
        try scratch.write("tree/big", pattern(700_001))
        try writeHoles("tree/holes", pieces: 40, step: 65536)
        // More extents than one block of them holds.
        try writeHoles("tree/fragments", pieces: 1500, step: 8192)
        try scratch.write("tree/a/b/c/d/e/f/g/deep", "deep\n")
        mkdir("\(path)/none", 0o700)
        for index in 0..<8 { try scratch.write("tree/few/\(index)", "\(index)") }
    }

    private func writeNames() throws {
        try scratch.write("tree/names/" + String(repeating: "n", count: 255), "long name\n")
        try scratch.write("tree/names/with blank", "blank\n")
        try scratch.write("tree/names/Größe-源代码-🙂", "unicode\n")
        try scratch.write("tree/names/-dash", "dash\n")
        try scratch.write("tree/names/.hidden", "dot\n")
        try scratch.write("tree/names/...", "dots\n")
        for index in 0..<400 {
            try scratch.write("tree/many/file-\(index)-of-a-directory-of-several-blocks", "\(index)")
        }
    }

    private func writeLinks() {
        for length in [1, 58, 59, 60, 61, 200, 1000] {
            symlink(String(repeating: "l", count: length), "\(path)/link-\(length)")
        }
        symlink("../etc/os-release", "\(path)/names/link")
        symlink("/etc/passwd", "\(path)/absolute")
        link("\(path)/big", "\(path)/second-name-of-big")
        link("\(path)/etc/passwd", "\(path)/a/b/passwd")
    }

    /// Names that users may set everywhere are `user.`; the others are root's.
    static let attributes: [String: [String: [UInt8]]] = [
        "/sizes/1": ["user.small": Array("value".utf8)],
        "/sizes/300": ["user.long": pattern(900), "user.second": [0, 1, 2, 255], "user.empty": []],
        "/etc": ["user.of-a-directory": Array("yes".utf8)],
    ]
    static let rootAttributes: [String: [String: [UInt8]]] = [
        "/big": ["security.capability": [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
        "/sizes/59": ["trusted.of-root": Array("trusted".utf8)],
        "/etc/shadow": ["security.selinux": Array("system_u:object_r:shadow_t:s0\0".utf8)],
    ]

    /// By Python: Glibc's module does not show setxattr(2).
    private func writeAttributes() throws {
        let all = Self.attributes.merging(isRoot ? Self.rootAttributes : [:], uniquingKeysWith: { $1 })
        for (file, attributes) in all {
            for (name, value) in attributes {
                let program = "import os, sys; os.setxattr(sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]))"
                let hex = value.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
                try run(["python3", "-c", program, path + file, name, hex])
            }
        }
    }

    private func writeOwnersAndDevices() {
        chown("\(path)/sizes/1", 1000, 1000)
        chown("\(path)/sizes/59", 100_000, 70_000)
        chown("\(path)/sizes/60", .max - 1, .max - 1)
        chmod("\(path)/sizes/60", 0o6755)
        chmod("\(path)/none", 0o1777)
        mkfifo("\(path)/fifo", 0o644)
        mknod("\(path)/null", S_IFCHR | 0o666, 1 << 8 | 3)
        mknod("\(path)/disk", S_IFBLK | 0o660, 253 << 8 | 1)
        mknod("\(path)/socket", S_IFSOCK | 0o755, 0)
        lchown("\(path)/link-1", 5, 6)
    }

    private func writeTimes() {
        // Before 1970, after 2038, after 2106.
        for (file, seconds) in [
            ("sizes/100", -86400), ("sizes/120", 2_500_000_000), ("sizes/156", 5_000_000_000), ("etc", 1_700_000_000),
        ] {
            let times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
            utimensat(AT_FDCWD, "\(path)/\(file)", times, 0)
        }
    }

    private func writeHoles(_ name: String, pieces: Int, step: Int) throws {
        let file = try scratch.write(name, "")
        let descriptor = open(file, O_WRONLY)
        defer { close(descriptor) }
        let piece = pattern(4096)
        for index in 0..<pieces { pwrite(descriptor, piece, 4096, off_t(index * step)) }
        ftruncate(descriptor, off_t(pieces * step + 12345))
    }
}

func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) } }
