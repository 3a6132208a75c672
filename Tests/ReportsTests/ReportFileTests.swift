import Documents
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Reports

/// What a report's path names may be anything: it is never destroyed.
@Suite struct ReportFileTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func path(_ name: String) -> String { "\(scratch.path)/\(name)" }

    private func code(_ body: () throws -> Void) -> Failure.Code? {
        do { try body() } catch { return (error as? Failure)?.code }
        return nil
    }

    @Test("A report is never written over the image, whatever name leads there")
    func image() throws {
        let image = path("disk.qcow2")
        try Data("a disk".utf8).write(to: URL(filePath: image))
        #expect(symlink(image, path("link")) == 0 && link(image, path("other")) == 0)
        for name in ["disk.qcow2", "link", "other", "./disk.qcow2"] {
            #expect(
                code { try ReportFile.checkApart([ReportFile(path(name))], image: image) } == .usage, "\(name)")
        }
        try ReportFile.checkApart([ReportFile(path("new"))], image: image)
    }

    @Test("Two reports are two files, by any names, there or not")
    func twice() throws {
        let folder = path("folder")
        #expect(mkdir(folder, 0o755) == 0 && symlink(folder, path("same")) == 0)
        #expect(symlink("folder/new", path("dangling")) == 0)
        for names in [["folder/new", "folder/new"], ["folder/new", "same/new"], ["dangling", "same/new"]] {
            let reports = try names.map { try ReportFile(path($0)) }
            #expect(code { try ReportFile.checkApart(reports, image: "/nowhere") } == .usage, "\(names)")
        }
        try ReportFile.checkApart([ReportFile(path("a")), ReportFile(path("b"))], image: "/nowhere")
    }

    @Test("A symbolic link stays, and what it leads to is written; a plain file is replaced")
    func links() throws {
        #expect(symlink("target", path("link")) == 0)
        try ReportFile(path("link")).write("one")
        try ReportFile(path("link")).write("two")
        var status = stat()
        #expect(lstat(path("link"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
        #expect(try scratch.text("target") == "two")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() == ["link", "target"])
    }

    @Test("A pipe and a device are written into, and stay what they are")
    func streams() throws {
        #expect(mkfifo(path("pipe"), 0o600) == 0)
        let reader = open(path("pipe"), O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        try ReportFile(path("pipe")).write("through the pipe")
        var bytes = [UInt8](repeating: 0, count: 64)
        #expect(read(reader, &bytes, 64) == 16)
        #expect(symlink("/dev/null", path("null")) == 0)
        try ReportFile(path("null")).write("gone")
        var status = stat()
        #expect(lstat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
        #expect(lstat(path("pipe"), &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
    }

    @Test("An open descriptor is written at its own position")
    func descriptor() throws {
        let file = open(path("log"), O_RDWR | O_CREAT, 0o600)
        defer { close(file) }
        #expect(write(file, "head ", 5) == 5)
        try ReportFile("/dev/fd/\(file)").write("report")
        #expect(try scratch.text("log") == "head report")
        #expect(code { try ReportFile.checkApart([ReportFile("/dev/fd/\(file)")], image: path("log")) } == .usage)
    }

    @Test("A full disk is told with the file and a remedy, and is no fault of the usage")
    func full() throws {
        #expect(symlink("/dev/full", path("full")) == 0)
        let failure = #expect(throws: Failure.self) { try ReportFile(path("full")).write("much") }
        #expect(failure?.place == path("full") && failure?.code.exitStatus == 1 && failure?.hint != nil)
        #expect(failure?.message.contains("No space left") == true)
    }

    @Test("What no report can be is told before the image is read")
    func never() {
        for name in ["", "none/file", "none/", "/proc/self/fd/../no/file"] {
            #expect(code { _ = try ReportFile(name.hasPrefix("/") ? name : path(name)) } == .usage, "\(name)")
        }
    }
}
