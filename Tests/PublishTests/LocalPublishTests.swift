import Foundation
import Testing

/// The staged tree, as `make stage` made it.
let stage = ProcessInfo.processInfo.environment["EULERPUBLISHER_STAGE"]

/// The staged program, as a user runs it: a mirror made here, published to a directory, read back with skopeo.
@Suite("Publishing to Local", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct LocalPublishTests {

    @Test("A release is published once, read back by another program, and the second run has nothing to do")
    func publish() throws {
        let work = try Work()
        defer { work.remove() }
        try work.makeMirror()

        let first = try work.publish(to: "catalogue")
        #expect(first.status == 0, "\(first.output)")
        #expect(first.output.contains("published"))
        let inspect = try run("/usr/bin/skopeo", ["inspect", "--raw", "oci:\(work.path)/catalogue:24.03-lts-sp2"])
        #expect(inspect.status == 0, "\(inspect.output)")
        #expect(inspect.output.contains(#""architecture":"amd64""#))

        let second = try work.publish(to: "catalogue")
        #expect(second.status == 0)
        #expect(second.output.contains("Nothing to do"))
    }

    @Test("A library that its manifest does not know is not loaded")
    func changedLibrary() throws {
        let work = try Work()
        defer { work.remove() }
        try work.makeMirror()
        let providers = "\(work.path)/providers"
        try FileManager.default.createDirectory(atPath: providers, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: "\(stage!)/lib/eulerpublisher/providers/local", toPath: "\(providers)/local")
        let library = try #require(FileHandle(forWritingAtPath: "\(providers)/local/libep-local.so"))
        try library.seekToEnd()
        library.write(Data([0]))
        try library.close()

        let answer = try work.publish(to: "catalogue", ["--provider-path", providers])
        #expect(answer.status == 2)
        #expect(answer.output.contains("the library is not the one that its manifest names"))
        #expect(!FileManager.default.fileExists(atPath: "\(work.path)/catalogue/index.json"))
    }

    @Test("A base archive with other bytes than its checksum is refused and nothing is published")
    func wrongChecksum() throws {
        let work = try Work()
        defer { work.remove() }
        try work.makeMirror()
        try String(repeating: "0", count: 64).appending("  openEuler-docker.x86_64.tar.xz\n").write(
            toFile: "\(work.images)/openEuler-docker.x86_64.tar.xz.sha256sum", atomically: true, encoding: .utf8)
        let answer = try work.publish(to: "catalogue")
        #expect(answer.status != 0)
        #expect(!FileManager.default.fileExists(atPath: "\(work.path)/catalogue/index.json"))
    }

    @Test("One program and its providers leave the toolchain behind")
    func linkage() throws {
        let root = try #require(stage)
        for file in ["bin/eulerpublisher", "libexec/eulerpublisher/eulerpublisher-worker"] {
            let dynamic = try run("/usr/bin/readelf", ["-d", "\(root)/\(file)"]).output
            #expect(
                !dynamic.contains("libswift") && !dynamic.contains("/opt/") && !dynamic.contains("swift/linux"),
                "\(dynamic)")
        }
        let library = "\(root)/lib/eulerpublisher/providers/local/libep-local.so"
        let exported = try run("/usr/bin/nm", ["-D", "--defined-only", "--extern-only", library]).output
            .split(separator: "\n").filter { !$0.contains(" d ") }
        #expect(exported.count == 1 && exported[0].hasSuffix("eulerpublisher_provider_v1"), "\(exported)")
        #expect(try run("/usr/bin/readelf", ["-S", "-W", library]).output.contains(".eulerpublisher.manifest"))
    }
}

struct Answer {
    var status: Int32
    var output: String
}

func run(_ program: String, _ arguments: [String], in directory: String? = nil) throws -> Answer {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Answer(status: process.terminationStatus, output: String(decoding: data, as: UTF8.self))
}

/// A private folder with a small mirror: one architecture, a root of three files, packed as the release site packs it.
struct Work {
    let path: String
    var images: String { "\(path)/mirror/openEuler-24.03-LTS-SP2/docker_img/x86_64" }

    init() throws {
        path = NSTemporaryDirectory() + "ep-publish-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    func makeMirror() throws {
        let script = """
            set -eu
            mkdir -p root/etc archive "$1"
            echo 'VERSION="24.03 (LTS-SP2)"' > root/etc/os-release
            echo 'export TMOUT=300' > root/etc/bashrc
            ln -s ../usr/share/zoneinfo/Asia/Shanghai root/etc/localtime
            tar --sort=name --owner=0 --group=0 --numeric-owner -C root -cf layer.tar .
            digest=$(sha256sum layer.tar | cut -d ' ' -f 1)
            mv layer.tar archive/$digest.tar
            printf '{"architecture":"amd64","os":"linux","created":"2025-06-27T08:11:00Z","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
                $digest > archive/config.json
            printf '[{"Config":"config.json","RepoTags":["openeuler-24.03-lts-sp2:latest"],"Layers":["%s.tar"]}]' $digest > archive/manifest.json
            tar -C archive -cJf "$1/openEuler-docker.x86_64.tar.xz" .
            cd "$1" && sha256sum openEuler-docker.x86_64.tar.xz > openEuler-docker.x86_64.tar.xz.sha256sum
            """
        let answer = try run("/bin/sh", ["-c", script, "sh", images], in: path)
        try #require(answer.status == 0, "\(answer.output)")
    }

    func publish(to directory: String, _ more: [String] = []) throws -> Answer {
        try run(
            "\(stage ?? "")/bin/eulerpublisher",
            [
                "container", "publish", "--version", "24.03-LTS-SP2", "--mirror", "\(path)/mirror", "--cache-dir",
                "\(path)/cache", "--to", "local:\(path)/\(directory)",
            ] + more)
    }
}
