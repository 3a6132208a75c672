import Blocks
import Documents
import FileSystems
import Foundation
import Partitions
import Programs
import TestSupport

@testable import Conversion

func has(_ programs: String...) -> Bool {
    programs.allSatisfy { (try? run(["sh", "-c", "command -v \($0)"]).status) == 0 }
}

/// What the reader's process finds, without the process.
func facts(_ path: String) throws -> ImageFacts {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    let disk = try DiskImage(descriptor: descriptor)
    var facts = ImageFacts()
    facts.disk = disk.surveyed()
    let (partitions, volumes) = PartitionReader(disk).read()
    facts.partitions = partitions
    facts.mounts = MountFacts(
        volumes: .known(
            volumes.map {
                VolumeFacts(
                    partition: $0.partition, kind: $0.signature.map { .known($0.kind) } ?? .absent(), unknown: "-")
            }), mounts: .unknown("-"), unmounted: .known([]))
    return facts
}

let read: Conversion.Reader = { try facts($0).disk }

func source(_ path: String) async throws -> QemuImage {
    try await SoundSource.checked(
        path, try facts(path).disk, qemuImage: try Program.qemuImage(search: Program.search))
}

/// Another program's word, which must be a good one.
@discardableResult
func told(_ command: String...) throws -> String {
    let answer = try run(command)
    guard answer.status == 0 else {
        throw Failure(.internal, "\(command.joined(separator: " ")): \(answer.status): \(answer.output)")
    }
    return answer.output
}

/// A small disk: pieces of data with holes between them, in the given format.
func disk(_ scratch: Scratch, _ format: String = "qcow2", size: Int = (5 << 20) + 512) throws -> String {
    let raw = "\(scratch.path)/plain.raw"
    try Data().write(to: URL(fileURLWithPath: raw))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: raw))
    for place in [0, 1 << 20, (3 << 20) + 4096, size - 512] {
        try file.seek(toOffset: UInt64(place))
        try file.write(contentsOf: Data((0..<512).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ place >> 9) }))
    }
    try file.close()
    guard format != "raw" else { return raw }
    let path = "\(scratch.path)/source.\(format)"
    try told("qemu-img", "convert", "-f", "raw", "-O", format, raw, path)
    return path
}
