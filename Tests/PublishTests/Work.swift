import Foundation
import TestSupport
import Testing

/// A private folder with a small mirror: one architecture, a root of three files, packed as the release site packs it.
struct Work {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "ep-publish-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// One release of one architecture; another version is other bytes.
    func makeMirror(_ version: String = "24.03-LTS-SP2") throws {
        let images = "\(path)/mirror/openEuler-\(version)/docker_img/x86_64"
        let script = """
            set -eu
            rm -rf root archive
            mkdir -p root/etc archive "$1"
            echo "VERSION=$2" > root/etc/os-release
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
        let answer = try run(["/bin/sh", "-c", script, "sh", images, version], in: path)
        try #require(answer.status == 0, "\(answer.output)")
    }

    func publish(to directory: String, _ more: [String] = []) throws -> Answer {
        try run(
            ["\(stage ?? "")/bin/eulerpublisher"] + [
                "container", "publish", "--version", "24.03-LTS-SP2", "--mirror", "\(path)/mirror", "--cache-dir",
                "\(path)/cache", "--state-dir", "\(path)/state", "--to", "local:\(path)/\(directory)",
            ] + more)
    }

    /// Any command, with this folder's cache and state.
    func command(_ arguments: [String]) throws -> Answer {
        try run(
            ["\(stage ?? "")/bin/eulerpublisher"] + arguments + [
                "--cache-dir", "\(path)/cache", "--state-dir", "\(path)/state",
            ], in: path)
    }

    func write(_ text: String, _ name: String) throws {
        try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
    }

    /// The tags of a layout that a publication made.
    func tags(_ directory: String) throws -> [String] {
        let index = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(directory)/index.json"))
        let json = try JSONSerialization.jsonObject(with: index) as? [String: Any]
        return (json?["manifests"] as? [[String: Any]] ?? []).compactMap {
            ($0["annotations"] as? [String: String])?["org.opencontainers.image.ref.name"]
        }.sorted()
    }
}
