import Foundation

/// Layouts whose bytes, names or files are not what they should be.
extension HostileCase {
    static var layouts: [HostileCase] { flips + lengths + files + places }

    private static func layout(
        _ name: String, statuses: Set<Int32>? = nil, _ prepare: @escaping @Sendable (Trial) throws -> Void
    ) -> HostileCase {
        HostileCase(name: "layout: \(name)", source: .layout, statuses: statuses) { try prepare($0) }
    }

    private static let parts: [(String, Trial.Part)] = [
        ("oci-layout", .version), ("index.json", .top), ("the index", .index), ("a manifest", .manifest),
        ("a config", .config), ("a layer", .layer),
    ]

    private static var flips: [HostileCase] {
        parts.flatMap { name, part in
            [3, 700].map { place in
                layout("a bit of \(name) is wrong, at \(place)/1000") { try $0.flip(part, at: place) }
            }
        }
    }

    private static var lengths: [HostileCase] {
        parts.flatMap { name, part in
            [
                layout("\(name) is empty") { try $0.spoil(part) { _ in [] } },
                layout("\(name) lacks its last byte") { try $0.spoil(part) { Array($0.dropLast()) } },
                layout("\(name) has a byte more") { try $0.spoil(part) { $0 + [0] } },
                layout("\(name) is not there") { try FileManager.default.removeItem(atPath: try $0.path(part)) },
            ]
        }
    }

    /// What is no file, or another's.
    private static var files: [HostileCase] {
        let things = [
            ("a pipe that nobody writes to", "mkfifo \"$1\""), ("a folder", "mkdir \"$1\""),
            ("a link to /dev/zero", "ln -s /dev/zero \"$1\""), ("a link to itself", "ln -s \"$1\" \"$1\""),
            ("a link to /etc/passwd", "ln -s /etc/passwd \"$1\""),
            ("a link to a file of nothing for 1 TiB", "truncate -s 1T sparse; ln -s \"$PWD/sparse\" \"$1\""),
        ]
        return [parts[1], parts[3], parts[5], parts[0]].flatMap { name, part in
            things.map { thing, command in
                layout("\(name) is \(thing)", statuses: [2, 6]) { try $0.put(part, command) }
            }
        } + [
            layout("a layer of no bytes is a pipe", statuses: [6]) { trial in
                try trial.rename(.layer) { _ in [] }
                try trial.put(.layer, "mkfifo \"$1\"")
            }
        ]
    }

    /// Digests and tags that lead elsewhere.
    private static var places: [HostileCase] {
        let digests = [
            "sha256:../../../../etc/passwd", "sha256:/etc/passwd", "../../../etc/passwd", "sha256:", "sha256", "",
            "sha256:" + String(repeating: "A", count: 64), "sha256:" + String(repeating: "0", count: 63),
            "sha256:" + String(repeating: "0", count: 65), "md5:d41d8cd98f00b204e9800998ecf8427e",
            "sha512:" + String(repeating: "0", count: 128), "sha256:" + String(repeating: "٣", count: 64),
            "sha256:\u{1b}[31m", "sha256:" + String(repeating: "0", count: 64) + "/../../x",
            "sha256:" + String(repeating: "0", count: 64) + "\0",
        ]
        return digests.enumerated().map { number, digest in
            let (name, part) = [("index.json", Trial.Part.top), ("the index", .index), ("a manifest", .manifest)][
                number % 3]
            return layout("\(name) names the digest \(digest.prefix(30).debugDescription)", statuses: [2, 6]) {
                try $0.renameDescriptor(of: part) { $0.merging(["digest": digest]) { $1 } }
            }
        }
    }
}
