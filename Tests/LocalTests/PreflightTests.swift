import Documents
import Foundation
import ProviderKit
import TestSupport
import Testing

/// What stands in a target's way is found before anything is sent.
@Suite("Local: preflight")
struct PreflightTests {
    let scratch: Scratch
    var directory: String { "\(scratch.path)/out" }

    init() throws { scratch = try Scratch() }

    /// A container and a disk image that go to that directory.
    private func publications(_ directory: String) throws -> [Publication] {
        let image = try scratch.write("server.raw", [UInt8].noise(100_000, seed: 1))
        return [
            Publication(try .container(scratch, layers: [.noise(100_000, seed: 2)]), to: directory),
            Publication(try .disk(image), to: directory),
        ]
    }

    @Test("An index that is none is named, with or without the layout's own file", arguments: [true, false])
    func junkIndex(_ isLayout: Bool) async throws {
        if isLayout { try scratch.write("out/oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#) }
        try scratch.write("out/index.json", "junk")
        let publication = try publications(directory)[0]
        let failure = await #expect(throws: Failure.self) { try await publication.plan() }
        // Not `refused`: that is about the image, and would be remembered with it.
        #expect(
            failure?.code == .usage && failure?.place == "\(directory)/index.json", "\(String(describing: failure))")
        #expect(failure?.hint?.contains("move it away") == true)
    }

    @Test("A layout that was cut off before its index was written is one without images")
    func noIndex() async throws {
        try scratch.write("out/oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)
        let publication = try publications(directory)[0]
        #expect(try await publication.plan().nothingToDo == false)
        try await publication.publish()
        #expect(try await publication.plan().nothingToDo == true)
    }

    @Test(
        "A file, what is below one, and a link to nothing are no directories",
        arguments: ["file", "file/below", "link"])
    func noDirectory(_ name: String) async throws {
        try scratch.write("file", "in the way")
        try FileManager.default.createSymbolicLink(
            atPath: "\(scratch.path)/link", withDestinationPath: "\(scratch.path)/nowhere")
        for publication in try publications("\(scratch.path)/\(name)") {
            let failure = await #expect(throws: Failure.self) { try await publication.plan() }
            let inTheWay = name == "link" ? "link" : "file"
            #expect(
                failure?.code == .usage && failure?.place == "\(scratch.path)/\(inTheWay)",
                "\(String(describing: failure))")
            #expect(failure?.message.contains("no directory") == true, "\(String(describing: failure))")
        }
    }

    @Test("A place that cannot be written is named, unless nothing is to be done")
    func readOnly() async throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        // Not by modes: they do not hold for root.
        let mounted = try run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", directory])
        guard mounted.status == 0 else {
            print("skipped: a file system cannot be mounted here: \(mounted.output)")
            return
        }
        defer { _ = try? run(["umount", directory]) }
        for publication in try publications("\(directory)/published") { try await publication.publish() }
        try #require(try run(["mount", "-o", "remount,ro", directory]).status == 0)
        for publication in try publications("\(directory)/published") {
            #expect(try await publication.plan().nothingToDo == true)
        }
        for publication in try publications("\(directory)/new/one") {
            let failure = await #expect(throws: Failure.self) { try await publication.plan() }
            #expect(failure?.code == .usage && failure?.place == directory, "\(String(describing: failure))")
            #expect(failure?.message.contains("Read-only") == true, "\(String(describing: failure))")
        }
    }
}
