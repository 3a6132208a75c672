import Foundation
import TestSupport
import Testing

/// A small release mirror of two architectures: roots of three files, packed as the release site packs them.
extension Lab {
    static let version = "24.03-LTS-SP2"

    /// - Parameter build: other builds are other bytes.
    func makeMirror(build: String = "1") throws {
        for (name, platform) in [("x86_64", "amd64"), ("aarch64", "arm64")] {
            let script = """
                set -eu
                rm -rf root archive
                mkdir -p root/etc archive "$1"
                printf 'VERSION=24.03\\nBUILD=%s\\n' "$2" > root/etc/os-release
                echo 'export TMOUT=300' > root/etc/bashrc
                head -c 300000 /dev/urandom > root/etc/filling
                ln -s ../usr/share/zoneinfo/Asia/Shanghai root/etc/localtime
                tar --sort=name --owner=0 --group=0 --numeric-owner -C root -cf layer.tar .
                digest=$(sha256sum layer.tar | cut -d ' ' -f 1)
                mv layer.tar archive/$digest.tar
                printf '{"architecture":"%s","os":"linux","created":"2025-06-27T08:11:00Z","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
                    "$4" $digest > archive/config.json
                printf '[{"Config":"config.json","RepoTags":["openeuler:latest"],"Layers":["%s.tar"]}]' $digest > archive/manifest.json
                tar -C archive -cJf "$1/openEuler-docker.$3.tar.xz" .
                cd "$1" && sha256sum openEuler-docker.$3.tar.xz > openEuler-docker.$3.tar.xz.sha256sum
                """
            let answer = try TestSupport.run(
                ["/bin/sh", "-c", script, "sh", folder(name), build, name, platform], in: scratch.path)
            try #require(answer.status == 0, "\(answer.output)")
        }
    }

    /// Where the mirror keeps an architecture.
    func folder(_ architecture: String) -> String {
        "\(scratch.path)/mirror/openEuler-\(Self.version)/docker_img/\(architecture)"
    }

    /// The bytes of that architecture are no longer those of its checksum.
    func damage(_ architecture: String) throws {
        let path = "\(folder(architecture))/openEuler-docker.\(architecture).tar.xz"
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seek(toOffset: 100)
        try file.write(contentsOf: Data("damage".utf8))
        try file.close()
    }

    func publishRelease(_ arguments: [String], environment: [String: String] = [:]) async throws -> Answer {
        try await run(
            ["container", "publish", "-v", Self.version, "--mirror", "\(scratch.path)/mirror"] + arguments,
            environment: environment)
    }
}
