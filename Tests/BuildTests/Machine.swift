import Foundation
import TestSupport
import Testing

/// What a build must leave as it was: what is mounted, which of its programs run, which loop devices and formats there are.
func machine() throws -> [String] {
    [
        try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8),
        try run(["sh", "-c", "ps -eo args | grep -E '[f]use2fs|[e]ulerpublisher-b'"]).output,
        try run(["sh", "-c", "cat /sys/block/loop*/loop/backing_file 2>/dev/null"]).output,
        try run(["sh", "-c", "ls /proc/sys/fs/binfmt_misc 2>/dev/null"]).output,
    ]
}

/// The small image of openEuler's stock shape, stock.qcow2.
func stockImage(in scratch: Scratch) throws -> String {
    let image = "\(scratch.path)/stock.qcow2"
    let made = try run(["\(root)/Tests/Images/make-image", "tiny-openeuler", image])
    try #require(made.status == 0, "\(made.output)")
    return image
}

func names(_ folder: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }

/// The program as its users run it, whose home and working folder are the test's.
func euler(_ arguments: [String], in folder: String, as user: [String] = []) async throws -> Answer {
    try await runApart(
        user + ["\(stage ?? "")/bin/eulerpublisher"] + arguments, in: folder,
        environment: ["HOME": folder, "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"])
}

/// The program, started and left running: once it has told a step, if one is named.
func start(_ arguments: [String], in folder: String, until step: String? = nil) throws -> Process {
    let process = Process()
    let steps = Pipe()
    process.executableURL = URL(fileURLWithPath: "\(stage ?? "")/bin/eulerpublisher")
    process.arguments = arguments + ["--state-dir", "\(folder)/.state", "--cache-dir", "\(folder)/.cache"]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardError = step == nil ? FileHandle.nullDevice : steps
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    var told = ""
    while let step, !told.contains("  \(step)") {
        let more = steps.fileHandleForReading.availableData
        try #require(!more.isEmpty, "\(told)")
        told += String(decoding: more, as: UTF8.self)
    }
    return process
}
