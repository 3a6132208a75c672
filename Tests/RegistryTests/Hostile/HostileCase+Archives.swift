import Digest
import Foundation
import TestSupport

/// Docker archives: what `docker save` would not write.
extension HostileCase {
    static var archives: [HostileCase] { archiveFlips + cuts + members + fields + manifests + layersInside }

    private static func archive(
        _ name: String, statuses: Set<Int32>? = [6], _ bytes: @escaping @Sendable (RawTar.Image) throws -> [UInt8]
    ) -> HostileCase {
        HostileCase(name: "archive: \(name)", source: .archive, statuses: statuses) {
            try $0.write($0.archive, bytes(RawTar.Image()))
        }
    }

    /// Where a wrong bit does no harm, the image is that of the whole archive.
    private static var archiveFlips: [HostileCase] {
        [0, 101, 130, 156, 257, 300, 530, 1100, 1600, 2700, 3000, 4000].map { byte in
            HostileCase(name: "archive: a bit of byte \(byte) is wrong", source: .archive) { trial in
                var bytes = RawTar.Image().bytes()
                try trial.write(trial.archive, bytes)
                try await trial.expect(try await trial.digestOfArchive())
                bytes[byte] ^= 1 << UInt8(byte % 8)
                try trial.write(trial.archive, bytes)
            }
        }
    }

    /// An archive that may be read, and then is the same whoever reads it.
    private static func whole(
        _ name: String, _ bytes: @escaping @Sendable (RawTar.Image) throws -> [UInt8]
    ) -> HostileCase {
        HostileCase(name: "archive: \(name)", source: .archive) { trial in
            try trial.write(trial.archive, bytes(RawTar.Image()))
            try await trial.expect(try await trial.digestOfArchive())
        }
    }

    private static var cuts: [HostileCase] {
        [0, 1, 511, 512, 513, 1024, 1500, 2048, 2600].map { count in
            archive("it ends after \(count) bytes", statuses: [2, 6]) { Array($0.bytes().prefix(count)) }
        } + [
            archive("a text", statuses: [2, 6]) { _ in Array("This is no archive.\n".utf8) },
            archive("gzip of nothing", statuses: [2, 6]) { _ in [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255] },
            archive("zeros", statuses: [2, 6]) { _ in [UInt8](repeating: 0, count: 1 << 20) },
            archive("a xz that ends at once", statuses: [2, 6]) { _ in [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4] },
        ]
            + [
                ("a folder", "mkdir \"$1\""), ("/dev/zero", "ln -s /dev/zero \"$1\""),
                ("a link to itself", "ln -s \"$1\" \"$1\""), ("not there", ":"),
                (
                    "gzip of 20 GiB of zeros",
                    "head -c 20M /dev/zero | gzip -1 > p; for i in $(seq 1024); do cat p; done > \"$1\""
                ),
            ].map { name, command in
                HostileCase(name: "archive: \(name)", source: .archive, statuses: [2, 6]) {
                    try $0.shell(command, $0.archive)
                }
            }
    }

    /// Names and links that leave it.
    private static var members: [HostileCase] {
        let names = [
            "../escaped", "../../../../../../tmp/escaped", "/tmp/escaped", "a/../../escaped", "./../escaped", "..",
            "a/" + String(repeating: "x", count: 90) + "/../../../escaped",
        ]
        let targets = ["/etc/passwd", "../../../../etc/passwd", "..", "/"]
        return names.map { name in
            archive("a member is \(name.prefix(30))") { image in
                RawTar.member(name, [UInt8](repeating: 0x61, count: 2000)) + image.bytes()
            }
        }
            + targets.flatMap { target in
                [(UInt8(ascii: "2"), "a link"), (UInt8(ascii: "1"), "a hard link")].map { type, word in
                    archive("\(word) leads to \(target)") { image in
                        RawTar.member("link", [], type: type, link: target) + image.bytes()
                    }
                }
            } + [
                archive("the layer is a link to a file outside") { image in
                    var image = image
                    image.layerMember = RawTar.member("layer.tar", [], type: UInt8(ascii: "2"), link: "/etc/passwd")
                    return image.bytes()
                },
                archive("the layer is a link to itself") { image in
                    var image = image
                    image.layerMember = RawTar.member("layer.tar", [], type: UInt8(ascii: "2"), link: "layer.tar")
                    return image.bytes()
                },
                archive("a device") { RawTar.member("device", [], type: UInt8(ascii: "3")) + $0.bytes() },
                archive("a pipe in it") { RawTar.member("pipe", [], type: UInt8(ascii: "6")) + $0.bytes() },
                whole("a name that is no text") {
                    RawTar.member([0xff, 0xfe, 0x80, 0x1b, 0x5b], [UInt8](repeating: 0x61, count: 2000)) + $0.bytes()
                },
                archive("a name that steers a terminal and climbs") {
                    RawTar.member("\u{1b}]0;x\u{7}/../../x", [UInt8](repeating: 0x61, count: 2000)) + $0.bytes()
                },
                archive("eleven thousand members") { image in
                    (0..<11_000).reduce(into: []) { $0 += RawTar.member("m\($1)", []) } + image.bytes()
                },
            ]
    }

    /// Fields of a header that lie.
    private static var fields: [HostileCase] {
        let sizes: [(String, [UInt8])] = [
            ("8 GiB", Array("77777777777\0".utf8)), ("nothing of the kind", Array("xxxxxxxxxxx\0".utf8)),
            ("negative", [0xff] + [UInt8](repeating: 0xff, count: 11)),
            ("more than 64 bits", [0x80] + [UInt8](repeating: 0xff, count: 11)),
            ("the largest of 64 bits", [0x80, 0, 0, 0, 0x7f] + [UInt8](repeating: 0xff, count: 7)),
            ("empty", [UInt8](repeating: 0, count: 12)),
        ]
        return sizes.map { name, field in
            archive("the layer's size is \(name)") { image in
                var image = image
                image.layerMember = RawTar.member("layer.tar", image.layer, size: field)
                return image.bytes()
            }
        } + [
            archive("a header's sum is wrong", statuses: [2, 6]) { image in
                var bytes = image.bytes()
                bytes[148] = 0x39
                return bytes
            },
            archive("a long name of 4 GiB") { image in
                RawTar.member("././@LongLink", [], type: UInt8(ascii: "L"), size: Array("37777777777\0".utf8))
                    + image.bytes()
            },
            whole("PAX: a size beyond 64 bits") { image in
                RawTar.pax("size=99999999999999999999999") + image.bytes()
            },
            archive("PAX: a path that climbs") {
                RawTar.pax("path=../../escaped") + RawTar.member("x", [0x61]) + $0.bytes()
            },
            whole("PAX: a record of another length") {
                RawTar.member("p", Array("99999999 path=x\n".utf8), type: UInt8(ascii: "x")) + $0.bytes()
            },
            whole("PAX: a path of no text") {
                RawTar.member("p", Array("12 path=".utf8) + [0xff, 0xfe, 0x80, 0x0a], type: UInt8(ascii: "x"))
                    + RawTar.member("x", [0x61]) + $0.bytes()
            },
        ]
    }

    /// What manifest.json and the config say.
    private static var manifests: [HostileCase] {
        let texts =
            broken.map { ($0.0, String(decoding: $0.1, as: UTF8.self)) } + [
                (
                    "two images",
                    #"[{"Config":"config.json","Layers":["layer.tar"]},{"Config":"config.json","Layers":["layer.tar"]}]"#
                ),
                ("a config outside", #"[{"Config":"../../etc/passwd","Layers":["layer.tar"]}]"#),
                ("a config at /etc", #"[{"Config":"/etc/passwd","Layers":["layer.tar"]}]"#),
                ("a layer at /etc", #"[{"Config":"config.json","Layers":["/etc/shadow"]}]"#),
                ("a layer outside", #"[{"Config":"config.json","Layers":["../layer.tar"]}]"#),
                ("itself as a layer", #"[{"Config":"config.json","Layers":["manifest.json"]}]"#),
                ("no layers", #"[{"Config":"config.json","Layers":[]}]"#),
                ("the layer twice", #"[{"Config":"config.json","Layers":["layer.tar","layer.tar"]}]"#),
                ("numbers", #"[{"Config":1,"Layers":[2]}]"#),
                ("a name that steers a terminal", "[{\"Config\":\"\\u001b[2J\",\"Layers\":[\"\\u009b2J\"]}]"),
            ]
        return texts.enumerated().flatMap { number, pair in
            let (name, text) = pair
            var cases = [
                archive("manifest.json is \(name)") { image in
                    var image = image
                    image.manifest = text
                    return image.bytes()
                }
            ]
            if !text.hasPrefix("[{") && number % 3 == 0 {
                cases.append(
                    archive("the config is \(name)") { image in
                        var image = image
                        image.config = text
                        return image.bytes()
                    })
            }
            return cases
        } + [
            archive("another layer than the config states") { image in
                var image = image
                image.config = image.config.replacingOccurrences(of: "sha256:", with: "sha256:0").replacingOccurrences(
                    of: "\\w\"]", with: "\"]", options: .regularExpression)
                return image.bytes()
            }
        ]
    }

    /// What is in a layer is the image's own matter: it is published as it is, or refused.
    private static var layersInside: [HostileCase] {
        let layers: [(String, [UInt8])] = [
            ("climbs", RawTar.member("../../etc/passwd", [0x61])),
            ("is absolute", RawTar.member("/etc/passwd", [0x61])),
            ("has a name of no text", RawTar.member([0xff, 0x80, 0x1b], [0x61])),
            ("is no tar", [UInt8](repeating: 7, count: 4000)),
            ("has a device", RawTar.member("dev/sda", [], type: UInt8(ascii: "4"))),
            ("has a link to /", RawTar.member("root", [], type: UInt8(ascii: "2"), link: "/")),
        ]
        return layers.map { name, layer in
            whole("the layer \(name)") { image in
                var image = image
                image.layer = layer + [UInt8](repeating: 0, count: 1024)
                return image.bytes()
            }
        }
    }
}

extension Trial {
    /// The digest that the archive has in a layout: what publishing it must give. Nil when it is refused there too.
    func digestOfArchive() async throws -> String? {
        let copy = "\(folder)/whole"
        let answer = try await lab.run(["container", "copy", "docker-archive:\(archive)", "oci:\(copy):v1"])
        guard answer.status == 0 else { return nil }
        let index = try String(contentsOfFile: "\(copy)/index.json", encoding: .utf8)
        return index.firstMatch(of: /sha256:[0-9a-f]{64}/).map { String($0.output) }
    }

    func expect(_ digest: String?) async throws {
        if let digest { try write("\(folder)/expected", Array(digest.utf8)) }
    }
}

/// A tar made by hand, right or wrong.
enum RawTar {
    /// What `docker save` writes of an image with one layer.
    struct Image {
        var layer = member("file", [UInt8](repeating: 0x61, count: 600)) + [UInt8](repeating: 0, count: 1024)
        var layerMember: [UInt8]?
        var manifest = #"[{"Config":"config.json","RepoTags":["a:b"],"Layers":["layer.tar"]}]"#
        lazy var config =
            #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["\#(sha256(layer))"]}}"#

        func bytes() -> [UInt8] {
            var copy = self
            return member("manifest.json", Array(manifest.utf8)) + member("config.json", Array(copy.config.utf8))
                + (layerMember ?? member("layer.tar", layer)) + [UInt8](repeating: 0, count: 1024)
        }
    }

    static func member(
        _ name: String, _ content: [UInt8], type: UInt8 = UInt8(ascii: "0"), link: String = "", size: [UInt8]? = nil
    ) -> [UInt8] { member(Array(name.utf8), content, type: type, link: link, size: size) }

    /// - Parameter size: the field's twelve bytes, in place of the true ones.
    static func member(
        _ name: [UInt8], _ content: [UInt8], type: UInt8 = UInt8(ascii: "0"), link: String = "", size: [UInt8]? = nil
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: [UInt8], at place: Int) {
            for (index, byte) in bytes.enumerated() { header[place + index] = byte }
        }
        func octal(_ number: Int, _ width: Int) -> [UInt8] {
            let text = String(number, radix: 8)
            return Array((String(repeating: "0", count: width - 1 - text.count) + text).utf8)
        }
        put(Array(name.prefix(100)), at: 0)
        put(octal(0o644, 8), at: 100)
        put(octal(0, 8), at: 108)
        put(octal(0, 8), at: 116)
        put(size ?? octal(content.count, 12), at: 124)
        put(octal(1, 12), at: 136)
        put([UInt8](repeating: 0x20, count: 8), at: 148)
        header[156] = type
        put(Array(link.utf8.prefix(100)), at: 157)
        put(Array("ustar\u{0}00".utf8), at: 257)
        put(octal(header.reduce(0) { $0 + Int($1) }, 7) + [0], at: 148)
        return header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// An extended header of one record.
    static func pax(_ record: String) -> [UInt8] {
        var length = record.utf8.count + 3
        while "\(length) \(record)\n".utf8.count > length { length += 1 }
        return member("pax", Array("\(length) \(record)\n".utf8), type: UInt8(ascii: "x"))
    }
}
