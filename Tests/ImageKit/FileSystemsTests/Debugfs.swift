import Foundation
import TestSupport

/// What e2fsprogs' debugfs says of an image: the judge of the reader of ext.
struct Debugfs {
    struct File: Equatable {
        var kind: String
        var mode: UInt16
        var user: UInt32
        var group: UInt32
        var size: UInt64
        var modified: Int64
        var links: UInt32
    }

    let image: String
    let scratch: Scratch

    init(_ image: String) throws {
        self.image = image
        scratch = try Scratch()
    }

    /// Runs commands and gives each one's answer.
    func ask(_ commands: [String]) throws -> [String] {
        guard !commands.isEmpty else { return [] }
        let file = try scratch.write("commands", commands.joined(separator: "\n") + "\n")
        let output = try run(["debugfs", "-f", file, image], environment: ["DEBUGFS_PAGER": "cat"]).output
        var answers: [String] = []
        for line in output.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("debugfs: ") {
                answers.append("")
            } else if !answers.isEmpty {
                answers[answers.count - 1] += line + "\n"
            }
        }
        return answers
    }

    /// Every name below the root, with its inode.
    func names() throws -> [String: UInt64] {
        var names: [String: UInt64] = [:]
        var level: [(path: String, inode: UInt64)] = [("", 2)]
        while !level.isEmpty {
            var next: [(path: String, inode: UInt64)] = []
            for (folder, answer) in zip(level, try ask(level.map { "ls -p <\($0.inode)>" })) {
                for line in answer.split(separator: "\n") {
                    let fields = line.split(separator: "/", omittingEmptySubsequences: false)
                    guard fields.count >= 7, let inode = UInt64(fields[1]), inode != 0 else { continue }
                    let name = String(fields[5])
                    guard name != ".", name != ".." else { continue }
                    let path = folder.path + "/" + name
                    names[path] = inode
                    if fields[2].hasPrefix("04") { next.append((path, inode)) }
                }
            }
            level = next
        }
        return names
    }

    func files(_ inodes: [UInt64]) throws -> [UInt64: File] {
        var files: [UInt64: File] = [:]
        for (inode, answer) in zip(inodes, try ask(inodes.map { "stat <\($0)>" })) {
            func value(_ key: String) -> Substring? {
                guard let range = answer.range(of: key) else { return nil }
                return answer[range.upperBound...].drop { $0 == " " }.prefix { !$0.isWhitespace }
            }
            // Printed with a sign.
            func owner(_ key: String) -> UInt32 { UInt32(bitPattern: Int32(value(key) ?? "") ?? .max) }
            guard let mode = value("Mode:"), let time = value("mtime:") else { continue }
            // 0xSECONDS:EXTRA, the extra's lower two bits count rounds of 2^32 seconds.
            let words = time.dropFirst(2).split(separator: ":").map { UInt32($0, radix: 16) ?? 0 }
            let round = words.count > 1 ? Int64(words[1] & 3) << 32 : 0
            files[inode] = File(
                kind: String(value("Type:") ?? ""), mode: UInt16(mode, radix: 8) ?? 0,
                user: owner("User:"), group: owner("Group:"),
                size: UInt64(value("Size:") ?? "") ?? .max,
                modified: Int64(Int32(bitPattern: words.first ?? 0)) + round,
                links: UInt32(value("Links:") ?? "") ?? .max)
        }
        return files
    }

    /// Copies every file out. - Returns: the folder.
    func dump() throws -> String {
        let folder = scratch.path + "/out"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try run(["debugfs", "-R", "rdump / \(folder)", image])
        return folder
    }

    func attributeNames(_ inode: UInt64) throws -> Set<String> {
        let lines = try ask(["ea_list <\(inode)>"]).first?.split(separator: "\n") ?? []
        return Set(
            lines.compactMap { line in
                guard line.hasPrefix("  "), let end = line.firstRange(of: " (") else { return nil }
                return String(line[line.index(line.startIndex, offsetBy: 2)..<end.lowerBound])
            })
    }

    func attribute(_ name: String, of inode: UInt64) throws -> [UInt8] {
        let file = scratch.path + "/value"
        try? FileManager.default.removeItem(atPath: file)
        try run(["debugfs", "-R", "ea_get -f \(file) <\(inode)> \(name)", image])
        return Array(FileManager.default.contents(atPath: file) ?? Data())
    }
}
