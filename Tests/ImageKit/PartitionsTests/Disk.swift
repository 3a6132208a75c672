import Blocks
import Documents
import Foundation
import Glibc
import Partitions
import TestSupport

/// Whether the programs that tables are compared with are here.
let hasPeers = ["sfdisk", "sgdisk", "fdisk"].allSatisfy {
    (try? run(["sh", "-c", "command -v \($0)"]))?.status == 0
}

/// A disk in a file, divided by others.
final class Disk {
    private let scratch: Scratch
    let path: String

    init(mebibytes: Int = 64) throws {
        scratch = try Scratch()
        path = "\(scratch.path)/disk.raw"
        try resize(to: mebibytes << 20)
    }

    func resize(to bytes: Int) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        defer { close(descriptor) }
        guard ftruncate(descriptor, off_t(bytes)) == 0 else { throw Failure(.internal, "\(path) can't be made") }
    }

    var size: Int { (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0 }

    /// Lets sfdisk divide it by a script.
    func sfdisk(_ script: String, _ options: [String] = []) throws {
        try scratch.write("script", script)
        try program("sfdisk -q \(options.joined(separator: " ")) \(path) <\(scratch.path)/script")
    }

    func sgdisk(_ options: String...) throws { try program("sgdisk \(options.joined(separator: " ")) \(path)") }

    /// fdisk's own questions, answered; for sectors that are not of 512 bytes.
    func fdisk(_ answers: String, sector: Int) throws {
        try scratch.write("answers", answers)
        try program("fdisk -b \(sector) \(path) <\(scratch.path)/answers")
    }

    @discardableResult
    func program(_ command: String) throws -> String {
        let answer = try run(["sh", "-c", "\(command) 2>\(scratch.path)/errors"])
        guard answer.status == 0 else {
            throw Failure(.internal, "\(command): \(answer.output) \(try scratch.text("errors"))")
        }
        return answer.output
    }

    func write(_ bytes: [UInt8], at offset: Int) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: Data(bytes))
    }

    func flip(_ offset: Int) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(offset))
        let byte = try file.read(upToCount: 1)?.first ?? 0
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: Data([byte ^ 0xFF]))
    }

    // MARK: What is read

    func facts() throws -> PartitionFacts {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        return PartitionReader(try DiskImage(descriptor: descriptor)).read().facts
    }

    /// `gpt`, or `dos` as sfdisk calls it, and a line for each partition in sectors.
    func ours(sector: UInt64 = 512) throws -> [String] {
        let facts = try facts()
        guard let table = facts.table.value, let partitions = facts.partitions.value else { return ["\(facts.table)"] }
        return [table == .gpt ? "gpt" : "dos"]
            + partitions.map { partition in
                line(
                    partition.number, Int(partition.start / sector), Int(partition.size / sector), partition.type,
                    partition.isBootable, partition.name ?? "", partition.uuid)
            }
    }

    func theirs() throws -> [String] {
        let json = try JSONDecoder().decode(JSON.self, from: Data(program("sfdisk -J \(path)").utf8))
        let table = json["partitiontable"]
        let label = table?["label"]?.string ?? ""
        let signature = (table?["id"]?.string ?? "").dropFirst(2)
        return [label]
            + (table?["partitions"]?.array ?? []).map { entry in
                let number = Int((entry["node"]?.string ?? "").dropFirst(path.count)) ?? 0
                let digits = String(number, radix: 16)
                let partuuid = "\(signature)-\(digits.count < 2 ? "0" : "")\(digits)"
                let isLegacy = entry["attrs"]?.string?.contains("LegacyBIOSBootable") ?? false
                return line(
                    number, Int(entry["start"]?.integer ?? 0), Int(entry["size"]?.integer ?? 0),
                    entry["type"]?.string ?? "", label == "gpt" ? isLegacy : entry["bootable"]?.bool ?? false,
                    entry["name"]?.string ?? "",
                    label == "gpt" ? (entry["uuid"]?.string ?? "").lowercased() : partuuid)
            }
    }

    private func line(
        _ number: Int, _ start: Int, _ size: Int, _ type: String, _ boots: Bool, _ name: String, _ uuid: String
    ) -> String { "\(number) \(start)+\(size) \(type)\(boots ? " *" : "") \(uuid) '\(name)'" }

    /// Number, first and last sector of each partition, as sgdisk prints them.
    func sgdiskLines() throws -> [String] {
        try program("sgdisk -p \(path)").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count >= 6, let number = Int(words[0]), let first = Int(words[1]), let last = Int(words[2])
            else { return nil }
            return "\(number) \(first)-\(last)"
        }
    }

    func ourLines() throws -> [String] {
        (try facts().partitions.value ?? []).map { "\($0.number) \($0.start / 512)-\($0.end / 512 - 1)" }
    }
}
