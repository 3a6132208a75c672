import Foundation
import RegistryPeers
import TestSupport
import Testing

/// Archives as other programs load them, written from layouts and registries.
@Suite("Archives of images", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct ArchiveTests {
    private func copy(_ lab: Lab, _ destination: String, _ more: [String] = []) async throws -> Answer {
        try await lab.run(["container", "copy", "oci:\(lab.scratch.path)/image:v1", destination] + more)
    }

    private func inspect(_ lab: Lab, _ arguments: [String]) async throws -> [String: Any] {
        let answer = try await runApart(["skopeo", "inspect"] + arguments, in: lab.scratch.path)
        answer.ended(0)
        return try #require(try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any])
    }

    /// Of the configuration, as another program reads it out.
    private func config(_ lab: Lab, _ image: String, _ platform: String = "amd64") async throws -> String {
        let answer = try await runApart(
            ["skopeo", "--override-arch", platform, "inspect", "--config", "--raw", image], in: lab.scratch.path)
        answer.ended(0)
        return answer.output
    }

    private func hidden(_ lab: Lab) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: lab.scratch.path).filter { $0.hasSuffix(".partial") }
    }

    @Test("One platform becomes a file that other programs read, and the same image again")
    func roundTrip() async throws {
        let lab = try Lab(layers: [700_000, 3000])
        try await copy(lab, "docker-archive:a.tar:openeuler/openeuler:24.03", ["--platform", "linux/arm64"]).ended(
            0, "published")
        let seen = try await inspect(lab, ["docker-archive:a.tar"])
        #expect(seen["Architecture"] as? String == "arm64")
        #expect((seen["Layers"] as? [String])?.count == 2)
        let tags = try await runApart(["skopeo", "list-tags", "docker-archive:a.tar"], in: lab.scratch.path)
        #expect(tags.output.contains("openeuler/openeuler:24.03"), "\(tags.output)")
        let original = try await config(lab, "oci:image:v1", "arm64")
        #expect(try await config(lab, "docker-archive:a.tar") == original)
        // By our own reader, and by another program's.
        try await lab.run(["container", "copy", "docker-archive:a.tar", "oci:\(lab.scratch.path)/back:v1"]).ended(0)
        #expect(try await config(lab, "oci:back:v1", "arm64") == original)
        try await runApart(
            ["skopeo", "--insecure-policy", "copy", "docker-archive:a.tar", "dir:other"], in: lab.scratch.path
        ).ended(0)
        #expect(try await config(lab, "dir:other", "arm64") == original)
        #expect(try hidden(lab).isEmpty)
        // Nothing is written again.
        let before = try FileManager.default.attributesOfItem(atPath: "\(lab.scratch.path)/a.tar")[.systemFileNumber]
        try await copy(lab, "docker-archive:a.tar:openeuler/openeuler:24.03", ["--platform", "linux/arm64"]).ended(
            0, "Nothing to do")
        let after = try FileManager.default.attributesOfItem(atPath: "\(lab.scratch.path)/a.tar")[.systemFileNumber]
        #expect(before as? Int == after as? Int)
    }

    @Test("From a registry, whose name it keeps; compressed layers are unpacked")
    func ofRegistry() async throws {
        let lab = try Lab(layers: [200_000], platforms: ["amd64"])
        let registry = try await lab.registry()
        let pushed = try await runApart(
            [
                "skopeo", "--insecure-policy", "copy", "--dest-compress-format", "gzip", "--dest-tls-verify=false",
                "oci:image:v1", "docker://\(registry.host)/team/image:1",
            ], in: lab.scratch.path)
        pushed.ended(0)
        try await lab.run(["container", "copy", "\(registry.host)/team/image:1", "docker-archive:out/a.tar"]).ended(
            0, "published")
        let tags = try await runApart(["skopeo", "list-tags", "docker-archive:out/a.tar"], in: lab.scratch.path)
        #expect(tags.output.contains("\(registry.host)/team/image:1"), "\(tags.output)")
        let unpacked = try await runApart(
            ["/bin/sh", "-c", "mkdir x && tar -C x -xf out/a.tar && cat x/*.tar | sha256sum; ls x"],
            in: lab.scratch.path)
        let layer = try #require(
            unpacked.output.split(whereSeparator: \.isWhitespace).first { $0.hasSuffix(".tar") }?.dropLast(4))
        #expect(unpacked.output.hasPrefix(layer), "the layer is named by its unpacked bytes: \(unpacked.output)")
    }

    @Test("Several platforms are refused with the remedy, before anything is written")
    func severalPlatforms() async throws {
        let lab = try Lab()
        try await copy(lab, "docker-archive:a.tar").ended(2, "linux/amd64, linux/arm64", "--platform")
        try await copy(lab, "docker-archive:a.tar", ["--platform", "linux/s390x"]).ended(2, "linux/amd64, linux/arm64")
        #expect(!FileManager.default.fileExists(atPath: "\(lab.scratch.path)/a.tar"))
        #expect(try hidden(lab).isEmpty)
    }

    @Test("What is there stays, unless it is to be replaced")
    func present() async throws {
        let (first, lab) = (try Lab(platforms: ["amd64"], seed: 2), try Lab(platforms: ["amd64"]))
        let path = "\(lab.scratch.path)/a.tar"
        try await copy(first, "docker-archive:\(path)").ended(0)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        try await copy(lab, "docker-archive:a.tar").ended(6, "something else", "--update")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        try await copy(lab, "docker-archive:a.tar", ["--update"]).ended(0, "published")
        #expect(try await config(lab, "docker-archive:a.tar") == config(lab, "oci:image:v1"))
        // A file of another kind altogether is something else too.
        try lab.scratch.write("notes.txt", "mine")
        try await copy(lab, "docker-archive:notes.txt").ended(6, "something else")
        #expect(try lab.scratch.text("notes.txt") == "mine")
        try await copy(lab, "docker-archive:image").ended(2, "this is no file")
        // A link stays one, and so does what it leads to.
        try FileManager.default.createSymbolicLink(
            atPath: "\(lab.scratch.path)/link.tar", withDestinationPath: "notes.txt")
        try await copy(lab, "docker-archive:link.tar", ["--update"]).ended(2, "symbolic link")
        #expect(try lab.scratch.text("link.tar") == "mine")
    }

    @Test("Of an archive of two images the named one is taken, compressed or not")
    func several() async throws {
        let (first, lab) = (try Lab(platforms: ["amd64"], seed: 2), try Lab(platforms: ["amd64"]))
        try await copy(first, "docker-archive:\(lab.scratch.path)/1.tar:team/first:1").ended(0)
        try await copy(lab, "docker-archive:2.tar:team/second:2").ended(0)
        let join = """
            import io, json, tarfile
            images, members = [], {}
            for name in '1.tar', '2.tar':
                tar = tarfile.open(name)
                for member in tar: members[member.name] = tar.extractfile(member).read()
                images += json.loads(members['manifest.json'])
            members['manifest.json'] = json.dumps(images).encode()
            with tarfile.open('both.tar.gz', 'w:gz') as both:
                for name, data in members.items():
                    info = tarfile.TarInfo(name)
                    info.size = len(data)
                    both.addfile(info, io.BytesIO(data))
            """
        try await runApart(["python3", "-c", join], in: lab.scratch.path).ended(0)
        try await lab.run(["container", "copy", "docker-archive:both.tar.gz", "oci:none"]).ended(
            6, "2 images", "team/first:1", "docker-archive:FILE:REPOSITORY:TAG")
        try await lab.run(["container", "copy", "docker-archive:both.tar.gz:team/third:2", "oci:none"]).ended(
            2, "no image team/third:2", "team/second:2")
        try await lab.run(["container", "copy", "docker-archive:both.tar.gz:team/second:2", "oci:out:a/b:c"]).ended(0)
        #expect(try await config(lab, "oci:out:a/b:c") == config(lab, "oci:image:v1"))
        try await lab.run(["container", "copy", "oci:out:a/b:c", "oci:again", "oci:again:v2", "oci:again:v2"]).ended(0)
        #expect(try await config(lab, "oci:again:a/b:c") == config(lab, "oci:again:v2"))
        #expect(!FileManager.default.fileExists(atPath: "\(lab.scratch.path)/none"))
    }

    @Test("A layer that is not what its configuration says leaves nothing behind")
    func damaged() async throws {
        let lab = try Lab(layers: [50_000], platforms: ["amd64"])
        // A configuration of other layers, under its own right digest.
        let script = """
            import hashlib, json, os
            def load(digest): return json.load(open('image/blobs/sha256/' + digest[7:]))
            def add(document):
                data = json.dumps(document).encode()
                digest = hashlib.sha256(data).hexdigest()
                open('image/blobs/sha256/' + digest, 'wb').write(data)
                return {'digest': 'sha256:' + digest, 'size': len(data)}
            top = json.load(open('image/index.json'))
            index = load(top['manifests'][0]['digest'])
            manifest = load(index['manifests'][0]['digest'])
            config = load(manifest['config']['digest'])
            config['rootfs']['diff_ids'] = ['sha256:' + '0' * 64]
            manifest['config'].update(add(config))
            index['manifests'][0].update(add(manifest))
            top['manifests'][0].update(add(index))
            json.dump(top, open('image/index.json', 'w'))
            """
        try await runApart(["python3", "-c", script], in: lab.scratch.path).ended(0)
        try await copy(lab, "docker-archive:a.tar").ended(6, "unpacks to other bytes")
        #expect(!FileManager.default.fileExists(atPath: "\(lab.scratch.path)/a.tar"))
        #expect(try hidden(lab).isEmpty)
    }

    @Test("Killed while it is written: cleanup leaves nothing, and the next run writes it")
    func killed() async throws {
        let lab = try Lab(layers: [60_000_000], platforms: ["amd64"])
        let command = lab.command(["container", "copy", "oci:\(lab.scratch.path)/image:v1", "docker-archive:a.tar"])
        async let ended = runApart(
            ["/bin/sh", "-c", #"echo $$ >pid; exec "$@""#, "sh"] + command, in: lab.scratch.path,
            environment: lab.environment)
        var seen: [String] = []
        for _ in 0..<4000 where seen.isEmpty {
            seen = try hidden(lab)
            if seen.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        }
        #expect(!seen.isEmpty)
        kill(try #require(try Int32(lab.scratch.text("pid").trimmingCharacters(in: .whitespacesAndNewlines))), SIGKILL)
        _ = try await ended
        #expect(!FileManager.default.fileExists(atPath: "\(lab.scratch.path)/a.tar"))
        try await lab.run(["cleanup", "latest"]).ended(0)
        #expect(try hidden(lab).isEmpty)
        try await copy(lab, "docker-archive:a.tar").ended(0, "published")
        #expect(try await config(lab, "docker-archive:a.tar") == config(lab, "oci:image:v1"))
    }
}
