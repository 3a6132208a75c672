import Blocks
import Documents
import Foundation
import Glibc
import TestSupport
import Testing

@testable import FileSystems

/// One image for each way to make one; every file of it is compared with what debugfs says.
@Suite(.enabled(if: Peers.ext, "debugfs and mke2fs (e2fsprogs) are not here"))
struct ExtTests {
    static let tree = Result { try SampleTree() }

    static let kinds: [[String]] = [
        ["-t", "ext2"], ["-t", "ext2", "-b", "1024"], ["-t", "ext2", "-r", "0", "-O", "none"],
        ["-t", "ext2", "-O", "^filetype"], ["-t", "ext3"], ["-t", "ext3", "-b", "1024"], ["-t", "ext4"],
        ["-t", "ext4", "-b", "1024"], ["-t", "ext4", "-b", "2048"], ["-t", "ext4", "-b", "4096"],
        ["-t", "ext4", "-b", "65536", "-F"], ["-t", "ext4", "-I", "128"], ["-t", "ext4", "-I", "512"],
        ["-t", "ext4", "-O", "^extents,^64bit"], ["-t", "ext4", "-O", "^extents,^64bit,^flex_bg", "-b", "1024"],
        ["-t", "ext4", "-O", "^64bit"], ["-t", "ext4", "-O", "64bit", "-b", "1024"],
        ["-t", "ext4", "-O", "^metadata_csum"], ["-t", "ext4", "-O", "^metadata_csum,uninit_bg"],
        ["-t", "ext4", "-O", "metadata_csum,metadata_csum_seed"], ["-t", "ext4", "-O", "inline_data"],
        ["-t", "ext4", "-O", "inline_data,^metadata_csum", "-I", "1024"],
        ["-t", "ext4", "-O", "inline_data", "-b", "1024"], ["-t", "ext4", "-O", "bigalloc"],
        ["-t", "ext4", "-O", "bigalloc", "-b", "1024", "-C", "16384"],
        ["-t", "ext4", "-O", "meta_bg,^resize_inode", "-b", "1024", "-g", "1024"],
        ["-t", "ext4", "-O", "meta_bg,^resize_inode,^64bit", "-g", "2048"],
        ["-t", "ext4", "-O", "^flex_bg,^resize_inode", "-g", "2048"],
        ["-t", "ext4", "-O", "sparse_super2,meta_bg,^resize_inode", "-b", "1024", "-g", "2048"],
        ["-t", "ext4", "-O", "^sparse_super,^resize_inode", "-g", "4096"], ["-t", "ext4", "-O", "ea_inode"],
        ["-t", "ext4", "-O", "large_dir,quota,project"], ["-t", "ext4", "-O", "casefold", "-E", "encoding=utf8"],
        ["-t", "ext4", "-O", "^has_journal,mmp"], ["-t", "ext4", "-O", "encrypt,verity"],
    ]

    @Test(arguments: kinds) func everyFileIsAsDebugfsSays(_ options: [String]) throws {
        let image = try Image(options, from: try Self.tree.get().path)
        try compare(image, options)
    }

    /// e2fsck -D makes indices for directories, as the kernel does.
    @Test(arguments: [["-t", "ext4"], ["-t", "ext4", "-b", "1024"], ["-t", "ext3", "-b", "1024"]])
    func indexedDirectoriesAreRead(_ options: [String]) throws {
        let image = try Image(options, from: try Self.tree.get().path)
        try run(["e2fsck", "-fyD", image.path])
        let inode = try #require(try Debugfs(image.path).names()["/many"])
        #expect(try Debugfs(image.path).ask(["htree_dump <\(inode)>"])[0].contains("Root node dump"))
        try compare(image, options)
    }

    private func compare(_ image: Image, _ options: [String]) throws {
        let judge = try Debugfs(image.path)
        let names = try judge.names()
        #expect(names.count > 450)
        let files = try judge.files(Array(Set(names.values)).sorted())
        let folder = try judge.dump()
        let tree = GuestTree(root: try image.fileSystem())

        var seen: [String: GuestTree.Found] = [:]
        let report = try tree.walk { found in
            seen[found.path] = found
            return .goOn
        }
        #expect(report.problems == [])
        #expect(Set(seen.keys) == Set(names.keys), "\(options)")
        for (path, found) in seen {
            let expected = try #require(files[names[path] ?? 0], "\(path)")
            let status = found.status
            #expect(found.number.rawValue == names[path])
            let own = Debugfs.File(
                kind: Self.word(status.kind), mode: status.permissions, user: status.user, group: status.group,
                size: status.size, modified: status.modified, links: status.links)
            #expect(own == expected, "\(path) \(options)")
            if !path.hasPrefix("/many/file-1") {
                #expect(try tree.find(path, following: false)?.number == found.number)
            }
            if status.kind == .symlink {
                let target = try FileManager.default.destinationOfSymbolicLink(atPath: folder + path)
                #expect(try found.fileSystem.target(of: found.number) == Array(target.utf8), "\(path)")
            } else if status.kind == .file {
                let contents = Data(try tree.read(found, limit: 1 << 27))
                let dumped = try Data(contentsOf: URL(fileURLWithPath: folder + path))
                // debugfs 1.47.0 gives sixty bytes of what lies in an inode, whatever its size.
                #expect(
                    contents == (dumped.count == 60 ? dumped.prefix(Int(expected.size)) : dumped), "\(path) \(options)")
                let original = try Data(contentsOf: URL(fileURLWithPath: try Self.tree.get().path + path))
                // mke2fs 1.47.0 forgets a hole at a file's end with inline_data.
                if !options.contains(where: { $0.contains("inline_data") }) || original.count == contents.count {
                    #expect(contents == original, "\(path) \(options)")
                }
            }
        }
        try compareAttributes(tree, judge, names)
    }

    private func compareAttributes(_ tree: GuestTree, _ judge: Debugfs, _ names: [String: UInt64]) throws {
        let wanted = SampleTree.attributes.merging(isRoot ? SampleTree.rootAttributes : [:]) { $1 }
        for (path, attributes) in wanted {
            let found = try #require(try tree.find(path))
            let has = try found.fileSystem.attributes(of: found.number)
            let inode = try #require(names[path])
            #expect(Set(has.keys) == (try judge.attributeNames(inode).subtracting(["system.data"])), "\(path)")
            for (name, value) in has { #expect(try judge.attribute(name, of: inode) == value, "\(path) \(name)") }
            // mke2fs leaves one out where neither inode nor block has room.
            for (name, value) in has where attributes[name] != nil { #expect(attributes[name] == value) }
        }
    }

    private static func word(_ kind: FileStatus.Kind) -> String {
        switch kind {
        case .file: "regular"
        case .directory: "directory"
        case .symlink: "symlink"
        case .fifo: "FIFO"
        case .socket: "socket"
        case .characterDevice: "character"
        case .blockDevice: "block"
        }
    }
}

/// An image that mke2fs made.
struct Image {
    let scratch: Scratch
    let path: String

    init(_ options: [String], from folder: String? = nil, size: String = "96M") throws {
        scratch = try Scratch()
        path = scratch.path + "/image"
        truncate(path, 0)
        try run(["truncate", "-s", size, path])
        let answer = try run(
            ["mke2fs", "-q"] + options + (folder.map { ["-d", $0] } ?? []) + [path],
            environment: ["MKE2FS_DEVICE_SECTSIZE": "512"])
        guard answer.status == 0 else { throw Failure(.internal, "mke2fs \(options): \(answer.output)") }
    }

    func fileSystem() throws -> any FileSystem {
        guard let found = try FileSystems.open(try FileSource(path)) else { throw Failure(.internal, "nothing found") }
        return found
    }
}

/// Which of the programs that judge are here.
enum Peers {
    static let ext = has("debugfs") && has("mke2fs")
    static let fat = has("mcopy") && has("mkfs.fat")

    static func has(_ program: String) -> Bool {
        let found = (try? run(["sh", "-c", "command -v \(program)"]).status) == 0
        if !found { print("skipped: \(program) is not here (scripts/dependencies test)") }
        return found
    }
}
