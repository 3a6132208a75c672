import Assemble
import Digest
import Documents
import Foundation
import OCI
import Prepare
import TestSupport
import Testing

@Suite struct AssembleTests {
    @Test func skopeoReadsTheLayout() async throws {
        let scratch = try Scratch()
        let mirror = try makeMirror(in: scratch.path)
        let release = try await prepare(mirror, cache: "\(scratch.path)/cache")
        let image = try await assemble(release, into: "\(scratch.path)/layout")
        #expect(image.platforms.map(\.description) == ["linux/amd64", "linux/arm64"])
        for architecture in ["amd64", "arm64"] {
            let reference = "oci:\(scratch.path)/layout:24.03-lts-sp2"
            let text = try output("skopeo", ["--override-arch", architecture, "inspect", "--config", reference])
            let config = try JSONDecoder().decode(ImageConfig.self, from: Data(text.utf8))
            #expect(config.architecture == architecture)
            #expect(config.config?.cmd == ["bash"])
            #expect(config.created == "2025-06-27T08:11:00Z")
            #expect(config.rootfs.diffIDs.count == 2)
            #expect(config.config?.labels?[Annotation.version] == "24.03-LTS-SP2")
            let copy = "\(scratch.path)/\(architecture)"
            try output(
                "skopeo", ["--override-arch", architecture, "--insecure-policy", "copy", reference, "dir:\(copy)"])
        }
        try output(
            "skopeo",
            [
                "--insecure-policy", "copy", "--all", "oci:\(scratch.path)/layout:24.03-lts-sp2",
                "oci:\(scratch.path)/all:x",
            ])
        #expect(try Layout(opening: "\(scratch.path)/all").find(tag: "x")?.digest == image.indexDigest)
    }

    @Test func theDigestDependsOnTheInputsAlone() async throws {
        let scratch = try Scratch()
        let mirror = try makeMirror(in: scratch.path)
        let first = try await assemble(
            try await prepare(mirror, cache: "\(scratch.path)/one"), into: "\(scratch.path)/layout-one")
        try output("sh", ["-c", "find \"$1\" -exec touch -d 2001-01-01 {} +", "sh", mirror])
        // Another process, folder, umask, time zone and locale, and files of another time.
        let path = scratch.path
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            [mirror = mirror as String, path = path as String] in
            umask(0o077)
            setenv("TZ", "Asia/Shanghai", 1)
            tzset()
            setenv("LC_ALL", "tr_TR.UTF-8", 1)
            setlocale(LC_ALL, "")
            let release = try await prepare(mirror, cache: "\(path)/deeper/two")
            let second = try await assemble(release, into: "\(path)/layout-two")
            print("\(second.indexDigest) after \(second.seconds.count)")
        }
        let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
        #expect(output.contains("\(first.indexDigest) after 2"), "\(output)")
        var options = AssemblyOptions()
        options.sourceDateEpoch = 1_700_000_000
        let third = try await assemble(
            try await prepare(mirror, cache: "\(scratch.path)/one"), into: "\(scratch.path)/layout-one",
            options: options)
        #expect(third.indexDigest != first.indexDigest)
    }

    @Test func aSecondCallDoesNothing() async throws {
        let scratch = try Scratch()
        let release = try await prepare(try makeMirror(in: scratch.path), cache: "\(scratch.path)/cache")
        let first = try await assemble(release, into: "\(scratch.path)/layout")
        #expect(Set(first.seconds.keys) == ["x86_64", "aarch64"])
        // The sources are gone: only the cache can answer.
        for source in release.sources { try FileManager.default.removeItem(atPath: source.path) }
        let second = try await assemble(release, into: "\(scratch.path)/other")
        #expect(second.indexDigest == first.indexDigest)
        #expect(second.seconds.isEmpty)
        try output("skopeo", ["--override-arch", "arm64", "inspect", "oci:\(scratch.path)/other:24.03-lts-sp2"])
    }

    @Test func twoWritersAtOnceShareCacheAndLayout() async throws {
        let scratch = try Scratch()
        let mirror = try makeMirror(in: scratch.path)
        let path = scratch.path
        let digests = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let release = try await prepare(mirror, cache: "\(path)/cache")
                    return try await assemble(release, into: "\(path)/layout").indexDigest.hex
                }
            }
            var digests: Set<String> = []
            for try await digest in group { digests.insert(digest) }
            return digests
        }
        #expect(digests.count == 1)
        #expect(try Layout(opening: "\(path)/layout").index().manifests.count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(path)/layout/blobs") == ["sha256"])
    }

    @Test func twoProcessesShareOneCache() async throws {
        let scratch = try Scratch()
        let mirror = try makeMirror(in: scratch.path)
        let path = scratch.path
        let outputs = await withTaskGroup(of: String.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
                        [mirror = mirror as String, path = path as String] in
                        let release = try await prepare(mirror, cache: "\(path)/cache")
                        let image = try await assemble(release, into: "\(path)/layout")
                        print("\(image.indexDigest) after \(image.seconds.count)")
                    }
                    return String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let index = try #require(try Layout(opening: "\(path)/layout").find(tag: "24.03-lts-sp2"))
        for output in outputs { #expect(output.contains("\(index.digest) after "), "\(output)") }
        let kept = try FileManager.default.contentsOfDirectory(atPath: "\(path)/cache/sources/sha256")
        #expect(kept.count == 2 && !kept.contains { $0.hasSuffix(".partial") })
        try output("skopeo", ["--override-arch", "arm64", "inspect", "oci:\(path)/layout:24.03-lts-sp2"])
    }

    @Test(arguments: [
        ("members.append((info('/etc/passwd'), b'x'))", "leaves the archive"),
        ("members.append((info('a/../../b'), b'x'))", "leaves the archive"),
        ("members.append((info('out', type=tarfile.SYMTYPE, link='/etc/passwd'), b''))", "leaves the archive"),
        ("members.append((info('out', type=tarfile.SYMTYPE, link='../up'), b''))", "leaves the archive"),
        ("members.append((info('out', type=tarfile.LNKTYPE, link='../up'), b''))", "leaves the archive"),
        ("members.append((info('dev', type=tarfile.CHRTYPE), b''))", "neither a file"),
        ("members.extend((info('m%d' % n), b'') for n in range(10001))", "over 10000 members"),
        ("config['rootfs']['diff_ids'] = ['sha256:' + '0' * 64]", "and the config states"),
        ("config['rootfs']['diff_ids'] *= 2", "the config states 2"),
        ("manifest[0]['Layers'] = ['absent.tar']", "not there"),
        (
            "members.append((info('two', type=tarfile.SYMTYPE, link='legacy/layer.tar'), b'')); manifest[0]['Layers'] = ['two']",
            "a link to a link"
        ),
        ("manifest.append(manifest[0])", "2 images"),
        ("members.append((info('x.json'), b' ' * (4194304 + 1)))", "larger than any such document"),
        ("members.extend((info('%d.json' % n), b' ' * 4194304) for n in range(5))", "larger than any such document"),
        ("members.append((info('tiny'), b'x')); manifest[0]['Layers'] = ['tiny']", "is not a layer"),
        ("config['architecture'] = 's390x'", "says that it is s390x"),
    ])
    func aHostileArchiveIsRefused(_ change: String, _ words: String) async throws {
        let scratch = try Scratch()
        let mirror = try makeMirror(in: scratch.path, architectures: ["x86_64"], change: change)
        let release = try await prepare(mirror, cache: "\(scratch.path)/cache")
        let failure = await #expect(throws: Failure.self) {
            try await assemble(release, into: "\(scratch.path)/layout")
        }
        #expect(failure?.message.contains(words) == true, "\(String(describing: failure))")
        #expect(failure?.code == .refused)
        // Its bytes are those of its checksum: to fetch them again helps nobody, and nothing of it is kept.
        #expect(failure?.place == release.sources[0].url, "\(String(describing: failure))")
        #expect(failure?.hint?.contains("another mirror") == true && failure?.hint?.contains("again") == false)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/cache/assembled") == [])
        #expect(try Layout(opening: "\(scratch.path)/layout").index().manifests.isEmpty)
    }

    private static let mirror = ProcessInfo.processInfo.environment["EULERPUBLISHER_TEST_MIRROR"]

    @Test(.enabled(if: mirror != nil, "EULERPUBLISHER_TEST_MIRROR names no mirror of scripts/make-mirror"))
    func aRealRootFilesystem() async throws {
        let scratch = try Scratch()
        let release = try await ReleaseMirror(location: Self.mirror).prepare(
            version: "24.03-lts-sp2", index: "docker_img/update/current", cache: "\(scratch.path)/cache")
        #expect(release.index == "docker_img/update/2025-06-27")
        let image = try await assemble(release, into: "\(scratch.path)/layout")
        #expect(image.platforms.map(\.description) == ["linux/amd64", "linux/arm64"])
        for platform in image.platforms {
            let archive = "\(scratch.path)/\(platform.architecture).tar"
            try output(
                "skopeo",
                [
                    "--override-arch", platform.architecture, "--insecure-policy", "copy",
                    "oci:\(image.layoutPath):\(image.tag)", "docker-archive:\(archive):x:y",
                ])
            // Its layers are plain: the shell's machine is the platform's.
            try output("sh", ["-c", "mkdir \"$1.d\" && tar -xf \"$1\" -C \"$1.d\"", "sh", archive])
            let layers = try output("sh", ["-c", "ls -S \"$1\"/*.tar | head -n 1", "sh", "\(archive).d"])
            let shell = try output(
                "sh",
                [
                    "-c", "tar -xOf \"$1\" usr/bin/bash bin/bash 2>/dev/null | head -c 20 | od -An -tx1 -j18 -N1", "sh",
                    layers.trimmingCharacters(in: .whitespacesAndNewlines),
                ])
            #expect(shell.contains(platform.architecture == "amd64" ? "3e" : "b7"), "\(shell)")
        }
    }
}
